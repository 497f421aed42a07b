"""One pillar after another: a flat hazard on each piece, under a stated policy for quotes that no hazard at or above 0 meets."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal, cast

import numpy as np
from scipy.optimize import brentq

from curves.arrays import FloatArray
from instruments.ground.errors import CalibrationError
from instruments.ground.messages import problem
from instruments.ground.units import bps

Policy = Literal["refuse", "floor", "keep"]
"""`refuse` raises; `floor` takes a hazard of 0, and the quote is no longer repriced; `keep` takes the negative hazard: survival rises."""
Gain = Callable[[int, Sequence[float], float, float], float]
"""(pillar, hazards before it, hazard on its piece, quote) to what a buyer of protection gains: rises with the hazard, 0 where the quote
is met."""
REPRICED_ABS = 1e-13
LOWEST_HAZARD, HIGHEST_HAZARD = 1e-20, 1e12
LOWEST_KEPT = -1.0
"""A kept arbitrage may let survival rise by this log rate a year, no faster."""
WIDENING = 4.0


def solve_pillars(quotes: FloatArray, gain: Gain, *, policy: Policy, subject: str, pillars: Sequence[str]) -> FloatArray:
    """Hazards [pillar] that meet the quotes [pillar] one after another.

    Raises:
        CalibrationError: a quote that needs a hazard below 0 (policy 'refuse'), one below -1 a year (policy 'keep'), or one that not even
            certain default meets (any policy).
    """
    names = tuple(pillars) or tuple(str(index) for index in range(quotes.size))
    found: list[float] = []
    for index, quote in enumerate(quotes.tolist()):

        def here(hazard: float, index: int = index, quote: float = quote) -> float:
            return gain(index, found, hazard, quote)

        found.append(_solve(here, gain, index, found, quote, policy, subject, names[index]))
    return np.array(found, dtype=np.float64)


def _solve(
    here: Callable[[float], float], gain: Gain, index: int, found: list[float], quote: float, policy: Policy, subject: str, pillar: str
) -> float:
    floor = here(0.0)
    if abs(floor) <= REPRICED_ABS:
        return 0.0
    if floor > 0.0:
        if policy == "floor":
            return 0.0
        if policy == "keep" and here(LOWEST_KEPT) <= 0.0:
            return cast(float, brentq(here, LOWEST_KEPT, 0.0, xtol=1e-15))
        raise _refused("it needs a hazard rate below 0", gain, index, found, quote, subject, pillar)
    low = high = math.log(max(found[-1] if found and found[-1] > 0.0 else abs(quote), bps(1.0)))

    def logged(log_hazard: float) -> float:
        return here(math.exp(log_hazard))

    while logged(low) > 0.0 and low > math.log(LOWEST_HAZARD):
        low -= math.log(WIDENING)
    while logged(high) < 0.0 and high < math.log(HIGHEST_HAZARD):
        high += math.log(WIDENING)
    if logged(high) < 0.0:
        if logged(high) >= -REPRICED_ABS:
            return math.exp(high)
        raise _refused("even certain default after the pillar before pays too little", gain, index, found, quote, subject, pillar)
    return math.exp(low) if low == high else math.exp(cast(float, brentq(logged, low, high, xtol=1e-15)))


def _refused(why: str, gain: Gain, index: int, found: list[float], quote: float, subject: str, pillar: str) -> CalibrationError:
    """The error, with the quotes that hazards between 0 and certainty would meet."""

    def meets(hazard: float) -> str:
        def here(other: float) -> float:
            return gain(index, found, hazard, other)

        try:
            return f"{cast(float, brentq(here, -10.0, 1e4, xtol=1e-12)):.6g}"
        except ValueError:
            return "any"

    span = f"{meets(0.0)} to {meets(HIGHEST_HAZARD)}"
    return CalibrationError(problem("not_calibrated", subject=subject, field=f"quotes.{pillar}", value=quote, why=why, allowed_range=span))
