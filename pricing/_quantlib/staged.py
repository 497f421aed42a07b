"""Gains of staged draws in QuantLib: gap, cash-or-nothing and plain European options, one for each day on which a draw can be decided."""

from __future__ import annotations

import datetime as dt

import numpy as np
import QuantLib as ql
from numpy.typing import NDArray

from curves._quantlib.session import session, to_ql
from pricing.formulas.staged import UNBOUNDED

Array = NDArray[np.float64]


def gap_gains(
    *, as_of: dt.date, expiries: tuple[dt.date, ...], forwards: Array, volatility: float, low: float, high: float, floor: float
) -> tuple[Array, Array]:
    """E[(z - 1) 1{low <= z <= high}] and P(low <= z <= high), z = max(floor, y), y lognormal with mean `forwards` at each expiry.

    Args:
        expiries: after `as_of`. forwards: above zero [expiry]. volatility: above zero. low, high: as in `pricing.formulas.gap_claim_value`.

    Returns:
        Two arrays [expiry], not discounted: the process has the forward as spot and no rates.
    """
    gains, odds = np.zeros(len(expiries)), np.zeros(len(expiries))
    if floor > high or low > high:
        return gains, odds
    with session(as_of):
        today, days = to_ql(as_of), ql.Actual365Fixed()
        nothing = ql.YieldTermStructureHandle(ql.FlatForward(today, 0.0, days))
        spread = ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), volatility, days))
        quote = ql.SimpleQuote(1.0)
        engine = ql.AnalyticEuropeanEngine(ql.BlackScholesMertonProcess(ql.QuoteHandle(quote), nothing, nothing, spread))

        def worth(payoff: ql.StrikedTypePayoff, exercise: ql.Exercise) -> float:
            option = ql.VanillaOption(payoff, exercise)
            option.setPricingEngine(engine)
            return float(option.NPV())

        call = ql.Option.Call
        for index, expiry in enumerate(expiries):
            quote.setValue(float(forwards[index]))
            exercise = ql.EuropeanExercise(to_ql(expiry))
            if floor >= low:  # every low price is lifted to the floor: all of it counts
                gains[index] = floor - 1.0 + (worth(ql.PlainVanillaPayoff(call, floor), exercise) if floor > 0.0 else forwards[index])
                odds[index] = 1.0
            else:
                gains[index] = worth(ql.GapPayoff(call, low, 1.0), exercise)
                odds[index] = worth(ql.CashOrNothingPayoff(call, low, 1.0), exercise)
            if high < UNBOUNDED:
                gains[index] -= worth(ql.GapPayoff(call, high, 1.0), exercise)
                odds[index] -= worth(ql.CashOrNothingPayoff(call, high, 1.0), exercise)
    return gains, odds
