"""Line finder: on which line of a TOML or JSON text each key and list entry stands.

The scanners read text that the real parser has accepted, or (to find a repeated key) nearly accepted. They keep only positions; on
anything that they do not know they stop, and the nearest parent speaks for the rest.
"""

from __future__ import annotations

import json
import re
import tomllib
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field

from instruments.ground.steps import Steps


@dataclass(slots=True)
class Lines:
    """Line by place, and the lines on which a key came a second time."""

    by_steps: dict[Steps, int] = field(default_factory=dict)
    repeated: list[tuple[Steps, int]] = field(default_factory=list)

    def of(self, steps: Steps) -> int:
        """Line of a place, or of its nearest parent; 1 for the document itself."""
        while steps and steps not in self.by_steps:
            steps = steps[:-1]
        return self.by_steps.get(steps, 1)


def toml_lines(text: str) -> Lines:
    """Lines of a TOML text."""
    scanner = _Toml(text)
    scanner.run(scanner.document)
    return scanner.lines


def json_lines(text: str) -> Lines:
    """Lines of a JSON text."""
    scanner = _Json(text)
    scanner.run(scanner.document)
    return scanner.lines


class _Stop(Exception):
    """Something that the scanner does not know."""


class _Scanner:
    """Position in a text, and what has been found."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.pos = 0
        self.lines = Lines()
        self._ends = [match.start() for match in re.finditer("\n", text)]

    def run(self, document: Callable[[], None]) -> None:
        """Scan the whole document, or up to the first thing not known."""
        try:
            document()
        except (_Stop, RecursionError, ValueError):
            return

    def take(self, pattern: re.Pattern[str]) -> str:
        """The text that matches here, stepped over. Raises `_Stop` where nothing does."""
        match = pattern.match(self.text, self.pos)
        if match is None:
            raise _Stop
        self.pos = match.end()
        return match.group()

    def ahead(self, token: str) -> bool:
        """Whether `token` comes next; if so it is stepped over."""
        if not self.text.startswith(token, self.pos):
            return False
        self.pos += len(token)
        return True

    def line(self, pos: int) -> int:
        """Line of a position, from 1."""
        return bisect_left(self._ends, pos) + 1

    def mark(self, steps: Steps, pos: int) -> None:
        """Remember the line of a place, the first time it comes."""
        self.lines.by_steps.setdefault(steps, self.line(pos))


_TOML_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_TOML_KEY = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|[A-Za-z0-9_-]+')
_TOML_TEXT = re.compile(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}|\'\'\'(?:[^\']|\'{1,2}(?!\'))*\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL
)
_TOML_BARE = re.compile(r"[^,\]}#\n]+")
_SPACE = re.compile(r"[ \t]*")


class _Toml(_Scanner):
    def document(self) -> None:
        base: Steps = ()
        counts: dict[Steps, int] = {}
        self.take(_TOML_BLANK)
        while self.pos < len(self.text):
            start = self.pos
            if self.ahead("[["):
                base = self._header(counts, many=True)
            elif self.ahead("["):
                base = self._header(counts, many=False)
            else:
                self._pair(base)
            if self.pos == start:
                raise _Stop
            self.take(_TOML_BLANK)

    def _header(self, counts: dict[Steps, int], *, many: bool) -> Steps:
        start, steps = self.pos, ()
        keys = self._keys()
        for index, key in enumerate(keys):
            steps = (*steps, key)
            self.mark(steps, start)
            if many and index == len(keys) - 1:
                counts[steps] = counts.get(steps, -1) + 1
            if steps in counts:
                steps = (*steps, counts[steps])
                self.mark(steps, start)
        self.take(re.compile(r"\]\]?"))
        return steps

    def _keys(self) -> list[str]:
        keys: list[str] = []
        while True:
            self.take(_SPACE)
            raw = self.take(_TOML_KEY)
            keys.append(tomllib.loads(f"k = {raw}")["k"] if raw[0] in "\"'" else raw)
            self.take(_SPACE)
            if not self.ahead("."):
                return keys

    def _pair(self, base: Steps) -> None:
        start = self.pos
        steps = base
        for key in self._keys():
            steps = (*steps, key)
            self.mark(steps, start)
        if not self.ahead("="):
            raise _Stop
        self.take(_SPACE)
        self._value(steps)

    def _value(self, steps: Steps) -> None:
        if self.ahead("["):
            self._list(steps)
        elif self.ahead("{"):
            self._table(steps)
        elif self.text[self.pos : self.pos + 1] in ('"', "'"):
            self.take(_TOML_TEXT)
        else:
            self.take(_TOML_BARE)

    def _list(self, steps: Steps) -> None:
        index = 0
        self.take(_TOML_BLANK)
        while not self.ahead("]"):
            self.mark((*steps, index), self.pos)
            self._value((*steps, index))
            self.take(_TOML_BLANK)
            if not self.ahead(",") and self.text[self.pos : self.pos + 1] != "]":
                raise _Stop
            self.take(_TOML_BLANK)
            index += 1

    def _table(self, steps: Steps) -> None:
        self.take(_TOML_BLANK)
        while not self.ahead("}"):
            self._pair(steps)
            self.take(_TOML_BLANK)
            if not self.ahead(",") and self.text[self.pos : self.pos + 1] != "}":
                raise _Stop
            self.take(_TOML_BLANK)


_JSON_BLANK = re.compile(r"[ \t\r\n]*")
_JSON_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_JSON_BARE = re.compile(r"[^\s,\]}]+")


class _Json(_Scanner):
    def document(self) -> None:
        self._value(())

    def _value(self, steps: Steps) -> None:
        self.take(_JSON_BLANK)
        if self.ahead("{"):
            self._table(steps)
        elif self.ahead("["):
            self._list(steps)
        elif self.text[self.pos : self.pos + 1] == '"':
            self.take(_JSON_TEXT)
        else:
            self.take(_JSON_BARE)
        self.take(_JSON_BLANK)

    def _table(self, steps: Steps) -> None:
        self.take(_JSON_BLANK)
        seen: set[str] = set()
        while not self.ahead("}"):
            start = self.pos
            key = str(json.loads(self.take(_JSON_TEXT)))
            self.mark((*steps, key), start)
            if key in seen:
                self.lines.repeated.append(((*steps, key), self.line(start)))
            seen.add(key)
            self.take(_JSON_BLANK)
            if not self.ahead(":"):
                raise _Stop
            self._value((*steps, key))
            self._next("}")

    def _list(self, steps: Steps) -> None:
        index = 0
        self.take(_JSON_BLANK)
        while not self.ahead("]"):
            self.mark((*steps, index), self.pos)
            self._value((*steps, index))
            self._next("]")
            index += 1

    def _next(self, end: str) -> None:
        if not self.ahead(",") and self.text[self.pos : self.pos + 1] != end:
            raise _Stop
        self.take(_JSON_BLANK)
