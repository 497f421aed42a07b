from __future__ import annotations

import datetime as dt
from itertools import pairwise

import numpy as np
import pytest
import QuantLib as ql
from scipy.integrate import quad

from curves import DiscountCurve, bootstrap_hazard, cds_maturity, cds_schedule, par_spreads
from curves._quantlib.session import from_ql, session, to_ql
from instruments.ground.tolerances import CALIB_REPRICE_ABS

AS_OF = dt.date(2025, 10, 3)
TENORS = ["1Y", "3Y", "5Y", "10Y"]
DISCOUNT = DiscountCurve("rates:X", AS_OF, np.array([0.0, 0.4, 2.0, 5.1]), np.array([1.0, 0.983, 0.93, 0.83]))
NAMES = {"tight": [0.0020, 0.0030, 0.0037, 0.0050], "wide": [0.05, 0.055, 0.06, 0.06], "inverted": [0.12, 0.10, 0.09, 0.085]}
DISTRESSED = {"falling": [2.0, 1.85, 1.84, 1.839], "flat": [1.0, 1.0, 1.0, 1.0], "single": [0.6, 0.5, 0.48, 0.47]}

QUADRATURE_ABS = 1e-11
"""Adaptive quadrature of the defining integrals."""
SPREAD_REL = 1e-4
"""Same dates, day counts, accrual, rebate and recovery; what is left is how each engine places a default inside a day or a quarter."""
ISDA_DAYS, MIDPOINT_DAYS = 2.0, 1.0
"""... which is worth this many days of hazard, relative: half-day accrual bias and step-in (ISDA), default in the middle (mid-point)."""
BOOTSTRAP_SURVIVAL_ABS = 2e-4
"""Survival of two bootstraps whose spreads differ by that much."""


def hazards_of(spreads: list[float]) -> np.ndarray:
    return bootstrap_hazard(spreads, cds_schedule(AS_OF, TENORS), recovery=0.4, discount=DISCOUNT)


def quadrature(hazards: np.ndarray, quote: int) -> float:
    """Par spread from the definition: no formula of ours is used."""
    schedule = cds_schedule(AS_OF, TENORS)
    nodes = schedule.maturities_years
    end = float(nodes[quote])

    def piece(t: float) -> float:
        return float(hazards[min(int(np.searchsorted(nodes, t, side="left")), len(hazards) - 1)])

    def alive(t: float) -> float:
        edges = np.clip(np.concatenate(([0.0], nodes)), 0.0, t)
        beyond = max(t - float(nodes[-1]), 0.0) * float(hazards[-1])
        return float(np.exp(-(hazards * np.diff(edges)).sum() - beyond))

    def worth(t: float) -> float:
        return float(DISCOUNT.discount(t)) * alive(t)

    breaks = np.unique(np.concatenate(([0.0], schedule.ends_years, nodes, DISCOUNT.times_years)))
    breaks = breaks[breaks <= end]
    protection = accrued = coupons = 0.0
    for a, b in pairwise(breaks.tolist()):
        begun = float(schedule.starts_years[np.searchsorted(schedule.ends_years, a, side="right")])
        middle = piece(0.5 * (a + b))
        protection += quad(lambda t, h=middle: h * worth(t), a, b, epsabs=1e-14)[0]
        accrued += quad(lambda t, h=middle, s=begun: (t - s) * 365 / 360 * h * worth(t), a, b, epsabs=1e-14)[0]
    for start, stop in zip(schedule.starts_years, schedule.ends_years, strict=True):
        if stop <= end:
            extra = 1 / 360 if stop == end else 0.0
            coupons += ((stop - start) * 365 / 360 + extra) * worth(float(stop))
    rebate = -float(schedule.starts_years[0]) * 365 / 360 + 1 / 360
    return 0.6 * protection / (coupons + accrued - rebate)


@pytest.mark.parametrize("name", [*NAMES, *DISTRESSED])
def test_par_spreads_are_the_integrals(name: str) -> None:
    spreads = (NAMES | DISTRESSED)[name]
    hazards = hazards_of(spreads)
    for quote, spread in enumerate(spreads[:3]):
        assert quadrature(hazards, quote) == pytest.approx(spread, abs=QUADRATURE_ABS)


@pytest.mark.parametrize("name", DISTRESSED)
def test_distressed_round_trip_where_quantlib_stops(name: str) -> None:
    spreads, schedule = DISTRESSED[name], cds_schedule(AS_OF, TENORS)
    hazards = hazards_of(spreads)
    again = par_spreads(schedule, hazard_times_years=schedule.maturities_years, hazards=hazards, recovery=0.4, discount=DISCOUNT)
    np.testing.assert_allclose(again, spreads, rtol=0, atol=CALIB_REPRICE_ABS)


def test_quantlib_does_stop_there() -> None:
    with session(AS_OF), pytest.raises(RuntimeError, match="root not bracketed"):
        quantlib_survival(DISTRESSED["falling"], ql.CreditDefaultSwap.Midpoint)


def quantlib_discount() -> ql.YieldTermStructureHandle:
    dates = [to_ql(AS_OF) + round(time * 365) for time in DISCOUNT.times_years.tolist()]
    curve = ql.DiscountCurve(dates, DISCOUNT.discounts.tolist(), ql.Actual365Fixed())
    curve.enableExtrapolation()
    return ql.YieldTermStructureHandle(curve)


def quantlib_survival(spreads: list[float], model: int) -> list[float]:
    discount = quantlib_discount()
    helpers = [
        ql.SpreadCdsHelper(
            spread,
            ql.Period(tenor),
            0,
            ql.NullCalendar(),
            ql.Quarterly,
            ql.Unadjusted,
            ql.DateGeneration.CDS2015,
            ql.Actual360(),
            0.4,
            discount,
            True,
            True,
            ql.Date(),
            ql.Actual360(True),
            True,
            model,
        )
        for spread, tenor in zip(spreads, TENORS, strict=True)
    ]
    curve = ql.PiecewiseFlatHazardRate(to_ql(AS_OF), helpers, ql.Actual365Fixed())
    curve.enableExtrapolation()
    return [curve.survivalProbability(to_ql(cds_maturity(AS_OF, tenor))) for tenor in TENORS]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("model", [ql.CreditDefaultSwap.Midpoint, ql.CreditDefaultSwap.ISDA])
def test_bootstrap_agrees_with_quantlibs(name: str, model: int) -> None:
    hazards = hazards_of(NAMES[name])
    lengths = np.diff(np.concatenate(([0.0], cds_schedule(AS_OF, TENORS).maturities_years)))
    ours = np.exp(-np.cumsum(hazards * lengths))
    with session(AS_OF):
        np.testing.assert_allclose(ours, quantlib_survival(NAMES[name], model), rtol=0, atol=BOOTSTRAP_SURVIVAL_ABS)


@pytest.mark.parametrize("name", NAMES)
def test_fair_spreads_agree_with_quantlibs_engines(name: str) -> None:
    hazards = hazards_of(NAMES[name])
    with session(AS_OF):
        today = to_ql(AS_OF)
        dates = [today, *(to_ql(cds_maturity(AS_OF, tenor)) for tenor in TENORS)]
        curve = ql.HazardRateCurve(dates, [float(hazards[0]), *hazards.tolist()], ql.Actual365Fixed())
        curve.enableExtrapolation()
        survival, discount = ql.DefaultProbabilityTermStructureHandle(curve), quantlib_discount()
        engines = [(ql.MidPointCdsEngine(survival, 0.4, discount), MIDPOINT_DAYS), (ql.IsdaCdsEngine(survival, 0.4, discount), ISDA_DAYS)]
        for maturity, spread in zip(dates[1:], NAMES[name], strict=True):
            schedule = ql.Schedule(
                today, maturity, ql.Period(ql.Quarterly), ql.NullCalendar(), ql.Unadjusted, ql.Unadjusted, ql.DateGeneration.CDS2015, False
            )
            for engine, days in engines:
                swap = ql.CreditDefaultSwap(
                    ql.Protection.Buyer,
                    1.0,
                    0.01,
                    schedule,
                    ql.Unadjusted,
                    ql.Actual360(),
                    True,
                    True,
                    today,
                    ql.FaceValueClaim(),
                    ql.Actual360(True),
                )
                swap.setPricingEngine(engine)
                assert swap.fairSpread() == pytest.approx(spread, rel=SPREAD_REL + days / 365 * float(hazards.max()))


@pytest.mark.parametrize("day", [0, 60, 80, 100, 160, 170, 260, 270, 350])
@pytest.mark.parametrize("tenor", ["6M", "1Y", "5Y"])
def test_maturities_are_quantlibs(day: int, tenor: str) -> None:
    as_of = dt.date(2025, 1, 3) + dt.timedelta(days=day)
    with session(as_of):
        assert cds_maturity(as_of, tenor) == from_ql(ql.cdsMaturity(to_ql(as_of), ql.Period(tenor), ql.DateGeneration.CDS2015))
