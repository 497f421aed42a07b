"""Hazard from upfronts of credit default swaps with a standard coupon, and upfronts from hazards."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from curves.arrays import FloatArray, bad_argument, finite_array
from curves.credit.legs import cells, leg_values
from curves.credit.schedule import CdsSchedule
from curves.credit.solving import Policy, solve_pillars
from curves.rates.curve import DiscountCurve


def upfronts(
    schedule: CdsSchedule,
    *,
    coupon: float,
    hazard_times_years: npt.ArrayLike,
    hazards: npt.ArrayLike,
    recovery: float,
    discount: DiscountCurve,
) -> FloatArray:
    """Clean upfronts of a ladder of swaps, for a batch of hazard curves.

    Model: (1 - recovery) protection - coupon x premium with the legs of `curves.credit.legs`: what the buyer of protection pays today for
    a swap with that coupon, the accrued premium given back. Paid on the valuation date: the three days of settlement are left out.

    Args:
        schedule: the swaps.
        coupon: running coupon, decimal a year.
        hazard_times_years, hazards: as in `par_spreads`.
        recovery: between 0 and 1.
        discount: discount curve of the valuation date.

    Returns:
        Share of notional [..., quote]. Limits: at the par spread it is 0.
    """
    nodes, rates = finite_array("upfronts", "hazard_times_years", hazard_times_years), finite_array("upfronts", "hazards", hazards)
    found = []
    for quote in range(schedule.last_periods.size):
        grid = cells(schedule, quote, discount, cuts=nodes)
        piece = np.minimum(np.searchsorted(nodes, grid.ends, side="left"), nodes.size - 1)
        protection, premium = leg_values(grid, rates[..., piece])
        found.append((1.0 - recovery) * protection - coupon * premium)
    return np.stack(found, axis=-1)


def bootstrap_upfronts(
    quotes: npt.ArrayLike,
    schedule: CdsSchedule,
    *,
    coupon: float,
    recovery: float,
    discount: DiscountCurve,
    policy: Policy = "refuse",
    subject: str = "credit",
    pillars: Sequence[str] = (),
) -> FloatArray:
    """Hazard rates, one flat piece per quote, that reprice a ladder of upfronts.

    Args:
        quotes: clean upfronts [quote], share of notional.
        schedule: the swaps, in order of maturity.
        coupon: running coupon.
        recovery: at or above 0 and below 1.
        discount: discount curve.
        policy: for quotes that need a hazard below 0; see `curves.credit.solving`.
        subject, pillars: for messages.

    Returns:
        Hazards [quote] per year; no cap: an upfront near 1 - recovery is a default expected within weeks.

    Raises:
        InputError: lengths differ, or the recovery is out of range.
        CalibrationError: no hazard meets a quote; entity, pillar, quote and range are named.

    Checked against: tests/oracle/curves/test_credit_oracle.py (QuantLib's upfront swaps).
    """
    wanted = finite_array(subject, "quotes", quotes)
    if wanted.shape != schedule.last_periods.shape:
        raise bad_argument(subject, "quotes", wanted.shape, f"one upfront for each of {schedule.last_periods.size} swaps", "give them all")
    if not 0.0 <= recovery < 1.0:
        raise bad_argument(subject, "recovery", recovery, "at or above 0 and below 1", "40 % is 0.4")
    maturities = schedule.maturities_years
    grids = [cells(schedule, index, discount, cuts=maturities[:index]) for index in range(wanted.size)]
    pieces = [np.searchsorted(maturities[:index], grid.ends, side="left") for index, grid in enumerate(grids)]

    def gain(index: int, found: Sequence[float], hazard: float, upfront: float) -> float:
        protection, premium = leg_values(grids[index], np.array([*found, hazard])[pieces[index]])
        return (1.0 - recovery) * float(protection) - coupon * float(premium) - upfront

    return solve_pillars(wanted, gain, policy=policy, subject=subject, pillars=pillars)
