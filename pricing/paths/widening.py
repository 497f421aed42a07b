"""Hazards that a break of the belief multiplies, at a survival that stays the curve's.

**Model** an entity defaults by its own diffusion, whose survival S_d has the hazard g, at breaks with odds q, and by what breaks leave
behind: after n breaks it has (m^n - 1) g more hazard, independent of everything given the breaks, so that its hazard is m^n g in all (as
odds over paths: along one path the diffusion has its own). Breaks come at the intensity lambda and count from the end of their step. With
w_n the odds of n breaks, those survived and what they brought survived too, over one step of length d

    S(t) = e^{-lambda q d} S_d(t - d) sum_n w_n e^{-m^n g d},

which has one root g: the total is the curve's at every date. After the step w_n takes e^{-(m^n - 1) g d}, then the breaks of the step.

**Domain** m >= 1; over every step the curve has at least the hazard lambda q of breaks alone. Limits: m = 1 gives S_d = S e^{lambda q t}.

Not modelled: hazards that come back to normal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from instruments.ground.errors import CalibrationError
from instruments.ground.messages import problem

Array = NDArray[np.float64]
ROUNDS = 40
CLOSE_REL = 1e-13
"""A root this close leaves a survival that is the curve's to rounding."""
MOST_LOAD = 700.0
"""Hazard x length of a step beyond which nobody survives it."""


@dataclass(frozen=True)
class Widening:
    """What breaks do to the hazard of one entity on a grid."""

    multiple: float
    """m, above 1."""
    survival: Array
    """S_d at the end of each step [time]."""
    loads: Array
    """g d of each step [time]."""
    mean_multiple: Array
    """E[m^n | alive] at the start of each step [time]."""

    def extra(self, breaks: NDArray[np.int64]) -> Array:
        """(m^n - 1) g d of each step [time, path], for the breaks so far at its start [time, path]."""
        with np.errstate(over="ignore"):
            factor = np.minimum(self.multiple ** breaks.astype(np.float64), 1e300) - 1.0
        return factor * self.loads[:, None]

    def hazard_move(self, breaks: NDArray[np.int64], now: int, last: int, years: Array) -> Array:
        """How far the mean hazard from date `now` to date `last` stands above its mean over paths, a year, for the breaks so far [path].

        The breaks so far are kept to the end; those to come count on neither side.
        """
        ahead = float(self.loads[now + 1 : last + 1].sum()) / float(years[last] - years[now])
        return (self.multiple ** breaks.astype(np.float64) - float(self.mean_multiple[min(now + 1, last)])) * ahead

    def default_step(self, breaks: NDArray[np.int64], uniforms: Array) -> NDArray[np.int64]:
        """Step in which what breaks left behind defaults the entity [path]; the number of steps where none does.

        Args:
            breaks: so far at the start of each step [time, path]. uniforms: in [0, 1) [path].
        """
        reach = np.cumsum(self.extra(breaks), axis=0)
        return (reach < -np.log1p(-uniforms)).sum(axis=0).astype(np.int64)


def widened(key: str, survival: Array, times: Array, intensity: float, odds: float, multiple: float) -> Widening:
    """Calibrate: see the model above.

    Args:
        key: for messages.
        survival: the curve's at each date [time].
        times: years [time], rising from above 0.
        intensity: lambda, at or above 0. odds: q in [0, 1]. multiple: m >= 1.

    Raises:
        CalibrationError: breaks alone have more hazard than the curve over some step.
    """
    steps = np.diff(times, prepend=0.0)
    mean = intensity * float(times[-1])
    count = int(np.ceil(mean + 10.0 * np.sqrt(mean) + 12.0))
    n = np.arange(count + 1, dtype=np.float64)
    with np.errstate(over="ignore"):
        factor = np.minimum(multiple**n, 1e300)
    weights = np.zeros(count + 1)
    weights[0] = 1.0
    left, survivals, loads, means = 1.0, np.empty(times.size), np.empty(times.size), np.empty(times.size)
    for t, step in enumerate(steps):
        means[t] = float((weights * factor).sum() / weights.sum())
        target = float(survival[t]) * np.exp(intensity * odds * step) / left if left > 0.0 else 0.0
        loads[t] = _load(key, weights, factor, target, float(times[t]))
        survivals[t] = left = left * np.exp(-loads[t])
        weights = _after(weights * np.exp(-np.minimum((factor - 1.0) * loads[t], MOST_LOAD)), n, intensity * step, odds)
    return Widening(multiple, survivals, loads, means)


def _load(key: str, weights: Array, factor: Array, target: float, years: float) -> float:
    """Y >= 0 at which sum w e^{-factor y} is the target: Newton from below, where a falling convex function is safe, else by brackets."""
    whole = float(weights.sum())
    if target > whole * (1.0 + 1e-9):
        why = f"by {years:.3g} years breaks of the belief alone default it more often than its curve"
        rule = "intensity x odds at most the curve's hazard"
        raise CalibrationError(problem("not_calibrated", subject=key, field="belief.hazard_multiples", why=why, allowed_range=rule))
    if target <= 0.0:
        return MOST_LOAD
    load = 0.0
    for _ in range(ROUNDS):
        alive = weights * np.exp(-np.minimum(factor * load, MOST_LOAD))
        gap = float(alive.sum()) - target
        if gap <= CLOSE_REL * target:
            return load
        load += gap / float((factor * alive).sum())
        if load > MOST_LOAD:
            return MOST_LOAD
    from scipy.optimize import brentq  # terms of very different speed: seldom

    def gap_at(y: float) -> float:
        return float((weights * np.exp(-np.minimum(factor * y, MOST_LOAD))).sum()) - target

    return float(brentq(gap_at, load, MOST_LOAD, xtol=1e-18, rtol=1e-15)) if gap_at(MOST_LOAD) < 0.0 else MOST_LOAD  # pyrefly: ignore


def _after(weights: Array, n: Array, mean: float, odds: float) -> Array:
    """The weights after the breaks of a step, each survived with 1 - odds; what exceeds the last count stays in it."""
    if mean == 0.0:
        return weights
    with np.errstate(divide="ignore"):
        arrive = np.exp(-mean + n * np.log(mean) - gammaln(n + 1.0)) * (1.0 - odds) ** n
    found = np.convolve(weights, arrive)
    kept = found[: n.size].copy()
    kept[-1] += found[n.size :].sum()
    return kept
