"""Planned loan flows in QuantLib: overnight leg, fixed leg, principal flows, one bond, discounting and risky bond engines."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable

import numpy as np
import QuantLib as ql

from curves._quantlib.session import refusals, session, to_ql
from pricing.schedules.grid import day_counts
from pricing.schedules.loan import LoanFlows, Scheduled
from pricing.schedules.types import Floats

Curve = Callable[[Floats], Floats]
LEAST_SURVIVAL = 1e-300
"""Survival after certain default: the logarithm must stay finite."""


def quantlib_value(flows: LoanFlows, discount: Curve, survival: Curve, recovery: float, *, subject: str) -> Scheduled:
    """The planned flows valued by QuantLib's engines; same conventions as `pricing.schedules.loan.scheduled_value`.

    A floating amortising bond of QuantLib silently uses one fixing instead of compounding, so the legs are built by hand: compounded
    overnight coupons on each month's nominal with the margin added simply, and fixed 30/360 coupons; one bond for each part, whose
    redemptions follow its nominal.

    Raises:
        CalibrationError: QuantLib refuses the inputs; the contract is named.
    """
    with session(flows.as_of), refusals(key=subject, pillar="planned flows", quote=recovery):
        return _value(flows, discount, survival, recovery)


def _value(flows: LoanFlows, discount: Curve, survival: Curve, recovery: float) -> Scheduled:
    today = to_ql(flows.as_of)
    dates = [to_ql(date) for date in flows.dates]
    curve = ql.YieldTermStructureHandle(_discount_curve(flows, discount, today, dates))
    index = ql.OvernightIndex("SOFR", 0, ql.USDCurrency(), ql.NullCalendar(), ql.Actual360(), curve)
    default = ql.DefaultProbabilityTermStructureHandle(_hazard_curve(flows, survival, today, dates))
    thirty = ql.Thirty360(ql.Thirty360.ISDA)  # a month end counts as the 30th, also in February
    ends = [today, *dates]

    def floating(number: int, nominal: float) -> ql.CashFlow:
        return ql.OvernightIndexedCoupon(ends[number + 1], nominal, ends[number], ends[number + 1], index, 1.0, flows.margin)

    def fixed(number: int, nominal: float) -> ql.CashFlow:
        return ql.FixedRateCoupon(ends[number + 1], nominal, flows.rate, thirty, ends[number], ends[number + 1])

    free = risky = 0.0
    none = np.zeros_like(flows.fees)
    # fees ride on a leg with coupons: a bond without any is refused
    fees = (flows.fees, none) if flows.floating.any() else (none, flows.fees)
    for make, balances, extra in ((floating, flows.floating, fees[0]), (fixed, flows.fixed, fees[1])):
        leg = _leg(make, balances, extra, ends)
        if not leg:
            continue
        bond = ql.Bond(0, ql.NullCalendar(), today, leg)
        bond.setPricingEngine(ql.DiscountingBondEngine(curve))
        free += float(bond.NPV())
        bond.setPricingEngine(ql.RiskyBondEngine(default, recovery, curve))
        risky += float(bond.NPV())
    return Scheduled(free, risky, float("nan"))


def _leg(make: Callable[[int, float], ql.CashFlow], balances: Floats, extra: Floats, ends: list[ql.Date]) -> list[ql.CashFlow]:
    """Coupons, the first draw and other cash; the bond adds redemptions by itself wherever the nominal changes, draws as negative ones."""
    leg: list[ql.CashFlow] = []
    drawn = False
    for number, balance in enumerate(balances):
        if balance > 0:
            leg.append(make(number, float(balance)))
            if not drawn and number > 0:
                leg.append(ql.SimpleCashFlow(-float(balance), ends[number]))
            drawn = True
        if extra[number]:
            leg.append(ql.SimpleCashFlow(float(extra[number]), ends[number + 1]))
    return leg


def _discount_curve(flows: LoanFlows, discount: Curve, today: ql.Date, dates: list[ql.Date]) -> ql.YieldTermStructure:
    """Our curve on the payment dates and the middles between them, where the risky engine looks."""
    ends = [today, *dates]
    nodes = sorted({date for start, end in itertools.pairwise(ends) for date in (start, start + (end - start) // 2, end)})
    years = np.array([(node - today) / 365.0 for node in nodes])
    return ql.DiscountCurve(nodes, [float(value) for value in discount(years)], ql.Actual365Fixed())


def _hazard_curve(flows: LoanFlows, survival: Curve, today: ql.Date, dates: list[ql.Date]) -> ql.DefaultProbabilityTermStructure:
    years, _ = day_counts(flows.as_of, flows.dates)
    total = -np.log(np.maximum(np.concatenate([[1.0], survival(years)]), LEAST_SURVIVAL))
    hazards = np.diff(total) / np.diff(np.concatenate([[0.0], years]))
    return ql.HazardRateCurve([today, *dates], [float(hazards[0]), *(float(h) for h in hazards)], ql.Actual365Fixed())


def quantlib_claims(as_of: dt.date, flows: dict[dt.date, float], discount: Curve, survival: Curve, *, subject: str) -> float:
    """Single payments on one credit without recovery, by zero-coupon bonds and the risky bond engine: sum of D(t) S(t) CF(t)."""
    dates = tuple(flows)
    balances = np.zeros(len(dates))
    grid = LoanFlows(as_of, dates, balances, balances, balances, 0.0, 0.0, balances, 0.0)
    with session(as_of), refusals(key=subject, pillar="planned payments", quote=len(dates)):
        today, ends = to_ql(as_of), [to_ql(date) for date in dates]
        curve = ql.YieldTermStructureHandle(_discount_curve(grid, discount, today, ends))
        default = ql.DefaultProbabilityTermStructureHandle(_hazard_curve(grid, survival, today, ends))
        engine = ql.RiskyBondEngine(default, 0.0, curve)
        total = 0.0
        for end, amount in zip(ends, flows.values(), strict=True):
            bond = ql.ZeroCouponBond(0, ql.NullCalendar(), 1.0, end, ql.Unadjusted, 100.0, today)
            bond.setPricingEngine(engine)
            total += amount * float(bond.NPV())
        return total
