"""The compiled ladder against its numpy statement: same draws, same vesting days, same prices."""

from __future__ import annotations

import datetime as dt
from itertools import product
from typing import Any

import numpy as np
import pytest

from curves import Market
from instruments import AllOf, DateReached, Deal, Forfeiture
from instruments.ground.tolerances import PV_REL
from pricing.conditions import Watch, vesting_day
from pricing.engines.warrant_ladder import as_ladder, run_ladder
from pricing.engines.warrant_paths import simulate_vesting
from pricing.kernels.joint import exp_row
from pricing.kernels.ladder import watch_few, watch_many
from pricing.paths.joint import is_plain
from pricing.paths.world import simulate_world
from tests.warrants import SHARE, coupled_market, deal, ladder_of, market, milestone_leg, price_leg, run_of

MEETS = {
    "latched": ("latched", "latched"),
    "simultaneous": ("simultaneous", "latched"),
    "price at date": ("at_date", "latched"),
    "milestone at date": ("latched", "at_date"),
    "simultaneous, milestone at date": ("simultaneous", "at_date"),
}
WORLDS: dict[str, tuple[dict[str, Any], bool]] = {
    "certain deliveries": ({"milestones": {"deliveries": {"clock_volatility": 0.0}}}, False),
    "clock": ({}, False),
    "clock, correlated, cancelled": (
        {
            "milestones": {"deliveries": {"clock_volatility": 0.3, "cancellation_hazard": 1.0}},
            "correlation": {f"{SHARE}|milestone:deliveries": -0.6},
        },
        False,
    ),
    "credit": ({"coupled": True}, True),
    "credit, uncorrelated": ({"coupled": True, "correlation": {}}, True),
}


# 44 days: the window of 30 fills, and a block of paths stays cheap
EXPIRY = dt.date(2025, 12, 5)
PLAN = {dt.date(2025, 10, 20): 1.0, dt.date(2025, 11, 7): 2.0, dt.date(2025, 11, 20): 3.0}
SHORT: dict[str, Any] = {"expiry": EXPIRY, "plan": PLAN}


def agree(of: Deal, on: Market, *, seed: int = 0) -> None:
    run = run_of(of, on)
    ladder = as_ladder(run)
    assert ladder is not None
    probabilities = ("share", "pricing")
    walked = run_ladder(run, ladder, probabilities, seed, 0, controlled="share")
    vested = 0
    for probability in probabilities:
        world = simulate_world(run.drivers, probability, SHARE, seed, 0, in_numpy=True)
        watch = Watch(world, run.credit_of)
        days = np.stack([vesting_day(t.condition, watch, str(i)) for i, t in enumerate(run.warrant.tranches)])
        found = walked[probability]
        np.testing.assert_array_equal(found.vest, days)
        log_price = np.log(world.closes[SHARE])
        np.testing.assert_allclose(found.last_log_price, log_price[-1], rtol=PV_REL)
        hit = days < world.grid.size
        vested += int(hit.sum())
        at = np.take_along_axis(log_price, np.minimum(days, world.grid.size - 1), axis=0)
        np.testing.assert_allclose(found.vest_log_price[hit], at[hit], rtol=PV_REL)
        assert 0.0 < hit.mean() < 1.0
    assert vested > 100


# the plainer worlds once per way of meeting
CASES = [case for case in product(WORLDS, MEETS, (1, 30)) if case[2] == 30 or case[0] not in ("clock", "credit, uncorrelated")]


@pytest.mark.parametrize(("world", "meet", "days"), CASES)
def test_vesting_days_and_prices(world: str, meet: str, days: int) -> None:
    changes, buyer = WORLDS[world]
    changes = dict(changes)
    on = (coupled_market if changes.pop("coupled", False) else market)(**changes)
    price_meet, stone_meet = MEETS[meet]
    agree(deal(ladder_of(days, price_meet=price_meet, stone_meet=stone_meet), buyer=buyer, strike_usd=1.0, **SHORT), on)


@pytest.mark.parametrize("days", [1, 30])
@pytest.mark.parametrize("meet", ["latched", "simultaneous"])
def test_without_deliveries(meet: str, days: int) -> None:
    agree(deal([price_leg(target, days=days, meet=meet) for target in (105.0, 120.0)], milestones={}, expiry=EXPIRY), market(), seed=3)


@pytest.mark.parametrize("days", [1, 30])
def test_a_tranche_without_price_waits_for_no_window(days: int) -> None:
    plan = {dt.date(2025, 10, 8): 0.5, **PLAN}
    agree(deal([milestone_leg(0.5), *ladder_of(days)], expiry=EXPIRY, plan=plan), market())


def test_dividends_and_a_sloping_curve() -> None:
    rates = {"USD": {"kind": "ois", "quotes": {"1M": 0.06, "6M": 0.03, "1Y": 0.05}}}
    agree(deal(ladder_of(1), exercise="at_vesting", **SHORT), market(rates=rates, share={"dividend_yield": 0.03}))


@pytest.mark.parametrize(
    "conditions",
    [
        [price_leg(120.0), price_leg(110.0)],
        [price_leg(110.0), price_leg(120.0, days=5)],
        [price_leg(110.0, days="touch")],
        [price_leg(110.0, of="equity:NVDA")],
    ],
    ids=["falling targets", "two windows", "touch", "another share"],
)
def test_what_is_no_ladder_goes_to_the_interpreter(conditions: list[Any]) -> None:
    other = {"AMD": {"spot_usd": 100.0, "volatility": 0.5}, "NVDA": {"spot_usd": 100.0, "volatility": 0.4}}
    assert as_ladder(run_of(deal(conditions, milestones={}), market(equity=other))) is None


def test_block_k_is_the_same_whatever_the_number_of_paths() -> None:
    run = run_of(deal(ladder_of(30), buyer=True, **SHORT), coupled_market())
    ladder = as_ladder(run)
    assert ladder is not None
    blocks = [run_ladder(run, ladder, ("share",), 7, block)["share"] for block in (0, 1)]
    again = run_ladder(run, ladder, ("share", "pricing"), 7, 1, controlled="share")["share"]
    np.testing.assert_array_equal(blocks[1].vest, again.vest)
    np.testing.assert_array_equal(blocks[1].last_log_price, again.last_log_price)
    assert not np.array_equal(blocks[0].last_log_price, blocks[1].last_log_price)


WAIT = DateReached(on=dt.date(2025, 12, 15))
DATED = {
    "alone and before deliveries": [WAIT, milestone_leg(1.0), milestone_leg(2.0), milestone_leg(3.0)],
    "beside price targets": [AllOf(legs=(WAIT, price_leg(target, days=5))) for target in (95.0, 110.0, 130.0)],
    "beside both": [AllOf(legs=(WAIT, price_leg(105.0), milestone_leg(1.0))), AllOf(legs=(price_leg(120.0), milestone_leg(2.0)))],
}


@pytest.mark.parametrize("conditions", DATED.values(), ids=DATED)
def test_dates_of_a_ladder_are_those_of_the_interpreter(conditions: list[Any]) -> None:
    ends = Forfeiture(when=DateReached(on=dt.date(2026, 2, 10)))
    of = deal(conditions, buyer=True, strike_usd=40.0, terms={"forfeiture": ends})
    run = run_of(of, coupled_market())
    ladder = as_ladder(run)
    assert ladder is not None
    fast, slow = (simulate_vesting(run, lane, ("share", "pricing"), 3, 1) for lane in (ladder, None))
    for probability in ("share", "pricing"):
        np.testing.assert_array_equal(fast[probability].vest, slow[probability].vest)
        np.testing.assert_allclose(fast[probability].payoff, slow[probability].payoff, rtol=1e-9, atol=1e-12)
    assert as_ladder(run_of(deal(conditions, exercise="best", strike_usd=40.0, terms={"forfeiture": ends}), coupled_market())) is None
    met = AllOf(legs=(WAIT, price_leg(105.0, meet="simultaneous")))
    assert as_ladder(run_of(deal([met]), coupled_market())) is None


@pytest.mark.parametrize("probability", ["share", "pricing", "real_world"])
def test_the_compiled_joint_walk_is_its_numpy_statement(probability: Any) -> None:
    rents = {"B200": {"kind": "thin_rent", "spot_usd_per_hour": 3.0, "growth": -0.2, "volatility": 0.4}}
    ties = {f"{SHARE}|rent:B200": 0.5, "rent:B200|milestone:deliveries": -0.4, f"{SHARE}|equity:NVDA": 0.7}
    on = coupled_market(
        rent=rents,
        correlation=ties,
        equity={"AMD": {"spot_usd": 100.0, "volatility": 0.5}, "NVDA": {"spot_usd": 50.0, "volatility": 0.4, "dividend_yield": 0.02}},
        real_world={"equity_drift": {"AMD": 0.1, "NVDA": 0.2}},
    )
    if probability == "real_world":
        on, rented = on.evolve(rent={}, correlation={f"{SHARE}|equity:NVDA": {"value": 0.7}}), ()
    else:
        rented = (price_leg(2.5, of="rent:B200"),)
    drivers = run_of(deal([*ladder_of(), price_leg(60.0, of="equity:NVDA"), *rented], buyer=True, **SHORT), on).drivers
    assert len(drivers.keys) == 4 + len(rented)
    assert is_plain(drivers)
    ours, stated = (simulate_world(drivers, probability, SHARE, 0, 0, in_numpy=slow) for slow in (False, True))
    for table in ("closes", "highs", "lows"):
        for key, found in getattr(stated, table).items():
            np.testing.assert_allclose(getattr(ours, table)[key], found, rtol=PV_REL)
    for table in ("reached", "defaulted"):
        for key, days in getattr(stated, table).items():
            np.testing.assert_array_equal(getattr(ours, table)[key], days)
            assert 0.0 < (days < drivers.grid.size).mean() < 1.0


def test_the_compiled_exponential() -> None:
    x = np.concatenate([np.linspace(-690.0, 690.0, 4001), [0.0, 1e-300, -1e-17, 5000.0, -5000.0]])
    found = np.empty_like(x)
    exp_row(x, found, np.empty_like(x))
    np.testing.assert_allclose(found, np.exp(np.clip(x, -700.0, 700.0)), rtol=1e-15)  # a few units in the last place
    assert found[4001] == 1.0


def test_the_control_is_the_same_for_few_targets_and_for_many() -> None:
    random = np.random.default_rng(0)
    before = random.normal(4.6, 0.3, 4096)
    after = before + random.normal(0.0, 0.1, 4096)
    targets = np.log(np.linspace(80.0, 180.0, 6))
    for room in (0.01, 0.0):
        few, many = np.ones((6, 4096)), np.ones((6, 4096))
        watch_few(after, 0.001, -0.002, room, targets, before.copy(), few)
        watch_many(after, 0.001, -0.002, room, targets, before.copy(), np.zeros(4096, dtype=np.int64), many)
        np.testing.assert_allclose(few, many, atol=1e-11)
        assert 0.1 < few.mean() < 0.9
