"""How results show themselves where they are printed: `repr` in one line, and chosen rows as a table with units and errors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from instruments.ground.errors import InputError
from instruments.ground.messages import printable, problem, suggest
from pricing.cli.figures import number, percent, table, usd

if TYPE_CHECKING:
    from pricing.results import Row

SHARES = ("fraction", "probability", "rate")
LABELS = ("scenario", "design", "perimeter", "contract", "part", "party", "date", "quantile", "assumption", "alternative", "kind", "method")
"""Columns of a table of rows, left out where they say nothing; the last two where the others tell the rows apart."""
LAST = LABELS[-2:]


def figure(row: Row) -> str:
    """The number of a row with its error and unit; of an interval both ends."""
    low, high = getattr(row, "low", None), getattr(row, "high", None)
    if row.value is None and (low is not None or high is not None):
        ends = ["?" if end is None else _number(row.unit, end, None) for end in (low, high)]
        return " to ".join(ends) + _unit(row.unit)
    return _number(row.unit, row.value, row.standard_error) + (_unit(row.unit) if row.value is not None else "")


def _number(unit: str | None, value: float | None, error: float | None) -> str:
    if unit in SHARES:
        shown = percent(value, error)
        return f"{shown.removesuffix(' %')} ± {percent(error, error)}" if value is not None and error else shown
    return usd(value, error) if unit == "USD" or max(abs(value or 0.0), abs(error or 0.0)) >= 1e5 else number(value, error)


def _unit(unit: str | None) -> str:
    return "" if unit in SHARES or unit in (None, "", "ratio") else f" {unit}"


def told(name: str, rows: Sequence[Row], failures: int = 0) -> str:
    """One line: whose result it is, its first value, and how many rows there are."""
    whose = f" of {printable(rows[0].deal)}" if rows and rows[0].deal else ""
    first = next((row for row in rows if row.measure == "value" and row.part is None and row.value is not None), None)
    worth = ""
    if first is not None:
        by = ", ".join(printable(text) for text in (first.contract, first.party and f"to {first.party}", first.method) if text)
        worth = f": {figure(first)} ({by})"
    failed = f", {failures} failures" if failures else ""
    return f"<{name}{whose}{worth}; {len(rows)} rows{failed}>"


def rows_text(rows: Iterable[Row], measures: Sequence[str] = (), **wanted: object) -> str:
    """Rows as a table for a terminal.

    Args:
        rows: of a result.
        measures: which, in this order; none means all of them.
        wanted: columns that must be as given: `part=None`, `party="lender"`, `method="quantlib"`.

    Raises:
        InputError: no row has such a measure, column, or entry in a column.
    """
    every = list(rows)
    names = tuple(dict.fromkeys(row.measure for row in every))
    for name in measures:
        if name not in names:
            raise InputError(
                problem("bad_choice", subject="text", field="measure", value=name, choices=names, suggestion=suggest(name, names))
            )
    for column in wanted:
        if every and not hasattr(every[0], column):
            raise InputError(
                problem("bad_choice", subject="text", field="column", value=column, choices=LABELS, suggestion=suggest(column, LABELS))
            )
        held = {str(getattr(row, column)) for row in every if getattr(row, column) is not None}
        if wanted[column] is not None and str(wanted[column]) not in held:
            hint = suggest(str(wanted[column]), held)
            raise InputError(problem("bad_choice", subject="text", field=column, value=wanted[column], choices=held, suggestion=hint))
    kept = [row for row in every if all(getattr(row, column) == value for column, value in wanted.items())]
    if measures:
        kept = [row for name in measures for row in kept if row.measure == name]
    columns = _columns(kept)
    body = [[row.measure, *(_label(row, name) for name in columns), figure(row)] for row in kept]
    return table(["measure", *columns, "value"], body, right=(len(columns) + 1,))


def _columns(rows: Sequence[Row]) -> list[str]:
    found = [name for name in LABELS[:-2] if len({_label(row, name) for row in rows}) > 1]
    for name in LAST:
        if len({(row.measure, *(_label(row, column) for column in found)) for row in rows}) < len(rows):
            found += [name] if len({_label(row, name) for row in rows}) > 1 else []
    return found


def _label(row: Row, column: str) -> str:
    found = getattr(row, column, None)
    return "" if found is None else str(found)
