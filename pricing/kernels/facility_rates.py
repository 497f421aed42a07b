"""A facility on paths of the short rate, compiled: each path walks the month's kernel with a plan of its own.

The arrays of the plan that rates move are filled for one path, which is then walked; the month itself knows nothing of it. What
`pricing.mechanics.rates` states in numpy.
"""

from __future__ import annotations

import math

import numpy as np

from pricing.kernels.facility_path import WIDTH, walk
from pricing.kernels.facility_steps import jit
from pricing.ledger import facility as k
from pricing.schedules.plan import FacilityPlan


def own_plan(plan: FacilityPlan) -> FacilityPlan:
    """The plan with arrays of its own where rates by path are written."""
    return plan._replace(
        discount=plan.discount.copy(),
        floating_interest=plan.floating_interest.copy(),
        swap_due=plan.swap_due.copy(),
        swap_close=plan.swap_close.copy(),
    )


@jit
def set_rates(plan, own, dr, j):
    """Write path j's rates into `own`."""
    hedged = False
    for s in range(plan.maturity):
        hedged = hedged or plan.swap_notional[s] != 0.0
    before, planned_before = 1.0, 1.0
    for t in range(plan.months):
        now = dr.discount[t, j]
        seen, planned = before / now - 1.0, planned_before / plan.discount[t] - 1.0
        least = plan.floor * plan.accrual[t]
        own.discount[t] = now
        own.floating_interest[t] = max(plan.floating_interest[t] + (max(seen, least) - max(planned, least)), 0.0)
        own.swap_due[t] = plan.swap_due[t] - plan.swap_notional[t] * (seen - planned)
        own.swap_close[t] = own.swap_due[t]
        before, planned_before = now, plan.discount[t]
    for t in range(plan.months if hedged else 0):
        last, x = 1.0, dr.short[t, j]
        for s in range(t + 1, plan.maturity):
            bond = plan.bond_level[t, s] * math.exp(-plan.bond_loading[t, s] * x)
            planned = plan.discount[s - 1] / plan.discount[s] - 1.0
            fixed = plan.swap_due[s] + plan.swap_notional[s] * planned
            own.swap_close[t] += fixed * bond - plan.swap_notional[s] * (last - bond)
            last = bond


@jit
def walk_rates(plan, own, dr, ev, first, stop, acc, present, made, out, scratch):
    """Roll paths first to stop forward as `walk` does; what a month posts, discounted along its path, is added to present [time, posting].

    `RECOVERED` is brought to the event of default along the path and from there to today by today's curve, so that dividing by that
    curve's factor gives its worth at the event.
    """
    month = np.empty((plan.months, WIDTH))
    for j in range(first, stop):
        set_rates(plan, own, dr, j)
        month[:] = 0.0
        walk(own, dr, ev, j, j + 1, month, made, out, scratch)
        for t in range(plan.months):
            d = own.discount[t]
            for i in range(WIDTH):
                acc[t, i] += month[t, i]
            for i in range(k.POSTINGS):
                present[t, i] += d * month[t, i]
        called = int(out[k.DEFAULT_MONTH, j])
        if called < plan.months:
            out[k.RECOVERED, j] *= plan.discount[called] / own.discount[called]


@jit
def walk_rate_columns(plan, own, dr, ev, month, made, out, scratch, columns, found):
    """Fill found [column, time, path], as `walk_columns` does; `month` is scratch."""
    for j in range(dr.ratio.shape[1]):
        set_rates(plan, own, dr, j)
        month[:] = 0.0
        walk(own, dr, ev, j, j + 1, month, made, out, scratch)
        for i in range(columns.shape[0]):
            for t in range(plan.months):
                found[i, t, j] = month[t, columns[i]]
