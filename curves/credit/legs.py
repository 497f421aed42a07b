"""The two legs of a credit default swap under piecewise flat hazard and forward rates: exact integrals, as arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from curves.arrays import FloatArray, IntArray, finite_array
from curves.credit.schedule import ACCRUAL_PER_YEAR, ONE_DAY_ACCRUAL, CdsSchedule
from curves.rates.curve import DiscountCurve

SMALL = 1e-2
"""Below it the second integral is a series: its closed form cancels."""
HAZARD_REL = 1e-5
"""Central step of a hazard, as a share of it."""
LOG_STEP = 1e-5
"""Central step along a move of log discount factors."""
SERIES = (1 / 2, -1 / 3, 1 / 8, -1 / 30, 1 / 144, -1 / 840, 1 / 5760)


@dataclass(frozen=True, slots=True)
class Cells:
    """The time to one maturity, cut where a premium is paid or a forward rate changes."""

    ends: FloatArray
    """End of each cell [cell]."""
    lengths: FloatArray
    """Length of each cell [cell]."""
    discounts: FloatArray
    """Discount factor at both ends of the cells [..., cell + 1]."""
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

    Discount factors and hazards broadcast: many hazards on one curve, or one hazard on many curves.

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
        found.append(_spread(leg_values(grid, rates[..., piece]), recovery))
    return np.stack(found, axis=-1)


def par_spread_slopes(
    schedule: CdsSchedule,
    *,
    hazard_times_years: FloatArray,
    hazards: FloatArray,
    recovery: float,
    discount: DiscountCurve,
    log_moves: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Derivatives of the par spreads by each flat hazard, and along moves of the discount curve.

    Model: central differences of the legs of `leg_values`, all of a swap's in one batch on one set of cells.

    Args:
        schedule, hazard_times_years, recovery, discount: as in `par_spreads`.
        hazards: per year [node], above 0.
        log_moves: what each move adds to the log discount factors at the nodes of `discount` [discount node, move].

    Returns:
        By hazard [quote, node], per unit of it; by move [quote, move].

    Checked against: tests/unit/curves/test_survival.py (bumps of `par_spreads`).
    """
    moves = log_moves.shape[1]
    steps = HAZARD_REL * hazards
    bumped = np.concatenate([hazards + np.diag(steps), hazards - np.diag(steps)])
    quotes = schedule.last_periods.size
    by_hazard, by_move = np.empty((quotes, hazards.size)), np.empty((quotes, moves))
    for quote in range(quotes):
        grid = cells(schedule, quote, discount, cuts=hazard_times_years)
        piece = np.minimum(np.searchsorted(hazard_times_years, grid.ends, side="left"), hazards.size - 1)
        up, down = np.split(_spread(leg_values(grid, bumped[:, piece]), recovery), 2)
        by_hazard[quote] = (up - down) / (2.0 * steps)
        # a log discount factor is linear between nodes, and so is what moves it
        edges, nodes = np.concatenate(([0.0], grid.ends)), discount.times_years
        at = np.clip(np.searchsorted(nodes, edges, side="right") - 1, 0, nodes.size - 2)
        later = ((edges - nodes[at]) / (nodes[at + 1] - nodes[at]))[:, None]
        moved = LOG_STEP * (log_moves[at] * (1.0 - later) + log_moves[at + 1] * later).T
        many = replace(grid, discounts=grid.discounts * np.exp(np.concatenate([moved, -moved])))
        up, down = np.split(_spread(leg_values(many, hazards[piece]), recovery), 2)
        by_move[quote] = (up - down) / (2.0 * LOG_STEP)
    return by_hazard, by_move


def _spread(legs: tuple[FloatArray, FloatArray], recovery: float) -> FloatArray:
    protection, premium = legs
    return (1.0 - recovery) * protection / premium


def _integrals(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    small = np.abs(x) < SMALL
    safe = np.where(small, 1.0, x)
    zero = x == 0.0
    first = np.where(zero, 1.0, -np.expm1(-x) / np.where(zero, 1.0, x))
    series = np.polynomial.polynomial.polyval(np.where(small, x, 0.0), SERIES)
    return first, np.where(small, series, (first - np.exp(-x)) / safe)
