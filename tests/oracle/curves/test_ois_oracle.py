from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
import QuantLib as ql

from curves import DiscountCurve, Market, discount_curve
from curves._quantlib.session import from_ql, session, to_ql
from instruments.ground.tolerances import CALIB_REPRICE_ABS, ORACLE_REL, RATE_ABS

AS_OF = dt.date(2025, 10, 3)
# USD SOFR OIS par rates of 2025-07-07, read as constant tenors
SOFR = {
    "1W": 0.0432097,
    "2W": 0.0432268,
    "1M": 0.0433754,
    "3M": 0.0433070,
    "6M": 0.0421620,
    "9M": 0.0409876,
    "12M": 0.0398600,
    "18M": 0.0374984,
    "2Y": 0.0363314,
    "3Y": 0.0354330,
    "4Y": 0.0353800,
}
NEGATIVE = {"3M": -0.004, "1Y": -0.005, "5Y": -0.002, "10Y": 0.001}
STEEP = {"1Y": 0.10, "2Y": 0.04}
LADDERS = [SOFR, NEGATIVE, STEEP, {"5Y": 0.04}, {"1Y": 0.0, "10Y": 0.0}]
DATES = [AS_OF, dt.date(2025, 10, 4), dt.date(2024, 2, 29)]


def built(quotes: dict[str, float], as_of: dt.date = AS_OF) -> DiscountCurve:
    market = Market.model_validate({"as_of": as_of, "rates": {"USD-SOFR": {"kind": "ois", "quotes": quotes}}})
    return discount_curve(market, "rates:USD-SOFR")


def business(date: dt.date) -> dt.date:
    """Modified following on the SOFR calendar."""
    return from_ql(ql.UnitedStates(ql.UnitedStates.SOFR).adjust(to_ql(date), ql.ModifiedFollowing))


def lagged(date: dt.date, days: int) -> dt.date:
    return from_ql(ql.UnitedStates(ql.UnitedStates.SOFR).advance(to_ql(date), days, ql.Days))


def plain_par_rate(curve: DiscountCurve, years: int) -> float:
    """Our own array repricing of a plain annual swap; only the business-day calendar is QuantLib's."""
    start = lagged(curve.as_of, 2)
    ends = [business(dt.date(start.year + year, start.month, start.day)) for year in range(years + 1)]
    ends[0] = start
    times = np.array([(end - curve.as_of).days for end in ends]) / 365
    paid = np.array([(lagged(end, 2) - curve.as_of).days for end in ends[1:]]) / 365
    growth = curve.discount(times[:-1]) / curve.discount(times[1:]) - 1
    fractions = np.diff(times) * 365 / 360
    return float((growth * curve.discount(paid)).sum() / (fractions * curve.discount(paid)).sum())


@pytest.mark.parametrize("as_of", DATES)
@pytest.mark.parametrize("quotes", LADDERS)
def test_whole_years_are_repriced_by_arrays(quotes: dict[str, float], as_of: dt.date) -> None:
    curve = built(quotes, as_of)
    for tenor, rate in quotes.items():
        years = 1 if tenor == "12M" else int(tenor[:-1]) if tenor[-1] == "Y" else 0
        if years:
            assert plain_par_rate(curve, years) == pytest.approx(rate, abs=CALIB_REPRICE_ABS)


@pytest.mark.parametrize("quotes", LADDERS)
def test_every_quote_is_repriced_by_quantlib(quotes: dict[str, float]) -> None:
    curve = built(quotes)
    with session(AS_OF):
        dates = [to_ql(AS_OF) + round(time * 365) for time in curve.times_years.tolist()]
        handle = ql.YieldTermStructureHandle(ql.DiscountCurve(dates, curve.discounts.tolist(), ql.Actual365Fixed()))
        index = ql.Sofr(handle)
        for tenor, rate in quotes.items():
            swap = ql.MakeOIS(ql.Period(tenor), index, rate, paymentLag=2, discountingTermStructure=handle)
            assert swap.fairRate() == pytest.approx(rate, abs=CALIB_REPRICE_ABS)


def test_interpolation_is_quantlibs() -> None:
    curve = built(SOFR)
    with session(AS_OF):
        dates = [to_ql(AS_OF) + round(time * 365) for time in curve.times_years.tolist()]
        theirs = ql.DiscountCurve(dates, curve.discounts.tolist(), ql.Actual365Fixed())
        theirs.enableExtrapolation()
        times = np.linspace(0.0, 30.0, 301)
        np.testing.assert_allclose(curve.discount(times), [theirs.discount(float(t)) for t in times], rtol=ORACLE_REL)
        ahead = [theirs.forwardRate(float(t), float(t) + 0.25, ql.Continuous).rate() for t in times]
        np.testing.assert_allclose(curve.forward_rate(times, times + 0.25), ahead, atol=RATE_ABS)


def test_positive_par_rates_can_have_rising_discounts() -> None:
    one, two = built(STEEP).discounts[1:]
    assert two > one
