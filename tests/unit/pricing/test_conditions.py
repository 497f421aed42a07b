from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence as Rows
from typing import Any

import numpy as np
import pytest

from instruments.conditions import AllOf, AnyOf, Custom, DateReached, EventHappened, MarketCap, PriceTarget, RatioTest, Sequence
from instruments.ground.errors import InputError, PricingError
from instruments.observations import DaysOut, Mean, Touch
from pricing import Watch, register_condition, verdicts
from pricing.conditions import unregister_condition, vesting_day
from pricing.paths.grid import Grid
from pricing.paths.world import World
from tests.warrants import SHARE, milestone_leg, price_leg

DAYS = tuple(dt.date(2025, 10, 6) + dt.timedelta(days=day) for day in range(5))
NEVER = len(DAYS)


def watch(
    closes: Rows[Rows[float]],
    *,
    highs: Rows[Rows[float]] | None = None,
    lows: Rows[Rows[float]] | None = None,
    history: Rows[float] = (),
    reached: Rows[Rows[int]] = ((1, 3), (2, NEVER)),
    defaulted: Rows[int] = (2, NEVER),
    latched: Rows[str] = (),
    lapsed: Rows[str] = (),
    credits: bool = True,
) -> Watch:
    """Two paths of five days; `closes` and the others are given path by path."""
    steps = np.full(NEVER, 1 / 365)
    grid = Grid(dt.date(2025, 10, 5), DAYS, np.cumsum(steps), steps, np.ones(NEVER))
    table = np.array(closes, dtype=float).T
    world = World(
        grid=grid,
        closes={SHARE: table},
        highs={SHARE: table if highs is None else np.array(highs, dtype=float).T},
        lows={SHARE: table if lows is None else np.array(lows, dtype=float).T},
        reached={"milestone:deliveries": np.array(reached)},
        levels={"milestone:deliveries": (1.0, 2.0)},
        defaulted={"credit:BUY": np.array(defaulted)} if credits else {},
        history={SHARE: np.array(history, dtype=float)} if history else {},
    )
    return Watch(world, {"buyer": "credit:BUY"}, frozenset(latched), frozenset(lapsed))


PATHS = ([100, 110, 121, 115, 90], [100, 90, 95, 120, 130])


def days(condition: Any, seen: Watch, path: str = "0") -> list[int]:
    return vesting_day(condition, seen, path).tolist()


def test_close() -> None:
    seen = watch(PATHS)
    assert days(price_leg(120), seen) == [2, 3]
    assert days(price_leg(125), seen) == [NEVER, 4]
    assert days(PriceTarget(of=SHARE, at_most=90), seen) == [4, 1]
    assert days(price_leg(100), seen) == [0, 0]


def test_events_and_dates_hold_from_their_day_on_beside_a_price() -> None:
    seen = watch(PATHS)
    low = PriceTarget(of=SHARE, at_most=90, meet="simultaneous")
    after = EventHappened(event="default", party="buyer", meet="simultaneous")
    assert days(AllOf(legs=(low, after)), seen) == [4, NEVER]
    assert days(AllOf(legs=(low, after)), watch(PATHS, defaulted=(4, 2))) == [4, NEVER]
    assert days(AllOf(legs=(low, after)), watch(PATHS, defaulted=(NEVER, 1))) == [NEVER, 1]
    assert days(AllOf(legs=(low, DateReached(on=DAYS[2], meet="simultaneous"))), seen) == [4, NEVER]


def test_milestones_that_were_met_before_count_at_once() -> None:
    both = AllOf(legs=(milestone_leg(1), milestone_leg(2)))
    assert days(both, watch(PATHS)) == [2, NEVER]
    assert days(both, watch(PATHS, latched=["0.legs.1"])) == [1, 3]


def test_touch_looks_at_highs_and_lows() -> None:
    seen = watch(PATHS, highs=[[101, 125, 122, 116, 100], PATHS[1]], lows=[PATHS[0], [85, 80, 90, 95, 100]])
    assert days(price_leg(120, days="touch"), seen) == [1, 3]
    assert days(PriceTarget(of=SHARE, at_most=85, observation=Touch()), seen) == [NEVER, 0]


def test_mean_needs_a_full_window() -> None:
    # three-day means from day 2: 110.3, 115.3, 108.7 and 95, 101.7, 115
    seen = watch(PATHS)
    assert days(price_leg(50, days=3), seen) == [2, 2]
    assert days(price_leg(110.4, days=3), seen) == [3, 4]
    assert days(PriceTarget(of=SHARE, at_most=99, observation=Mean(days=3)), seen) == [NEVER, 2]
    assert days(price_leg(50, days=6), seen) == [NEVER, NEVER]


def test_mean_with_history() -> None:
    # means of (109, 107, close)
    assert days(price_leg(105, days=3), watch(PATHS, history=[500, 109, 107])) == [0, 0]
    # one close is known: the window of three is full on day 1: (107 + 100 + 110)/3 and (107 + 100 + 90)/3
    assert days(price_leg(105, days=3), watch(PATHS, history=[107])) == [1, 4]
    assert days(price_leg(105, days=6), watch(PATHS, history=[107])) == [4, 4]
    assert days(price_leg(107.1, days=6), watch(PATHS, history=[107])) == [4, NEVER]


def test_days_out() -> None:
    rule = DaysOut(hits=2, days=3)
    leg = PriceTarget(of=SHARE, at_least=110, observation=rule)
    assert days(leg, watch(PATHS)) == [2, 4]
    # hits count before the window is full, and history counts
    assert days(leg, watch(PATHS, history=[1, 200])) == [1, 4]
    assert days(leg, watch(PATHS, history=[200, 200])) == [0, 0]
    assert days(leg, watch(PATHS, history=[200, 200, 1])) == [2, 4]
    every = PriceTarget(of=SHARE, at_least=110, observation=DaysOut(hits=3, days=3))
    assert days(every, watch(PATHS)) == [3, NEVER]
    low = PriceTarget(of=SHARE, at_most=95, observation=rule)
    assert days(low, watch(PATHS)) == [NEVER, 2]


def test_milestones_dates_and_default() -> None:
    seen = watch(PATHS)
    assert days(milestone_leg(1.0), seen) == [1, 3]
    # a level between two of the plan counts with the later one
    assert days(milestone_leg(1.5), seen) == [2, NEVER]
    assert days(DateReached(on=DAYS[3]), seen) == [3, 3]
    assert days(DateReached(on=dt.date(2020, 1, 1)), seen) == [0, 0]
    assert days(DateReached(on=dt.date(2030, 1, 1)), seen) == [NEVER, NEVER]
    assert days(EventHappened(event="default", party="buyer"), seen) == [2, NEVER]


def test_all_by_how_its_legs_meet() -> None:
    seen = watch(PATHS, reached=((3, 1), (NEVER, 4)))
    assert days(AllOf(legs=(milestone_leg(1), price_leg(120))), seen) == [3, 3]
    assert days(AllOf(legs=(milestone_leg(1), price_leg(120, meet="simultaneous"))), seen) == [NEVER, 3]
    assert days(AllOf(legs=(milestone_leg(1), price_leg(120, meet="at_date"))), seen) == [NEVER, NEVER]
    assert days(AllOf(legs=(milestone_leg(1), price_leg(115, meet="at_date"))), seen) == [3, NEVER]
    # now the price sets the date: days 2 and 3
    assert days(AllOf(legs=(milestone_leg(1, meet="at_date"), price_leg(120))), seen) == [NEVER, 3]


def test_a_date_that_never_comes_tests_nothing() -> None:
    seen = watch(PATHS, reached=((NEVER, 1), (NEVER, NEVER)))
    assert days(AllOf(legs=(milestone_leg(1), price_leg(1, meet="at_date"))), seen) == [NEVER, 1]


def test_two_at_date_legs_are_tested_on_one_day() -> None:
    seen = watch(PATHS, reached=((2, 4), (3, NEVER)))
    condition = AllOf(legs=(milestone_leg(1), price_leg(120, meet="at_date"), PriceTarget(of=SHARE, at_most=125, meet="at_date")))
    assert days(condition, seen) == [2, NEVER]


def test_any_and_nested_groups() -> None:
    seen = watch(PATHS)
    assert days(AnyOf(legs=(price_leg(125), milestone_leg(2))), seen) == [2, 4]
    both = AllOf(legs=(AnyOf(legs=(price_leg(120), DateReached(on=DAYS[4]))), milestone_leg(1)))
    assert days(both, seen) == [2, 3]
    # a simultaneous group is forgotten where a latched one is kept
    inner = AllOf(legs=(price_leg(120, meet="simultaneous"), price_leg(1)), meet="simultaneous")
    assert days(AllOf(legs=(inner, DateReached(on=DAYS[3]))), seen) == [NEVER, 3]
    assert days(AllOf(legs=(inner.evolve(meet="latched"), DateReached(on=DAYS[3]))), seen) == [3, 3]


def test_a_group_at_date() -> None:
    inner = AnyOf(legs=(price_leg(120, meet="simultaneous"), price_leg(1000)), meet="at_date")
    assert days(AllOf(legs=(DateReached(on=DAYS[2]), inner)), watch(PATHS)) == [2, NEVER]


def test_sequence_watches_each_leg_from_the_one_before() -> None:
    seen = watch(PATHS)
    up_then_down = Sequence(legs=(price_leg(110, meet="simultaneous"), PriceTarget(of=SHARE, at_most=95, meet="simultaneous")))
    assert days(up_then_down, seen) == [4, NEVER]
    down_then_up = Sequence(legs=(PriceTarget(of=SHARE, at_most=95, meet="simultaneous"), price_leg(120, meet="simultaneous")))
    assert days(down_then_up, seen) == [NEVER, 3]
    # on one day both can come true
    assert days(Sequence(legs=(price_leg(120), price_leg(110, meet="simultaneous"))), seen) == [2, 3]
    assert days(Sequence(legs=(price_leg(1000), price_leg(1))), seen) == [NEVER, NEVER]


def test_latched_legs_of_the_position() -> None:
    condition = AllOf(legs=(milestone_leg(1), price_leg(1000)))
    assert days(condition, watch(PATHS, latched=["0.legs.1"])) == [1, 3]
    assert days(condition, watch(PATHS, latched=["1.legs.1"])) == [NEVER, NEVER]
    assert days(condition, watch(PATHS, latched=["0.legs.0", "0.legs.1"])) == [0, 0]
    assert days(price_leg(1000), watch(PATHS, latched=["0"])) == [0, 0]
    nested = AllOf(legs=(AnyOf(legs=(price_leg(1000), price_leg(2000))), milestone_leg(1)))
    assert days(nested, watch(PATHS, latched=["0.legs.0.legs.1"])) == [1, 3]


def test_legs_that_have_lapsed_come_true_no_more() -> None:
    for leg in (milestone_leg(1), DateReached(on=DAYS[1]), EventHappened(event="default", party="buyer"), price_leg(100)):
        seen = watch(PATHS, defaulted=(1, 3), lapsed=["0"])
        assert days(leg, seen) == [NEVER, NEVER]
        assert days(leg, seen, "1") != [NEVER, NEVER]
        assert days(AnyOf(legs=(leg, price_leg(120))), watch(PATHS, lapsed=["0.legs.0"])) == days(price_leg(120), watch(PATHS))


def test_a_capitalisation_that_is_touched_is_the_high_times_the_shares() -> None:
    highs = [[101, 125, 122, 116, 100], [100, 90, 95, 120, 130]]
    cap = MarketCap(of=SHARE, at_least=1240.0, share_count=10.0, observation=Touch())
    assert days(cap, watch(PATHS, highs=highs)) == [1, 4]


@pytest.fixture
def custom() -> Iterator[None]:
    def above(world: World, arguments: Mapping[str, Any]) -> np.ndarray:
        return world.closes[SHARE] >= arguments["level"]

    register_condition("above", above)
    register_condition("odd", lambda world, arguments: np.zeros((3, 1), dtype=bool))
    register_condition("numbers", lambda world, arguments: world.closes[SHARE])
    yield
    for name in ("above", "odd", "numbers"):
        unregister_condition(name)


@pytest.mark.usefixtures("custom")
def test_own_conditions() -> None:
    seen = watch(PATHS)
    assert days(Custom(name="above", arguments={"level": 120}), seen) == [2, 3]
    assert days(AllOf(legs=(Custom(name="above", arguments={"level": 120}, meet="simultaneous"), DateReached(on=DAYS[3]))), seen) == [
        NEVER,
        3,
    ]
    with pytest.raises(InputError, match="the name is taken"):
        register_condition("above", lambda world, arguments: np.ones((5, 2), dtype=bool))
    with pytest.raises(PricingError, match=r"boolean array \(5, 2\)"):
        days(Custom(name="odd"), seen)
    with pytest.raises(PricingError, match="boolean array"):
        days(Custom(name="numbers"), seen)
    with pytest.raises(PricingError, match="did you mean above"):
        days(Custom(name="abve"), seen)


@pytest.mark.parametrize(
    ("condition", "credits", "words"),
    [
        (RatioTest(measure="dscr", at_least=1.1), True, "no ratio"),
        (EventHappened(event="default", party="buyer"), False, "no default of buyer; give the party a credit"),
        (EventHappened(event="default", party="vendor"), True, "no default of vendor"),
        (EventHappened(event="termination", party="buyer"), True, "no termination of buyer; add events.termination:buyer"),
    ],
)
def test_what_the_paths_do_not_hold(condition: Any, credits: bool, words: str) -> None:
    with pytest.raises(PricingError, match=words):
        days(condition, watch(PATHS, credits=credits))


def test_verdicts_show_what_was_compared() -> None:
    condition = AllOf(legs=(milestone_leg(2), price_leg(110, days=3, meet="simultaneous"), DateReached(on=DAYS[1])))
    found = verdicts(condition, watch(PATHS), 0)
    assert len(found) == 3 * NEVER
    by_leg = {leg: [one for one in found if one.leg == leg] for leg in ("legs.0", "legs.1", "legs.2")}
    assert [one.tested for one in by_leg["legs.0"]] == [0, 1, 2, 2, 2]
    assert [one.holds for one in by_leg["legs.0"]] == [False, False, True, True, True]
    means = [one.tested for one in by_leg["legs.1"]]
    assert np.isnan(means[:2]).all()
    np.testing.assert_allclose(means[2:], [331 / 3, 346 / 3, 326 / 3])
    assert [one.holds for one in by_leg["legs.1"]] == [False, False, True, True, False]
    assert [one.counts for one in by_leg["legs.1"]] == [False, False, True, True, False]
    assert {one.threshold for one in by_leg["legs.1"]} == {110}
    assert [one.tested for one in by_leg["legs.2"]] == [0, 1, 1, 1, 1]
    assert {one.threshold for one in by_leg["legs.2"]} == {1}
    assert [one.date for one in by_leg["legs.2"]] == list(DAYS)


def test_verdicts_of_an_upper_bound_show_it() -> None:
    found = verdicts(PriceTarget(of=SHARE, at_most=90.0), watch(PATHS), 0)
    assert {one.threshold for one in found} == {90.0}
    assert [one.holds for one in found] == [False, False, False, False, True]


def test_verdicts_latch() -> None:
    found = verdicts(price_leg(120), watch(PATHS), 0)
    assert [one.holds for one in found] == [False, False, True, False, False]
    assert [one.counts for one in found] == [False, False, True, True, True]


def test_verdicts_of_days_out_count_hits() -> None:
    leg = PriceTarget(of=SHARE, at_least=110, observation=DaysOut(hits=2, days=3), meet="simultaneous")
    found = verdicts(leg, watch(PATHS), 0)
    assert [one.holds for one in found] == [False, False, True, True, True]
    assert [(one.tested, one.threshold) for one in found] == [(0, 2), (1, 2), (2, 2), (3, 2), (2, 2)]
