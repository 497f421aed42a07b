"""The two legs of a credit default swap under piecewise flat hazard and forward rates: exact integrals, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curves.arrays import FloatArray, IntArray, finite_array
from curves.credit.schedule import ACCRUAL_PER_YEAR, ONE_DAY_ACCRUAL, CdsSchedule
from curves.rates.curve import DiscountCurve

SMALL = 1e-2
"""Below it the second integral is a series: its closed form cancels."""
SERIES = (1 / 2, -1 / 3, 1 / 8, -1 / 30, 1 / 144, -1 / 840, 1 / 5760)


@dataclass(frozen=True, slots=True)
class Cells:
    """The time to one maturity, cut where a premium is paid or a forward rate changes."""

    ends: FloatArray
    """End of each cell [cell]."""
    lengths: FloatArray
    """Length of each cell [cell]."""
    discounts: FloatArray
    """Discount factor at both ends of the cells [cell + 1]."""
    since_premium: FloatArray
    """From the start of the premium period to the start of the cell [cell]."""
    payments: IntArray
    """Index into the edges [period] of each premium date."""
    coupons: FloatArray
    """Premium paid at each of them per unit spread [period]."""
    rebate: float
    """Premium accrued up to the end of day 0, per unit spread."""


def cells(schedule: CdsSchedule, quote: int, discount: DiscountCurve, *, cuts: FloatArray) -> Cells:
    """The cells of one swap of the ladder, cut also at further times: where the hazard changes."""
    count = int(schedule.last_periods[quote]) + 1
    starts, ends = schedule.starts_years[:count], schedule.ends_years[:count]
    nodes = np.concatenate((discount.times_years, cuts))
    edges = np.unique(np.concatenate((ends, nodes[(nodes >= 0.0) & (nodes < ends[-1])])))
    coupons = (ends - starts) * ACCRUAL_PER_YEAR
    coupons[-1] += ONE_DAY_ACCRUAL
    return Cells(
        ends=edges[1:],
        lengths=np.diff(edges),
        discounts=discount.discount(edges),
        since_premium=edges[:-1] - starts[np.searchsorted(ends, edges[:-1], side="right")],
        payments=np.searchsorted(edges, ends).astype(np.int64),
        coupons=coupons,
        rebate=-float(starts[0]) * ACCRUAL_PER_YEAR + ONE_DAY_ACCRUAL,
    )


def leg_values(grid: Cells, hazards: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Protection per unit of loss, and premium per unit of spread, for hazards [..., cell]; both results [...].

    Model: with discount factor D, survival S, forward rate f and hazard h flat on a cell of length L that starts at a,
    x = (f + h) L: protection is the sum of D_a S_a h L p1(x); premium is the sum of coupon D S over the payments, plus what has
    accrued at default, h L D_a S_a 365/360 (s p1(x) + L p2(x)) with s the time since the period began, less the rebate;
    p1(x) = (1 - e^-x) / x and p2(x) = (1 - (1 + x) e^-x) / x^2. These are the integrals themselves, not a time step.
    """
    loads = hazards * grid.lengths
    total = np.concatenate((np.zeros((*loads.shape[:-1], 1)), np.cumsum(loads, axis=-1)), axis=-1)
    alive = grid.discounts * np.exp(-total)
    x = loads - np.diff(np.log(grid.discounts))
    weight = loads * alive[..., :-1]
    first, second = _integrals(x)
    accrued = (weight * (grid.since_premium * first + grid.lengths * second)).sum(axis=-1) * ACCRUAL_PER_YEAR
    premium = (alive[..., grid.payments] * grid.coupons).sum(axis=-1) + accrued - grid.rebate
    return (weight * first).sum(axis=-1), premium


def par_spreads(
    schedule: CdsSchedule,
    *,
    hazard_times_years: npt.ArrayLike,
    hazards: npt.ArrayLike,
    recovery: float,
    discount: DiscountCurve,
) -> FloatArray:
    """Par spreads of a ladder of swaps, for a batch of hazard curves.

    Model: (1 - recovery) protection / premium with the legs of `leg_values`; the hazard may change anywhere.

    Args:
        schedule: the swaps.
        hazard_times_years: end of each flat piece [node], rising; the last piece goes on.
        hazards: per year [..., node], at or above 0.
        recovery: between 0 and 1.
        discount: discount curve of the valuation date.

    Returns:
        Decimals a year [..., quote].

    Limits: hazards of 0 give 0. A flat hazard h gives about 360/365 (1 - recovery) h.

    Checked against: tests/oracle/curves/test_cds_oracle.py (quadrature; QuantLib).
    """
    nodes = finite_array("par_spreads", "hazard_times_years", hazard_times_years)
    rates = finite_array("par_spreads", "hazards", hazards)
    found = []
    for quote in range(schedule.last_periods.size):
        grid = cells(schedule, quote, discount, cuts=nodes)
        piece = np.minimum(np.searchsorted(nodes, grid.ends, side="left"), nodes.size - 1)
        protection, premium = leg_values(grid, rates[..., piece])
        found.append((1.0 - recovery) * protection / premium)
    return np.stack(found, axis=-1)


def _integrals(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    small = np.abs(x) < SMALL
    safe = np.where(small, 1.0, x)
    zero = x == 0.0
    first = np.where(zero, 1.0, -np.expm1(-x) / np.where(zero, 1.0, x))
    series = np.polynomial.polynomial.polyval(np.where(small, x, 0.0), SERIES)
    return first, np.where(small, series, (first - np.exp(-x)) / safe)
