from __future__ import annotations

import datetime as dt
from itertools import product

import numpy as np
import pytest
import QuantLib as ql

from curves._quantlib.session import session, to_ql
from instruments.ground.tolerances import ORACLE_REL
from pricing._quantlib.touch import delivery_odds, touch_claims
from pricing.formulas import (
    call_value,
    delivery_probability,
    put_value,
    share_digital,
    share_or_nothing_touch,
    touch_call_value,
    touch_probability,
)

AS_OF = dt.date(2025, 10, 3)
DAYS = (30, 365, 1825)
GRID = list(product((80.0, 100.0, 164.67), (0.15, 0.51, 1.2), (-0.01, 0.0, 0.037, 0.12), (0.0, 0.025), DAYS))


def process(spot: float, volatility: float, rate: float, dividend: float) -> ql.BlackScholesMertonProcess:
    today, count = to_ql(AS_OF), ql.Actual365Fixed()
    return ql.BlackScholesMertonProcess(
        ql.QuoteHandle(ql.SimpleQuote(spot)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, dividend, count)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, rate, count)),
        ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), volatility, count)),
    )


@pytest.mark.parametrize("days", DAYS)
def test_vanilla_and_digital(days: int) -> None:
    strikes = (50.0, 100.0, 170.0)
    with session(AS_OF):
        last = to_ql(AS_OF) + days
        for spot, volatility, rate, dividend, length in GRID:
            if length != days:
                continue
            engine = ql.AnalyticEuropeanEngine(process(spot, volatility, rate, dividend))
            claim = {"spot": spot, "volatility": volatility, "years": days / 365, "rate": rate, "dividend_yield": dividend}
            for strike in strikes:
                payoffs = (
                    (ql.PlainVanillaPayoff(ql.Option.Call, strike), call_value(strike=strike, **claim)),
                    (ql.PlainVanillaPayoff(ql.Option.Put, strike), put_value(strike=strike, **claim)),
                    (ql.AssetOrNothingPayoff(ql.Option.Call, strike), share_digital(target=strike, **claim)),
                )
                for payoff, mine in payoffs:
                    option = ql.VanillaOption(payoff, ql.EuropeanExercise(last))
                    option.setPricingEngine(engine)
                    # values far out of the money are differences of large numbers: the floor is relative to spot
                    assert float(mine) == pytest.approx(option.NPV(), rel=ORACLE_REL, abs=1e-13 * spot)


@pytest.mark.parametrize("days", DAYS)
def test_touch_claims_and_up_and_in_calls(days: int) -> None:
    for spot, volatility, rate, dividend, length in GRID:
        if length != days:
            continue
        claim = {"spot": spot, "volatility": volatility, "rate": rate, "dividend_yield": dividend}
        targets = spot * np.array([1.02, 1.3, 3.0])
        for strike in (0.0, 0.01, 0.6 * spot):
            theirs = touch_claims(as_of=AS_OF, expiry=AS_OF + dt.timedelta(days=days), targets=targets, strike=strike, **claim)
            mine = touch_call_value(target=targets, strike=strike, years=days / 365, **claim)
            np.testing.assert_allclose(mine, theirs.values, rtol=ORACLE_REL, atol=1e-12 * spot)
        np.testing.assert_allclose(
            share_or_nothing_touch(target=targets, years=days / 365, **claim),
            touch_claims(as_of=AS_OF, expiry=AS_OF + dt.timedelta(days=days), targets=targets, strike=0.0, **claim).values,
            rtol=ORACLE_REL,
            atol=1e-12 * spot,
        )


@pytest.mark.parametrize("strike", [95.0, 119.0])
def test_up_and_in_calls_against_the_analytic_barrier_engine(strike: float) -> None:
    # another engine than the one that the product uses
    with session(AS_OF):
        option = ql.BarrierOption(
            ql.Barrier.UpIn, 120.0, 0.0, ql.PlainVanillaPayoff(ql.Option.Call, strike), ql.EuropeanExercise(to_ql(AS_OF) + 365)
        )
        option.setPricingEngine(ql.AnalyticBarrierEngine(process(100.0, 0.4, 0.03, 0.01)))
        expected = option.NPV()
    found = touch_call_value(spot=100, target=120, strike=strike, volatility=0.4, years=1, rate=0.03, dividend_yield=0.01)
    assert float(found) == pytest.approx(expected, rel=ORACLE_REL)


@pytest.mark.parametrize("upper", [True, False])
def test_touch_odds_are_undiscounted_one_touches(upper: bool) -> None:
    barrier, target = (ql.Barrier.UpIn, 130.0) if upper else (ql.Barrier.DownIn, 75.0)
    kind = ql.Option.Call if upper else ql.Option.Put
    strike = 1e-12 if upper else 1e12  # paid on every path that touches
    with session(AS_OF):
        for volatility, rate, dividend in product((0.2, 0.6), (0.0, 0.05), (0.0, 0.03)):
            last = to_ql(AS_OF) + 730
            option = ql.BarrierOption(
                barrier, target, 0.0, ql.CashOrNothingPayoff(kind, strike, 1.0), ql.AmericanExercise(to_ql(AS_OF), last, True)
            )
            option.setPricingEngine(ql.AnalyticBinaryBarrierEngine(process(100.0, volatility, rate, dividend)))
            found = touch_probability(
                spot=100, target=target, volatility=volatility, years=2, rate=rate, dividend_yield=dividend, upper=upper
            )
            assert float(found) == pytest.approx(option.NPV() * np.exp(rate * 2), rel=ORACLE_REL)


@pytest.mark.parametrize("tilt", [-0.2, 0.0, 0.1])
@pytest.mark.parametrize("volatility", [0.05, 0.25, 0.6])
def test_delivery_odds(volatility: float, tilt: float) -> None:
    for planned in (0.2, 0.9, 1.0, 1.4):
        theirs = delivery_odds(
            as_of=AS_OF, expiry=AS_OF + dt.timedelta(days=365), planned_years=planned, clock_volatility=volatility, tilt=tilt
        )
        mine = delivery_probability(planned_years=planned, horizon_years=1.0, clock_volatility=volatility, tilt=tilt)
        # exp and log of the clock cost QuantLib digits in the far tail
        assert float(mine) == pytest.approx(theirs, rel=1e-9, abs=1e-12)
