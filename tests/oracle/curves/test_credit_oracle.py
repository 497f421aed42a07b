from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
import QuantLib as ql
from scipy.integrate import quad

from curves import (
    DiscountCurve,
    Market,
    SurvivalCurve,
    bootstrap_debt,
    bootstrap_hazard,
    bootstrap_upfronts,
    cds_schedule,
    note_values,
    par_spreads,
    survival_curve,
    upfronts,
)
from curves._quantlib.session import session, to_ql
from curves.credit.ratings import CUMULATIVE
from instruments.ground.errors import CalibrationError, InputError, MarketError
from instruments.ground.tolerances import CALIB_REPRICE_ABS

AS_OF = dt.date(2025, 10, 3)
DISCOUNT = DiscountCurve("rates:X", AS_OF, np.array([0.0, 1.0, 5.0]), np.array([1.0, 0.96, 0.82]))
TENORS = ["1Y", "3Y", "5Y"]
SCHEDULE = cds_schedule(AS_OF, TENORS)


def market(**credit: Any) -> Market:
    return Market.model_validate({"as_of": AS_OF, "rates": {"X": {"kind": "flat", "rate": 0.04}}, "credit": credit})


def test_upfronts_are_quantlibs() -> None:
    hazard, coupon = 0.12, 0.05
    flat = DiscountCurve("rates:X", AS_OF, np.array([0.0, 1.0]), np.array([1.0, np.exp(-0.04)]))
    ours = upfronts(SCHEDULE, coupon=coupon, hazard_times_years=[1.0], hazards=[hazard], recovery=0.4, discount=flat)
    with session(AS_OF):
        today = to_ql(AS_OF)
        curve = ql.YieldTermStructureHandle(ql.FlatForward(today, 0.04, ql.Actual365Fixed()))
        survival = ql.DefaultProbabilityTermStructureHandle(
            ql.FlatHazardRate(today, ql.QuoteHandle(ql.SimpleQuote(hazard)), ql.Actual365Fixed())
        )
        for index, tenor in enumerate(TENORS):
            maturity = ql.cdsMaturity(today, ql.Period(tenor), ql.DateGeneration.CDS2015)
            rule = (ql.NullCalendar(), ql.Unadjusted, ql.Unadjusted, ql.DateGeneration.CDS2015, False)
            schedule = ql.Schedule(today, maturity, ql.Period("3M"), *rule)
            ends = (ql.FaceValueClaim(), ql.Actual360(True), True, today, 1)  # on the day itself QuantLib drops the rebate
            swap = ql.CreditDefaultSwap(
                ql.Protection.Buyer, 1.0, coupon, schedule, ql.Unadjusted, ql.Actual360(False), True, True, today, *ends
            )
            how = (ql.IsdaCdsEngine.NoFix, ql.IsdaCdsEngine.NoBias, ql.IsdaCdsEngine.Piecewise)
            swap.setPricingEngine(ql.IsdaCdsEngine(survival, 0.4, curve, False, *how))
            # same legs, but for the day that protection starts earlier and the rebate later
            assert float(ours[index]) == pytest.approx(swap.NPV(), abs=2e-4)


def test_upfronts_and_spreads_are_one_curve() -> None:
    hazards = np.array([0.05, 0.4, 3.0])
    ends = SCHEDULE.maturities_years
    points = upfronts(SCHEDULE, coupon=0.05, hazard_times_years=ends, hazards=hazards, recovery=0.3, discount=DISCOUNT)
    found = bootstrap_upfronts(points, SCHEDULE, coupon=0.05, recovery=0.3, discount=DISCOUNT)
    np.testing.assert_allclose(found, hazards, rtol=1e-9)
    spreads = par_spreads(SCHEDULE, hazard_times_years=ends, hazards=hazards, recovery=0.3, discount=DISCOUNT)
    for index, spread in enumerate(spreads.tolist()):
        at_par = upfronts(SCHEDULE, coupon=spread, hazard_times_years=ends, hazards=hazards, recovery=0.3, discount=DISCOUNT)
        assert float(at_par[index]) == pytest.approx(0.0, abs=1e-14)


def test_a_distressed_upfront_has_a_hazard_far_above_one() -> None:
    found = survival_curve(market(X={"kind": "cds_upfront", "quotes": {"1Y": 0.52, "5Y": 0.55}}), "credit:X")
    assert float(found.hazards[0]) > 1.0
    with pytest.raises(CalibrationError, match=r"credit:X.quotes.1Y = 0.7: no curve reprices .* certain default .* allowed at this pillar"):
        survival_curve(market(X={"kind": "cds_upfront", "quotes": {"1Y": 0.70}}), "credit:X")


@pytest.mark.parametrize("hazards", [[0.0, 0.0], [0.03, 0.2], [2.0, 0.1]])
def test_notes_are_worth_their_integral(hazards: list[float]) -> None:
    times, coupons = np.arange(1, 13) / 4.0, np.full(12, 0.02)
    curve = SurvivalCurve("credit:X", AS_OF, np.array([1.0, 3.0]), np.array(hazards), 0.4)
    paid = float((coupons * DISCOUNT.discount(times) * curve.survival(times)).sum() + DISCOUNT.discount(3.0) * curve.survival(3.0))
    lost = quad(lambda t: float(DISCOUNT.discount(t) * curve.hazard(t) * curve.survival(t)), 0.0, 3.0, points=[1.0], limit=200)[0]
    found = note_values(times, coupons, hazard_times_years=[1.0, 3.0], hazards=hazards, recovery=0.4, discount=DISCOUNT)
    assert float(found) == pytest.approx(paid + 0.4 * lost, abs=1e-10)


def test_a_risky_bond_is_quantlibs() -> None:
    hazard, coupon = 0.05, 0.06
    flat = DiscountCurve("rates:X", AS_OF, np.array([0.0, 1.0]), np.array([1.0, np.exp(-0.04)]))
    with session(AS_OF):
        today = to_ql(AS_OF)
        rule = (ql.NullCalendar(), ql.Unadjusted, ql.Unadjusted, ql.DateGeneration.Backward, False)
        schedule = ql.Schedule(today, today + ql.Period("5Y"), ql.Period("3M"), *rule)
        bond = ql.FixedRateBond(0, 100.0, schedule, [coupon], ql.Actual365Fixed())
        curve = ql.YieldTermStructureHandle(ql.FlatForward(today, 0.04, ql.Actual365Fixed()))
        survival = ql.DefaultProbabilityTermStructureHandle(
            ql.FlatHazardRate(today, ql.QuoteHandle(ql.SimpleQuote(hazard)), ql.Actual365Fixed())
        )
        bond.setPricingEngine(ql.RiskyBondEngine(survival, 0.4, curve))
        theirs = bond.NPV() / 100.0
        days = np.array([date.serialNumber() - today.serialNumber() for date in schedule.dates()])
    times = days[1:] / 365
    ours = float(note_values(times, coupon * np.diff(days) / 365, hazard_times_years=[1.0], hazards=[hazard], recovery=0.4, discount=flat))
    # its default pays in the middle of a quarter; ours at default: of second order in the quarter
    assert ours == pytest.approx(theirs, abs=2e-6)


@pytest.mark.parametrize("form", ["floating", "z_spread"])
def test_debt_spreads_come_back(form: Any) -> None:
    spreads, ends = np.array([0.0225, 0.035, 0.06]), np.array([1.0, 3.0, 5.0])
    hazards = bootstrap_debt(spreads, ends, form=form, recovery=0.4, discount=DISCOUNT, coupon=0.06)
    assert bool((hazards > 0.0).all())
    # the credit triangle, on average over five years and to leading order
    assert float(hazards @ np.diff(ends, prepend=0.0)) / 5.0 == pytest.approx(0.06 / 0.6, rel=0.2)
    none = bootstrap_debt([0.0, 0.0], [1.0, 5.0], form=form, recovery=0.4, discount=DISCOUNT, coupon=0.06)
    np.testing.assert_allclose(none, 0.0, atol=1e-12)


def test_continuous_spread_without_recovery_is_the_hazard() -> None:
    flat = DiscountCurve("rates:X", AS_OF, np.array([0.0, 1.0]), np.array([1.0, np.exp(-0.04)]))
    found = bootstrap_debt([0.03], [5.0], form="z_spread", recovery=0.0, discount=flat, coupon=0.05)
    # with no recovery a z-spread is a hazard, whatever the coupon
    assert float(found[0]) == pytest.approx(0.03, abs=1e-12)


def test_a_discount_note_has_more_hazard_than_one_at_par() -> None:
    at_par, below = (
        bootstrap_debt([0.06], [4.0], form="floating", recovery=0.4, discount=DISCOUNT, price=price)[0] for price in (1.0, 0.95)
    )
    assert below > at_par + 0.01


INVERTED = {"1Y": 0.10, "5Y": 0.01}


def test_the_policy_decides_about_an_arbitrage() -> None:
    quotes = {"kind": "cds", "quotes": INVERTED}
    with pytest.raises(CalibrationError, match=r"credit:X.quotes.5Y = 0.01: no curve reprices .* below 0; allowed at this pillar: .* bp"):
        survival_curve(market(X=quotes), "credit:X")
    floor, keep = (survival_curve(market(X=quotes | {"policy": policy}), "credit:X") for policy in ("floor", "keep"))
    assert floor.hazards[1] == 0.0
    assert float(keep.hazards[1]) < 0.0
    schedule = cds_schedule(AS_OF, list(INVERTED))
    discount = DiscountCurve("rates:X", AS_OF, np.array([0.0, 1.0]), np.array([1.0, np.exp(-0.04)]))
    terms = {"hazard_times_years": schedule.maturities_years, "recovery": 0.4, "discount": discount}
    np.testing.assert_allclose(par_spreads(schedule, hazards=keep.hazards, **terms), list(INVERTED.values()), atol=CALIB_REPRICE_ABS)
    floored = par_spreads(schedule, hazards=floor.hazards, **terms)
    assert float(floored[0]) == pytest.approx(0.10, abs=CALIB_REPRICE_ABS)
    assert float(floored[1]) > 0.01 + 1e-4
    assert bool((np.diff(floor.survival(np.linspace(0.0, 6.0, 50))) <= 0.0).all())
    assert bool((np.diff(keep.survival(np.linspace(2.0, 5.0, 20))) > 0.0).all())


def test_no_policy_helps_a_quote_beyond_certain_default() -> None:
    for policy in ("refuse", "floor", "keep"):
        with pytest.raises(CalibrationError, match=r"credit:X\.quotes\.5Y = 0.95"):
            survival_curve(market(X={"kind": "cds", "quotes": {"1Y": 0.01, "5Y": 0.95}, "policy": policy}), "credit:X")


def test_a_negative_debt_hazard_follows_the_same_policy() -> None:
    terms = {"form": "floating", "recovery": 0.4, "discount": DISCOUNT}
    with pytest.raises(CalibrationError, match="below 0"):
        bootstrap_debt([0.2, 0.001], [1.0, 5.0], **terms)
    assert bootstrap_debt([0.2, 0.001], [1.0, 5.0], policy="floor", **terms)[1] == 0.0
    assert bootstrap_debt([0.2, 0.001], [1.0, 5.0], policy="keep", **terms)[1] < 0.0


@pytest.mark.parametrize("rating", CUMULATIVE)
def test_a_rating_gives_its_table_and_its_multiple(rating: str) -> None:
    plain, priced = (
        survival_curve(market(X={"kind": "rating", "rating": rating, "risk_multiple": multiple}), "credit:X") for multiple in (1.0, 2.0)
    )
    np.testing.assert_allclose(plain.default_probability(np.arange(1.0, 6.0)), CUMULATIVE[rating], rtol=1e-12)
    np.testing.assert_allclose(priced.survival([2.0, 8.0]), plain.survival([2.0, 8.0]) ** 2)


def test_proxies_of_debt_add_to_its_spreads_and_others_say_why_not() -> None:
    debt = {"kind": "debt_spread", "form": "floating", "quotes": {"5Y": 0.04}}
    found = market(X=debt, P={"kind": "proxy", "proxy": "credit:X", "spread_add_bps": 100.0}, Y=debt | {"quotes": {"5Y": 0.05}})
    np.testing.assert_allclose(survival_curve(found, "credit:P").hazards, survival_curve(found, "credit:Y").hazards, rtol=1e-12)
    rated = market(
        X={"kind": "rating", "rating": "B", "risk_multiple": 2.0}, P={"kind": "proxy", "proxy": "credit:X", "spread_add_bps": 1.0}
    )
    with pytest.raises(MarketError, match="no spreads to add to"):
        survival_curve(rated, "credit:P")


def test_bad_arguments_are_refused() -> None:
    for call, words in (
        (lambda: bootstrap_debt([0.01, 0.02], [5.0, 1.0], form="floating", recovery=0.4, discount=DISCOUNT), "sort the quotes"),
        (lambda: bootstrap_debt([0.01], [1.0], form="floating", recovery=1.0, discount=DISCOUNT), "below 1"),
        (lambda: bootstrap_upfronts([0.1], SCHEDULE, coupon=0.05, recovery=0.4, discount=DISCOUNT), "3 swaps"),
        (lambda: bootstrap_hazard([-0.01, 0.0, 0.0], SCHEDULE, recovery=0.4, discount=DISCOUNT), "not negative"),
    ):
        with pytest.raises(InputError, match=words):
            call()
