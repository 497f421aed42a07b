"""A text that is being read, and where in it each thing stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NoReturn

from instruments.files.lines import Lines, json_lines, toml_lines
from instruments.ground.errors import FileError, InputError
from instruments.ground.located import Located
from instruments.ground.messages import printable, problem

Language = Literal["toml", "json"]
"""What a text is written in."""


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
