"""Rates of a lease on its plan: effective cost, average life, classification; the plan as a bond."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from instruments.contracts.lease import Lease
from pricing.schedules.lease import LeaseGrid, PhasePlan
from pricing.schedules.loan import LoanFlows
from pricing.schedules.roots import root
from pricing.schedules.types import Floats

LIFE_TEST, RENT_TEST = 0.75, 0.90
"""A first term of so much of the useful life, rents worth so much of fair value: a finance lease."""
BARGAIN = 0.5
"""A fixed option below so much of the forward value at the end is a bargain: its use is reasonably certain."""
SEARCH = (-0.5, 10.0)
"""Where a rate is looked for, a month."""


def internal_rate(flows: Floats) -> float | None:
    """Rate a month at which flows [row] are worth nothing; None where they have no single change of sign to be worth it.

    Example:
        >>> round(internal_rate(np.array([-100.0, 60.0, 60.0])), 6)
        0.130662
    """
    powers = np.arange(len(flows))

    def worth(rate: float) -> float:
        return float((flows * (1.0 + rate) ** -powers).sum())

    for low, high in ((-0.02, 0.5), SEARCH):
        if worth(low) * worth(high) < 0.0:
            return root(worth, low, high)
    return None


def planned_flows(lease: Lease, phase: PhasePlan, grid: LeaseGrid) -> LoanFlows:
    """A phase's first term as an amortising bond: coupon the implicit rate, principal what the rents leave, the residual at its end.

    The balance of each month stands behind it; 30/360 months, so interest is a twelfth of the coupon on month ends.
    """
    end = phase.ends[0]
    balance = phase.outstanding[0].copy()
    balance[: phase.start] = balance[end] = 0.0
    before, after = balance[:end], balance[1 : end + 1]
    if lease.timing == "advance":
        balance[end] = 0.0
    empty = np.zeros(end)
    principal = before - after
    opening = float(balance[0]) if phase.start == 0 else 0.0
    return LoanFlows(
        as_of=grid.as_of,
        dates=grid.dates[1 : end + 1],
        floating=empty,
        fixed=before,
        principal=principal,
        margin=0.0,
        rate=12.0 * phase.implicit_rate,
        fees=empty,
        opening=opening,
    )


def average_life(flows: LoanFlows) -> float:
    """Years from the handover to the mean dollar of principal."""
    first = int(np.argmax(flows.fixed > 0.0))
    back = flows.principal[first:]
    return float((back * np.arange(1, len(back) + 1)).sum() / back.sum() / 12.0)


def effective_cost(lease: Lease, phase: PhasePlan) -> float | None:
    """What the lessee pays, a month, on the plan: it has an asset worth its value (or the price of its sale) for rents, a deposit without
    interest, and in the end the asset or the price of its option.
    """
    start, end = phase.start, phase.ends[0]
    flows = -phase.rent[start : end + 1]
    if lease.timing == "advance":
        flows[-1] = 0.0
    flows[0] += (phase.price if lease.is_sale_and_leaseback else phase.value) - phase.deposit
    residual = float(phase.asset.value[end])
    option = lease.purchase_option
    price = None
    if option is not None and option.kind != "fair_market":
        price = option.price_usd if option.price_usd is not None else 1.0
    back = residual + phase.share * lease.return_conditions.cost_usd
    flows[-1] += phase.deposit - (min(back, phase.share * price) if price is not None else back)
    return internal_rate(flows)


@dataclass(frozen=True)
class Classification:
    """Tests of a lease at its start."""

    term_to_life: float
    rent_to_value: float
    bargain: bool

    @property
    def finance(self) -> bool:
        """Whether one test is met."""
        return self.bargain or self.term_to_life >= LIFE_TEST or self.rent_to_value >= RENT_TEST

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        met = [
            name
            for name, is_met in (
                ("term of at least 75 % of life", self.term_to_life >= LIFE_TEST),
                ("rents worth at least 90 % of value", self.rent_to_value >= RENT_TEST),
                ("bargain purchase option", self.bargain),
            )
            if is_met
        ]
        return f"finance lease: {', '.join(met)}" if met else "operating lease: no test is met"


def classification(lease: Lease, phase: PhasePlan) -> Classification:
    """The three tests on the first term: renewals count only where stated as certain, which these terms never do."""
    start, end = phase.start, phase.ends[0]
    rents = phase.rent[start : end + 1].copy()
    if lease.timing == "advance":
        rents[-1] = 0.0
    present = float((rents * (1.0 + phase.implicit_rate) ** -np.arange(len(rents))).sum())
    option = lease.purchase_option
    fixed = option is not None and option.price_usd is not None and phase.share * option.price_usd < BARGAIN * float(phase.asset.value[end])
    bargain = option is not None and (option.kind == "nominal" or fixed)
    return Classification(lease.term_months / 12.0 / phase.asset.life_years, present / phase.value, bargain)
