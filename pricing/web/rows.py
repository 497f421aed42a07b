"""Rows of a web's report: the house's columns, and to their right perimeter, interval and coverage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from instruments.ground.errors import InputError, Problem
from instruments.ground.messages import problem
from pricing.results import Assumption, Row, document_json

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True, kw_only=True)
class WebRow(Row):
    """One number, or one interval, of a web.

    `low` and `high` are rigorous bounds over the unknown amounts; `attained_low` and `attained_high` are reached by some of them.
    `value` is filled where nothing is unknown.
    """

    perimeter: str | None = None
    low: float | None = None
    high: float | None = None
    attained_low: float | None = None
    attained_high: float | None = None
    coverage: float | None = None
    source: str | None = None


def point(value: float, **columns: Any) -> WebRow:
    """A row whose value is known."""
    return WebRow(value=float(value), low=float(value), high=float(value), attained_low=float(value), attained_high=float(value), **columns)


def span(low: float, high: float, reached: tuple[float, float] | None = None, **columns: Any) -> WebRow:
    """A row for an interval; `reached` is its attained part, None where none is given. An interval of no length is a value."""
    if high - low <= 1e-12 * max(1.0, abs(high)):
        return point(low, **columns)
    ends = (None, None) if reached is None else (float(reached[0]), float(reached[1]))
    return WebRow(low=float(low), high=float(high), attained_low=ends[0], attained_high=ends[1], **columns)


def table_of_web(rows: Iterable[WebRow]) -> pl.DataFrame:
    """Rows as a tidy polars frame."""
    import polars as pl  # a second of import time that the JSON road does not need

    numbers = {"value", "standard_error", "low", "high", "attained_low", "attained_high", "coverage"}
    schema: dict[str, pl.DataType] = {f.name: pl.Float64() if f.name in numbers else pl.String() for f in fields(WebRow)}
    schema["date"] = pl.Date()
    return pl.DataFrame([asdict(row) for row in rows], schema=schema, orient="row")


@dataclass(frozen=True)
class WebReport:
    """What `analyse_web` returns: rows, failures, warnings, assumptions and the audit."""

    rows: tuple[WebRow, ...]
    failures: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    audit: Mapping[str, Any] = field(default_factory=dict)

    @property
    def table(self) -> pl.DataFrame:
        """The rows as a polars frame."""
        return table_of_web(self.rows)

    def row(self, measure: str, **wanted: str | None) -> WebRow:
        """The first row of a measure whose other columns are as wanted: `row("finn_index", perimeter="as_listed")`.

        Raises:
            InputError: no row fits; the message lists the measures that are there.
        """
        for row in self.rows:
            if row.measure == measure and all(getattr(row, name) == text for name, text in wanted.items()):
                return row
        names = sorted({row.measure for row in self.rows})
        raise InputError(problem("unknown_name", subject="report", field=measure, what="row", choices=names))

    def to_json(self) -> str:
        """The JSON of the command line: schema_version, audit, results, assumptions, warnings, failures."""
        return document_json(
            audit=dict(self.audit),
            results=[asdict(row) for row in self.rows],
            assumptions=[asdict(item) for item in self.assumptions],
            warnings=list(self.warnings),
            failures=[asdict(item) for item in self.failures],
        )
