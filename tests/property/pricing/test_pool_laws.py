"""Laws of pools, in closed form and sold on paths, with their domains; and tempting ones that are false."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings, strategies as st

from pricing.formulas import large_pool_tranche_loss, loans_tranche_loss, pool_tranche_loss
from pricing.mechanics.pool import collections, hardware_price
from pricing.schedules.notes import resolve_notes
from tests.pools import HARDWARE, MONTHS, bullets, hardware_market

odds = st.floats(0.001, 0.9)
correlations = st.floats(0.0, 0.99)
recoveries = st.floats(0.01, 0.95)
slopes = st.floats(0.01, 2.0)
points = st.floats(0.01, 0.95)
SLACK = 1e-9
"""Quadrature."""


@settings(max_examples=40)
@given(
    p=odds,
    rho=correlations,
    recovery=recoveries,
    slope=st.sampled_from([0.0, 0.7]),
    cuts=st.lists(points, min_size=1, max_size=4, unique=True),
)
def test_tranche_losses_add_up_to_the_pools(p: float, rho: float, recovery: float, slope: float, cuts: list[float]) -> None:
    edges = np.array([0.0, *sorted(cuts), 1.0])
    terms = {"default_probability": p, "correlation": rho, "recovery": recovery, "recovery_slope": slope}
    for method in (large_pool_tranche_loss, lambda **given: pool_tranche_loss(count=12, **given)):
        parts = method(attachment=edges[:-1], detachment=edges[1:], **terms)
        whole = method(attachment=0.0, detachment=1.0, **terms)
        assert abs((parts * np.diff(edges)).sum() - whole) < SLACK
        # each further tranche loses a smaller share
        assert (np.diff(parts) <= SLACK).all()


@settings(max_examples=50)
@given(p=odds, low=correlations, high=correlations, recovery=st.floats(0.0, 0.95), at=points)
def test_more_correlation_moves_losses_from_equity_to_senior(p: float, low: float, high: float, recovery: float, at: float) -> None:
    # domain: constant recovery, equity [0, d] and senior [a, 1]; one factor
    less, more = sorted((low, high))
    for method in (large_pool_tranche_loss, lambda **given: pool_tranche_loss(count=12, **given)):
        senior = method(attachment=at, detachment=1.0, default_probability=p, correlation=np.array([less, more]), recovery=recovery)
        equity = method(attachment=0.0, detachment=at, default_probability=p, correlation=np.array([less, more]), recovery=recovery)
        assert senior[1] >= senior[0] - SLACK
        assert equity[1] <= equity[0] + SLACK


def test_a_mezzanine_tranche_can_go_either_way() -> None:
    found = large_pool_tranche_loss(attachment=0.03, detachment=0.10, default_probability=0.02, correlation=np.array([0.01, 0.2, 0.9]))
    assert found[0] < found[1] > found[2]


@settings(max_examples=20)
@given(p=odds, rho=correlations, recovery=recoveries, slope=slopes, at=points, keep=st.booleans())
def test_recovery_that_falls_with_the_factor_raises_senior_loss(
    p: float, rho: float, recovery: float, slope: float, at: float, keep: bool
) -> None:
    # domain: every senior tranche [a, 1] of equal loans, slope of the sign of the factor; mean over the factor or over defaults kept
    for method in (large_pool_tranche_loss, lambda **given: pool_tranche_loss(count=12, **given)):
        found = method(
            attachment=at,
            detachment=1.0,
            default_probability=p,
            correlation=rho,
            recovery=recovery,
            recovery_slope=np.array([0.0, slope]),
            keep_loss=keep,
        )
        assert found[1] >= found[0] - 1e-7
        if keep:
            equity = method(
                attachment=0.0,
                detachment=at,
                default_probability=p,
                correlation=rho,
                recovery=recovery,
                recovery_slope=np.array([0.0, slope]),
                keep_loss=True,
            )
            assert equity[1] <= equity[0] + 1e-7


def test_it_need_not_raise_the_loss_of_the_tranche_below() -> None:
    # with the pool's expected loss kept the equity loses less; with the mean over the factor kept it can lose more
    terms = {
        "attachment": 0.0,
        "detachment": 0.03,
        "default_probability": 0.05,
        "correlation": 0.3,
        "recovery": 0.4,
        "recovery_slope": [0.0, 0.5],
    }
    kept, plain = (large_pool_tranche_loss(keep_loss=keep, **terms) for keep in (True, False))
    assert kept[1] < kept[0]
    assert plain[1] > plain[0]


@settings(max_examples=25)
@given(seed=st.integers(0, 999), way=st.sampled_from(["default_probability", "recovery"]))
def test_worse_loans_never_help_a_tranche(seed: int, way: str) -> None:
    random = np.random.default_rng(seed)
    terms = {
        "notional": random.uniform(1.0, 5.0, 6),
        "default_probability": random.uniform(0.0, 0.5, 6),
        "loading": random.uniform(0.0, 1.0, 6),
        "recovery": random.uniform(0.3, 0.9, 6),
    }
    worse = terms | {way: terms[way] + (0.2 if way == "default_probability" else -0.2)}
    tranches = {"attachment": [0.0, 0.1, 0.4], "detachment": [0.1, 0.4, 1.0]}
    assert (loans_tranche_loss(**tranches, **worse, units=200) >= loans_tranche_loss(**tranches, **terms, units=200) - SLACK).all()


shares_alive = st.lists(st.floats(0.0, 1.0), min_size=MONTHS, max_size=MONTHS).map(lambda steps: np.minimum.accumulate(np.array(steps)))


@settings(max_examples=60)
@given(
    alive=shares_alive,
    low=st.floats(0.05, 3.0),
    more=st.floats(1.0, 4.0),
    units=st.sampled_from([0.3, 1.0, 4.0]),
    impact=st.sampled_from([0.0, 1.0, 20.0]),
    lag=st.sampled_from([0, 3]),
)
def test_hardware_recovers_no_more_than_is_owed_and_more_where_rents_are_higher(
    alive: np.ndarray, low: float, more: float, units: float, impact: float, lag: int
) -> None:
    plan = resolve_notes(bullets(hardware=HARDWARE.evolve(units=units), defaults="market", lag=lag), hardware_market(impact=impact), "n")
    ratios = np.array([low, low * more]) * np.ones((MONTHS, 1))
    pool = collections(plan, np.zeros(2), lambda _: np.repeat(alive[:, None], 2, axis=1), {"rent:H100": ratios})
    owed = np.zeros((MONTHS, 2))
    owed[lag:] = pool.defaulted[: MONTHS - lag]
    assert (pool.recovery <= owed + 1e-9).all()
    assert (pool.recovery[:, 1] >= pool.recovery[:, 0] - 1e-9).all()


@settings(max_examples=60)
@given(first=st.floats(0.0, 1.0), more=st.floats(0.0, 1.0), impact=st.sampled_from([0.0, 1.0, 20.0]))
def test_a_unit_fetches_less_the_more_are_sold_beside_it(first: float, more: float, impact: float) -> None:
    # and all together fetch no less: the price at the margin stays above zero
    plan = resolve_notes(bullets(hardware=HARDWARE, defaults="market"), hardware_market(impact=impact), "n")
    hardware = plan.hardware[0]
    assert hardware is not None
    few, many = (hardware_price(hardware, np.full((MONTHS, 1), sold), None) for sold in (first, first + more))
    assert (many <= few + 1e-9).all()
    assert (many * (first + more) >= few * first - 1e-6).all()
