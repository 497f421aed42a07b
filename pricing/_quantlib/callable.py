"""A fixed bullet loan that may be called, as QuantLib's callable bond on a short-rate tree without volatility."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import QuantLib as ql

from curves._quantlib.session import refusals, session, to_ql
from pricing.schedules.grid import day_counts
from pricing.schedules.loan import LoanFlows
from pricing.schedules.types import Bools, Floats

REVERSION, SIGMA = 0.03, 1e-7
"""Of the Hull-White tree: as good as no volatility, which is the model of the array lane."""


def quantlib_callable(flows: LoanFlows, discount: Callable[[Floats], Floats], price: Floats, may: Bools, *, subject: str) -> float:
    """Value of a bullet on its fixed coupon, called by its borrower at the best date; the tree's nodes are the payment dates.

    Args:
        flows: planned; fixed part only.
        discount: function of ACT/365F years.
        price: of a unit called on each date [time].
        may: dates on which it may be called [time].
        subject: for messages.

    Raises:
        CalibrationError: QuantLib refuses the inputs; the contract is named.
    """
    with session(flows.as_of), refusals(key=subject, pillar="callable bond", quote=flows.rate):
        today, ends = to_ql(flows.as_of), [to_ql(date) for date in flows.dates]
        years, _ = day_counts(flows.as_of, flows.dates)
        factors = [1.0, *(float(value) for value in discount(years))]
        curve = ql.YieldTermStructureHandle(ql.DiscountCurve([today, *ends], factors, ql.Actual365Fixed()))
        schedule = ql.Schedule([today, *ends])
        calls = ql.CallabilitySchedule()
        for end, unit, open_ in zip(ends, price, may, strict=True):
            if open_:
                calls.append(ql.Callability(ql.BondPrice(100.0 * float(unit), ql.BondPrice.Clean), ql.Callability.Call, end))
        thirty = ql.Thirty360(ql.Thirty360.ISDA)
        face = float(flows.fixed[0])
        bond = ql.CallableFixedRateBond(0, face, schedule, [flows.rate], thirty, ql.Unadjusted, 100.0, today, calls)
        model = ql.HullWhite(curve, REVERSION, SIGMA)
        steps = ql.TimeGrid([float(year) for year in np.asarray(years)])
        bond.setPricingEngine(ql.TreeCallableFixedRateBondEngine(model, steps, curve))
        return float(bond.NPV())
