"""Quantiles with order-statistic intervals, and means of tails with their standard errors, of numbers by path."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.schedules.types import Floats

COVERAGE = 0.95
"""Of every interval."""
HALF_WIDTH_SIGMAS = 1.959963984540054
"""Standard errors from the middle to the end of such an interval where the estimate is normal."""


@dataclass(frozen=True)
class Quantile:
    """An order statistic with its interval; an end is None where no path lies beyond it."""

    level: float
    value: float
    low: float | None
    high: float | None

    @property
    def standard_error(self) -> float | None:
        """Width of the interval in standard errors of a normal estimate; None where an end is missing."""
        if self.low is None or self.high is None:
            return None
        return (self.high - self.low) / (2.0 * HALF_WIDTH_SIGMAS)


def quantiles(sample: Floats, levels: tuple[float, ...]) -> tuple[Quantile, ...]:
    """Quantiles of independent paths, each with a 95 % interval that assumes no distribution.

    **Model** the quantile is the order statistic of rank ceil(n level). The number of paths at or below the true quantile q is binomial, so
    X_(r) <= q <= X_(s) with at least the stated odds where P(Bin(n, level) < r) and P(Bin(n, level) >= s) are at most 2.5 % each.

    Args:
        sample: [path], at least one number, all finite.
        levels: in (0, 1).

    Raises:
        InputError: no path, or a level outside (0, 1).

    Source: David and Nagaraja, Order Statistics (2003), section 7.1. Limits: a sample of one number has no interval; where many paths
    share the value (no loss at all, say) the interval may have no length.
    """
    size = sample.size
    if size == 0:
        raise InputError(problem("bad_option", subject="quantiles", value=0, expected="at least one path", hint="simulate more paths"))
    for level in levels:
        if not 0.0 < level < 1.0:
            raise InputError(
                problem("bad_option", subject="quantiles", field="level", value=level, expected="between 0 and 1", hint="95 % is 0.95")
            )
    ordered = np.sort(sample)
    below = np.arange(size + 1, dtype=np.float64)
    found = []
    for level in levels:
        rank = min(max(int(np.ceil(size * level - 1e-9)), 1), size)
        at_most = bdtr(below, size, level)  # P(Bin <= k), k = 0..n
        tail = 0.5 * (1.0 - COVERAGE)
        low = int(np.searchsorted(at_most, tail, side="right"))  # greatest r with P(Bin <= r - 1) <= tail
        high = int(np.searchsorted(at_most, 1.0 - tail, side="left")) + 1  # least s with P(Bin <= s - 1) >= 1 - tail
        found.append(
            Quantile(
                level,
                float(ordered[rank - 1]),
                float(ordered[low - 1]) if low >= 1 else None,
                float(ordered[high - 1]) if high <= size else None,
            )
        )
    return tuple(found)


def tail_mean(sample: Floats, level: float) -> tuple[float, float]:
    """Mean of the worst 1 - level of losses (expected shortfall, CVaR) and its standard error.

    **Model** q + E[(L - q)^+] / (1 - level) with q the quantile at the level (Rockafellar and Uryasev 2000), which counts only a part of an
    atom at q. The error is that of the mean at q held fixed: to first order the estimate does not depend on q (Manistre and Hancock 2005).

    Args:
        sample: losses, USD, [path], at least two.
        level: in (0, 1).

    Raises:
        InputError: as `quantiles`.
    """
    at = quantiles(sample, (level,))[0].value
    beyond = np.maximum(sample - at, 0.0) / (1.0 - level)
    return at + float(beyond.mean()), float(beyond.std(ddof=1) / np.sqrt(sample.size))
