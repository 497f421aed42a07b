"""Touch claims by QuantLib's analytic binary barrier engine."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import QuantLib as ql
from numpy.typing import NDArray

from curves._quantlib.session import session, to_ql

Array = NDArray[np.float64]
NO_STRIKE = 1e-12
"""Stands for a payoff strike of zero, which the engine refuses: the claim is then paid on every path."""


@dataclass(frozen=True)
class TouchClaims:
    """Values today, USD per share [claim]: with the hurdle, and without it."""

    values: Array
    ceiling: Array


def touch_claims(
    *,
    as_of: dt.date,
    expiry: dt.date,
    spot: float,
    targets: Array,
    strike: float,
    volatility: float,
    rate: float,
    dividend_yield: float,
) -> TouchClaims:
    """Calls that count only if an upper target is touched by expiry.

    Args:
        targets: USD [claim]; NaN or at most spot: no hurdle.
        strike: USD, at or above zero. rate, dividend_yield: continuous, ACT/365F. volatility: above zero.

    Returns:
        Up-and-in share-or-nothing less strike times up-and-in cash-or-nothing, and the plain call, per share.
    """
    with session(as_of):
        today, last = to_ql(as_of), to_ql(expiry)
        process = _process(today, spot, rate, dividend_yield, volatility)
        engine = ql.AnalyticBinaryBarrierEngine(process)
        vanilla = ql.VanillaOption(ql.PlainVanillaPayoff(ql.Option.Call, max(strike, NO_STRIKE)), ql.EuropeanExercise(last))
        vanilla.setPricingEngine(ql.AnalyticEuropeanEngine(process))
        plain = float(vanilla.NPV())
        values: list[float] = []
        for target in targets:
            if not target > spot:  # NaN too
                values.append(plain)
                continue
            share = _up_and_in(ql.AssetOrNothingPayoff(ql.Option.Call, max(strike, NO_STRIKE)), float(target), today, last, engine)
            cash = (
                _up_and_in(ql.CashOrNothingPayoff(ql.Option.Call, strike, 1.0), float(target), today, last, engine) if strike > 0.0 else 0.0
            )
            values.append(share - strike * cash)
    return TouchClaims(np.array(values), np.full(len(values), plain))


def delivery_odds(*, as_of: dt.date, expiry: dt.date, planned_years: float, clock_volatility: float, tilt: float) -> float:
    """Odds that the plan's clock passes a planned time by expiry, as a one-touch on the clock's exponential.

    The exponential has volatility v and log drift 1 + tilt, which a negative yield gives at a rate of zero, so that nothing is discounted.
    """
    horizon = (expiry - as_of).days / 365.0
    if planned_years <= 0.0:
        return 1.0
    if clock_volatility == 0.0:
        return 1.0 if planned_years <= horizon else 0.0
    with session(as_of):
        today, last = to_ql(as_of), to_ql(expiry)
        process = _process(today, 1.0, 0.0, -(1.0 + tilt) - 0.5 * clock_volatility**2, clock_volatility)
        engine = ql.AnalyticBinaryBarrierEngine(process)
        payoff = ql.CashOrNothingPayoff(ql.Option.Call, NO_STRIKE, 1.0)
        return _up_and_in(payoff, float(np.exp(planned_years)), today, last, engine)


def _up_and_in(payoff: ql.StrikedTypePayoff, target: float, today: ql.Date, last: ql.Date, engine: ql.PricingEngine) -> float:
    option = ql.BarrierOption(ql.Barrier.UpIn, target, 0.0, payoff, ql.AmericanExercise(today, last, True))
    option.setPricingEngine(engine)
    return float(option.NPV())


def _process(today: ql.Date, spot: float, rate: float, dividend_yield: float, volatility: float) -> ql.BlackScholesMertonProcess:
    days = ql.Actual365Fixed()
    return ql.BlackScholesMertonProcess(
        ql.QuoteHandle(ql.SimpleQuote(spot)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, dividend_yield, days)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, rate, days)),
        ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), volatility, days)),
    )
