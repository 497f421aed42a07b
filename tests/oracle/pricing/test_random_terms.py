"""Differential tests: closed forms against QuantLib on random terms; amortising loans have theirs in `facility/test_loan_by_quantlib.py`.

Rate caps and floors are no contract of the library: a loan's floor is taken on forwards, so there is nothing to hold against QuantLib's.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
import QuantLib as ql
from hypothesis import assume, given, strategies as st

from curves import DiscountCurve, cds_schedule, note_values, upfronts
from curves._quantlib.session import session, to_ql
from instruments.ground.tolerances import ORACLE_REL
from pricing.formulas import call_value, put_value, share_digital, touch_call_value, touch_probability

AS_OF = dt.date(2025, 10, 3)
COUNT = ql.Actual365Fixed()


def between(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_subnormal=False)


SHARES = st.fixed_dictionaries(
    {"spot": between(1.0, 500.0), "volatility": between(0.05, 1.5), "rate": between(-0.02, 0.15), "dividend_yield": between(0.0, 0.1)}
)
DAYS = st.integers(2, 3650)


def process(claim: dict[str, float]) -> ql.BlackScholesMertonProcess:
    today = to_ql(AS_OF)
    return ql.BlackScholesMertonProcess(
        ql.QuoteHandle(ql.SimpleQuote(claim["spot"])),
        ql.YieldTermStructureHandle(ql.FlatForward(today, claim["dividend_yield"], COUNT)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, claim["rate"], COUNT)),
        ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), claim["volatility"], COUNT)),
    )


@given(SHARES, DAYS, between(0.2, 3.0))
def test_vanilla_and_digital_options(claim: dict[str, float], days: int, moneyness: float) -> None:
    strike, years = moneyness * claim["spot"], days / 365
    with session(AS_OF):
        engine = ql.AnalyticEuropeanEngine(process(claim))
        for payoff, mine in (
            (ql.PlainVanillaPayoff(ql.Option.Call, strike), call_value(strike=strike, years=years, **claim)),
            (ql.PlainVanillaPayoff(ql.Option.Put, strike), put_value(strike=strike, years=years, **claim)),
            (ql.AssetOrNothingPayoff(ql.Option.Call, strike), share_digital(target=strike, years=years, **claim)),
        ):
            option = ql.VanillaOption(payoff, ql.EuropeanExercise(to_ql(AS_OF) + days))
            option.setPricingEngine(engine)
            # far out of the money a value is a difference of large numbers: the floor is relative to spot
            assert float(mine) == pytest.approx(option.NPV(), rel=ORACLE_REL, abs=1e-12 * claim["spot"])


@given(SHARES, DAYS, between(1.001, 4.0), between(0.05, 0.999))
def test_up_and_in_calls(claim: dict[str, float], days: int, up: float, below: float) -> None:
    target = up * claim["spot"]
    strike = below * target
    with session(AS_OF):
        payoff, end = ql.PlainVanillaPayoff(ql.Option.Call, strike), ql.EuropeanExercise(to_ql(AS_OF) + days)
        option = ql.BarrierOption(ql.Barrier.UpIn, target, 0.0, payoff, end)
        option.setPricingEngine(ql.AnalyticBarrierEngine(process(claim)))
        expected = option.NPV()
    found = touch_call_value(target=target, strike=strike, years=days / 365, **claim)
    # powers of the barrier over spot reach 1e15 at low volatility, and cancel: digits are lost on both sides
    assume(abs(2.0 * (claim["rate"] - claim["dividend_yield"]) / claim["volatility"] ** 2) * np.log(up) < 10.0)
    assert float(found) == pytest.approx(expected, rel=1e-8, abs=1e-10 * claim["spot"])


@given(SHARES, DAYS, between(1.001, 4.0), st.booleans())
def test_touch_odds(claim: dict[str, float], days: int, away: float, upper: bool) -> None:
    target = claim["spot"] * away if upper else claim["spot"] / away
    barrier, kind, strike = (ql.Barrier.UpIn, ql.Option.Call, 1e-40) if upper else (ql.Barrier.DownIn, ql.Option.Put, 1e40)
    assume(abs(2.0 * (claim["rate"] - claim["dividend_yield"]) / claim["volatility"] ** 2) * np.log(away) < 10.0)
    with session(AS_OF):
        today = to_ql(AS_OF)
        pays = ql.CashOrNothingPayoff(kind, strike, 1.0)
        option = ql.BarrierOption(barrier, target, 0.0, pays, ql.AmericanExercise(today, today + days, True))
        option.setPricingEngine(ql.AnalyticBinaryBarrierEngine(process(claim)))
        expected = option.NPV() * np.exp(claim["rate"] * days / 365)
    found = touch_probability(target=target, years=days / 365, upper=upper, **claim)
    assert float(found) == pytest.approx(expected, rel=1e-8, abs=1e-10)


CREDIT: dict[str, Any] = {
    "hazard": between(1e-4, 0.6), "coupon": between(0.0, 0.15), "recovery": between(0.0, 0.9), "rate": between(-0.01, 0.12),
}  # fmt: skip


def flat(rate: float) -> DiscountCurve:
    return DiscountCurve("rates:X", AS_OF, np.array([0.0, 1.0]), np.array([1.0, np.exp(-rate)]))


def handles(hazard: float, rate: float) -> tuple[ql.DefaultProbabilityTermStructureHandle, ql.YieldTermStructureHandle]:
    today = to_ql(AS_OF)
    survival = ql.FlatHazardRate(today, ql.QuoteHandle(ql.SimpleQuote(hazard)), COUNT)
    return ql.DefaultProbabilityTermStructureHandle(survival), ql.YieldTermStructureHandle(ql.FlatForward(today, rate, COUNT))


@given(**CREDIT, tenor=st.sampled_from(["6M", "1Y", "2Y", "5Y", "7Y", "10Y"]))
def test_default_swaps(hazard: float, coupon: float, recovery: float, rate: float, tenor: str) -> None:
    schedule = cds_schedule(AS_OF, [tenor])
    ours = upfronts(schedule, coupon=coupon, hazard_times_years=[1.0], hazards=[hazard], recovery=recovery, discount=flat(rate))
    with session(AS_OF):
        today = to_ql(AS_OF)
        survival, curve = handles(hazard, rate)
        rule = (ql.NullCalendar(), ql.Unadjusted, ql.Unadjusted, ql.DateGeneration.CDS2015, False)
        dates = ql.Schedule(today, ql.cdsMaturity(today, ql.Period(tenor), ql.DateGeneration.CDS2015), ql.Period("3M"), *rule)
        ends = (ql.FaceValueClaim(), ql.Actual360(True), True, today, 1)
        swap = ql.CreditDefaultSwap(
            ql.Protection.Buyer, 1.0, coupon, dates, ql.Unadjusted, ql.Actual360(False), True, True, today, *ends
        )  # fmt: skip
        how = (ql.IsdaCdsEngine.NoFix, ql.IsdaCdsEngine.NoBias, ql.IsdaCdsEngine.Piecewise)
        swap.setPricingEngine(ql.IsdaCdsEngine(survival, recovery, curve, False, *how))
        expected = swap.NPV()
    # protection starts a day earlier there, and the rebate falls a day later: within one day of protection and of coupon
    assert float(ours[0]) == pytest.approx(expected, abs=(hazard * (1.0 - recovery) + coupon) / 365 + 1e-8)


@given(**CREDIT, quarters=st.integers(1, 40))
def test_risky_bonds(hazard: float, coupon: float, recovery: float, rate: float, quarters: int) -> None:
    with session(AS_OF):
        today = to_ql(AS_OF)
        rule = (ql.NullCalendar(), ql.Unadjusted, ql.Unadjusted, ql.DateGeneration.Backward, False)
        dates = ql.Schedule(today, today + ql.Period(3 * quarters, ql.Months), ql.Period("3M"), *rule)
        bond = ql.FixedRateBond(0, 100.0, dates, [coupon], COUNT)
        survival, curve = handles(hazard, rate)
        bond.setPricingEngine(ql.RiskyBondEngine(survival, recovery, curve))
        expected = bond.NPV() / 100.0
        days = np.array([date.serialNumber() - today.serialNumber() for date in dates.dates()])
    times, amounts = days[1:] / 365, coupon * np.diff(days) / 365
    found = note_values(times, amounts, hazard_times_years=[1.0], hazards=[hazard], recovery=recovery, discount=flat(rate))
    # its default pays in the middle of a quarter, ours at default: (hazard + rate) squared times a quarter squared over 24, each quarter
    steps = (hazard + abs(rate)) * hazard * 0.26**2 / 24 * quarters * 4
    assert float(found) == pytest.approx(expected, abs=1e-9 + recovery * steps)
