"""Blocks of paths of a facility through the compiled month: summed, or kept."""

from __future__ import annotations

import numpy as np

from pricing.kernels.facility_columns import walk_columns
from pricing.kernels.facility_path import WIDTH, walk
from pricing.kernels.facility_rates import own_plan, walk_rate_columns, walk_rates
from pricing.ledger import facility as k
from pricing.mechanics.state import DEBT_TOL
from pricing.schedules.plan import NO_PATHS, Drivers, Events, FacilityPlan, no_events
from pricing.schedules.types import Floats


def _scratch(plan: FacilityPlan) -> tuple[Floats, ...]:
    """What a path needs to remember by cohort, by month of the longest window, by covenant, by month."""
    cohorts, window, tests = len(plan.fund), len(plan.past_cfads), len(plan.tests.codes)
    by_cohort = (np.zeros(cohorts), np.zeros(cohorts), np.zeros(cohorts))
    by_month = (np.zeros(window), np.zeros(window), np.zeros(window))
    later, held = np.zeros(plan.months if len(plan.tenor) else 0), np.zeros(len(plan.tranche_share))
    return *by_cohort, *by_month, np.zeros((tests, 4)), np.zeros((tests, k.TEST_ITEMS)), later, held


def _made(plan: FacilityPlan) -> Floats:
    return np.zeros((len(plan.tests.codes), plan.months, k.TEST_ITEMS))


def roll_reduced(plan: FacilityPlan, drivers: Drivers, events: Events | None = None) -> tuple[Floats, Floats, Floats]:
    """Sums over the block's paths: postings and states [time, posting + state]; outcomes [outcome, path]; tests [covenant, time, item]."""
    return roll_summed(plan, drivers, events)[:3]


def roll_summed(plan: FacilityPlan, drivers: Drivers, events: Events | None = None) -> tuple[Floats, Floats, Floats, Floats]:
    """The same, and last the sums of postings discounted along their paths [time, posting]: empty where rates stay at their forwards."""
    paths = drivers.ratio.shape[1]
    sums, made, out = np.zeros((plan.months, WIDTH)), _made(plan), np.zeros((k.OUTCOMES, paths))
    events = events or no_events(paths)
    if not len(drivers.discount):
        walk(plan, drivers, events, 0, paths, sums, made, out, _scratch(plan))
        return sums, out, made, NO_PATHS
    present = np.zeros((plan.months, k.POSTINGS))
    walk_rates(plan, own_plan(plan), drivers, events, 0, paths, sums, present, made, out, _scratch(plan))
    return sums, out, made, present


def roll_kept(plan: FacilityPlan, drivers: Drivers, events: Events | None = None) -> tuple[Floats, Floats, Floats, Floats]:
    """Everything path by path: postings [time, posting, path], states [time, item, path], outcomes, tests [covenant, time, item, path]."""
    paths = drivers.ratio.shape[1]
    kept, out, scratch = np.zeros((paths, plan.months, WIDTH)), np.zeros((k.OUTCOMES, paths)), _scratch(plan)
    made = np.zeros((paths, *_made(plan).shape))
    events = events or no_events(paths)
    own, present = own_plan(plan) if len(drivers.discount) else plan, np.zeros((plan.months, k.POSTINGS))
    for j in range(paths):
        if own is plan:
            walk(plan, drivers, events, j, j + 1, kept[j], made[j], out, scratch)
        else:
            walk_rates(plan, own, drivers, events, j, j + 1, kept[j], present, made[j], out, scratch)
    ledger, states = np.moveaxis(kept[:, :, : k.POSTINGS], 0, 2), np.moveaxis(kept[:, :, k.POSTINGS :], 0, 2)
    return ledger, states, out, np.moveaxis(made, 0, 3)


LENDER = (
    k.UNDRAWN_FEE, k.INTEREST_FLOATING, k.INTEREST_FIXED, k.PRINCIPAL_FLOATING, k.PRINCIPAL_FIXED, k.LENDER_FEE, k.CALL_PREMIUM,
    k.PIK_FLOATING, k.PIK_FIXED, k.DRAW_FLOATING, k.DRAW_FIXED,
)  # fmt: skip
RECEIVED = 7
"""The first so many are received, the others lent."""


def roll_lender(plan: FacilityPlan, drivers: Drivers, events: Events | None = None) -> tuple[Floats, Floats, Floats]:
    """Of every path and month, [time, path]: cash of the lender received less lent, balance at the month's end, and 1 where the loan
    performs then with something owed and nothing put off.
    """
    items = (k.FLOATING, k.FIXED, k.STATUS, *range(k.OPEX_ARREARS, k.MANAGEMENT_ARREARS))
    found = roll_columns(plan, drivers, (*LENDER, *(k.POSTINGS + item for item in items)), events)
    cash = found[:RECEIVED].sum(axis=0) - found[RECEIVED : len(LENDER)].sum(axis=0)
    floating, fixed, status, *put_off = found[len(LENDER) :]
    balance, tiny = floating + fixed, DEBT_TOL * plan.commitment
    good = (status == k.PERFORMING) & (balance > tiny) & (np.sum(put_off, axis=0) <= tiny)
    return cash, balance, good.astype(np.float64)


def roll_columns(plan: FacilityPlan, drivers: Drivers, columns: tuple[int, ...], events: Events | None = None) -> Floats:
    """Some columns of every path and month, postings first and then states as the month's row has them: [column, time, path]."""
    paths = drivers.ratio.shape[1]
    out, made, found = np.zeros((k.OUTCOMES, paths)), _made(plan), np.zeros((len(columns), plan.months, paths))
    chosen, month = np.array(columns, dtype=np.int64), np.zeros((plan.months, WIDTH))
    events = events or no_events(paths)
    if len(drivers.discount):
        walk_rate_columns(plan, own_plan(plan), drivers, events, month, made, out, _scratch(plan), chosen, found)
    else:
        walk_columns(plan, drivers, events, month, made, out, _scratch(plan), chosen, found)
    return found
