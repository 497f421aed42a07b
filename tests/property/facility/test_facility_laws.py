from __future__ import annotations

import numpy as np
from hypothesis import given, settings, strategies as st

from instruments import Deal
from instruments.ground.tolerances import CASH_CONSERVATION_ABS, PV_REL
from pricing.kernels.facility import roll_kept, roll_lender, roll_reduced
from pricing.ledger import facility as k
from pricing.ledger.checks import check_ledger
from pricing.mechanics.rollforward import roll_forward
from pricing.schedules.plan import NEVER, Drivers
from tests.facilities import deals, market, rough_drivers, rough_events, setup

SEEDS = st.integers(0, 2**32 - 1)


@settings(max_examples=20)
@given(deals(), SEEDS)
def test_the_ledger_keeps_its_laws(deal: Deal, seed: int) -> None:
    facility = setup(deal).facility
    drivers = rough_drivers(facility, seed)
    for check in check_ledger(facility.plan, drivers, roll_forward(facility.plan, drivers, rough_events(facility, seed))):
        assert check.relative <= CASH_CONSERVATION_ABS, check


@settings(max_examples=20)
@given(deals(), SEEDS)
def test_the_kernel_is_the_numpy_statement(deal: Deal, seed: int) -> None:
    facility = setup(deal).facility
    drivers = rough_drivers(facility, seed)
    events = rough_events(facility, seed)
    stated = roll_forward(facility.plan, drivers, events)
    ledger, states, outcomes, tests = roll_kept(facility.plan, drivers, events)
    sums, again, made = roll_reduced(facility.plan, drivers, events)
    scale = facility.plan.commitment
    assert np.abs(ledger - stated.ledger).max() <= PV_REL * scale
    assert np.abs(states - stated.states).max() <= PV_REL * scale
    assert np.abs(outcomes - stated.outcomes).max() <= PV_REL * scale
    assert np.abs(tests - stated.tests).max(initial=0.0) <= PV_REL * scale
    assert np.array_equal(again, outcomes)
    assert np.abs(made - tests.sum(axis=3)).max(initial=0.0) <= PV_REL * scale * ledger.shape[2]
    cash, balance, _ = roll_lender(facility.plan, drivers, events)
    d = facility.plan.discount
    assert np.abs(np.einsum("t,tp->p", d, cash) - outcomes[k.RECEIVED] + outcomes[k.PAID_IN]).max() <= PV_REL * scale * len(d)
    assert np.abs(balance - states[:, k.FLOATING] - states[:, k.FIXED]).max() <= PV_REL * scale
    assert np.abs(sums[:, : k.POSTINGS] - ledger.sum(axis=2)).max() <= PV_REL * scale * ledger.shape[2]


@settings(max_examples=20)
@given(deals(), SEEDS, st.integers(0, 30))
def test_what_comes_later_changes_nothing_before(deal: Deal, seed: int, known: int) -> None:
    facility = setup(deal).facility
    one, other = rough_drivers(facility, seed), rough_drivers(facility, seed + 1)
    mixed = Drivers(
        ratio=np.where(np.arange(facility.plan.months)[:, None] <= known, one.ratio, other.ratio),
        linked=np.where(np.arange(facility.plan.months)[:, None] <= known, one.linked, other.linked),
        **{name: _later(getattr(one, name), getattr(other, name), known) for name in ("customer", "operator", "guarantor")},
        substituted=np.where(one.operator <= known, one.substituted, other.substituted),
        bad_act=np.where(one.operator <= known, one.bad_act, other.bad_act),
        delay=one.delay,
    )
    first, second = roll_forward(facility.plan, one), roll_forward(facility.plan, mixed)
    assert np.array_equal(first.ledger[: known + 1], second.ledger[: known + 1])


def _later(month: np.ndarray, other: np.ndarray, known: int) -> np.ndarray:
    """The same default where it is known, another one later where it is not."""
    return np.where(month <= known, month, np.where(other > known, other, NEVER))


@settings(max_examples=10)
@given(SEEDS, st.sampled_from([0.25, 2.0, 8.0]))
def test_a_facility_scales(seed: int, factor: float) -> None:
    base = setup()
    plan = base.facility.plan
    money = {
        name: getattr(plan, name) * factor
        for name in (
            "swap_due", "swap_close", "swap_next", "relet_income", "relet_cost", "relet_rest", "sale_estimate", "sale_idle",
            "cost", "top_up_capacity", "units", "opening_units", "market_value", "fleet_units", "fleet_value", "commitment",
            "initial_commitment", "agent_fee", "guarantee_cap", "opening", "cohort_drawn", "past_cfads", "past_service",
            "past_received", "schedule_value", "fleet_schedule", "liquidity_floor", "prior_due", "prepaid", "prepaid_at_start",
        )
    }  # fmt: skip
    drivers = rough_drivers(base.facility, seed)
    small = roll_forward(plan, drivers)
    large = roll_forward(plan._replace(**money, impact=plan.impact / factor), drivers)
    assert np.abs(large.ledger - small.ledger * factor).max() <= PV_REL * plan.commitment * max(factor, 1.0)


@settings(max_examples=10)
@given(SEEDS)
def test_paths_do_not_see_each_other(seed: int) -> None:
    facility = setup().facility
    drivers = rough_drivers(facility, seed)
    order = np.random.default_rng(seed).permutation(drivers.ratio.shape[1])
    mixed = Drivers._make(np.ascontiguousarray(item[..., order]) if item.size else item for item in drivers)
    assert np.array_equal(roll_kept(facility.plan, mixed)[0], roll_kept(facility.plan, drivers)[0][:, :, order])


@settings(max_examples=15)
@given(deals(), SEEDS)
def test_a_write_off_is_never_more_than_was_owed(deal: Deal, seed: int) -> None:
    facility = setup(deal, market()).facility
    drivers = rough_drivers(facility, seed)
    rolled = roll_forward(facility.plan, drivers)
    drawn = rolled.ledger[:, [k.DRAW_FLOATING, k.DRAW_FIXED, k.PIK_FLOATING, k.PIK_FIXED]].sum(axis=(0, 1))
    assert (rolled.states[-1, k.DRAWN] <= facility.plan.commitment * (1.0 + PV_REL)).all()
    lost = rolled.ledger[:, k.PRINCIPAL_LOST].sum(axis=0)
    assert (lost <= drawn * (1.0 + PV_REL)).all()
    assert (rolled.states[-1, k.STATUS] == k.CLOSED).all()
