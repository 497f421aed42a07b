"""Loans without collateral that may be prepaid: rows of the exact value on one credit, and QuantLib's where it can say it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from curves import discount_curve
from instruments.contracts.loan import Loan
from instruments.contracts.loan_prepayment import VoluntaryPrepayment
from pricing.engines.prepayment_lattice import CallTerms, Rule, prepayable_value
from pricing.engines.refinancing import spread_move
from pricing.paths.credit import default_clock
from pricing.registry import Task
from pricing.schedules.call import UnitLoan, call_prices, open_dates
from pricing.schedules.grid import day_counts
from pricing.schedules.loan import LoanFlows, Scheduled, unit_loan
from pricing.schedules.types import Bools, Floats

HELD = "without the right to prepay"
Curve = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Credit:
    """Whose default the planned flows are put under."""

    part: str | None
    survival: Curve
    recovery: float
    note: str


RowParts = tuple[str, float, str | None, str | None, str]
"""Measure, value, part, party, note."""


def call_terms(right: VoluntaryPrepayment, flows: LoanFlows, unit: UnitLoan, discount: Curve) -> CallTerms:
    """The right on the grid of a loan's payment dates."""
    years, _ = day_counts(flows.as_of, flows.dates)
    may = open_dates(right, flows.dates, len(flows.dates)) if right.exercise != "never" else np.zeros(len(years), dtype=np.bool_)
    return CallTerms(call_prices(right, unit, flows.dates, years, discount), may, right.share, right.cost)


def spread_rule(right: VoluntaryPrepayment, unit: UnitLoan, credit: Credit, years: Floats, price: Floats) -> Rule:
    """Prepay on the first date on which the old payments at the margin of the day are worth more than price and cost."""
    survival = credit.survival(years)
    clock = default_clock(survival)
    today = unit.own_margin() if right.market_margin is None else right.market_margin

    def goes(t: int, level: Floats) -> Bools:
        margin = np.maximum(today + spread_move(level, clock, survival, years, t, len(years) - 1, credit.recovery), 0.0)
        return np.asarray(unit.worth(t, margin) > price[t] + right.cost)

    return goes


def prepayable_rows(
    task: Task, right: VoluntaryPrepayment, flows: LoanFlows, credit: Credit, discount: Curve, held: Scheduled, *, by_quantlib: bool
) -> tuple[RowParts, ...]:
    """Value with the right on one credit, and what it is worth to the borrower."""
    loan = task.contract
    if not isinstance(loan, Loan):
        return ()
    unit = unit_loan(flows, discount)
    key = right.make_whole.key if right.make_whole else None
    terms = call_terms(right, flows, unit, discount if key is None else discount_curve(task.market, key).discount)
    if by_quantlib:
        return _by_quantlib(task, loan, flows, credit, discount, terms)
    years, _ = day_counts(flows.as_of, flows.dates)
    rule = spread_rule(right, unit, credit, years, terms.price) if right.exercise == "spread" else None
    found = prepayable_value(flows, discount, credit.survival, credit.recovery, terms, rule)
    how = f"{credit.note}; the borrower prepays by rule '{right.exercise}', exact on its distance to default"
    rows: list[RowParts] = [("value", found.lender, credit.part, loan.lender, how)]
    if credit.part is None:
        rows.append(("value", -found.lender, None, loan.borrower, how))
    rows.append(("prepayment_option", held.risky - found.borrower, credit.part, loan.borrower, how))
    return tuple(rows)


def _by_quantlib(task: Task, loan: Loan, flows: LoanFlows, credit: Credit, discount: Curve, terms: CallTerms) -> tuple[RowParts, ...]:
    """A fixed bullet that nobody can fail to pay, called in full at no cost: QuantLib's tree; other loans it cannot say."""
    years, _ = day_counts(flows.as_of, flows.dates)
    safe = float(credit.survival(years)[-1]) == 1.0
    if not safe or loan.fixed is None or loan.floating is not None or loan.amortisation.kind != "bullet" or terms.cost or terms.share < 1.0:
        return ()
    from pricing._quantlib.callable import quantlib_callable  # QuantLib is loaded by those who ask for it

    value = quantlib_callable(flows, discount, terms.price, terms.open, subject=task.contract_id)
    return (("value", value, credit.part, loan.lender, f"{credit.note}; callable bond on a tree, rates at their forwards"),)
