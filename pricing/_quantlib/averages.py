"""Options on a discrete arithmetic mean by QuantLib, on a lognormal price of one volatility."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import QuantLib as ql

from curves._quantlib.session import session, to_ql
from pricing.schedules.types import Floats

LEAST_VOLATILITY = 1e-4
"""QuantLib's engines divide by the volatility; below this one it stands for none."""


def mean_option(
    *,
    as_of: dt.date,
    spot: float,
    days: tuple[dt.date, ...],
    forwards: Floats,
    seen_sum: float,
    seen: int,
    strike: float,
    volatility: float,
    call: bool,
    engine: Literal["choi", "turnbull_wakeman", "geometric"] = "turnbull_wakeman",
) -> float:
    """Undiscounted value of one option on the mean over `seen` days in the past and `days` to come.

    Args:
        as_of: before the days. spot: above zero.
        days, forwards: the days to come and their forwards [day], reproduced by a yield curve.
        seen_sum, seen: sum and number of fixings seen (none for `geometric`).
        strike: above seen_sum / (number of all days): QuantLib knows no option on what is sure.
        volatility: one number, per year, lognormal.
        call: False for a put.
        engine: Turnbull and Wakeman's moments; Choi's integration, which assumes no shape but misses the mean itself by 2e-4 over the days
            of a month at 60 % volatility; or the exact geometric mean.

    Returns:
        In the unit of the spot.
    """
    with session(as_of):
        today, count = to_ql(as_of), ql.Actual365Fixed()
        dates = [to_ql(day) for day in days]
        flat = ql.YieldTermStructureHandle(ql.FlatForward(today, 0.0, count))
        growth = ql.YieldTermStructureHandle(ql.DiscountCurve([today, *dates], [1.0, *(float(f) / spot for f in forwards)], count))
        vol = ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), max(volatility, LEAST_VOLATILITY), count))
        process = ql.BlackScholesMertonProcess(ql.QuoteHandle(ql.SimpleQuote(spot)), growth, flat, vol)
        mean = ql.Average.Geometric if engine == "geometric" else ql.Average.Arithmetic
        accumulated = 1.0 if engine == "geometric" else seen_sum
        payoff = ql.PlainVanillaPayoff(ql.Option.Call if call else ql.Option.Put, strike)
        option = ql.DiscreteAveragingAsianOption(mean, accumulated, seen, dates, payoff, ql.EuropeanExercise(dates[-1]))
        if engine == "choi":
            option.setPricingEngine(ql.ChoiAsianEngine(process))
        elif engine == "turnbull_wakeman":
            option.setPricingEngine(ql.TurnbullWakemanAsianEngine(process))
        else:
            option.setPricingEngine(ql.AnalyticDiscreteGeometricAveragePriceAsianEngine(process))
        return float(option.NPV())
