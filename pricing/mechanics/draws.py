"""Step three of the month: draws against conditions."""

from __future__ import annotations

import numpy as np

from pricing.ledger import facility as k
from pricing.mechanics.state import State
from pricing.schedules.plan import Drivers
from pricing.schedules.types import Bools, Floats


def draws(state: State, drivers: Drivers, t: int) -> Floats:
    """Fund cohorts that are due and top up those accepted; returns the cash left for the waterfall (draws after acceptance).

    A draw needs the window open, the loan performing, no cash trap, and neither operator nor customer in default. A cohort that
    cannot be funded then is never bought.
    """
    plan, row = state.plan, state.row
    row[[k.DRAW_FLOATING, k.DRAW_FIXED, k.CAPEX, k.EQUITY, k.DELIVERED]] = 0.0
    cash = np.zeros_like(state.floating)
    if t > plan.window:
        return cash
    allowed: Bools = (state.status == k.PERFORMING) & ~state.trap_on & (drivers.operator > t) & (t + 1 < state.dead_from)
    for c in range(len(plan.fund)):
        if plan.fund[c] == t:
            room = np.maximum(np.minimum(plan.initial_commitment - state.advanced, plan.commitment - state.drawn), 0.0)
            amount = np.where(allowed, np.minimum(plan.at_funding * plan.cost[c], room), 0.0)
            state.advanced = state.advanced + amount
            _draw(state, amount, c)
            state.funded[c] = allowed
            row[k.CAPEX] += np.where(allowed, plan.cost[c], 0.0)
            row[k.EQUITY] += np.where(allowed, plan.cost[c] - amount, 0.0)
            row[k.DELIVERED] += np.where(allowed, plan.units[c, t], 0.0)
        due = allowed & state.funded[c] & (state.accepted_at[c] == t)
        room = np.maximum(plan.commitment - state.drawn, 0.0)
        most = np.minimum(plan.after_acceptance * plan.cost[c], plan.top_up_capacity[c])
        amount = np.where(due, np.minimum(np.maximum(most - state.cohort_drawn[c], 0.0), room), 0.0)
        _draw(state, amount, c)
        cash = cash + amount
    return cash


def _draw(state: State, amount: Floats, cohort: int) -> None:
    floating = amount * state.plan.floating_share
    state.row[k.DRAW_FLOATING] += floating
    state.row[k.DRAW_FIXED] += amount - floating
    state.floating = state.floating + floating
    state.fixed = state.fixed + (amount - floating)
    state.drawn = state.drawn + amount
    state.cohort_drawn[cohort] = state.cohort_drawn[cohort] + amount
