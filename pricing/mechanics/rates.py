"""A facility's plan along each path of the short rate: what resets, what the swap pays, how money is discounted."""

from __future__ import annotations

import numpy as np

from pricing.schedules.plan import Drivers, FacilityPlan
from pricing.schedules.types import Floats


def on_paths(plan: FacilityPlan, drivers: Drivers) -> FacilityPlan:
    """The plan with discount factors, floating interest, swap payments and close-outs by path, [time, path] in place of [time].

    **Model**: the overnight rate compounded over a month is what the account earns in it, known at the month's end; its floor is tested
    there, over the month, and no lender pays interest. The swap pays against the same rate, on the balance that it was struck for; a
    close-out is worth what is left of it on the curve of the path's day. Reserves, sizing, estimates of letting and selling, and prices of
    a prepayment stay on today's forwards; a forward trigger on negative income is told the rates of its few months ahead. The plan itself
    where rates stay at their forwards.
    """
    if not len(drivers.discount):
        return plan
    discount = drivers.discount
    start = np.ones((1, discount.shape[1]))
    planned = np.concatenate([[1.0], plan.discount[:-1]]) / plan.discount - 1.0
    seen = np.concatenate([start, discount[:-1]]) / discount - 1.0
    least = plan.floor * plan.accrual
    reset = np.maximum(seen, least[:, None]) - np.maximum(planned, least)[:, None]
    due = plan.swap_due[:, None] - plan.swap_notional[:, None] * (seen - planned[:, None])
    return plan._replace(
        discount=discount,
        floating_interest=np.maximum(plan.floating_interest[:, None] + reset, 0.0),
        swap_due=due,
        swap_close=_close_outs(plan, drivers, due, plan.swap_due + plan.swap_notional * planned),
    )


def _close_outs(plan: FacilityPlan, drivers: Drivers, due: Floats, fixed: Floats) -> Floats:
    """The swap on each date, the date's own payment included: fixed payments to come less floating ones on the curve of the day."""
    out = due.copy()
    for t in range(plan.months):
        x, last = drivers.short[t], np.ones(due.shape[1])
        for s in range(t + 1, plan.maturity):
            bond = plan.bond_level[t, s] * np.exp(-plan.bond_loading[t, s] * x)
            out[t] += fixed[s] * bond - plan.swap_notional[s] * (last - bond)
            last = bond
    return out
