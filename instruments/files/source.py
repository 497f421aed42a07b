"""A text that is being read, and where in it each thing stands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NoReturn

from instruments.files.lines import Lines, json_lines, toml_lines
from instruments.files.steps import Steps
from instruments.ground.errors import FileError, InputError, Problem
from instruments.ground.messages import printable, problem

Language = Literal["toml", "json"]
"""What a text is written in."""
LONGEST = 80
"""Characters of a name or text that are shown."""
_DIGITS = 40


@dataclass(frozen=True)
class Located:
    """A problem and the steps from the top of the document to its place."""

    steps: Steps
    problem: Problem


@dataclass(frozen=True)
class Source:
    """A text with its file name, language, and what it should hold ('deal', 'market')."""

    file: str
    kind: str
    language: Language
    text: str

    @cached_property
    def lines(self) -> Lines:
        """Line of every key; found only when there is something to report."""
        return toml_lines(self.text) if self.language == "toml" else json_lines(self.text)

    def fail(self, code: str, *, line: int | None = None, **details: object) -> NoReturn:
        """Raise `FileError` about the file as a whole, or about one of its lines."""
        raise FileError(problem(code, subject=self.kind, field="", **details).at(file=printable(self.file), line=line))

    def refuse(self, located: Iterable[Located]) -> NoReturn:
        """Raise `InputError` with each problem at its line, in the order of the file."""
        placed = {one.problem.at(file=printable(self.file), line=self.lines.of(one.steps)): None for one in located}
        raise InputError(*sorted(placed, key=lambda one: one.line or 0))


def located(code: str, steps: Steps, *, value: str = "", **details: object) -> Located:
    """Fill a catalogue entry for a place in a document; `value` is what was found, as written there."""
    subject, field = (steps[:2], steps[2:]) if len(steps) > 2 else ((), steps)
    return Located(steps, problem(code, subject=dotted(subject), field=dotted(field), value=value, **details))


def dotted(steps: Steps) -> str:
    """Steps as one line of text; a name with a dot or with strange characters is quoted."""
    return ".".join(map(_step, steps))


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return str(step)
    short = step if len(step) <= LONGEST else step[:LONGEST] + "..."
    return short if step.isprintable() and re.fullmatch(r"[^\s\".]+", step) else printable(json.dumps(short))


def written(value: object) -> str:
    """A value as it would be written in a file, short."""
    if isinstance(value, str):
        return json.dumps(value[:LONGEST], ensure_ascii=False)
    if isinstance(value, dict):
        return f"a table of {len(value)}"
    if isinstance(value, (list, tuple)):
        plain = len(value) <= 4 and not any(isinstance(item, (dict, list, tuple)) for item in value)
        return f"[{', '.join(map(written, value))}]" if plain else f"a list of {len(value)}"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int) and abs(value) >= 10**_DIGITS:
        return "a number of more than 40 digits"
    return str(value)
