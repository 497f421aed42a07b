"""Legs on volume-weighted means, market capitalisation and relative performance, by hand on two paths of five days."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from instruments import AllOf, Close, DaysOut, MarketCap, Mean, PricingError, RelativePerformance, Touch, Vwap
from instruments.ground.errors import TermsError
from pricing import Watch, turns, verdicts
from pricing.conditions import observed, vesting_day
from pricing.paths.grid import Grid
from pricing.paths.world import World
from tests.warrants import SHARE, price_leg

PEER, INDEX = "equity:NVDA", "equity:SOX"
DAYS = tuple(dt.date(2025, 10, 6) + dt.timedelta(days=day) for day in range(5))
CLOSES = np.array([[100.0, 104.0, 110.0, 106.0, 120.0], [90.0, 95.0, 100.0, 105.0, 110.0]]).T
PEERS = np.array([[50.0, 50.0, 50.0, 60.0, 60.0], [40.0, 45.0, 50.0, 50.0, 50.0]]).T
NEVER = len(DAYS)


def watch(**changes: Any) -> Watch:
    steps = np.full(NEVER, 1 / 365)
    grid = Grid(dt.date(2025, 10, 5), DAYS, np.cumsum(steps), steps, np.ones(NEVER))
    closes = {SHARE: CLOSES, PEER: PEERS, INDEX: np.full_like(PEERS, 10.0)}
    world = World(grid, closes, closes, closes, {}, {}, {}, changes.pop("history", {}))
    return Watch(world, counts={SHARE: 1000.0}, spots={SHARE: 100.0, PEER: 50.0, INDEX: 10.0}, **changes)


def test_vwap_weighs_each_day_by_its_volume() -> None:
    leg = price_leg(109.0).evolve(observation=Vwap(days=3, volumes=(1.0, 2.0, 5.0)))
    seen = observed(leg, watch())
    assert np.isnan(seen[:2]).all()
    np.testing.assert_allclose(seen[2:, 0], [(100 + 208 + 550) / 8, (104 + 220 + 530) / 8, (110 + 212 + 600) / 8], rtol=1e-15)
    np.testing.assert_array_equal(vesting_day(leg, watch()), [4, NEVER])


def test_vwap_looks_back_on_history_and_equal_volumes_are_the_simple_mean() -> None:
    history = {SHARE: np.array([80.0, 90.0, 96.0])}
    weighted = observed(price_leg(1.0).evolve(observation=Vwap(days=3, volumes=(1.0, 2.0, 5.0))), watch(history=history))
    assert weighted[0, 0] == pytest.approx((90 + 2 * 96 + 5 * 100) / 8, rel=1e-15)
    for past in ({}, history):
        plain, vwap = (observed(price_leg(1.0).evolve(observation=rule), watch(history=past)) for rule in (Mean(days=3), Vwap(days=3)))
        np.testing.assert_array_equal(plain, vwap)


def test_volumes_are_one_a_day() -> None:
    with pytest.raises(TermsError, match="2 volumes for 3 days"):
        Vwap(days=3, volumes=(1.0, 2.0))


@pytest.mark.parametrize(("count", "target"), [(None, 110_000.0), (500.0, 55_000.0)])
def test_market_capitalisation_is_price_times_count(count: float | None, target: float) -> None:
    leg = MarketCap(of=SHARE, at_least=target, share_count=count)
    np.testing.assert_array_equal(vesting_day(leg, watch()), vesting_day(price_leg(110.0), watch()))
    low = MarketCap(of=SHARE, at_most=target, share_count=count, observation=DaysOut(hits=2, days=2))
    np.testing.assert_array_equal(vesting_day(low, watch()), [1, 1])


@pytest.mark.parametrize("rule", [Mean(days=3), Vwap(days=3, volumes=(1.0, 2.0, 5.0)), DaysOut(hits=2, days=3)])
def test_market_capitalisation_counts_the_closes_before_the_first_day(rule: Any) -> None:
    seen = watch(history={SHARE: np.array([80.0, 120.0, 118.0])})
    legs = [MarketCap(of=SHARE, at_least=target * 1000.0, observation=rule) for target in (104.0, 107.0, 110.0)]
    prices = [price_leg(target).evolve(observation=rule) for target in (104.0, 107.0, 110.0)]
    for leg, price in zip(legs, prices, strict=True):
        np.testing.assert_array_equal(vesting_day(leg, seen), vesting_day(price, seen))
    assert vesting_day(legs[1], seen).tolist() != vesting_day(legs[1], watch()).tolist()


def test_market_capitalisation_without_a_count_says_where_to_put_one() -> None:
    with pytest.raises(PricingError, match="the market has none for equity:NVDA"):
        vesting_day(MarketCap(of=PEER, at_least=1.0), watch())


def test_relative_performance_is_growth_over_growth_since_the_base() -> None:
    leg = RelativePerformance(of=SHARE, against=(PEER,), at_least=1.1)
    np.testing.assert_allclose(observed(leg, watch())[:, 0], [1.0, 1.04, 1.1, 1.06 / 1.2, 1.2 / 1.2], rtol=1e-15)
    np.testing.assert_array_equal(vesting_day(leg, watch()), [2, 0])  # 0.9 against 0.8 is more than 1.1 on the second path
    based = leg.evolve(base_usd={SHARE: 50.0, PEER: 50.0})
    np.testing.assert_allclose(observed(based, watch()), 2.0 * observed(leg, watch()), rtol=1e-15)


def test_relative_performance_against_several_takes_their_mean_growth() -> None:
    leg = RelativePerformance(of=SHARE, against=(PEER, INDEX), at_least=1.0)
    np.testing.assert_allclose(observed(leg, watch())[3, 0], 1.06 / ((1.2 + 1.0) / 2), rtol=1e-15)
    mean = leg.evolve(observation=Mean(days=2))
    raw = observed(leg, watch())
    np.testing.assert_allclose(observed(mean, watch())[1:], (raw[1:] + raw[:-1]) / 2, rtol=1e-14)


def test_relative_performance_uses_history_as_far_as_every_price_is_known() -> None:
    leg = RelativePerformance(of=SHARE, against=(PEER,), at_least=1.0, observation=Mean(days=2))
    only_own = watch(history={SHARE: np.array([90.0])})
    both = watch(history={SHARE: np.array([85.0, 90.0]), PEER: np.array([45.0])})
    assert np.isnan(observed(leg, only_own)[0]).all()
    assert observed(leg, both)[0, 0] == pytest.approx((0.9 / 0.9 + 1.0) / 2, rel=1e-15)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"observation": Touch()}, "cannot be watched by touch"),
        ({"against": (SHARE,)}, "compared with others, each named once"),
        ({"against": (PEER, PEER)}, "each named once"),
        ({"base_usd": {INDEX: 1.0}}, "equity:SOX is not compared here"),
        ({"at_most": 2.0}, "only one of them"),
    ],
)
def test_what_cannot_be_compared_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(TermsError, match=words):
        RelativePerformance(**({"of": SHARE, "against": (PEER,), "at_least": 1.0} | change))


def test_a_lapsed_leg_never_comes_true() -> None:
    both = AllOf(legs=(price_leg(100.0), price_leg(95.0)))
    np.testing.assert_array_equal(vesting_day(both, watch()), [0, 2])
    np.testing.assert_array_equal(vesting_day(both, watch(lapsed=frozenset(("legs.1",)))), [NEVER, NEVER])
    np.testing.assert_array_equal(vesting_day(both, watch(latched=frozenset(("legs.0",)))), [0, 1])


def test_days_and_truths_agree_wherever_both_are_known() -> None:
    # the short way compares days; a simultaneous sibling forces the long way, and must change nothing
    legs = (price_leg(104.0), RelativePerformance(of=SHARE, against=(PEER,), at_least=1.1))
    for group in (AllOf(legs=legs), AllOf(legs=(*legs, price_leg(1.0)))):
        short = vesting_day(group, watch())
        long = vesting_day(AllOf(legs=(*group.legs, price_leg(0.5, meet="simultaneous"))), watch())
        np.testing.assert_array_equal(short, long)


def test_verdicts_show_what_was_compared_and_turns_when_it_changed() -> None:
    group = AllOf(legs=(MarketCap(of=SHARE, at_least=110_000.0, meet="simultaneous"), price_leg(104.0)))
    listed = verdicts(group, watch(), 0)
    assert [v.tested for v in listed if v.leg == "legs.0"] == [100_000.0, 104_000.0, 110_000.0, 106_000.0, 120_000.0]
    turned = [(v.leg, v.date, v.holds) for v in turns(listed)]
    assert turned == [
        ("legs.0", DAYS[0], False),
        ("legs.0", DAYS[2], True),
        ("legs.0", DAYS[3], False),
        ("legs.0", DAYS[4], True),
        ("legs.1", DAYS[0], False),
        ("legs.1", DAYS[1], True),
    ]


def test_a_close_is_the_default_observation() -> None:
    assert MarketCap(of=SHARE, at_least=1.0).observation == Close()
