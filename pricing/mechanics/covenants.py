"""Steps six to eight of the month: tests, cures, waivers, triggers, events of default."""

from __future__ import annotations

import numpy as np

from pricing.ledger import facility as k
from pricing.mechanics.deliveries import Income
from pricing.mechanics.state import DEBT_TOL, State
from pricing.mechanics.waterfall import Dues, reduce_principal
from pricing.schedules import plan as p
from pricing.schedules.plan import Drivers, Events
from pricing.schedules.types import Bools, Floats


def trailing(state: State, months: int) -> tuple[Floats, Floats]:
    """Sums over the last `months` payment dates: revenue less operating cost, and scheduled service."""
    return state.past_cfads[-months:].sum(axis=0), state.past_service[-months:].sum(axis=0)


def remember(state: State, income: Income, due: Dues) -> tuple[Floats, Floats]:
    """Move the window on by a month; returns the month's cash flow available for debt service and its service."""
    live = state.status < k.CLOSED
    cfads = np.where(live, income.revenue - income.credit - income.operating, 0.0)
    service = np.where(state.status == k.PERFORMING, due.service, 0.0)
    state.past_cfads = np.concatenate([state.past_cfads[1:], cfads[None, :]])
    state.past_service = np.concatenate([state.past_service[1:], service[None, :]])
    state.past_received = np.concatenate([state.past_received[1:], state.row[None, k.RENT]])
    return cfads, service


def run_tests(state: State, drivers: Drivers, t: int, income: Income) -> Floats:
    """Every covenant of the date in turn: test, cure, waiver, consequence. Returns trailing coverage before cures (0 without service).

    Trailing coverage is of the maintenance test's window; it is what the release of trapped cash and the bands of the sweep look at.
    """
    plan, tests = state.plan, state.plan.tests
    cash, service = trailing(state, plan.test_months)
    covered: Bools = (state.status == k.PERFORMING) & (service > 0) & (t < plan.maturity)
    ratio = np.where(covered, cash / np.where(covered, service, 1.0), 0.0)
    state.coverage = np.where(covered, ratio, np.inf)
    state.verdicts = np.zeros_like(state.verdicts)
    for i in range(len(tests.codes)):
        if tests.level[i, t] >= 0 and t < plan.maturity:
            _run_test(state, drivers, t, i, income)
    return ratio


def _run_test(state: State, drivers: Drivers, t: int, i: int, income: Income) -> None:
    tests, level = state.plan.tests, state.plan.tests.level[i, t]
    value, possible, need = _measure(state, t, i, income)
    tested = possible & (state.status == k.PERFORMING)
    breached = tested & ((value > level) if tests.codes[i, p.KIND] >= p.LOAN_TO_COST else (value < level))
    free = t < tests.codes[i, p.FREE_UNTIL]
    cured = breached & (drivers.operator > t) & (free | (state.cured[i] < tests.codes[i, p.CURES]))
    _cure(state, i, np.where(cured, need, 0.0))
    waived = breached & ~cured & (state.waived[i] < tests.codes[i, p.WAIVERS])
    state.cured[i] += cured & (not free)
    state.waived[i] += waived
    state.fee = state.fee + np.where(waived, tests.waiver[i, 0] * state.balance, 0.0)
    state.step = state.step + np.where(waived, tests.waiver[i, 1], 0.0)
    failed = breached & ~cured & ~waived
    state.failed[i] = np.where(tested, failed, state.failed[i])
    state.in_row[i] = np.where(tested, np.where(failed, state.in_row[i] + 1, 0), state.in_row[i])
    if tests.codes[i, p.CONSEQUENCE] == p.PREPAY:
        state.prepay = state.prepay + np.where(failed, need, 0.0)
    state.verdicts[i] = tested, breached, np.where(tested, value, 0.0), cured, waived


def _measure(state: State, t: int, i: int, income: Income) -> tuple[Floats, Bools, Floats]:
    """Value tested, whether it can be, and what would restore it, USD."""
    tests, level = state.plan.tests, state.plan.tests.level[i, t]
    kind, owes = tests.codes[i, p.KIND], ~state.repaid
    if kind == p.DSCR:
        cash, service = trailing(state, tests.codes[i, p.WINDOW])
        return _over(cash, service), service > 0, level * service - cash
    if kind == p.REALISATION:
        base, received = tests.base[i, t], state.past_received[-tests.codes[i, p.WINDOW] :].sum(axis=0)
        return _over(received, np.full_like(received, base)), owes & (base > 0), level * base - received
    if kind == p.MINIMUM_LIQUIDITY:
        held = state.liquidity + state.power + state.trapped
        return held, owes, level - held
    spent = np.where(state.funded, state.plan.cost[:, None], 0.0).sum(axis=0) if kind == p.LOAN_TO_COST else income.market_value
    return _over(state.balance, spent), owes & (spent > 0), state.balance - level * spent


def _over(part: Floats, whole: Floats) -> Floats:
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), 0.0)


def _cure(state: State, i: int, need: Floats) -> None:
    """The operator pays: principal ahead, or cash that counts as what was missing and is spent in the next month's waterfall."""
    tests, row = state.plan.tests, state.row
    kind = tests.codes[i, p.KIND]
    amount = need if tests.codes[i, p.IN_CASH] else np.minimum(need, state.balance - state.principal_arrears)
    row[k.CURE] += amount
    if kind == p.MINIMUM_LIQUIDITY:
        state.liquidity = state.liquidity + amount
        row[k.TO_LIQUIDITY] += amount
    elif tests.codes[i, p.IN_CASH]:
        state.trapped = state.trapped + amount
        row[k.TO_TRAP] += amount
    else:
        row[k.PRINCIPAL_DUE] += amount
        reduce_principal(state, amount)
    if kind == p.DSCR:
        state.past_cfads[-1] = state.past_cfads[-1] + need
    elif kind == p.REALISATION:
        state.past_received[-1] = state.past_received[-1] + need


def set_trap(state: State, drivers: Drivers, t: int, ratio: Floats) -> None:
    """Turn the cash trap on or off for the next month: the parent's bankruptcy, or the early end of the customer's
    contract, a covenant that traps cash.
    """
    plan = state.plan
    _, service = trailing(state, plan.test_months)
    settled = (drivers.substituted == 1) & (t >= drivers.operator + plan.substitute_delay + plan.release_months)
    settled = settled & ((service <= 0) | (ratio >= plan.release_dscr))
    parent = (drivers.operator <= t) & ~settled & (plan.trap_operator == 1)
    customer = state.ends_early & (t + 1 >= state.dead_from) & (plan.trap_customer == 1)
    state.trap_on = parent | customer | state.stands(p.TRAP)


def call_defaults(state: State, events: Events, t: int) -> tuple[Bools, Bools]:
    """Events of default at the end of month t: late payment beyond grace, a breach beyond its own, end of the contract, maturity, the
    default of another loan. Returns where one is called, and where nothing but that other default calls it.
    """
    plan = state.plan
    owed = state.opex_arrears + state.fee_arrears + state.interest_arrears + state.swap_arrears + state.principal_arrears
    performing = (state.status == k.PERFORMING) & ~state.repaid
    state.late = np.where(performing & (owed > DEBT_TOL * plan.commitment), state.late + 1, 0)
    called = state.late > plan.grace
    for i in range(len(plan.tests.codes)):
        if plan.tests.codes[i, p.CONSEQUENCE] == p.CALL:
            called = called | (state.in_row[i] > plan.tests.codes[i, p.GRACE])
    called = called | (state.ends_early & (t + 1 >= state.dead_from) & (plan.customer_event == 1))
    own = performing & (called | (t == plan.maturity - 1))
    crossed = performing & (events.crossed <= t) & ~own
    state.row[k.CROSS_NOTICE] = crossed
    state.status = np.where(own | crossed, k.ENFORCEMENT, state.status)
    return own | crossed, crossed
