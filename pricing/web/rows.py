"""Rows of a web's report: the house's columns, and to their right perimeter, interval and coverage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.results import Report, Row

if TYPE_CHECKING:
    pass


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


class WebReport(Report[WebRow]):
    """What `analyse_web` returns."""

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

    def plot(self) -> Any:
        """The recycled share of activity under every perimeter and knock-out, with its bounds, as a plotly figure.

        Raises:
            InputError: plotly is not installed (pip install plotly), or there is no index.
        """
        from pricing.report.plots import drawn, index_spans

        return drawn(index_spans(self.rows), "WebReport.plot")
