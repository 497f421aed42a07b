"""Tables of what only some facilities have, for the terminal."""

from __future__ import annotations

from instruments.ground.messages import printable
from pricing.cli.figures import percent, table, usd
from pricing.results import Row


def feature_tables(rows: list[Row]) -> list[str]:
    """The tables of one facility's features; empty text where it lacks one."""
    return [_prepaid(rows)]


def _prepaid(rows: list[Row]) -> str:
    """Who pays for the hardware, and what is unearned by year."""
    funded = {row.part: row.value or 0.0 for row in rows if row.measure == "funding_share"}
    owed = {(row.date, row.part): row.value for row in rows if row.measure == "prepayment_liability"}
    if not owed:
        return ""
    lines = []
    if funded:
        shares = ", ".join(f"{printable(part or '')} {percent(share)}" for part, share in funded.items())
        lines.append(f"Cost of the hardware, on the plan: {shares}, together {percent(sum(funded.values()))}; the owners pay the rest")
    lost = next((row for row in rows if row.measure == "prepayment_lost"), None)
    if lost is not None:
        lines.append(f"Unearned prepayment forfeited or written off, discounted mean over the paths: {usd(lost.value)} USD")
    dates = sorted({date for date, _ in owed if date is not None})
    body = [[str(date), usd(owed[date, "plan"]), usd(owed[date, "mean over paths"])] for date in dates]
    title = "Prepayment of the customer, not yet burned off, USD"
    return "\n".join([*lines, title, table(["date", "plan", "mean over paths"], body, right=(1, 2))])
