"""A customer's prepayment in a facility on its grid: what is paid when, and what burns off on the plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from instruments.contracts.loan_parts import LoanPosition
from instruments.contracts.offtake import Offtake
from pricing.schedules.plan import AT_ACCEPTANCE, AT_FUNDING, AT_SIGNING
from pricing.schedules.types import Floats, Ints

WHEN = {"at_signing": AT_SIGNING, "at_funding": AT_FUNDING, "at_acceptance": AT_ACCEPTANCE}


@dataclass(frozen=True)
class Prepaid:
    """The prepayment as numbers; without one `amounts` is empty and nothing burns off."""

    amounts: Floats
    """[cohort] for hardware still to be bought (or accepted), USD."""
    at_start: float
    """Paid on the first date, USD."""
    when: int
    rate: float
    """Share of a month's rent that is paid by it."""
    refund: float
    spent: Floats
    """[cohort] of its cost, paid before any draw."""
    credits: Floats
    """[cohort, time] burned off on the plan, by rent."""

    @property
    def total(self) -> float:
        """Everything still to be paid ahead, USD."""
        return float(self.amounts.sum())


def resolve_prepayment(
    offtake: Offtake, position: LoanPosition | None, fund: Ints, accept: Ints, cost: Floats, unit_hours: Floats, price: Floats
) -> Prepaid:
    """Resolve the prepayment of a facility's offtake.

    **Model**: a cohort's part is `share` x its hours from acceptance to the contract's end x the full price. Each month the credit is
    min(unearned, rate x rent), rate = share / availability (the same share of every rent) or 1 (the first rents).

    Args:
        offtake: the contract.
        position: where the loan stands; None is a new deal.
        fund, accept: planned months, -1 for done [cohort].
        cost: [cohort].
        unit_hours: [cohort, time] unit-hours of each cohort to the contract's end, accepted or not.
        price: [time] USD per unit-hour paid, availability included.
    """
    terms = offtake.prepayment
    none = np.zeros_like(unit_hours)
    if terms is None:
        return Prepaid(np.zeros(0), 0.0, AT_SIGNING, 0.0, 0.0, np.zeros_like(cost), none)
    when = WHEN[terms.paid]
    serving = accept[:, None] < np.arange(unit_hours.shape[1])[None, :]
    hours = np.where(serving, unit_hours, 0.0)
    whole = terms.share * hours.sum(axis=1) * offtake.price_usd_per_hour
    to_come = accept >= 0 if when == AT_ACCEPTANCE else fund >= 0
    amounts = np.where(to_come, whole, 0.0)
    signed = when == AT_SIGNING and position is None
    pro_rata = terms.burn_off == "pro_rata" and offtake.availability > 0
    rate = min(terms.share / offtake.availability, 1.0) if pro_rata else 1.0
    rent = hours * price
    start = float(amounts.sum()) if signed else 0.0
    left, credits = position.unearned_usd if position else 0.0, np.zeros_like(rent)
    due = {AT_SIGNING: np.zeros_like(fund) - 1, AT_FUNDING: fund, AT_ACCEPTANCE: accept}[when]
    for t in range(rent.shape[1]):
        total = float(rent[:, t].sum())
        credit = min(left, rate * total)
        if total > 0:
            credits[:, t] = credit * rent[:, t] / total
        left += (start if t == 0 else 0.0) + float(amounts[due == t].sum()) - credit
    spent = np.minimum(amounts, cost) if when != AT_ACCEPTANCE else np.zeros_like(cost)
    return Prepaid(amounts, start, when, rate, terms.refund, spent, credits)
