"""A facility rolled forward month by month: the readable numpy statement, arrays [time, item, path].

Order inside a month: prices and deliveries, revenue and operating cost, defaults (of the customer before the operator, when both fall
in one month), draws, payments in priority, tests, cures, triggers, enforcement, guarantee calls. A default in month t acts on revenue
from month t + 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pricing.ledger import facility as k
from pricing.mechanics.covenants import call_defaults, remember, run_tests, set_trap
from pricing.mechanics.deliveries import deliveries
from pricing.mechanics.draws import draws
from pricing.mechanics.enforcement import decide, settle, slip
from pricing.mechanics.prepayment import at_acceptance, end_contract
from pricing.mechanics.rates import on_paths
from pricing.mechanics.refinancing import prepay
from pricing.mechanics.state import opening_state
from pricing.mechanics.tranches import average_step, divide
from pricing.mechanics.waterfall import dues, pay
from pricing.schedules.plan import Drivers, Events, FacilityPlan, no_events, path_discount
from pricing.schedules.types import Floats


@dataclass(frozen=True)
class Rolled:
    """One block of paths, every posting kept."""

    ledger: Floats
    """[time, posting, path], columns of `pricing.ledger.facility`."""
    states: Floats
    """[time, state item, path] as the engine stepped them: `STATE_NAMES`."""
    outcomes: Floats
    """[outcome, path]"""
    tests: Floats
    """[covenant, time, item, path], `TEST_ITEMS` of `pricing.ledger.facility`."""


def roll_forward(plan: FacilityPlan, drivers: Drivers, events: Events | None = None) -> Rolled:
    """Roll a facility forward on every path.

    Args:
        plan: the resolved facility, T months.
        drivers: rents and defaults by path, N paths.
        events: prepayments by choice and defaults of other loans; None is neither.

    Returns:
        Ledger [T, posting, N], states [T, item, N], outcomes [outcome, N].
    """
    planned, plan = plan, on_paths(plan, drivers)
    months, paths = plan.months, drivers.ratio.shape[1]
    ledger = np.zeros((months, k.POSTINGS, paths))
    states = np.zeros((months, k.STATES, paths))
    tests = np.zeros((len(plan.tests.codes), months, k.TEST_ITEMS, paths))
    state = opening_state(plan, drivers)
    events = events or no_events(paths)
    called_at = np.full(paths, float(months))
    prepaid_at, by_cross = np.full(paths, float(months)), np.zeros(paths)
    exposure = np.zeros(paths)
    for t in range(months):
        state.row = ledger[t]
        performing = state.status == k.PERFORMING
        income = deliveries(state, drivers, t)
        opening = (state.floating, state.fixed, state.drawn)
        top_up = draws(state, drivers, t) + at_acceptance(state, t) + end_contract(state, drivers, t)
        due = dues(state, t, income, opening)
        pay(state, drivers, t, income, due, income.revenue + income.sale + top_up - income.credit)
        cfads, service = remember(state, income, due)
        ratio = run_tests(state, drivers, t, income)
        tests[:, t] = state.verdicts
        tested, breached = state.verdicts[0, :2] if plan.threshold > 0 else np.zeros((2, paths))
        set_trap(state, drivers, t, ratio)
        called, crossed = call_defaults(state, events, t)
        first = called & (called_at == months)
        by_cross = np.where(first, crossed, by_cross)
        called_at = np.where(first, t, called_at)
        exposure = np.where(first, state.debt, exposure)
        prepaid_at = np.where(prepay(state, events, t), t, prepaid_at)
        slip(state, drivers, t)
        decide(state, drivers, t, income)
        settle(state, drivers, t, income)
        divide(state, performing)
        states[t] = (
            state.floating, state.fixed, state.liquidity, state.power, state.trapped, state.opex_arrears, state.fee_arrears,
            state.interest_arrears, state.swap_arrears + state.junior_arrears, state.principal_arrears, state.management_arrears,
            state.drawn, income.owned * income.unsold, state.status, cfads, service, tested, breached, ratio, income.market_value,
            state.step, state.unearned, state.prepaid_arrears, state.advance, average_step(state),
        )  # fmt: skip
    outcomes = _outcomes(path_discount(planned, drivers), ledger, states, tests, called_at, exposure)
    if plan is not planned:
        # worth at the event, brought to today by today's curve
        at = np.minimum(called_at, months - 1).astype(np.int64)
        outcomes[k.RECOVERED] *= planned.discount[at] / plan.discount[at, np.arange(paths)]
    outcomes[k.PREPAID_MONTH], outcomes[k.CROSS_CALLED] = prepaid_at, by_cross
    return Rolled(ledger, states, outcomes, tests)


def _outcomes(d: Floats, ledger: Floats, states: Floats, tests: Floats, called_at: Floats, exposure: Floats) -> Floats:
    """Outcomes [outcome, path]; d are discount factors [time, path or 1]."""
    months = len(ledger)
    paid_in = ledger[:, k.DRAW_FLOATING] + ledger[:, k.DRAW_FIXED]
    received = ledger[:, [k.UNDRAWN_FEE, k.INTEREST_FLOATING, k.INTEREST_FIXED, k.PRINCIPAL_FLOATING, k.PRINCIPAL_FIXED]].sum(axis=1)
    received = received + ledger[:, k.CALL_PREMIUM] + ledger[:, k.LENDER_FEE] - ledger[:, k.PIK_FLOATING] - ledger[:, k.PIK_FIXED]
    lost = ledger[:, k.INTEREST_LOST] + ledger[:, k.PRINCIPAL_LOST]
    owner = ledger[:, [k.MANAGEMENT, k.DISTRIBUTION, k.TERMINAL]].sum(axis=1)
    owner = owner - ledger[:, [k.EQUITY, k.SUPPORT, k.CURE, k.NEW_LOAN]].sum(axis=1)
    after = np.arange(months)[:, None] > called_at[None, :]
    ratio = np.where(states[:, k.TESTED] > 0, states[:, k.TRAILING], np.inf).min(axis=0)
    out = np.zeros((k.OUTCOMES, ledger.shape[2]))
    out[k.PAID_IN], out[k.RECEIVED] = (paid_in * d).sum(axis=0), (received * d).sum(axis=0)
    out[k.SHORTFALL], out[k.SHORTFALL_DISCOUNTED] = lost.sum(axis=0), (lost * d).sum(axis=0)
    out[k.EQUITY_VALUE] = (owner * d).sum(axis=0)
    out[k.DEFAULT_MONTH], out[k.EXPOSURE_AT_DEFAULT] = called_at, exposure
    out[k.RECOVERED] = np.where(after, received * d, 0.0).sum(axis=0)
    out[k.LEAST_TRAILING] = np.where(np.isfinite(ratio), ratio, 0.0)
    out[k.FIRST_BREACHED], out[k.FIRST_BREACH_MONTH] = _first_breach(tests, months)
    out[k.HEDGE_VALUE] = (ledger[:, k.SWAP] * d).sum(axis=0)
    return out


def _first_breach(tests: Floats, months: int) -> tuple[Floats, Floats]:
    """Number of the covenant first breached, cured or not, and the month; -1 and the number of months where none was. [path]"""
    paths = tests.shape[3]
    if tests.shape[0] == 0:
        return np.full(paths, -1.0), np.full(paths, float(months))
    failed = tests[:, :, k.TEST_FAILED] > 0
    month = np.where(failed.any(axis=1), failed.argmax(axis=1), months)
    first = month.min(axis=0)
    return np.where(first < months, month.argmin(axis=0), -1.0), first.astype(np.float64)
