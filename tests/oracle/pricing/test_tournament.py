"""Our methods against each other, against QuantLib, and against a crude simulation written out here."""

from __future__ import annotations

import datetime as dt
from itertools import product
from typing import Any

import numpy as np
import pytest

from curves import Market, survival_curve
from instruments import Deal
from instruments.conditions import Sequence
from instruments.ground.tolerances import MC_SIGMAS, ORACLE_REL
from pricing import price
from pricing.engines.warrant_ladder import as_ladder, control_means, run_ladder
from pricing.formulas import daily_watch, delivery_probability, share_or_nothing_touch, touch_call_value, touch_probability
from pricing.paths.drivers import credit_clock
from pricing.paths.streams import BLOCK
from pricing.paths.world import simulate_world
from tests.warrants import (
    AS_OF,
    EXPIRY,
    PLAN,
    SHARE,
    both,
    coupled_market,
    deal,
    ladder_of,
    market,
    milestone_leg,
    price_leg,
    run_of,
    sigmas,
)

YEARS = (EXPIRY - AS_OF).days / 365


def value_row(of: Deal, on: Market, method: str, *, paths: int = 1, measure: str = "value") -> tuple[float, float]:
    row = price(of, on, method=method, measures=[measure], paths=paths).row(measure)
    assert row.value is not None
    return row.value, row.standard_error or 0.0


@pytest.mark.parametrize("strike", [0.0, 0.01, 90.0])
def test_touch_with_independent_deliveries_three_ways(strike: float) -> None:
    # no ladder: touch goes through the general interpreter
    of, on = (
        deal([both(115.0, 2.0, days="touch"), both(130.0, 3.0, days="touch")], strike_usd=strike),
        market(share={"dividend_yield": 0.02}),
    )
    exact, _ = value_row(of, on, "closed_form")
    theirs, _ = value_row(of, on, "quantlib")
    simulated, error = value_row(of, on, "monte_carlo", paths=2 * BLOCK)
    # exp and log of the clock cost QuantLib digits
    assert theirs == pytest.approx(exact, rel=1e-9)
    assert sigmas(simulated, error, exact) <= MC_SIGMAS


def test_closed_form_by_hand() -> None:
    odds = delivery_probability(planned_years=(dt.date(2026, 1, 20) - AS_OF).days / 365, horizon_years=YEARS, clock_volatility=0.25)
    per_share = touch_call_value(spot=100, target=115, strike=20, volatility=0.5, years=YEARS, rate=0.037)
    found, _ = value_row(deal([both(115.0, 2.0, days="touch")], strike_usd=20.0), market(), "closed_form")
    assert found == pytest.approx(10 * float(per_share * odds), rel=ORACLE_REL)


def test_two_milestones_keep_their_own_clocks() -> None:
    stones = deal([price_leg(110.0)]).milestones["deliveries"]
    names = {"deliveries": stones, "sites": stones}
    on = market(milestones={"deliveries": {"clock_volatility": 0.1}, "sites": {"clock_volatility": 0.8}})
    of = deal([milestone_leg(2.0), milestone_leg(2.0, milestone="sites")], milestones=names)
    planned = (dt.date(2026, 1, 20) - AS_OF).days / 365
    expected = 1000 * sum(float(delivery_probability(planned_years=planned, horizon_years=YEARS, clock_volatility=v)) for v in (0.1, 0.8))
    for method in ("closed_form", "quantlib"):
        assert value_row(of, on, method)[0] == pytest.approx(expected, rel=1e-9)  # QuantLib's clock goes through exp and log
    simulated, error = value_row(of, on, "monte_carlo", paths=2 * BLOCK)
    assert sigmas(simulated, error, expected) <= MC_SIGMAS
    tied = market(milestones=on.milestones, correlation={f"{SHARE}|milestone:sites": 0.3})
    with pytest.raises(Exception, match="share and milestone are correlated"):
        value_row(of, tied, "closed_form")


@pytest.mark.parametrize("target", [105.0, 120.0, 150.0])
def test_daily_closes_against_the_shift(target: float) -> None:
    found, error = value_row(deal([price_leg(target)]), market(), "monte_carlo", paths=4 * BLOCK)
    seen = daily_watch(target=target, volatility=0.5, step_years=YEARS / run_of(deal([price_leg(target)]), market()).drivers.grid.size)
    shifted = 10 * float(share_or_nothing_touch(spot=100, target=seen, volatility=0.5, years=YEARS, rate=0.037))
    unshifted = 10 * float(share_or_nothing_touch(spot=100, target=target, volatility=0.5, years=YEARS, rate=0.037))
    # 0.3 % of the shares' worth: weekends make the steps unequal, and the shift is of higher order in them
    assert found == pytest.approx(shifted, abs=3.0 + MC_SIGMAS * error)
    assert found < unshifted - 10 * error


def crude(on: Market, target: float, level_years: float, *, correlation: float, window: int, paths: int, seed: int) -> tuple[float, float]:
    """Risk-neutral, no controls, no code of the engine: a mean of closes above a target and a delivery, paid in shares at expiry."""
    times = run_of(deal([price_leg(target)]), on).drivers.grid.times
    steps = np.diff(times, prepend=0.0)
    random = np.random.default_rng(seed)
    first, second = random.standard_normal((2, steps.size, paths))
    second = correlation * first + np.sqrt(1 - correlation**2) * second
    root = np.sqrt(steps)[:, None]
    share = 100 * np.exp(np.cumsum((0.037 - 0.125) * steps[:, None] + 0.5 * root * first, axis=0))
    clock = np.cumsum(steps[:, None] + 0.25 * root * second, axis=0)
    before = np.vstack([np.zeros((1, paths)), clock[:-1]])
    crossing = np.exp(-2 * np.maximum(level_years - before, 0) * np.maximum(level_years - clock, 0) / (0.0625 * steps[:, None]))
    delivered = (random.random(clock.shape) <= crossing).any(axis=0)
    sums = np.cumsum(np.vstack([np.zeros((1, paths)), share]), axis=0)
    met = ((sums[window:] - sums[:-window]) / window >= target).any(axis=0)
    payoff = 10 * np.exp(-0.037 * times[-1]) * share[-1] * (met & delivered)
    return float(payoff.mean()), float(payoff.std(ddof=1) / np.sqrt(paths))


@pytest.mark.parametrize("correlation", [-0.6, 0.5])
def test_the_share_measure_agrees_with_crude_simulation(correlation: float) -> None:
    on = market(correlation={f"{SHARE}|milestone:deliveries": correlation})
    planned = (dt.date(2026, 3, 2) - AS_OF).days / 365
    expected, noise = crude(on, 112.0, planned, correlation=correlation, window=10, paths=20_000, seed=5)
    found, error = value_row(deal([both(112.0, 3.0, days=10)]), on, "monte_carlo", paths=2 * BLOCK)
    assert abs(found - expected) <= MC_SIGMAS * np.hypot(error, noise)
    # variance for equal paths; on a short deal only the spread of the share is gained
    assert error**2 * 2 * BLOCK < noise**2 * 20_000


MEETS = list(
    product((1, 10, "touch"), (("latched", "latched"), ("simultaneous", "latched"), ("at_date", "latched"), ("latched", "at_date")))
)


@pytest.mark.parametrize(("days", "meets"), MEETS)
def test_bounds_hold_for_every_observation_and_meeting(days: Any, meets: tuple[str, str]) -> None:
    of = deal(ladder_of(days, price_meet=meets[0], stone_meet=meets[1]), buyer=True)
    for correlation in (-0.7, 0.7):
        on = coupled_market(correlation={f"{SHARE}|milestone:deliveries": correlation})
        found, error = value_row(of, on, "monte_carlo")
        upper, _ = value_row(of, on, "quantlib", measure="value_upper_bound")
        assert found <= upper + MC_SIGMAS * error
        if days == "touch" and meets == ("latched", "latched"):
            lower, _ = value_row(of, on, "quantlib", measure="value_lower_bound")
            assert lower - MC_SIGMAS * error <= found


@pytest.mark.parametrize("strike", [0.0, 60.0, 100.0])
@pytest.mark.parametrize("correlation", [-0.9, 0.9])
@pytest.mark.parametrize("exercise", ["at_expiry", "at_vesting"])
def test_bounds_hold_with_strike_dividends_and_early_exercise(strike: float, correlation: float, exercise: str) -> None:
    of = deal([both(105.0, 3.0, days="touch"), milestone_leg(3.0)], strike_usd=strike, exercise=exercise)
    on = market(
        share={"dividend_yield": 0.2},
        milestones={"deliveries": {"clock_volatility": 0.6}},
        correlation={f"{SHARE}|milestone:deliveries": correlation},
    )
    found, error = value_row(of, on, "monte_carlo", paths=2 * BLOCK)
    upper, _ = value_row(of, on, "quantlib", measure="value_upper_bound")
    assert found <= upper + MC_SIGMAS * error
    bound = price(of, on, method="quantlib", measures=["value_lower_bound"]).row("value_lower_bound")
    if exercise == "at_vesting" and strike > 0.0:
        assert bound.value is None
    else:
        assert bound.value is not None
        assert bound.value - MC_SIGMAS * error <= found


def test_the_lower_bound_is_void_where_default_is_correlated() -> None:
    row = price(deal(ladder_of(), buyer=True), coupled_market(), method="quantlib").row("value_lower_bound")
    assert row.value is None
    assert row.error_note is not None
    assert row.error_note.startswith("void")


def test_martingales_under_both_measures() -> None:
    on = market(share={"dividend_yield": 0.04}, rates={"USD": {"kind": "ois", "quotes": {"1M": 0.06, "1Y": 0.03}}})
    run = run_of(deal([price_leg(110.0)]), on)
    ends = {
        p: np.concatenate([simulate_world(run.drivers, p, SHARE, 1, b).closes[SHARE] for b in (0, 1)], axis=1) for p in ("pricing", "share")
    }
    grid = run.drivers.grid
    for day in (5, 60, grid.size - 1):
        carried = np.exp(-0.04 * grid.times[day])
        discounted = grid.discounts[day] * ends["pricing"][day]
        assert sigmas(discounted.mean(), discounted.std() / np.sqrt(2 * BLOCK), 100 * carried) <= MC_SIGMAS
        inverse = 1.0 / ends["share"][day]
        assert sigmas(inverse.mean(), inverse.std() / np.sqrt(2 * BLOCK), grid.discounts[day] / (100 * carried)) <= MC_SIGMAS


def test_touch_odds_of_highs_under_both_measures() -> None:
    run = run_of(deal([price_leg(110.0, days="touch")]), market())
    for measure in ("pricing", "share"):
        peak = simulate_world(run.drivers, measure, SHARE, 0, 0).highs[SHARE].max(axis=0)
        low = simulate_world(run.drivers, measure, SHARE, 0, 0).lows[SHARE].min(axis=0)
        claim = {"spot": 100, "volatility": 0.5, "years": YEARS, "rate": 0.037, "measure": measure}
        for met, target, upper in ((peak >= 115, 115, True), (low <= 85, 85, False)):
            exact = float(touch_probability(target=target, upper=upper, **claim))
            assert sigmas(met.mean(), np.sqrt(exact * (1 - exact) / BLOCK), exact) <= MC_SIGMAS


def test_default_odds_are_the_survival_curves() -> None:
    on = coupled_market(credit={"BUY": {"kind": "cds", "quotes": {"6M": 0.08, "1Y": 0.12, "3Y": 0.10}}})
    run = run_of(deal(ladder_of(), buyer=True), on)
    grid = run.drivers.grid
    alive = survival_curve(on, "credit:BUY").survival(grid.times)
    day = np.concatenate([simulate_world(run.drivers, "pricing", SHARE, 2, b).defaulted["credit:BUY"] for b in range(4)])
    for at in (10, 60, grid.size - 1):
        assert sigmas((day > at).mean(), np.sqrt(alive[at] * (1 - alive[at]) / day.size), alive[at]) <= MC_SIGMAS


@pytest.mark.parametrize("measure", ["pricing", "share"])
def test_milestone_odds_are_the_inverse_gaussians(measure: str) -> None:
    on = market(milestones={"deliveries": {"clock_volatility": 0.5}}, correlation={f"{SHARE}|milestone:deliveries": 0.6})
    run = run_of(deal(ladder_of()), on)
    tilt = 0.5 * 0.6 * 0.5 if measure == "share" else 0.0
    days = np.concatenate([simulate_world(run.drivers, measure, SHARE, 0, b).reached["milestone:deliveries"] for b in (0, 1)], axis=1)
    for level, date in enumerate(PLAN):
        for day in (30, 80, run.drivers.grid.size - 1):
            exact = float(
                delivery_probability(
                    planned_years=(date - AS_OF).days / 365, horizon_years=run.drivers.grid.times[day], clock_volatility=0.5, tilt=tilt
                )
            )
            assert sigmas((days[level] <= day).mean(), np.sqrt(exact * (1 - exact) / days.shape[1]) + 1e-9, exact) <= MC_SIGMAS


def test_cancellation_is_exponential() -> None:
    on = market(milestones={"deliveries": {"clock_volatility": 0.0, "cancellation_hazard": 2.0}})
    found = price(deal([milestone_leg(3.0)]), on, method="monte_carlo", paths=4 * BLOCK).row("vesting_probability", part="tranche 1")
    alive = float(np.exp(-2.0 * (dt.date(2026, 3, 2) - AS_OF).days / 365))
    # a delivery of the day on which the cancellation comes still counts: up to one step (a weekend) of hazard
    slack = alive * 2.0 * 3 / 365
    assert -MC_SIGMAS * (found.standard_error or 0.0) <= (found.value or 0.0) - alive <= slack + MC_SIGMAS * (found.standard_error or 0.0)


def test_the_credit_clock_at_its_limits() -> None:
    np.testing.assert_array_equal(credit_clock(np.ones(4)), np.zeros(4))
    certain = credit_clock(np.array([1.0, 0.5, 0.0, 0.0]))
    assert certain[0] == 0.0
    assert certain[2] > 1e11
    assert certain[3] == 0.0
    assert np.isfinite(certain).all()


@pytest.mark.parametrize("hazard", [0.0, 1e5])
def test_no_hazard_and_certain_default(hazard: float) -> None:
    on = coupled_market(credit={"BUY": {"kind": "hazard", "hazard": hazard}}, milestones={"deliveries": {"clock_volatility": 0.25}})
    for ladder in (True, False):
        # a sequence leaves the compiled lane
        condition = milestone_leg(1.0) if ladder else Sequence(legs=(milestone_leg(1.0),))
        run = run_of(deal([condition], buyer=True), on)
        assert (as_ladder(run) is not None) is ladder
        odds = price(deal([condition], buyer=True), on, method="monte_carlo", paths=1).row("vesting_probability", part="tranche 1").value
        free = price(deal([condition]), on, method="monte_carlo", paths=1).row("vesting_probability", part="tranche 1").value
        assert odds == (free if hazard == 0.0 else pytest.approx(0.0, abs=2e-3))  # the odds of survival left are below 1e-6


def test_controls_have_the_means_that_are_claimed() -> None:
    run = run_of(deal(ladder_of(30), buyer=True), coupled_market(share={"dividend_yield": 0.05}))
    ladder = as_ladder(run)
    assert ladder is not None
    found = np.concatenate([run_ladder(run, ladder, ("share",), 0, b, controlled="share")["share"].controls for b in range(4)], axis=1)
    means = control_means(run, ladder)
    for row, mean in zip(found, means, strict=True):
        assert sigmas(float(row.mean()), float(np.sqrt(mean * (1 - mean) / row.size)), float(mean)) <= MC_SIGMAS
