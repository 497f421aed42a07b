"""`gpufin price`: the answer first, then by tranche, then how much each assumption moves it."""

from __future__ import annotations

import sys
from argparse import Namespace

from instruments.deal import Deal
from instruments.ground.messages import printable
from pricing.api import price
from pricing.cli.figures import number, percent, table, usd
from pricing.cli.inputs import deal_and_market, say, say_failures
from pricing.results import Row, Valuation


def run(arguments: Namespace) -> int:
    """Exit code 0, or 4 where some contracts failed."""
    deal, market = deal_and_market(arguments.deal, arguments.market)
    measures = arguments.measures.split(",") if arguments.measures else None
    valuation = price(
        deal, market, method=arguments.method, measures=measures, paths=arguments.paths, seed=arguments.seed, threads=arguments.threads
    )
    if arguments.format == "json":
        sys.stdout.write(valuation.to_json())
    else:
        print(text_of(deal, valuation))
    say(valuation.warnings, "note")
    say_failures(valuation.failures)
    return 4 if valuation.failures else 0


def text_of(deal: Deal, valuation: Valuation) -> str:
    """The valuation for a terminal."""
    parts = [f"{printable(deal.name or deal.id)}, {valuation.rows[0].date}"]
    for contract in dict.fromkeys(row.contract for row in valuation.rows):
        rows = [row for row in valuation.rows if row.contract == contract]
        parts += [_headline(rows), _by_part(rows), _other(rows), _exposure(rows, valuation)]
    return "\n\n".join(part for part in parts if part)


def _headline(rows: list[Row]) -> str:
    """Values of the whole contract, each with its method and what it leaves out; void ones only stand in the JSON."""
    first = next((row for row in rows if row.measure == "value" and row.part is None), rows[0])
    lines = [f"{first.contract}: worth {usd(first.value, first.standard_error)} USD to {first.party} by {first.method}{_said(first)}"]
    for row in rows:
        if row.part is None and row.party == first.party and row.unit == "USD" and row.value is not None and row.method == "quantlib":
            label = row.measure.removeprefix("value_").replace("_", " ")
            lines.append(f"  quantlib {label}: {usd(row.value)} USD{_said(row)}")
    return lines_of(lines)


def _said(row: Row) -> str:
    return f" ({row.error_note})" if row.error_note else ""


def lines_of(lines: list[str]) -> str:
    """Lines joined, each made safe for a terminal."""
    return "\n".join(printable(line) for line in lines)


COLUMNS = (
    ("value", "value, USD", None),
    ("value_per_share", "USD a share", None),
    ("share_of_spot", "of spot", None),
    ("share_of_hardware", "of hardware", None),
    ("vesting_probability", "vests, pricing", "pricing"),
    ("vesting_probability", "vests, share", "share"),
    ("vesting_probability", "vests, real world", "real_world"),
    ("vesting_time", "mean years", None),
)


def _by_part(rows: list[Row]) -> str:
    method = rows[0].method
    holder = rows[0].party
    mine = [row for row in rows if row.method == method and row.party == holder and row.alternative is None]
    shown = {measure for measure, _, _ in COLUMNS}
    parts = list(dict.fromkeys(row.part for row in mine if row.part is not None and row.measure in shown))
    columns = [c for c in COLUMNS if any(row.measure == c[0] and (c[2] is None or row.probability == c[2]) for row in mine)]
    if not parts or not columns:
        return ""
    body = []
    for part in [*parts, None]:
        cells = [part or "all"]
        for measure, _, probability in columns:
            found = [r for r in mine if r.measure == measure and r.part == part and (probability is None or r.probability == probability)]
            cells.append(_shown(found[0]) if found else "")
        body.append(cells)
    return table(["tranche", *(title for _, title, _ in columns)], body, right=range(1, len(columns) + 1))


def _shown(row: Row) -> str:
    if row.unit == "USD":
        return usd(row.value, row.standard_error)
    if row.unit in ("fraction", "probability", "rate"):
        return percent(row.value, row.standard_error)
    return number(row.value, row.standard_error)


OF_LOANS = (
    "fair_margin", "loss_against_default_free", "expected_shortfall_discounted", "expected_shortfall", "expected_loss_rate",
    "default_probability", "recovery_rate",
    "implicit_rate", "internal_rate_of_return", "effective_cost", "average_life", "finance_lease", "term_to_life", "rent_to_value",
    "residual_exposure", "purchase_option_value", "non_renewal_probability", "early_exit_probability", "purchase_probability",
    "guarantor_default_cost", "wrong_way_cost", "call_probability", "expected_payment", "largest_payment", "escrow_value",
    "indemnity_value", "fee_value", "premium_value",
)  # fmt: skip
"""Measures of loans, leases and guarantees that stand below their value."""


def _other(rows: list[Row]) -> str:
    lines = [f"{row.measure.replace('_', ' ')}: {_shown(row)}" for row in rows if row.part is None and row.measure.startswith("dilution")]
    for row in rows:
        if row.measure in OF_LOANS and (row.part is None or row.measure == "fair_margin"):
            part = f" ({row.part})" if row.part else ""
            lines.append(f"{row.measure.replace('_', ' ')}{part} by {row.method}: {_shown(row)}")
    return lines_of(lines)


SMALL = 0.005
"""Alternatives that move the value by less than this share of the largest move are counted, not listed."""


def _exposure(rows: list[Row], valuation: Valuation) -> str:
    found = [row for row in rows if row.measure == "exposure"]
    most = max((abs(row.value or 0.0) for row in found), default=0.0)
    listed = [row for row in found if abs(row.value or 0.0) > SMALL * most]
    if not listed:
        return ""
    basis = {item.path: item.basis for item in valuation.assumptions}
    body = [
        [row.assumption or "", basis.get(row.assumption or "", ""), row.alternative or "", usd(row.value, row.standard_error)]
        for row in listed
    ]
    title = "What the value rests on: change of value at each alternative, the other terms at base"
    whole = [f"from lowest to highest {usd(row.value)} USD: {row.error_note}" for row in rows if row.measure == "value_soft_range"]
    rest = [f"{len(found) - len(listed)} more move it by less than {usd(SMALL * most)} USD"] if len(found) > len(listed) else []
    return "\n".join([title, *whole, table(["assumption", "basis", "alternative", "change, USD"], body, right=(3,)), *rest])
