"""Figures of the study: each with value, unit, basis, source and date; an assumed one with its range."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from instruments.files.loading import load_model
from instruments.ground.base import FrozenMap, Terms
from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from instruments.ground.provenance import SOFT, Basis, Range

FOLDER = Path(__file__).parents[1]


class Figure(Terms):
    """One number and where it comes from."""

    value: float
    unit: str
    basis: Basis
    source: str
    date: dt.date
    range: Range | None = None
    why: str = ""

    @model_validator(mode="after")
    def _assumed_has_a_range(self) -> Self:
        if self.basis is Basis.ASSUMED and self.range is None:
            raise PydanticCustomError("assumed_without_range", "an assumed figure needs a range")
        if self.range is not None and not self.range[0] <= self.value <= self.range[1]:
            raise PydanticCustomError("broken_rule", "the value must lie in its range")
        return self


class FigureFile(Terms):
    """A file of figures."""

    schema_version: Literal[1] = Field(1, alias="schema")
    figures: FrozenMap[str, Figure]


@dataclass(frozen=True, slots=True)
class Inputs:
    """All figures by key, and how hard simulations are to work."""

    figures: Mapping[str, Figure]
    paths: int = 4096
    seed: int = 0

    def __getitem__(self, key: str) -> float:
        return self.figure(key).value

    def figure(self, key: str) -> Figure:
        """The figure of a key; `InputError` for one that is not there."""
        if key not in self.figures:
            raise InputError(problem("unknown_name", subject="figures", value=key, what="figure", choices=tuple(self.figures)))
        return self.figures[key]

    def ends(self, key: str) -> tuple[float, float]:
        """Low and high end of a figure; twice its value where it has no range."""
        figure = self.figure(key)
        return figure.range or (figure.value, figure.value)

    def soft(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the keys that are weak or assumed."""
        return tuple(key for key in keys if self.figure(key).basis in SOFT)

    def with_figure(self, key: str, value: float) -> Inputs:
        """The inputs with one figure at another value; its range grows to hold it. `InputError` for what is no number."""
        figure = self.figure(key)
        span = figure.range and (min(figure.range[0], value), max(figure.range[1], value))
        try:
            changed = figure.evolve(value=value, range=span)
        except ValidationError as error:
            rule = {"expected": "a finite number", "hint": "give a number"}
            raise InputError(problem("bad_option", subject="figures", field=key, value=value, **rule)) from error
        return replace(self, figures={**self.figures, key: changed})


def load_inputs(folder: Path = FOLDER, *, paths: int = 4096, seed: int = 0) -> Inputs:
    """All `figures.*.toml` files of a folder.

    Raises:
        FileError: a file cannot be read.
        InputError: an entry is malformed (file, line, field, what is allowed), or a key stands in two files.
    """
    figures: dict[str, Figure] = {}
    for path in sorted(folder.glob("figures.*.toml")):
        for key, figure in _figures(path):
            if key in figures:
                rule = {"rule": "stands in two files", "remedy": "keep one of the two"}
                raise InputError(problem("broken_rule", subject=path.name, field=f"figures.{key}", value=figure.value, **rule))
            figures[key] = figure
    return Inputs(figures, paths=paths, seed=seed)


def _figures(path: Path) -> Iterator[tuple[str, Figure]]:
    yield from load_model(path, FigureFile, kind="figures").figures.items()
