"""A stand-alone offtake in the text of `gpufin price`: announced, firm, expected; who leaves when, and what the right is worth."""

from __future__ import annotations

from pricing.cli.figures import number, percent, table, usd
from pricing.results import Row

LADDER = (
    ("headline", "headline: every hour at the full price"),
    ("expected_received", "expected from the customer, not discounted"),
    ("firm", "firm: the least the customer can pay"),
)


def offtake_text(rows: list[Row]) -> str:
    """Ladder of amounts, worth of each right to leave, odds and liabilities by date; nothing where the rows have none of it."""
    mine = [row for row in rows if row.method == "simulation" and row.alternative is None]
    parts = [_ladder(mine), _rights(rows), _by_date(mine)]
    return "\n\n".join(part for part in parts if part)


def _ladder(rows: list[Row]) -> str:
    found = {row.measure: row for row in rows if row.part is None}
    if "headline" not in found:
        return ""
    whole = found["headline"].value or 0.0
    body = []
    for measure, title in LADDER:
        if measure in found:
            row = found[measure]
            share = percent((row.value or 0.0) / whole) if whole > 0 else ""
            body.append([title, usd(row.value), share, _note(row) if measure == "firm" else ""])
    for measure, title in (("relet_value", "let again after an early end"), ("loss_from_customer", "lost by the customer's default")):
        if measure in found:
            body.append([title + ", discounted", usd(found[measure].value, found[measure].standard_error), "", ""])
    if "effective_rent" in found and found["effective_rent"].value is not None:
        body.append(["effective rent, USD a unit-hour", number(found["effective_rent"].value), "", ""])
    return table(["", "USD", "of headline", ""], body, right=(1, 2))


def _note(row: Row) -> str:
    return (row.error_note or "").removeprefix("exact; ")


OPTIONS = (
    ("cancellation_option", "simulation", "by its rule"),
    ("cancellation_option_lower_bound", "simulation", "least squares, fresh paths"),
    ("cancellation_option_upper_bound", "simulation", "perfect foresight"),
    ("cancellation_option_lower_bound", "quantlib", "best single date, Black"),
)


def _rights(rows: list[Row]) -> str:
    found = {(row.measure, row.method, row.party): row for row in rows if row.part is None}
    parties = list(dict.fromkeys(party for measure, _, party in found if measure == "cancellation_option"))
    columns = [(m, how, title) for m, how, title in OPTIONS if any((m, how, party) in found for party in parties)]
    body = []
    for party in parties:
        odds = next(
            (r for r in rows if r.measure == "cancellation_probability" and r.party == party and (r.part or "").startswith("by")), None
        )
        cells = [party or "", percent(odds.value) if odds else ""]
        for measure, how, _ in columns:
            row = found.get((measure, how, party))
            cells.append(usd(row.value, row.standard_error) if row else "")
        body.append(cells)
    if not body:
        return ""
    title = "Rights to leave: odds that the notice is theirs, and what each right is worth alone, USD"
    return f"{title}\n" + table(["party", "leaves", *(title for _, _, title in columns)], body, right=range(1, len(columns) + 2))


def _by_date(rows: list[Row]) -> str:
    odds = {row.date: row for row in rows if row.measure == "cancellation_probability" and row.part == "notice given by then"}
    owed = {row.date: row for row in rows if row.measure == "prepayment_liability"}
    dates = sorted(date for date in {*odds, *owed} if date is not None)
    if not dates:
        return ""
    header = ["by", *(["notice given"] if odds else []), *(["prepayment not burned off, USD"] if owed else [])]
    body = []
    for date in dates:
        cells = [str(date)]
        if odds:
            cells.append(percent(odds[date].value) if date in odds else "")
        if owed:
            cells.append(usd(owed[date].value) if date in owed else "")
        body.append(cells)
    return table(header, body, right=range(1, len(header)))
