"""Borrowing bases by QuantLib: what is drawn now, drawn to maturity, as a risky bond of the borrower at constant recovery."""

from __future__ import annotations

import numpy as np

from curves import default_rates_key, discount_curve, survival_curve
from instruments.contracts.borrowing_base import BorrowingBase
from instruments.contracts.coupons import FixedCoupon
from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from pricing._quantlib.loan import quantlib_value
from pricing.engines.borrowing_base_simulation import base_of
from pricing.engines.contract_rows import ContractRows
from pricing.paths.daily_rates import STILL
from pricing.registry import Outcome, Task, register_engine
from pricing.schedules.borrowing_base import BasePlan, resolve_borrowing_base
from pricing.schedules.loan import LoanFlows, scheduled_value

MEASURES = ("value", "fair_margin")


def constant_recovery(plan: BasePlan) -> float:
    """What enforcement of today's assets would bring over what is drawn today, at most 1."""
    terms = plan.terms
    brought = terms.enforcement.liquidation * float(plan.values[:, 0].sum())
    return min(1.0, brought / terms.drawn_usd)


def bond_flows(plan: BasePlan, task: Task) -> LoanFlows:
    """Today's balance to maturity, its coupon, and the fee on what is not drawn."""
    terms, count = plan.terms, plan.maturity + 1
    fixed, drawn, zero = isinstance(terms.coupon, FixedCoupon), np.full(count, terms.drawn_usd), np.zeros(count)
    back = zero.copy()
    back[-1] = terms.drawn_usd
    return LoanFlows(
        as_of=task.market.as_of,
        dates=plan.dates[:count],
        floating=zero if fixed else drawn,
        fixed=drawn if fixed else zero,
        principal=back,
        margin=0.0 if fixed else plan.spread,
        rate=plan.spread if fixed else 0.0,
        fees=(terms.commitment_usd - drawn) * terms.undrawn_fee * plan.undrawn[:count],
        opening=terms.drawn_usd,
    )


@register_engine(BorrowingBase, "quantlib", measures=MEASURES, note="today's balance to maturity, a risky bond at constant recovery")
def borrowing_base_by_quantlib(task: Task) -> Outcome:
    """The special case of a base that stands still; see `constant_recovery`."""
    terms = base_of(task)
    if terms.drawn_usd == 0.0:
        why = "nothing is drawn now: no bond stands for it"
        raise PricingError(problem("unsupported", subject=task.contract_id, why=why, remedy="use the simulation"))
    plan = resolve_borrowing_base(task.deal, terms, task.market, task.contract_id)
    flows, recovery = bond_flows(plan, task), constant_recovery(plan)
    index = default_rates_key(task.market) if isinstance(terms.coupon, FixedCoupon) else terms.coupon.index
    discount = discount_curve(task.market, index).discount
    survival = survival_curve(task.market, plan.borrower).survival if plan.borrower is not None else np.ones_like
    found = quantlib_value(flows, discount, survival, recovery, subject=task.contract_id)
    note = f"special case: {terms.drawn_usd:,.0f} USD drawn to maturity, recovery {recovery:.0%} at once, no count, no deficiency"
    note += f", {STILL}" if plan.model.rates is not None else ""
    rows = ContractRows(task, "quantlib", terms.lender, note=note)
    rows.add_sides("value", found.risky, other=terms.borrower)
    annuity = scheduled_value(flows, discount, survival, recovery).annuity
    if annuity > 0.0:
        rows.add("fair_margin", plan.spread + (flows.opening - found.risky) / annuity)
    return Outcome(rows.rows)
