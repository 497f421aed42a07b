"""Laws of the joint daily paths, for every model: forwards come back, measures agree, threads change nothing."""

from __future__ import annotations

import datetime as dt

import numpy as np
from hypothesis import given, settings, strategies as st

from curves import Market, equity_forward, rent_curve
from instruments.conditions import AllOf, DateReached
from instruments.deal import Deal, Milestone
from instruments.ground.tolerances import MC_SIGMAS
from pricing import price
from pricing.paths.drivers import Drivers, with_belief, with_local_volatility
from pricing.paths.streams import BLOCK
from pricing.paths.world import World, simulate_world
from tests.warrants import AS_OF, SHARE, deal, market, milestone_leg, price_leg, run_of, sigmas

EXPIRY = dt.date(2025, 10, 31)
RENT, OTHER, STONE = "rent:H100", "equity:NVDA", "milestone:deliveries"
PLAN = {dt.date(2025, 10, 14): 1.0}
ties = st.floats(-0.45, 0.45)  # three of one size and any sign have a joint law below 0.5
MODELS = ("flat", "smile", "belief")


@st.composite
def markets(draw: st.DrawFn) -> Market:
    """Two shares, a rent on two factors with a launch, deliveries; a term structure with a slope, and a belief that breaks often."""
    volatility = draw(st.sampled_from([0.1, 0.5, 1.2]))
    share = {
        "spot_usd": draw(st.sampled_from([5.0, 100.0])),
        "volatility": volatility,
        "dividend_yield": draw(st.sampled_from([0.0, 0.08])),
    }
    surface = {
        f"{tenor}@{share['spot_usd'] * m}": volatility * f for tenor in ("1W", "1Y") for m, f in ((0.8, 1.1), (1.0, 1.0), (1.3, 0.95))
    }
    rent = {
        "kind": "two_factor",
        "index": "spot",
        "spot_usd_per_hour": 2.0,
        "growth": draw(st.sampled_from([-0.5, 0.5])),
        "mean_reversion": draw(st.sampled_from([0.5, 20.0])),
        "short_volatility": draw(st.sampled_from([0.0, 0.8])),
        "long_volatility": draw(st.sampled_from([0.2, 0.6])),
        "factor_correlation": draw(st.sampled_from([-0.9, 0.0, 0.5])),
        "launches": {"next": {"expected": dt.date(2025, 10, 16), "window_years": 0.02, "jump_mean": draw(st.sampled_from([-0.3, 0.2]))}},
    }
    jump = draw(st.sampled_from([-0.05, 0.03]))
    return market(
        equity={"AMD": {**share, "surface": surface}, "NVDA": {"spot_usd": 50.0, "volatility": 0.6}},
        rent={"H100": rent},
        belief={"intensity": 3.0, "jumps": {SHARE: jump, RENT: 2 * jump}, "jump_volatility": 0.02},
        milestones={"deliveries": {"clock_volatility": 0.3}},
        correlation={f"{SHARE}|{RENT}": draw(ties), f"{SHARE}|{STONE}": draw(ties), f"{RENT}|{STONE}": draw(ties)},
    )


def contract() -> Deal:
    # dates keep it off the compiled ladder
    conditions = [AllOf(legs=(price_leg(100.0, days="touch"), milestone_leg(1.0), DateReached(on=AS_OF))), price_leg(1.0, of=OTHER)]
    return deal(conditions, milestones={"deliveries": Milestone(unit="GW", plan=PLAN, rent=RENT)}, expiry=EXPIRY)


def dressed(on: Market, model: str) -> Drivers:
    drivers = run_of(contract(), on).drivers
    return {"flat": lambda: drivers, "smile": lambda: with_local_volatility(drivers, on), "belief": lambda: with_belief(drivers, on)}[
        model
    ]()


def mean_of(values: np.ndarray) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(values.size))


@settings(max_examples=8)
@given(on=markets(), model=st.sampled_from(MODELS))
def test_forwards_come_back_under_pricing(on: Market, model: str) -> None:
    world = simulate_world(dressed(on, model), "pricing", SHARE, 1, 0)
    for day in (3, world.grid.size - 1):
        years = world.grid.times[day]
        for key in (SHARE, OTHER):
            assert sigmas(*mean_of(world.closes[key][day]), float(equity_forward(on, key, years))) <= MC_SIGMAS
        assert sigmas(*mean_of(world.closes[RENT][day]), float(rent_curve(on, RENT).forward(years))) <= MC_SIGMAS


@settings(max_examples=8)
@given(on=markets(), model=st.sampled_from(MODELS), level=st.floats(0.95, 1.05))
def test_share_measure_is_pricing_weighted_by_the_discounted_share(on: Market, model: str, level: float) -> None:
    drivers = dressed(on, model)
    share, pricing = (simulate_world(drivers, probability, SHARE, 1, 0) for probability in ("share", "pricing"))
    forward = float(equity_forward(on, SHARE, pricing.grid.times[-1]))
    spot = drivers.share(SHARE).spot

    def facts(world: World) -> dict[str, np.ndarray]:
        rented = world.closes[RENT][-1]
        return {
            "touch": (world.highs[SHARE].max(axis=0) >= level * spot).astype(np.float64),
            "rent": rented,
            "deliveries with high rents": ((world.reached[STONE][0] <= 8) & (rented > 2.0)).astype(np.float64),
            "the other share": world.closes[OTHER][-1],
        }

    weight = pricing.closes[SHARE][-1] / forward
    for name, found in facts(share).items():
        (left, left_error), (right, right_error) = mean_of(found), mean_of(weight * facts(pricing)[name])
        assert abs(left - right) <= MC_SIGMAS * np.hypot(left_error, right_error) + 1e-12, name


@settings(max_examples=2)
@given(on=markets(), method=st.sampled_from(["monte_carlo", "local_volatility", "jumps", "sobol"]), seed=st.integers(0, 2**32))
def test_no_simulation_depends_on_the_number_of_threads(on: Market, method: str, seed: int) -> None:
    first, second = (price(contract(), on, method=method, paths=3 * BLOCK, threads=threads, seed=seed).to_json() for threads in (1, 3))
    assert first == second


@settings(max_examples=3)
@given(on=markets(), method=st.sampled_from(["local_volatility", "jumps", "sobol"]))
def test_bounds_hold_for_every_method(on: Market, method: str) -> None:
    of = contract()
    found = price(of, on, method=method, measures=["value"], paths=1)
    most = of.contracts["warrant"].shares * on.equity["AMD"].spot_usd.value
    slack = 2 * MC_SIGMAS * (found.standard_error or 0.0) + 1e-9 * most  # replicates are few: a wider interval
    assert -slack <= found.value <= most + slack
