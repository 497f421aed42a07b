from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
import QuantLib as ql

from curves import (
    DiscountCurve,
    Market,
    bootstrap_treasury,
    compounded_from_market,
    compounded_rate,
    discount_curve,
    discount_jacobian,
    par_swap_rates,
    par_yield,
    simple_forward,
    swap_quotes,
    swap_schedule,
    term_sofr,
    with_quote,
)
from curves._quantlib.session import session, to_ql
from instruments.ground.tolerances import CALIB_REPRICE_ABS, FD_REL, ORACLE_REL, RATE_ABS

AS_OF = dt.date(2025, 10, 24)
# USD SOFR OIS par rates of 2025-07-07, read as constant tenors; SOFR fixings of October 2025
QUOTES = {
    "1M": 0.0433754,
    "3M": 0.0433070,
    "6M": 0.0421620,
    "12M": 0.0398600,
    "18M": 0.0374984,
    "2Y": 0.0363314,
    "5Y": 0.0356735,
    "10Y": 0.0382685,
}
FIXINGS = {
    dt.date(2025, 10, 17): 0.0418,
    dt.date(2025, 10, 20): 0.0416,
    dt.date(2025, 10, 21): 0.0423,
    dt.date(2025, 10, 22): 0.0421,
    dt.date(2025, 10, 23): 0.0424,
}
MARKET = Market.model_validate({"as_of": AS_OF, "rates": {"USD-SOFR": {"kind": "ois", "quotes": QUOTES, "fixings": FIXINGS}}})
CURVE = discount_curve(MARKET, "rates:USD-SOFR")


def theirs(curve: DiscountCurve) -> ql.YieldTermStructureHandle:
    dates = [to_ql(curve.as_of) + round(time * 365) for time in curve.times_years.tolist()]
    found = ql.DiscountCurve(dates, curve.discounts.tolist(), ql.Actual365Fixed())
    found.enableExtrapolation()
    return ql.YieldTermStructureHandle(found)


def test_array_par_rates_are_the_quotes() -> None:
    tenors = swap_quotes(MARKET, "rates:USD-SOFR")
    found = par_swap_rates(swap_schedule(AS_OF, tenors), CURVE)
    np.testing.assert_allclose(found, [QUOTES[tenor] for tenor in tenors], rtol=0, atol=CALIB_REPRICE_ABS)


def test_jacobian_is_the_bump_through_quantlibs_bootstrap() -> None:
    times = np.array([0.05, 0.5, 1.3, 4.0, 9.0, 15.0])
    exact = discount_jacobian(MARKET, "rates:USD-SOFR", times)
    step = 1e-5
    for row, tenor in zip(exact, swap_quotes(MARKET, "rates:USD-SOFR"), strict=True):
        up, down = (
            discount_curve(with_quote(MARKET, f"rates.USD-SOFR.quotes.{tenor}", QUOTES[tenor] + sign * step), "rates:USD-SOFR").discount(
                times
            )
            for sign in (1.0, -1.0)
        )
        # central difference: error of order step^2 against derivatives of up to 10
        np.testing.assert_allclose(row, (up - down) / (2.0 * step), rtol=0, atol=10.0 * FD_REL)


def test_a_shift_of_all_quotes_is_the_sum_of_the_rows() -> None:
    times = np.array([0.5, 2.0, 7.0])
    shifted = MARKET.evolve(rates={"USD-SOFR": MARKET.rates["USD-SOFR"].evolve(shift_bps={"value": 0.1})})
    moved = discount_curve(shifted, "rates:USD-SOFR").discount(times) - CURVE.discount(times)
    # a tenth of a basis point: the second order, t^2 D x 1e-10 / 2, is below 3e-9
    np.testing.assert_allclose(moved, discount_jacobian(MARKET, "rates:USD-SOFR", times).sum(axis=0) * 1e-5, rtol=0, atol=5e-9)


@pytest.mark.parametrize(("lookback", "shift"), [(0, False), (2, False), (5, False), (2, True), (5, True)])
@pytest.mark.parametrize(
    ("start", "end"),
    [
        (dt.date(2025, 10, 24), dt.date(2026, 1, 26)),
        (dt.date(2025, 10, 24), dt.date(2026, 1, 28)),
        (dt.date(2025, 11, 26), dt.date(2026, 2, 26)),
        (dt.date(2026, 7, 30), dt.date(2026, 10, 30)),
    ],
)
def test_compounding_is_quantlibs_coupon(start: dt.date, end: dt.date, lookback: int, shift: bool) -> None:
    ours = compounded_rate(CURVE, start, end, fixings=FIXINGS, lookback_days=lookback, observation_shift=shift)
    with session(AS_OF):
        index = ql.Sofr(theirs(CURVE))
        for day, rate in FIXINGS.items():
            index.addFixing(to_ql(day), rate)
        first, last = to_ql(start), to_ql(end)
        extra = {"lookbackDays": lookback} if lookback else {}
        coupon = ql.OvernightIndexedCoupon(
            last, 1.0, first, last, index, 1.0, 0.0, ql.Date(), ql.Date(), ql.Actual360(), False, ql.RateAveraging.Compound,
            *((lookback, 0, shift) if extra else ()),
        )  # fmt: skip
        assert ours.rate == pytest.approx(coupon.rate(), abs=RATE_ABS)
        assert ours.accrued == pytest.approx(coupon.amount(), abs=RATE_ABS)


def test_compounding_without_extras_telescopes_to_the_simple_forward() -> None:
    start, end = dt.date(2026, 1, 26), dt.date(2026, 4, 27)
    at = [(day - AS_OF).days / 365 for day in (start, end)]
    assert compounded_rate(CURVE, start, end).rate == pytest.approx(float(simple_forward(CURVE, *at)), abs=RATE_ABS)


def test_half_of_a_period_is_fixed() -> None:
    found = compounded_from_market(MARKET, "rates:USD-SOFR", dt.date(2025, 10, 20), dt.date(2025, 10, 28))
    assert found.fixed_share == pytest.approx(4 / 8)
    by_hand = (1 + 0.0416 / 360) * (1 + 0.0423 / 360) * (1 + 0.0421 / 360) * (1 + 0.0424 / 360)
    ahead = float(CURVE.discount(0.0) / CURVE.discount(4 / 365))
    assert 1 + found.accrued == pytest.approx(by_hand * ahead, rel=ORACLE_REL)


def test_term_sofr_is_quantlibs_forward() -> None:
    with session(AS_OF):
        calendar = ql.UnitedStates(ql.UnitedStates.SOFR)
        begin = calendar.advance(to_ql(dt.date(2026, 3, 16)), 2, ql.Days)
        rate = theirs(CURVE).forwardRate(begin, calendar.adjust(begin + ql.Period("3M")), ql.Actual360(), ql.Simple).rate()
    assert term_sofr(CURVE, dt.date(2026, 3, 16), 3) == pytest.approx(rate, abs=RATE_ABS)
    assert term_sofr(CURVE, dt.date(2026, 3, 16), 3, floor=0.05) == 0.05


# Treasury par yields of 2025-01-02 (agency page) with an invented long end, which only the arithmetic sees
YIELDS = {"6M": 0.0425, "1Y": 0.0417, "2Y": 0.0425, "3Y": 0.0431, "5Y": 0.0438, "10Y": 0.0457, "30Y": 0.0479}


def test_treasury_curve_is_quantlibs() -> None:
    as_of = dt.date(2025, 1, 2)
    times, factors = bootstrap_treasury(as_of, YIELDS)
    with session(as_of):
        today = to_ql(as_of)
        helpers = []
        for tenor, rate in YIELDS.items():
            ends = today + ql.Period(tenor)
            rule = (ql.NullCalendar(), ql.Unadjusted, ql.Unadjusted, ql.DateGeneration.Backward, False)
            schedule = ql.Schedule(today, ends, ql.Period(ql.Semiannual), *rule)
            price = ql.QuoteHandle(ql.SimpleQuote(100.0))
            helpers.append(ql.FixedRateBondHelper(price, 0, 100.0, schedule, [rate], ql.ActualActual(ql.ActualActual.ISMA, schedule)))
        curve = ql.PiecewiseLogLinearDiscount(today, helpers, ql.Actual365Fixed(), ql.IterativeBootstrap(1e-14))
        found = np.array([curve.discount(float(time)) for time in times])
    np.testing.assert_allclose(factors, found, rtol=ORACLE_REL)


def test_forward_par_yield_matches_its_bond() -> None:
    curve = DiscountCurve("rates:UST", dt.date(2025, 1, 2), np.array([0.0, 30.0]), np.array([1.0, np.exp(-0.04 * 30)]))
    # flat 4 % continuous: every par yield is 2 (e^0.02 - 1), today and later
    np.testing.assert_allclose(par_yield(curve, [0.5, 5.0, 10.0]), 2.0 * np.expm1(0.02), atol=RATE_ABS)
    np.testing.assert_allclose(par_yield(curve, [5.0], start_years=2.0), 2.0 * np.expm1(0.02), atol=RATE_ABS)
