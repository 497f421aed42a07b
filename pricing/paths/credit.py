"""Default as the first passage of a Gaussian driver, fitted to a survival curve exactly, on its own clock.

A Brownian motion B on the clock A first reaches -b by t with probability 2 Phi(-b / sqrt A(t)); so the clock
A(t) = (b / Phi^{-1}((1 - S(t)) / 2))^2 gives survival S at every t (Overbeck and Schmidt 2005, "Modeling default dependence with
threshold models", Journal of Derivatives 12(4)). The increments of B in clock time take the normals of the path, correlated with the
other factors: low rents and early defaults come together path by path.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from pricing.schedules.types import Floats

BARRIER = 1.0
"""b: it scales the clock and nothing else."""
CERTAIN = 1e12
"""Clock of certain default: the barrier is hit with probability 1 - 8e-7 by then."""


def default_clock(survival: Floats, barrier: float = BARRIER) -> Floats:
    """Clock A at the dates of `survival`.

    Args:
        survival: S(t), not rising, in [0, 1], shape [time].
        barrier: b above 0.

    Returns:
        A(t), not falling, shape [time]: 0 while S = 1, capped at `CERTAIN` where S = 0.
    """
    reach = ndtri(np.clip(1.0 - survival, 0.0, 1.0) / 2.0)
    with np.errstate(divide="ignore"):
        clock = np.where(survival >= 1.0, 0.0, (barrier / reach) ** 2)
    return np.maximum.accumulate(np.minimum(clock, CERTAIN))


def crossing_odds(before: Floats, after: Floats, variance: Floats) -> Floats:
    """Odds that a Brownian bridge meets zero over each step [time, path]; over a step without variance it is there or not.

    Args:
        before, after: level at the step's ends [time, path]. variance: of the step [time].
    """
    steps = variance[:, None]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        odds = np.exp(-2.0 * np.maximum(before, 0.0) * np.maximum(after, 0.0) / steps)
    return np.where(steps > 0.0, odds, np.where(after <= 0.0, 1.0, 0.0))


def first_passage(normals: Floats, uniforms: Floats, clock: Floats, barrier: float = BARRIER) -> Floats:
    """Month of default on each path: the readable statement of the kernel.

    **Model**: between two dates the driver is a Brownian bridge; both ends above the barrier, it crosses with probability
    exp(-2 (b + B_0)(b + B_1) / dA), which the uniform decides. So survival is exact at each date, not only on a fine grid.

    Args:
        normals: standard normal increments, shape [time, path].
        uniforms: in [0, 1), shape [time, path].
        clock: A at the dates, shape [time].
        barrier: b.

    Returns:
        Index of the first date by which default has happened, the number of dates where none has; shape [path].
    """
    months, paths = normals.shape
    step = np.diff(np.concatenate([[0.0], clock]))
    level = np.full(paths, barrier)
    month = np.full(paths, float(months))
    for t in range(months):
        if step[t] <= 0.0:
            continue
        after = level + np.sqrt(step[t]) * normals[t]
        crossed = (after <= 0.0) | (uniforms[t] < np.exp(-2.0 * np.maximum(level * after, 0.0) / step[t]))
        month = np.where(crossed & (month == months), t, month)
        level = after
    return month
