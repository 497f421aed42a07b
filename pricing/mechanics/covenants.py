"""Steps six to eight of the month: tests, cures, triggers, events of default."""

from __future__ import annotations

import numpy as np

from pricing.ledger import facility as k
from pricing.mechanics.deliveries import Income
from pricing.mechanics.state import DEBT_TOL, State
from pricing.mechanics.waterfall import Dues, reduce_principal
from pricing.schedules.plan import Drivers
from pricing.schedules.types import Bools, Floats


def trailing(state: State) -> tuple[Floats, Floats]:
    """Sums over the test's window: revenue less operating cost, and scheduled service."""
    return state.past_cfads.sum(axis=0), state.past_service.sum(axis=0)


def remember(state: State, income: Income, due: Dues) -> tuple[Floats, Floats]:
    """Move the window on by a month; returns the month's cash flow available for debt service and its service."""
    live = state.status < k.CLOSED
    cfads = np.where(live, income.revenue - income.operating, 0.0)
    service = np.where(state.status == k.PERFORMING, due.service, 0.0)
    state.past_cfads = np.concatenate([state.past_cfads[1:], cfads[None, :]])
    state.past_service = np.concatenate([state.past_service[1:], service[None, :]])
    return cfads, service


def test_coverage(state: State, drivers: Drivers, t: int) -> tuple[Bools, Bools, Floats]:
    """Maintenance test, and its cure by a solvent operator; returns tested, breached (before cure), ratio (0 where not tested)."""
    plan = state.plan
    cash, service = trailing(state)
    due: Bools = (state.status == k.PERFORMING) & (service > 0) & (t < plan.maturity)
    ratio = np.where(due, cash / np.where(due, service, 1.0), 0.0)
    tested = due & (plan.threshold > 0) & (t >= plan.first_test)
    breached = tested & (ratio < plan.threshold)
    cured = breached & (state.cures < plan.cures) & (drivers.operator > t)
    need = plan.threshold * service - cash
    amount = np.where(cured, np.minimum(need, state.balance - state.principal_arrears), 0.0)
    state.row[k.CURE] = amount
    state.row[k.PRINCIPAL_DUE] += amount
    reduce_principal(state, amount)
    state.past_cfads[-1] = state.past_cfads[-1] + np.where(cured, need, 0.0)
    state.cures = state.cures + cured
    state.breaches = np.where(breached & ~cured, state.breaches + 1, 0)
    return tested, breached, ratio


def set_trap(state: State, drivers: Drivers, t: int, ratio: Floats) -> None:
    """Turn the cash trap on or off for the next month: the parent's bankruptcy, or the early end of the customer's contract."""
    plan = state.plan
    _, service = trailing(state)
    settled = (drivers.substituted == 1) & (t >= drivers.operator + plan.substitute_delay + plan.release_months)
    settled = settled & ((service <= 0) | (ratio >= plan.release_dscr))
    parent = (drivers.operator <= t) & ~settled & (plan.trap_operator == 1)
    customer = state.ends_early & (t + 1 >= state.dead_from) & (plan.trap_customer == 1)
    state.trap_on = parent | customer


def call_defaults(state: State, t: int) -> Bools:
    """Events of default at the end of month t: late payment beyond grace, a breach beyond its own, end of the contract, maturity."""
    plan = state.plan
    owed = state.opex_arrears + state.fee_arrears + state.interest_arrears + state.swap_arrears + state.principal_arrears
    performing = (state.status == k.PERFORMING) & ~state.repaid
    state.late = np.where(performing & (owed > DEBT_TOL * plan.commitment), state.late + 1, 0)
    called = (state.late > plan.grace) | (state.breaches > plan.test_grace)
    called = called | (state.ends_early & (t + 1 >= state.dead_from) & (plan.customer_event == 1))
    called = performing & (called | (t == plan.maturity - 1))
    state.status = np.where(called, k.ENFORCEMENT, state.status)
    return called
