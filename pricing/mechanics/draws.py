"""Step three of the month: draws against conditions."""

from __future__ import annotations

import numpy as np

from pricing.ledger import facility as k
from pricing.mechanics.prepayment import for_hardware, sign
from pricing.mechanics.state import State
from pricing.schedules.plan import Drivers
from pricing.schedules.types import Bools, Floats


def draws(state: State, drivers: Drivers, t: int) -> Floats:
    """Fund cohorts that are due and top up those accepted; returns the cash left for the waterfall (draws after acceptance).

    A draw needs the window open, the loan performing, no cash trap, no covenant failed, and none of lender, operator and customer in
    default. A cohort that cannot be funded then is never bought. A draw at funding is the least of what cost, market value, depreciated
    schedule, coverage and commitment allow, and of what the customer's prepayment leaves of the cost; equity pays the rest, and the fee on
    the draw.
    """
    plan, row = state.plan, state.row
    row[[k.DRAW_FLOATING, k.DRAW_FIXED, k.CAPEX, k.EQUITY, k.DELIVERED, k.LENDER_FEE, k.FEES_DUE]] = 0.0
    cash = np.zeros_like(state.floating)
    sign(state, t)
    if t > plan.window:
        return cash
    allowed: Bools = (state.status == k.PERFORMING) & ~state.trap_on & (drivers.operator > t) & (t + 1 < state.dead_from)
    allowed &= ~state.failed.any(axis=0)
    allowed &= t <= state.window
    for c in range(len(plan.fund)):
        if plan.fund[c] == t:
            room = np.maximum(np.minimum(plan.initial_commitment - state.advanced, plan.commitment - state.drawn), 0.0)
            most = np.full_like(room, plan.at_funding * plan.cost[c])
            if plan.size_at_funding:
                most = np.minimum(most, plan.top_up_capacity[c])
            if plan.market_share > 0:
                most = np.minimum(most, plan.market_share * plan.market_value[c, t] * drivers.linked[t])
            state.funded[c] = allowed
            ahead = for_hardware(state, c, allowed)
            spent = np.minimum(ahead, plan.cost[c])
            if len(plan.prepaid):
                most = np.minimum(most, plan.cost[c] - spent)
            cash = cash + (ahead - spent)
            amount = np.where(allowed, np.minimum(np.minimum(most, room), _schedule_room(state, t)), 0.0)
            state.advanced = state.advanced + amount
            _draw(state, amount, c, t)
            row[k.CAPEX] += np.where(allowed, plan.cost[c], 0.0)
            row[k.EQUITY] += np.where(allowed, plan.cost[c] - spent - amount + plan.draw_fee * amount, 0.0)
            row[k.DELIVERED] += np.where(allowed, plan.units[c, t], 0.0)
        due = allowed & state.funded[c] & (state.accepted_at[c] == t)
        room = np.maximum(plan.commitment - state.drawn, 0.0)
        most = np.minimum(plan.after_acceptance * plan.cost[c], plan.top_up_capacity[c])
        room = np.minimum(room, _schedule_room(state, t))
        amount = np.where(due, np.minimum(np.maximum(most - state.cohort_drawn[c], 0.0), room), 0.0)
        _draw(state, amount, c, t)
        cash = cash + (amount - plan.draw_fee * amount)
    return cash


def schedule_limit(state: State, t: int) -> Floats:
    """Most that may be owed against the depreciated cost of what is bought."""
    plan = state.plan
    return plan.schedule_share * np.where(state.funded, plan.schedule_value[:, t][:, None], 0.0).sum(axis=0)


def _schedule_room(state: State, t: int) -> Floats:
    if state.plan.schedule_share <= 0:
        return np.full_like(state.floating, np.inf)
    return np.maximum(schedule_limit(state, t) - state.balance, 0.0)


def _draw(state: State, amount: Floats, cohort: int, t: int) -> None:
    fee = state.plan.draw_fee * amount
    state.row[k.LENDER_FEE] += fee
    state.row[k.FEES_DUE] += fee
    if len(state.plan.tenor):
        last = min(len(state.plan.tenor), state.plan.months - 1 - t)
        state.due_later[t + 1 : t + 1 + last] += state.plan.tenor[:last, None] * amount
    floating = amount * state.plan.floating_share
    state.row[k.DRAW_FLOATING] += floating
    state.row[k.DRAW_FIXED] += amount - floating
    state.floating = state.floating + floating
    state.fixed = state.fixed + (amount - floating)
    state.drawn = state.drawn + amount
    state.cohort_drawn[cohort] = state.cohort_drawn[cohort] + amount
