"""Breaks of belief that default entities: marginals and martingales stay; shares, credits, demand and refinancing break together."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pytest

from curves import Market, equity_forward, rent_curve, survival_curve
from instruments.ground.errors import CalibrationError, InputError
from instruments.ground.tolerances import MC_SIGMAS
from pricing.paths.drivers import Drivers, resolve_drivers, with_belief
from pricing.paths.grid import daily_grid
from pricing.paths.world import World, simulate_world
from tests.warrants import EXPIRY, SHARE, market, sigmas

ISSUER, BUYER, RENT = "credit:VND", "credit:BUY", "rent:H100"
BELIEF = {
    "intensity": 1.2,
    "jumps": {SHARE: -0.3, RENT: -0.4},
    "jump_volatility": 0.1,
    "defaults": {ISSUER: 0.25, BUYER: 0.5},
    "demand_kept": 0.8,
    "refinancing_shut_years": 0.1,
}


def quoted(**changes: Any) -> Market:
    tables = {
        "equity": {"AMD": {"spot_usd": 100.0, "volatility": 0.6, "dividend_yield": 0.03}},
        "credit": {"VND": {"kind": "hazard", "hazard": 0.5}, "BUY": {"kind": "hazard", "hazard": 0.8}},
        "rent": {"H100": {"kind": "thin_rent", "spot_usd_per_hour": 2.0, "growth": -0.1, "volatility": 0.7}},
        "correlation": {f"{SHARE}|{ISSUER}": 0.4, f"{SHARE}|{BUYER}": 0.3, f"{RENT}|{BUYER}": 0.3, f"{SHARE}|{RENT}": 0.3},
        "belief": BELIEF,
    }
    return market(**(tables | changes))


def drivers_of(on: Market) -> Drivers:
    grid = daily_grid(on, EXPIRY)
    plain = resolve_drivers(on, grid, prices=(SHARE, RENT), clocks=(), credits=(ISSUER, BUYER), issuers={SHARE: ISSUER})
    return with_belief(plain, on)


@lru_cache(maxsize=4)
def worlds(probability: Any) -> tuple[World, ...]:
    drivers = drivers_of(quoted())
    return tuple(simulate_world(drivers, probability, SHARE, 4, block) for block in range(3))


def mean_of(values: np.ndarray) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(values.size))


def test_marginals_stay() -> None:
    found, on = worlds("pricing"), quoted()
    grid = found[0].grid
    for day in (20, 70, grid.size - 1):
        years = float(grid.times[day])
        for key in (ISSUER, BUYER):
            dead = np.concatenate([world.defaulted[key] <= day for world in found])
            odds = 1.0 - float(survival_curve(on, key).survival(years))
            assert sigmas(float(dead.mean()), np.sqrt(odds * (1 - odds) / dead.size), odds) <= MC_SIGMAS
        shares = np.concatenate([world.closes[SHARE][day] for world in found])
        assert sigmas(*mean_of(shares), float(equity_forward(on, SHARE, years))) <= MC_SIGMAS
        rents = np.concatenate([world.closes[RENT][day] for world in found])
        assert sigmas(*mean_of(rents), float(rent_curve(on, RENT).forward(years))) <= MC_SIGMAS


def test_share_measure_is_pricing_weighted_by_the_share_that_breaks_can_end() -> None:
    pricing, share = worlds("pricing"), worlds("share")
    carried = float(equity_forward(quoted(), SHARE, pricing[0].grid.times[-1]))
    last = pricing[0].grid.size - 1
    facts = {
        "whole": lambda world: np.ones(world.closes[SHARE].shape[1]),
        "rent": lambda world: world.closes[RENT][-1],
        "buyer": lambda world: (world.defaulted[BUYER] <= last).astype(float),
        "high": lambda world: (world.closes[SHARE][-1] > 110.0).astype(float),
        "demand": lambda world: world.demand[-1],
    }
    for name, fact in facts.items():
        left = np.concatenate([world.weighted(fact(world)) for world in share])
        right = np.concatenate([world.closes[SHARE][-1] / carried * fact(world) for world in pricing])
        (a, ea), (b, eb) = mean_of(left), mean_of(right)
        assert abs(a - b) <= MC_SIGMAS * np.hypot(ea, eb), name


def test_defaults_come_together_with_each_other_and_with_low_demand() -> None:
    found = worlds("pricing")
    last = found[0].grid.size - 1
    one, two = (np.concatenate([world.defaulted[key] <= last for world in found]) for key in (ISSUER, BUYER))
    demand = np.concatenate([world.demand[-1] for world in found])
    gap = float((one & two).mean() - one.mean() * two.mean())
    assert gap > MC_SIGMAS * 0.5 / np.sqrt(one.size)
    assert float(demand[two].mean()) < float(demand[~two].mean())
    same_day = np.concatenate([(world.defaulted[ISSUER] == world.defaulted[BUYER]) & (world.defaulted[BUYER] <= last) for world in found])
    # defaults on one day are breaks: E[first joint break by T] = 1 - e^{-lambda q q' T}, less what died before
    years = float(found[0].grid.times[-1])
    assert 0.3 * 1.2 * 0.125 * years < float(same_day.mean()) <= 1.2 * 0.125 * years


def test_demand_and_the_window_are_state() -> None:
    world = worlds("pricing")[0]
    years = float(world.grid.times[-1])
    assert world.demand is not None
    assert world.refinancing_open is not None
    mean, error = mean_of(world.demand[-1])
    # Poisson breaks: E[k^N] = e^{-lambda T (1 - k)}
    assert sigmas(mean, error, float(np.exp(-1.2 * years * 0.2))) <= MC_SIGMAS
    open_share, open_error = mean_of(world.refinancing_open[-1].astype(float))
    # open where no break in the last tenth of a year, to a day
    assert abs(open_share - np.exp(-0.12)) <= MC_SIGMAS * open_error + 0.01
    assert bool(np.all(np.diff(world.demand, axis=0) <= 0.0))
    shut = ~world.refinancing_open
    first = shut.argmax(axis=0)
    assert bool((world.demand[first[shut.any(axis=0)], np.flatnonzero(shut.any(axis=0))] < 1.0).all())


def test_without_odds_the_credits_are_those_of_the_curves_bit_for_bit() -> None:
    on = quoted(belief=BELIEF | {"defaults": {}})
    one = simulate_world(drivers_of(on), "pricing", None, 1, 0)
    two = simulate_world(drivers_of(quoted(belief=BELIEF | {"defaults": {ISSUER: 0.0}})), "pricing", None, 1, 0)
    assert all(np.array_equal(one.defaulted[key], two.defaulted[key]) for key in (ISSUER, BUYER))
    assert np.array_equal(one.closes[SHARE], two.closes[SHARE])


def test_more_hazard_than_the_curve_and_wrong_keys_are_told() -> None:
    with pytest.raises(CalibrationError, match=r"breaks of the belief alone default it at a hazard of 0\.6"):
        drivers_of(quoted(belief=BELIEF | {"defaults": {ISSUER: 0.5}}))
    with pytest.raises((InputError, ValueError), match="credits default"):
        quoted(belief=BELIEF | {"defaults": {SHARE: 0.5}})
    everything = quoted(belief=BELIEF | {"defaults": {BUYER: 0.8 / 1.2}})
    only = simulate_world(drivers_of(everything), "pricing", None, 1, 0)
    assert np.isin(only.defaulted[BUYER], [only.grid.size]).mean() == pytest.approx(np.exp(-0.8 * only.grid.times[-1]), abs=0.03)
