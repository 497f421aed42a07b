"""The log likelihood of rents under the two-factor model: a Kalman filter that takes one observation at a time.

Two states and a diagonal noise need no matrices: plain floats are ten times faster here than small arrays.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from curves.compute.series import RentSeries

LOG_TWO_PI = math.log(2.0 * math.pi)
GAP_DIGITS = 12
"""Equal gaps must be equal numbers, to share one transition: 1e-12 years are 32 microseconds."""
SHORT_TERM = 1e-9
"""A term in years below which the price is spot."""


Observation = tuple[int, int, float]
"""One log rent: which series, which level, and its value."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """All observations of several series, grouped by time."""

    gaps: tuple[float, ...]
    """Years since the time before [time]; the first is 0."""
    groups: tuple[tuple[Observation, ...], ...]
    """What was seen at each time [time]."""
    jumped: tuple[tuple[int, ...], ...]
    """Launches that fell between the time before and this one [time]."""
    terms: tuple[float, ...]
    """Term of each series [series]."""
    levels: int
    """Number of levels: one for each series, and one more for each break."""


def timeline(series: Sequence[RentSeries], launches_years: Sequence[float]) -> Timeline:
    """Observations of all series in order of time; a level break starts a new level."""
    seen: dict[float, list[Observation]] = {}
    level = 0
    for index, one in enumerate(series):
        for time, rent in zip(one.times_years.tolist(), one.rents.tolist(), strict=True):
            step = sum(time >= at for at in one.breaks_years)
            seen.setdefault(time, []).append((index, level + step, math.log(rent)))
        level += 1 + len(one.breaks_years)
    times = sorted(seen)
    gaps = tuple(np.round(np.diff(times, prepend=times[0]), GAP_DIGITS).tolist())
    jumped = tuple(
        tuple(k for k, at in enumerate(launches_years) if before < at <= time)
        for before, time in zip([times[0], *times], times, strict=False)
    )
    return Timeline(gaps, tuple(tuple(seen[time]) for time in times), jumped, tuple(one.term_years for one in series), level)


@dataclass(frozen=True, slots=True)
class Parameters:
    """What the likelihood is a function of."""

    mean_reversion: float
    short_volatility: float
    long_volatility: float
    correlation: float
    growth: float
    """Real-world drift of the long-term level, per year."""
    levels: tuple[float, ...]
    """Intercept of each level [level]; the first is the long-term level itself at the first time."""
    noises: tuple[float, ...]
    """Standard deviation of the observation noise of each series [series]."""
    jumps: tuple[float, ...] = ()
    """Log jump of the long-term level at each launch [launch]."""


def loading(mean_reversion: float, term_years: float) -> float:
    """How much of x a term rate holds: (1 - e^{-kappa T}) / (kappa T), 1 for spot. y counts in full."""
    load = mean_reversion * term_years
    return 1.0 if load < SHORT_TERM else -math.expm1(-load) / load


def log_likelihood(line: Timeline, p: Parameters) -> float:
    """Log likelihood of all observations: Schwartz and Smith (2000), section 3.2.

    Model: log rent = level + loading x + y + noise; x starts at its stationary law, y at 0 with certainty (its level is the first
    intercept); between times the exact Gaussian transition. Each observation updates the state at once, which for independent noises is
    the same as all together.
    """
    kappa = p.mean_reversion
    loadings = [loading(kappa, term) for term in line.terms]
    noises = [noise * noise for noise in p.noises]
    levels = p.levels
    x = y = 0.0
    vxx, vxy, vyy = p.short_volatility**2 / (2.0 * kappa), 0.0, 0.0
    total = 0.0
    steps = {gap: _transition(gap, p) for gap in set(line.gaps)}
    for gap, group, jumped in zip(line.gaps, line.groups, line.jumped, strict=True):
        decay, drift, qxx, qxy, qyy = steps[gap]
        x *= decay
        y += drift
        vxx = decay * decay * vxx + qxx
        vxy = decay * vxy + qxy
        vyy += qyy
        for launch in jumped:
            y += p.jumps[launch]
        for series, level, value in group:
            load = loadings[series]
            gain_x, gain_y = load * vxx + vxy, load * vxy + vyy
            spread = load * gain_x + gain_y + noises[series]
            error = value - levels[level] - load * x - y
            total -= 0.5 * (LOG_TWO_PI + math.log(spread) + error * error / spread)
            gx, gy = gain_x / spread, gain_y / spread
            x += gx * error
            y += gy * error
            vxx -= gx * gain_x
            vxy -= gx * gain_y
            vyy -= gy * gain_y
    return total


def _transition(gap: float, p: Parameters) -> tuple[float, float, float, float, float]:
    """Decay of x, drift of y, and the covariance of the shocks (xx, xy, yy) over a time; nothing over no time."""
    decay, shock = math.exp(-p.mean_reversion * gap), -math.expm1(-p.mean_reversion * gap) / p.mean_reversion
    short = p.short_volatility**2 * -math.expm1(-2.0 * p.mean_reversion * gap) / (2.0 * p.mean_reversion)
    return decay, p.growth * gap, short, p.correlation * p.short_volatility * p.long_volatility * shock, p.long_volatility**2 * gap
