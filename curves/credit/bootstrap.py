"""Our own bootstrap of piecewise flat hazard rates from par spreads: without a cap, so that distressed names work."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from curves.arrays import FloatArray, bad_argument, finite_array
from curves.credit.legs import cells, leg_values
from curves.credit.schedule import CdsSchedule
from curves.credit.solving import LOWEST_KEPT, Policy
from curves.rates.curve import DiscountCurve
from instruments.ground.errors import CalibrationError
from instruments.ground.messages import problem
from instruments.ground.units import bps

REPRICED_ABS = 1e-13
"""A quote that a hazard of 0, or the hazard before, reprices to this value per unit notional keeps it: rounding decides nothing."""
LOWEST_HAZARD, HIGHEST_HAZARD = 1e-20, 1e12
"""The bracket ends here; every spread that a market may hold is solved far inside."""
LOG_LOWEST, LOG_HIGHEST, LOG_WIDENING = math.log(LOWEST_HAZARD), math.log(HIGHEST_HAZARD), math.log(4.0)
"""On the logarithm, with the step by which the bracket widens."""
LOG_HAZARD_ABS = 1e-15
"""Accuracy asked of the logarithm of the hazard."""


def bootstrap_hazard(
    spreads: npt.ArrayLike,
    schedule: CdsSchedule,
    *,
    recovery: float,
    discount: DiscountCurve,
    policy: Policy = "refuse",
    subject: str = "credit",
    pillars: Sequence[str] = (),
) -> FloatArray:
    """Hazard rates, one flat piece per quote, that reprice a ladder of par spreads of one name.

    Model: quote after quote, the hazard on the last piece solves (1 - recovery) protection = spread x premium, with accrued
    premium paid on default and the exact integrals of `curves.credit.legs`. Solved on the logarithm of the hazard, in a bracket
    that widens; there is no cap. Quotes that would need a hazard below 0 are arbitrageable: the policy decides, and by default they
    are **refused**, never smoothed. Quotes that would need more than certain default right after the pillar before are always
    refused. Where earlier quotes leave so little survival that any hazard meets a later quote, the hazard before it goes on. Not
    modelled: cheapest to deliver, restructuring, counterparty.

    Args:
        spreads: [quote], decimals a year, at or above 0.
        schedule: the swaps, in order of maturity.
        recovery: assumed by the quotes, between 0 and 1.
        discount: discount curve of the valuation date.
        policy: 'refuse'; 'floor' (a hazard of 0: that quote is no longer repriced); 'keep' (the negative hazard: survival rises).
        subject: market key, for messages.
        pillars: [quote], names for messages.

    Returns:
        Hazards [quote] per year; piece i ends at the maturity of quote i.

    Raises:
        InputError: lengths differ, or a spread or the recovery is out of range.
        CalibrationError: no hazard reprices a quote; entity, pillar, quote and the spreads that would be possible are named.

    Limits: spreads of 0 give hazards of 0; with recovery 1 only a spread of 0 has a solution.

    Source: own derivation; conventions of the standard contract (O'Kane and Turnbull 2003, "Valuation of Credit Default Swaps").

    Checked against: tests/oracle/curves/test_cds_oracle.py.
    """
    quotes = finite_array(subject, "quotes", spreads)
    names = tuple(pillars) or tuple(str(index) for index in range(quotes.size))
    if quotes.shape != schedule.last_periods.shape or len(names) != quotes.size:
        raise bad_argument(subject, "quotes", quotes.shape, f"one spread for each of {schedule.last_periods.size} swaps", "give them all")
    if float(quotes.min()) < 0.0:
        raise bad_argument(subject, "quotes", float(quotes.min()), "at or above 0", "a par spread is not negative")
    if not 0.0 <= recovery <= 1.0:
        raise bad_argument(subject, "recovery", recovery, "between 0 and 1", "40 % is 0.4")
    found: list[float] = []
    for index, spread in enumerate(quotes.tolist()):
        if recovery == 1.0 and spread > 0.0:
            raise _refused(subject, names[index], spread, "a recovery of 1 leaves nothing to protect", (0.0, 0.0))
        gain, limits = _swap(found, index, spread, schedule, recovery, discount)
        found.append(_solve(gain, limits, spread, found[-1] if found else spread, subject, names[index], policy))
    return np.array(found, dtype=np.float64)


def _swap(
    found: list[float], index: int, spread: float, schedule: CdsSchedule, recovery: float, discount: DiscountCurve
) -> tuple[Callable[[float], float], tuple[float, float]]:
    """Value of the protection less the premium as a function of the last hazard, and the par spreads at hazards 0 and infinity."""
    maturities = schedule.maturities_years
    grid = cells(schedule, index, discount, cuts=maturities[:index])
    piece = np.searchsorted(maturities[:index], grid.ends, side="left")

    def legs(hazard: float) -> tuple[float, float]:
        protection, premium = leg_values(grid, np.array([*found, hazard])[piece])
        return (1.0 - recovery) * float(protection), float(premium)

    def gain(hazard: float) -> float:
        protection, premium = legs(hazard)
        return protection - spread * premium

    (least, longest), (most, shortest) = legs(0.0), legs(HIGHEST_HAZARD)
    return gain, (least / longest, most / shortest if shortest > 0.0 else math.inf)


def _solve(
    gain: Callable[[float], float],
    limits: tuple[float, float],
    spread: float,
    guess: float,
    subject: str,
    pillar: str,
    policy: Policy = "refuse",
) -> float:
    if abs(gain(guess)) <= REPRICED_ABS:
        return guess
    floor = gain(0.0)
    if abs(floor) <= REPRICED_ABS:
        return 0.0
    if floor > 0.0 and policy == "floor":
        return 0.0
    if floor > 0.0 and policy == "keep" and gain(LOWEST_KEPT) <= 0.0:
        return cast(float, brentq(gain, LOWEST_KEPT, 0.0, xtol=LOG_HAZARD_ABS))

    def gain_at(log_hazard: float) -> float:
        return gain(math.exp(log_hazard))

    # bracket and root use one function of the logarithm, so that rounding cannot change a sign between them
    low = high = math.log(min(max(guess, bps(1.0)), HIGHEST_HAZARD))
    while gain_at(low) > 0.0 and low > LOG_LOWEST:
        low -= LOG_WIDENING
    while gain_at(high) < 0.0 and high < LOG_HIGHEST:
        high += LOG_WIDENING
    if floor > 0.0 or gain_at(low) > 0.0 or gain_at(high) < 0.0:
        why = "it needs a hazard rate below 0" if floor > 0.0 else "even certain default after the pillar before pays too little"
        raise _refused(subject, pillar, spread, why, limits)
    if low == high:
        return math.exp(low)
    return math.exp(cast(float, brentq(gain_at, low, high, xtol=LOG_HAZARD_ABS)))


def _refused(subject: str, pillar: str, spread: float, why: str, limits: tuple[float, float]) -> CalibrationError:
    least, most = (f"{limit * 1e4:,.2f} bp" for limit in limits)
    span = f"{least} to {most}" if limits[1] < math.inf else f"{least} and more"
    return CalibrationError(problem("not_calibrated", subject=subject, field=f"quotes.{pillar}", value=spread, why=why, allowed_range=span))
