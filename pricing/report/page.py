"""What a page holds, as data: sentences, tables and charts in sections. `pricing.report.html` writes it down, `figures` draws it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Figure = Mapping[str, Any]
"""A chart as plotly has it: 'data' and 'layout', plain lists and numbers; colours of text and grid are left to the theme."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One entry of a table: what is read, and the number or text by which the column is sorted."""

    text: str
    value: float | str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table that can be sorted by any column."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    right: frozenset[int] = frozenset()
    """Columns of numbers."""
    folded: bool = False
    """Closed until it is asked for."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart; its numbers stand in the table below it."""

    name: str
    """Unique on the page; letters, digits and dashes."""
    caption: str
    figure: Figure
    note: str = ""
    """How to read it."""
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """Sentences: one paragraph each."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Switch:
    """Panels of which one is shown, chosen by the reader: perimeters of a web, views of a loss."""

    name: str
    label: str
    panels: tuple[tuple[str, tuple[Block, ...]], ...]


Block = Table | Chart | Words | Switch


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of a page."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure of the first screen."""

    figure: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Page:
    """All that a file shows."""

    kind: str
    title: str
    subtitle: str
    answer: tuple[str, ...]
    """The answer in words, the first sentence above all."""
    tiles: tuple[Tile, ...]
    sections: tuple[Section, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    """What is not here, and the command that makes it."""
    audit: Mapping[str, Any] = field(default_factory=dict)


Body = list[list[Cell]]
"""Rows of a table that is being filled."""


def text(said: object) -> Cell:
    """A cell of text."""
    shown = "" if said is None else str(said)
    return Cell(shown, shown)


def number(shown: str, value: float | None) -> Cell:
    """A cell of a number as it is shown, sorted by its value."""
    return Cell(shown, value)


def table(caption: str, header: Sequence[str], rows: Iterable[Sequence[Cell]], *, right: Iterable[int] = (), folded: bool = False) -> Table:
    """A table from any iterables."""
    return Table(caption, tuple(header), tuple(tuple(row) for row in rows), frozenset(right), folded)


def section(title: str, *blocks: Block | None) -> Section | None:
    """A section of the blocks that are there; None without any."""
    kept = tuple(block for block in blocks if block is not None)
    return Section(title, kept) if kept else None


def charts_of(blocks: Iterable[Block]) -> list[Chart]:
    """Every chart, those of panels included."""
    found: list[Chart] = []
    for block in blocks:
        if isinstance(block, Chart):
            found.append(block)
        elif isinstance(block, Switch):
            found += [chart for _, inside in block.panels for chart in charts_of(inside)]
    return found
