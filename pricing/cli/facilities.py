"""Tables of what only some facilities have, for the terminal."""

from __future__ import annotations

from instruments.ground.messages import printable
from pricing.cli.figures import percent, table, usd
from pricing.engines.loan_prepayment import HELD
from pricing.results import Row


def feature_tables(rows: list[Row]) -> list[str]:
    """The tables of one facility's features; empty text where it lacks one."""
    return [_prepaid(rows), _prepaying(rows), _crossed(rows), _lender(rows), _residual(rows), _tranches(rows)]


def _lender(rows: list[Row]) -> str:
    """What a lender that can fail takes from the borrower."""
    found = {row.measure: row for row in rows}
    if "lender_default_undrawn" not in found:
        return ""
    shown = [found[name] for name in ("lender_default_undrawn", "lender_default_cost")]
    undrawn, cost = (usd(row.value or 0.0, row.standard_error) for row in shown)
    return f"Draws that the lender's own default stops: {undrawn} USD; they were worth {cost} USD to the owners"


def _residual(rows: list[Row]) -> str:
    """What causes of default that no path shows take from the lender."""
    cost = next((row for row in rows if row.measure == "residual_default_cost"), None)
    if cost is None:
        return ""
    return f"Defaults of the vehicle that its cash does not explain cost the lender {usd(cost.value or 0.0, cost.standard_error)} USD"


def _crossed(rows: list[Row]) -> str:
    """How often another loan's default accelerates this one."""
    odds = next((row for row in rows if row.measure == "cross_default_probability"), None)
    if odds is None:
        return ""
    return f"Accelerated by the default of another loan of the deal, and by nothing of its own: {percent(odds.value, odds.standard_error)}"


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


def _prepaying(rows: list[Row]) -> str:
    """The borrower's right to prepay: what it is worth, between what bounds, and when it is used."""
    found = {row.measure: row for row in rows if row.part is None}
    option = found.get("prepayment_option")
    if option is None:
        return ""
    held = next((row for row in rows if row.measure == "value" and row.part == HELD), None)
    lines = [f"Value to the lender {HELD}: {usd(held.value, held.standard_error)} USD"] if held is not None else []
    bounds = [found["prepayment_option_lower_bound"], found["prepayment_option_upper_bound"]]
    low, high = (usd(row.value, row.standard_error) for row in bounds)
    lines.append(f"The right to prepay is worth {usd(option.value, option.standard_error)} USD to the borrower by its rule, after cost")
    lines.append(f"by least squares on fresh paths (at least) {low}, by perfect foresight (at most) {high}")
    lines.append(f"Margin of a new loan today: {(found['refinancing_margin'].value or 0.0) * 1e4:.1f} basis points")
    by_date = [row for row in rows if row.measure == "prepayment_probability" and row.part is not None]
    body = [[str(row.date), percent(row.value, row.standard_error)] for row in by_date]
    return "\n".join([*lines, table(["by", "prepaid by choice"], body, right=(1,))])


def _tranches(rows: list[Row]) -> str:
    """Value and loss of every tranche."""
    found = {(row.measure, row.part, row.party): row.value for row in rows if row.kind == "loan"}
    tranches = [(part, party) for measure, part, party in found if measure == "expected_shortfall_discounted" and part is not None]
    body = []
    for part, party in tranches:
        value, lost, rate = (found.get((name, part, party)) for name in ("value", "expected_shortfall_discounted", "expected_loss_rate"))
        body.append([printable(part or ""), printable(party or ""), usd(value or 0.0), usd(lost or 0.0), percent(rate or 0.0)])
    header = ["tranche", "holder", "value, USD", "expected shortfall", "over what is lent"]
    return "Tranches, senior first\n" + table(header, body, right=(2, 3, 4)) if body else ""
