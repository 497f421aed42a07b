"""Shares that end with their issuer's default: martingales given the state, measures, Merton's jump to ruin, limits."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

from curves import Market, equity_forward, survival_curve
from instruments.conditions import AllOf, DateReached
from instruments.deal import Deal, Party
from instruments.ground.errors import CalibrationError, PricingError
from instruments.ground.tolerances import MC_SIGMAS
from pricing import price
from pricing.formulas import call_value
from pricing.paths.drivers import Drivers, credit_clock, resolve_drivers
from pricing.paths.grid import daily_grid
from pricing.paths.issuers import resolve_issuer
from pricing.paths.streams import BLOCK
from pricing.paths.world import World, simulate_world
from tests.warrants import AS_OF, EXPIRY, SHARE, deal, ladder_of, market, price_leg, sigmas

CREDIT, OTHER, RENT = "credit:VND", "equity:NVDA", "rent:H100"
LINK = {SHARE: CREDIT}
HAZARD = 0.35
ALWAYS = AllOf(legs=(price_leg(1e-3), DateReached(on=AS_OF)))


def quoted(tie: float = 0.5, hazard: float = HAZARD, **changes: Any) -> Market:
    equity = {"AMD": {"spot_usd": 100.0, "volatility": 0.5, "dividend_yield": 0.03}, "NVDA": {"spot_usd": 50.0, "volatility": 0.4}}
    tables = {
        "equity": equity,
        "credit": {"VND": {"kind": "hazard", "hazard": hazard}},
        "rent": {"H100": {"kind": "thin_rent", "spot_usd_per_hour": 2.0, "growth": -0.1, "volatility": 0.7}},
        "correlation": {f"{SHARE}|{CREDIT}": tie, f"{OTHER}|{CREDIT}": 0.3, f"{SHARE}|{OTHER}": 0.4, f"{RENT}|{CREDIT}": 0.3},
    }
    return market(**(tables | changes))


def drivers_of(on: Market, end: dt.date = EXPIRY, issuers: dict[str, str] | None = LINK) -> Drivers:
    return resolve_drivers(on, daily_grid(on, end), prices=(SHARE, OTHER, RENT), clocks=(), credits=(CREDIT,), issuers=issuers)


@lru_cache(maxsize=8)
def worlds(tie: float, probability: Any, blocks: int = 3) -> tuple[World, ...]:
    return tuple(simulate_world(drivers_of(quoted(tie)), probability, SHARE, 3, block) for block in range(blocks))


def mean_of(values: np.ndarray) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(values.size))


@pytest.mark.parametrize("tie", [-0.6, 0.0, 0.5])
def test_discounted_share_alive_is_a_martingale_on_every_date_and_given_the_state(tie: float) -> None:
    found = worlds(tie, "pricing")
    grid, on = found[0].grid, quoted(tie)
    for day in (5, 40, 80, grid.size - 1):
        values = np.concatenate([world.closes[SHARE][day] for world in found])
        assert sigmas(*mean_of(values), float(equity_forward(on, SHARE, grid.times[day]))) <= MC_SIGMAS
    # given what the share and the other prices have done by day 40
    first, last = (np.concatenate([world.closes[SHARE][day] for world in found]) for day in (40, grid.size - 1))
    carried = float(equity_forward(on, SHARE, grid.times[-1]) / equity_forward(on, SHARE, grid.times[40]))
    for low, high in ((1e-9, 85.0), (85.0, 110.0), (110.0, 1e9)):
        at = (first > low) & (first <= high)
        mean, error = mean_of(last[at] - carried * first[at])
        assert abs(mean) <= MC_SIGMAS * error


@pytest.mark.parametrize("tie", [-0.6, 0.5])
def test_other_marginals_stay(tie: float) -> None:
    found, on = worlds(tie, "pricing"), quoted(tie)
    grid = found[0].grid
    alive = np.concatenate([world.defaulted[CREDIT] for world in found]) >= grid.size
    exact = float(survival_curve(on, CREDIT).survival(grid.times[-1]))
    assert sigmas(float(alive.mean()), np.sqrt(exact * (1 - exact) / alive.size), exact) <= MC_SIGMAS
    others = np.concatenate([world.closes[OTHER][-1] for world in found])
    assert sigmas(*mean_of(others), float(equity_forward(on, OTHER, grid.times[-1]))) <= MC_SIGMAS
    assert np.array_equal(np.concatenate([world.closes[SHARE][-1] for world in found]) > 0.0, alive)


@pytest.mark.parametrize("tie", [-0.6, 0.5])
def test_share_measure_is_pricing_weighted_by_the_share(tie: float) -> None:
    pricing, share = worlds(tie, "pricing"), worlds(tie, "share")
    grid = pricing[0].grid
    carried = float(equity_forward(quoted(tie), SHARE, grid.times[-1]))
    facts = {
        "whole": lambda world: np.ones(BLOCK),
        "above": lambda world: (world.closes[SHARE][-1] > 110.0).astype(float),
        "other share": lambda world: world.closes[OTHER][-1],
        "rent": lambda world: world.closes[RENT][-1],
        "high": lambda world: (world.highs[SHARE].max(axis=0) > 130.0).astype(float),
        "low": lambda world: (world.lows[SHARE].min(axis=0) < 80.0).astype(float),
    }
    for name, fact in facts.items():
        left = np.concatenate([world.weighted(fact(world)) for world in share])
        right = np.concatenate([world.closes[SHARE][-1] / carried * fact(world) for world in pricing])
        (a, ea), (b, eb) = mean_of(left), mean_of(right)
        assert abs(a - b) <= MC_SIGMAS * np.hypot(ea, eb), name


@pytest.mark.parametrize("tie", [-0.8, 0.0, 0.4, 0.95])
def test_odds_of_survival_have_a_closed_form_on_a_straight_drift(tie: float) -> None:
    times = np.linspace(0.02, 3.0, 150)
    increments = credit_clock(np.exp(-0.2 * times))
    whole, root = float(increments.sum()), float(np.sqrt(increments.sum()))
    found = resolve_issuer(SHARE, CREDIT, increments, tie * increments)
    exact = ndtr((1.0 + tie * whole) / root) - np.exp(-2.0 * tie) * ndtr((tie * whole - 1.0) / root)
    # a table of 600 distances: 2e-5 of the odds
    assert found.today == pytest.approx(float(exact), abs=2e-5)
    if tie == 0.0:
        assert found.today == pytest.approx(float(np.exp(-0.6)), abs=2e-5)


@pytest.mark.parametrize("strike", [60.0, 100.0, 140.0])
def test_an_uncorrelated_call_is_mertons_jump_to_ruin(strike: float) -> None:
    """Merton (1976): a share that a Poisson event ruins is Black and Scholes at a rate that is higher by the hazard."""
    on = quoted(0.0)
    of = issued([ALWAYS], shares=1.0, strike_usd=strike, milestones={})
    found = price(of, on, method="monte_carlo", measures=["value"], paths=BLOCK)
    years = (EXPIRY - AS_OF).days / 365
    exact = float(call_value(spot=100.0, strike=strike, volatility=0.5, years=years, rate=0.037 + HAZARD, dividend_yield=0.03))
    assert sigmas(found.value, found.standard_error or 0.0, exact) <= MC_SIGMAS
    plain = float(call_value(spot=100.0, strike=strike, volatility=0.5, years=years, rate=0.037, dividend_yield=0.03))
    assert sigmas(found.value, found.standard_error or 0.0, plain) > MC_SIGMAS


def issued(conditions: list[Any], **changes: Any) -> Deal:
    of = deal(conditions, **changes)
    return of.evolve(parties={**of.parties, "vendor": Party(equity=SHARE, credit=CREDIT)})


def test_a_penny_share_without_conditions_is_worth_the_share_whatever_the_credit() -> None:
    for hazard, tie in ((0.35, 0.5), (0.9, -0.5)):
        found = price(
            issued([ALWAYS], shares=1.0, milestones={}), quoted(tie, hazard), method="monte_carlo", measures=["value"], paths=BLOCK
        )
        carried = 100.0 * np.exp(-0.03 * (EXPIRY - AS_OF).days / 365)
        assert sigmas(found.value, found.standard_error or 0.0, carried) <= MC_SIGMAS


def test_vesting_odds_agree_between_the_measures_that_price_the_same_claim() -> None:
    """A share if its price was above 115 on some day: under the share measure, and as discounted shares on pricing paths."""
    on = quoted(0.5)
    of = issued([AllOf(legs=(price_leg(115.0), DateReached(on=AS_OF)))], shares=1.0, milestones={})
    found = price(of, on, method="monte_carlo", measures=["value"], paths=2 * BLOCK)
    seen = worlds(0.5, "pricing")
    discount = seen[0].grid.discounts[-1]
    paid = np.concatenate([discount * world.closes[SHARE][-1] * (world.closes[SHARE] >= 115.0).any(axis=0) for world in seen])
    mean, error = mean_of(paid)
    assert abs(mean - found.value) <= MC_SIGMAS * np.hypot(error, found.standard_error or 0.0)


def test_without_hazard_a_link_changes_nothing_and_without_a_link_no_byte_moves() -> None:
    on = quoted(0.5, 0.0)
    linked, plain = (simulate_world(drivers_of(on, issuers=link), "pricing", SHARE, 1, 0) for link in (LINK, None))
    for table in ("closes", "highs", "lows"):
        np.testing.assert_allclose(getattr(linked, table)[SHARE], getattr(plain, table)[SHARE], rtol=1e-12)
    for link in (None, {}, {"equity:ELSE": "credit:ELSE"}):
        same = simulate_world(drivers_of(quoted(), issuers=link), "share", SHARE, 1, 0)
        again = simulate_world(drivers_of(quoted(), issuers=None), "share", SHARE, 1, 0)
        assert same.weight is None
        assert all(np.array_equal(same.closes[key], again.closes[key]) for key in again.closes)


def test_numpy_and_the_compiled_walk_agree() -> None:
    drivers = drivers_of(quoted())
    one, two = (simulate_world(drivers, "share", SHARE, 0, 0, in_numpy=slow) for slow in (False, True))
    np.testing.assert_allclose(one.closes[SHARE], two.closes[SHARE], rtol=1e-9)
    assert np.array_equal(one.weighted(np.ones(BLOCK)), two.weighted(np.ones(BLOCK)))


def test_what_has_no_model_is_refused() -> None:
    hopeless = drivers_of(quoted(hazard=40.0))
    with pytest.raises(CalibrationError, match="alive at the end"):
        _ = hopeless.issued
    smiled = quoted(equity={"AMD": {"spot_usd": 100.0, "volatility": 0.5, "term_volatility": {"6M": 0.5, "1Y": 0.5}}})
    with pytest.raises(PricingError, match="local volatility"):
        price(issued([ALWAYS], milestones={}), smiled, method="local_volatility", paths=1)
    with pytest.raises(PricingError, match="issuer of a share can default"):
        price(issued([price_leg(110.0, days="touch")], milestones={}), quoted(), method="closed_form", paths=1)


def test_quantlib_says_what_it_leaves_out_and_its_bound_holds() -> None:
    of, on = issued(ladder_of(5)), quoted()
    rows = price(of, on, method="quantlib", paths=1).rows
    assert any("default of an issuer left out" in (row.error_note or "") for row in rows)
    most = next(row.value for row in rows if row.measure == "value_upper_bound")
    mine = price(of, on, method="monte_carlo", measures=["value"], paths=1)
    assert 0.0 <= mine.value <= most + MC_SIGMAS * (mine.standard_error or 0.0)


def test_a_warrant_of_a_weak_issuer_warns_no_more() -> None:
    valued = price(issued([ALWAYS], milestones={}), quoted(), method="monte_carlo", measures=["value", "vesting_probability"], paths=1)
    assert not any("issuer" in text for text in valued.warnings)
    assert all(np.isfinite(row.value) for row in valued.rows if row.value is not None)
    assert replace(valued.rows[0]).standard_error is not None
