"""Sensitivities of simulated warrants against differences of closed forms over the same steps, and against QuantLib's Greeks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pytest
import QuantLib as ql

from curves import Market, belief_jump
from curves._quantlib.session import session, to_ql
from instruments import Deal
from instruments.conditions import AllOf, DateReached
from instruments.ground.errors import InputError
from instruments.ground.tolerances import MC_SIGMAS
from pricing import price
from pricing.engines.warrant_sensitivities import (
    CORRELATION_STEP,
    DELAY_STEP_YEARS,
    GAMMA_STEP,
    HAZARD_STEP,
    POINT,
    RATE_STEP,
    SENSITIVITIES,
    SPOT_STEP,
)
from pricing.formulas import call_value, delivery_probability, jump_call_value, touch_call_value
from pricing.paths.streams import BLOCK
from pricing.results import Row
from tests.warrants import (
    AS_OF,
    EXPIRY,
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
STONE = "milestone:deliveries"
ALWAYS = AllOf(legs=(price_leg(1e-3), DateReached(on=AS_OF)))
BASE = {"spot": 100.0, "volatility": 0.5, "rate": 0.037}
Value = Callable[..., float]


def rows(of: Deal, on: Market, *measures: str, method: str = "monte_carlo", paths: int = 2 * BLOCK) -> tuple[Row, ...]:
    return price(of, on, method=method, measures=measures, paths=paths).rows


def differences(value: Value) -> dict[str, float]:
    """What each measure says, of a closed form."""

    def at(**moves: float) -> float:
        return value(**{name: BASE[name] + moves.get(name, 0.0) for name in BASE})

    small, large = SPOT_STEP * 100.0, GAMMA_STEP * 100.0
    return {
        "delta": (at(spot=small) - at(spot=-small)) / (2 * small),
        "gamma": (at(spot=large) - 2 * at() + at(spot=-large)) / large**2,
        "vega": (at(volatility=POINT) - at(volatility=-POINT)) / 2,
        "rho": (at(rate=RATE_STEP) - at(rate=-RATE_STEP)) / 2,
    }


def call(**market_inputs: float) -> float:
    return float(call_value(strike=100.0, years=YEARS, **market_inputs))


def test_a_plain_call() -> None:
    expected = differences(call)
    for row in rows(deal([ALWAYS], shares=1.0, strike_usd=100.0, milestones={}), market(), *expected):
        assert sigmas(row.value or 0.0, row.standard_error or 0.0, expected[row.measure]) <= MC_SIGMAS
        assert "same paths" in (row.error_note or "")


def test_differences_over_these_steps_are_quantlibs_greeks() -> None:
    with session(AS_OF):
        today, count = to_ql(AS_OF), ql.Actual365Fixed()
        process = ql.BlackScholesMertonProcess(
            ql.QuoteHandle(ql.SimpleQuote(100.0)),
            ql.YieldTermStructureHandle(ql.FlatForward(today, 0.0, count)),
            ql.YieldTermStructureHandle(ql.FlatForward(today, 0.037, count)),
            ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), 0.5, count)),
        )
        option = ql.VanillaOption(ql.PlainVanillaPayoff(ql.Option.Call, 100.0), ql.EuropeanExercise(to_ql(EXPIRY)))
        option.setPricingEngine(ql.AnalyticEuropeanEngine(process))
        theirs = {"delta": option.delta(), "gamma": option.gamma(), "vega": option.vega() / 100, "rho": option.rho() / 100}
    ours = differences(call)
    # of the order of the step squared: 10 % of the spot for gamma, 1 % for delta
    for measure, allowed in (("delta", 1e-3), ("gamma", 5e-2), ("vega", 1e-3), ("rho", 1e-3)):
        assert ours[measure] == pytest.approx(theirs[measure], rel=allowed)


def test_a_touch_with_independent_deliveries() -> None:
    planned = (dt.date(2026, 1, 20) - AS_OF).days / 365

    def odds(later: float = 0.0) -> float:
        return float(delivery_probability(planned_years=planned + later, horizon_years=YEARS, clock_volatility=0.25))

    def claim(**inputs: float) -> float:
        return float(touch_call_value(target=130.0, strike=20.0, years=YEARS, **inputs)) * odds()

    expected = differences(claim)
    expected["delay_sensitivity"] = claim(**BASE) / odds() * (odds(DELAY_STEP_YEARS) - odds()) / DELAY_STEP_YEARS
    of = deal([both(130.0, 2.0, days="touch")], shares=1.0, strike_usd=20.0)
    for row in rows(of, market(), *expected):
        assert sigmas(row.value or 0.0, row.standard_error or 0.0, expected[row.measure]) <= MC_SIGMAS, row.measure


def test_hazard_of_a_certain_plan() -> None:
    on = coupled_market(milestones={"deliveries": {"clock_volatility": 0.0}}, correlation={})
    of = deal([milestone_leg(3.0)], shares=1.0, buyer=True)
    (row,) = rows(of, on, "hazard_sensitivity", paths=4 * BLOCK)
    times = run_of(of, on).drivers.grid.times
    # deliveries of the day of default still count: alive at the end of the day before
    alive = times[np.searchsorted(times, (dt.date(2026, 3, 2) - AS_OF).days / 365 - 1e-9) - 1]
    expected = 100.0 * float(np.exp(-0.4 * alive) * (np.exp(-HAZARD_STEP * alive) - 1.0))
    assert row.part == "credit:BUY"
    assert sigmas(row.value or 0.0, row.standard_error or 0.0, expected) <= MC_SIGMAS
    assert (row.value or 0.0) < 0.0


def test_correlations_by_pair_and_at_the_edge() -> None:
    of = deal(ladder_of(), buyer=True)
    found = {row.part: row for row in rows(of, coupled_market(), "correlation_sensitivity")}
    assert set(found) == {f"{SHARE}|{STONE}", f"{SHARE}|credit:BUY", f"{STONE}|credit:BUY"}
    tie = found[f"{SHARE}|{STONE}"]
    assert (tie.value or 0.0) > MC_SIGMAS * (tie.standard_error or 0.0)
    assert f"{CORRELATION_STEP:g} up and down" in (tie.error_note or "")
    edge = market(correlation={f"{SHARE}|{STONE}": 1.0})
    (row,) = rows(deal(ladder_of()), edge, "correlation_sensitivity")
    assert "0.05 down" in (row.error_note or "")
    assert (row.value or 0.0) > 0.0


def test_other_methods_have_them_too() -> None:
    on = market(belief={"intensity": 0.8, "jumps": {SHARE: -0.4}})
    jump = belief_jump(on, SHARE)

    def merton(spot: float) -> float:
        return float(
            jump_call_value(
                spot=spot,
                strike=100.0,
                diffusive_volatility=jump.diffusive_volatility,
                years=YEARS,
                intensity=jump.intensity,
                jump_mean=jump.jump_mean,
                rate=0.037,
            )
        )

    of = deal([ALWAYS], shares=1.0, strike_usd=100.0, milestones={})
    (row,) = rows(of, on, "delta", method="jumps")
    assert sigmas(row.value or 0.0, row.standard_error or 0.0, (merton(101.0) - merton(99.0)) / 2.0) <= MC_SIGMAS
    term = market(share={"term_volatility": {"3M": 0.5, "1Y": 0.5}})
    found = rows(of, term, "delta", "vega", method="local_volatility", paths=1)
    for mine, theirs in zip(found, rows(of, market(), "delta", "vega", paths=1), strict=True):
        assert mine.value == pytest.approx(theirs.value, rel=1e-9)
    (quasi,) = rows(of, market(), "delta", method="sobol", paths=1)
    assert sigmas(quasi.value or 0.0, quasi.standard_error or 0.0, differences(call)["delta"]) <= 2 * MC_SIGMAS  # eight replicates
    assert (quasi.standard_error or 0.0) < (rows(of, market(), "delta", paths=8 * BLOCK)[0].standard_error or 0.0)


def test_they_are_given_where_they_are_asked_for() -> None:
    of, on = deal(ladder_of()), market()
    assert not {row.measure for row in price(of, on, paths=1, measures=None, method="monte_carlo").rows} & set(SENSITIVITIES)
    found = price(of, on, paths=1, measures=["value", "delta", "hazard_sensitivity"])
    assert {row.measure for row in found.rows} == {"value", "delta"}
    assert any("no hazard_sensitivity" in text for text in found.warnings)
    with pytest.raises(InputError, match="delta"):
        price(of, on, method="closed_form", measures=["deltas"])


def test_the_same_bytes_for_any_number_of_threads() -> None:
    of = deal(ladder_of(5), buyer=True)
    first, second = (
        price(of, coupled_market(), measures=["delta", "delay_sensitivity"], paths=2 * BLOCK, threads=threads).to_json()
        for threads in (1, 2)
    )
    assert first == second
