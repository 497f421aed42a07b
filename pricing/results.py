"""Results: rows with unit, error, method and probability; failures as values; the table and the JSON of every verb."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from instruments.ground.errors import InputError, PricingError, Problem
from instruments.ground.messages import problem, suggest
from pricing.measures import GROUPS, MEASURES, Probability
from pricing.shown import rows_text, told

if TYPE_CHECKING:
    import polars as pl

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One number of a result, with all that is needed to read it. `value` is a value to `party`."""

    deal: str
    contract: str | None = None
    kind: str | None = None
    part: str | None = None
    party: str | None = None
    scenario: str | None = None
    date: dt.date | None = None
    measure: str
    probability: Probability | None = None
    value: float | None = None
    unit: str | None = None
    standard_error: float | None = None
    error_note: str | None = None
    method: str | None = None
    assumption: str | None = None
    alternative: str | None = None
    quantile: float | None = None
    """Level of a quantile, or of the tail that a mean is taken over; in (0, 1)."""
    interval_low: float | None = None
    """Lower end of a 95 % interval from order statistics; null where no path lies beyond it."""
    interval_high: float | None = None
    """Upper end."""

    def __post_init__(self) -> None:
        if self.unit is None and self.measure in MEASURES:
            object.__setattr__(self, "unit", MEASURES[self.measure].unit)
        if self.value is not None and not math.isfinite(self.value):
            raise PricingError(problem("internal", subject=self.contract or self.deal, field=self.measure, why=f"value {self.value}"))


COLUMNS = tuple(f.name for f in fields(Row))
"""Columns of every table, in order; further axes stand to the right of `method`."""


R = TypeVar("R", bound=Row)


def table_of(rows: Iterable[Row], kind: type[Row] = Row) -> pl.DataFrame:
    """Rows of one kind as a tidy polars frame, a column per field in their order."""
    import polars as pl  # a second of import time that the JSON road does not need

    types = {"float": pl.Float64(), "dt.date": pl.Date()}
    schema = {f.name: types.get(str(f.type).removesuffix(" | None"), pl.String()) for f in fields(kind)}
    return pl.DataFrame([asdict(row) for row in rows], schema=schema, orient="row")


@dataclass(frozen=True, slots=True)
class Assumption:
    """A term or quote that is assumed or weak, and how much it moves the value to the holder."""

    path: str
    basis: str
    why: str
    alternatives: tuple[str, ...]
    largest_move_usd: float | None


@dataclass(frozen=True, repr=False)
class Report(Generic[R]):
    """What every verb's result holds: rows, failures, warnings, assumptions and the audit."""

    rows: tuple[R, ...]
    failures: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    audit: Mapping[str, Any] = field(default_factory=dict)

    @property
    def table(self) -> pl.DataFrame:
        """The rows as a polars frame."""
        return table_of(self.rows, type(self.rows[0]) if self.rows else Row)

    def text(self, *measures: str, **wanted: object) -> str:
        """Rows as a table for a terminal, with units and the digits that hold: `print(found.text("value", party="lender"))`.

        Args:
            measures: which, in this order; none means all of them.
            wanted: columns that must be as given, such as `part=None` for whole contracts.

        Raises:
            InputError: no row has such a measure or column.
        """
        return rows_text(self.rows, measures, **wanted)

    def __repr__(self) -> str:
        return told(type(self).__name__, self.rows, len(self.failures))

    def _repr_html_(self) -> str:
        """A plain table for a notebook."""
        from pricing.report.plots import plain_table

        return plain_table(self.table)

    def to_json(self) -> str:
        """The JSON of the command line: schema_version, audit, results, assumptions, warnings, failures."""
        return document_json(
            audit=dict(self.audit),
            results=[asdict(row) for row in self.rows],
            assumptions=[asdict(item) for item in self.assumptions],
            warnings=list(self.warnings),
            failures=[asdict(item) for item in self.failures],
        )


class Valuation(Report[Row]):
    """What `price` returns."""

    def row(
        self,
        measure: str = "value",
        *,
        contract: str | None = None,
        part: str | None = None,
        party: str | None = None,
        probability: Probability | None = None,
        method: str | None = None,
        scenario: str | None = None,
    ) -> Row:
        """The first row that fits; `None` for part means the whole contract, for the others: any.

        The default reads the headline: value of the first contract to its holder by the default method.

        Raises:
            InputError: no row fits; the message lists the measures that are there.
        """
        wanted = {"contract": contract, "party": party, "probability": probability, "method": method, "scenario": scenario}
        for row in self.rows:
            if row.measure != measure or row.part != part or row.alternative is not None:
                continue
            if all(getattr(row, name) == text for name, text in wanted.items() if text is not None):
                return row
        if self.failures:
            raise PricingError(*self.failures)
        names = sorted({row.measure for row in self.rows})
        raise InputError(problem("unknown_name", subject="result", field=measure, what="row", choices=names))

    @property
    def value(self) -> float:
        """Value in USD of the first contract to its holder, by the default method."""
        return _number(self.row("value"))

    @property
    def standard_error(self) -> float | None:
        """Standard error of `value`; None where the method is exact."""
        return self.row("value").standard_error

    def plot(self) -> Any:
        """Value of each claim with its error, by each method, as a plotly figure.

        Raises:
            InputError: plotly is not installed (pip install plotly), or there is no value.
        """
        from pricing.report.plots import drawn, value_dots

        return drawn(value_dots(self.rows), "Valuation.plot")


def _number(row: Row) -> float:
    if row.value is None:
        raise PricingError(problem("unsupported", subject=row.contract or row.deal, field=row.measure, why="void", remedy="see error_note"))
    return row.value


def document_json(
    *,
    audit: dict[str, Any],
    results: list[dict[str, Any]],
    assumptions: list[dict[str, Any]] | None = None,
    warnings: list[str] | None = None,
    failures: list[dict[str, Any]] | None = None,
) -> str:
    """The one JSON shape of every command: sorted nowhere, so rows keep their order; NaN refused."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "audit": audit,
        "results": results,
        "assumptions": assumptions or [],
        "warnings": warnings or [],
        "failures": failures or [],
    }
    return json.dumps(document, indent=1, default=_plain, allow_nan=False, ensure_ascii=False) + "\n"


def _plain(value: object) -> object:
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a result")


def _in_group(name: str, offered: tuple[str, ...]) -> tuple[str, ...]:
    """The offered measures of a group."""
    return tuple(each for each in GROUPS.get(name, ()) if each in offered)


def check_measures(asked: Iterable[str] | None, offered: tuple[str, ...]) -> frozenset[str] | None:
    """The asked measures, groups spelt out, if each is offered; where nothing is, the lack of an engine is the error to tell."""
    if asked is None:
        return None
    if isinstance(asked, str):
        raise InputError(problem("wrong_type", subject="measures", value=asked, expected="a list of names", hint=f"write [{asked!r}]"))
    names = tuple(each for name in asked for each in (_in_group(name, offered) or (name,)))
    for name in names:
        if offered and name not in offered:
            raise InputError(problem("bad_choice", subject="measures", value=name, choices=offered, suggestion=suggest(name, offered)))
    return frozenset(names)
