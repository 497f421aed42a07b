"""Loans by their planned flows on one credit at a constant recovery, by arrays or by QuantLib: the second opinion."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from curves import discount_curve, survival_curve
from curves.lookup import default_rates_key
from instruments.contracts.loan import Loan
from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from pricing.engines.facility_run import planned_run, set_up
from pricing.engines.loan_prepayment import HELD, Credit, Curve, prepayable_rows
from pricing.registry import Outcome, Task, register_engine
from pricing.results import Row
from pricing.schedules.grid import day_counts
from pricing.schedules.loan import (
    LoanFlows,
    Scheduled,
    average_life,
    facility_flows,
    internal_rate,
    planned_cash,
    scheduled_value,
    term_flows,
)
from pricing.schedules.types import Floats

MEASURES = ("value", "fair_margin", "prepayment_option", "effective_rate", "wal_years")


def _sure(times: Floats) -> Floats:
    return np.ones_like(times)


def _credit(task: Task, party: str, part: str | None, note: str) -> Credit | None:
    key = task.deal.parties[party].credit
    if key is None:
        return None
    curve = survival_curve(task.market, key)
    return Credit(part, curve.survival, curve.recovery, f"{note} ({key}, recovery {curve.recovery:g})")


def planned(task: Task) -> tuple[LoanFlows, tuple[Credit, ...]]:
    """The planned flows of a loan, and the credits to see them under.

    A facility is shown on its customer's credit (as if the operator could be replaced at no cost), on its operator's (as if the vehicle
    were its parent) and default-free; another loan on its borrower's.
    """
    loan = task.contract
    if not isinstance(loan, Loan):
        raise PricingError(problem("unsupported", subject=task.contract_id, why="not a loan", remedy="name a loan"))
    free = Credit("default-free", _sure, 1.0, "planned flows, nobody defaults")
    if loan.collateral is None:
        own = _credit(task, loan.borrower, None, "planned flows on the borrower's credit")
        flows = term_flows(loan, task.market.as_of, task.deal.position.facilities.get(task.contract_id))
        return flows, (own, free) if own else (Credit(None, _sure, 1.0, "the borrower has no credit: default-free"),)
    facility = set_up(task.deal, task.contract_id, task.market).facility
    rolled = planned_run(facility)
    constant = "special case: planned flows, constant recovery, no waterfall, no choice of the lender, no dependence"
    found = (
        _credit(task, facility.offtake.customer, None, f"{constant}; on the customer's credit, the operator replaced at no cost"),
        _credit(task, facility.fleet.operator, "on the operator's credit", f"{constant}; the vehicle taken for its parent"),
        free,
    )
    return facility_flows(facility, rolled.ledger[:, :, 0], rolled.states[:, :, 0]), tuple(each for each in found if each is not None)


def schedule_rows(task: Task, method: str, *, by_quantlib: bool) -> tuple[Row, ...]:
    """Rows of a loan's planned flows under each credit: value to the lender, and the margin at which it is at par."""
    flows, credits = planned(task)
    loan = task.contract
    lender = getattr(loan, "lender", None)
    discount = discount_curve(task.market, _index(task)).discount
    rows: list[Row] = []

    def add(measure: str, value: float, part: str | None, party: str | None, note: str) -> None:
        if task.settings.wants(measure):
            rows.append(
                Row(
                    deal=task.deal.id, contract=task.contract_id, kind="loan", part=part, party=party, date=task.market.as_of,
                    measure=measure, probability="pricing", value=value, error_note=note, method=method,
                )
            )  # fmt: skip

    right = loan.prepayment if isinstance(loan, Loan) and loan.collateral is None else None
    for credit in credits:
        arrays = scheduled_value(flows, discount, credit.survival, credit.recovery)
        found = arrays
        if right is not None:
            for row in prepayable_rows(task, right, flows, credit, discount, arrays, by_quantlib=by_quantlib):
                add(*row)
        if by_quantlib:
            from pricing._quantlib.loan import quantlib_value  # QuantLib is loaded by those who ask for it

            found = quantlib_value(flows, discount, credit.survival, credit.recovery, subject=task.contract_id)
        part = credit.part if right is None else f"{credit.part or 'as it is'}, {HELD}"
        add("value", found.risky, part, lender, credit.note)
        if credit.part is None and right is None:
            add("value", -found.risky, None, getattr(loan, "borrower", None), credit.note)
        add("fair_margin", flows.margin + _to_par(found, arrays, flows), credit.part, lender, credit.note)
    if isinstance(loan, Loan) and (loan.upfront_fee > 0 or loan.discount > 0):
        _yields(add, flows, discount, lender)
    return tuple(rows)


def _yields(add: Callable[..., None], flows: LoanFlows, discount: Curve, lender: str | None) -> None:
    """What the lender earns on what it really lent, on the plan."""
    times = day_counts(flows.as_of, flows.dates)[0]
    rate = internal_rate(times, planned_cash(flows, discount), flows.opening)
    if rate is not None:
        add("effective_rate", rate, None, lender, "planned flows, floating interest at its forwards; fee and discount as a yield")
    add("wal_years", average_life(times, flows.principal, np.zeros_like(times)), None, lender, "planned principal")


def _to_par(found: Scheduled, arrays: Scheduled, flows: LoanFlows) -> float:
    """Addition to both coupons that brings the value to what is lent: value is linear in it."""
    return (flows.opening - found.risky) / arrays.annuity if arrays.annuity > 0 else 0.0


def _index(task: Task) -> str:
    floating = getattr(task.contract, "floating", None)
    return floating.index if floating is not None else default_rates_key(task.market)


@register_engine(Loan, "schedule", measures=MEASURES, note="planned flows on one credit, constant recovery, by arrays")
def loan_by_schedule(task: Task) -> Outcome:
    """Planned flows on one credit; see `pricing.schedules.loan.scheduled_value`."""
    return Outcome(rows=schedule_rows(task, "schedule", by_quantlib=False))


@register_engine(Loan, "quantlib", measures=MEASURES, note="as 'schedule', by QuantLib's overnight coupons and risky bond engine")
def loan_by_quantlib(task: Task) -> Outcome:
    """Planned flows on one credit by QuantLib: amortising bonds, overnight leg compounded, risky bond engine at constant recovery."""
    return Outcome(rows=schedule_rows(task, "quantlib", by_quantlib=True))
