"""Closed forms of staged equity: shares bought at an agreed price where both sides still want the deal on the day."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from pricing.formulas.checks import checked, positive

Array = NDArray[np.float64]
UNBOUNDED = 1e300
"""An upper bound that is none: arguments must be finite."""


def gap_claim_value(*, forward: ArrayLike, variance: ArrayLike, low: ArrayLike, high: ArrayLike, floor: ArrayLike = 0.0) -> Array:
    """Expected gain per USD of a draw that happens only where its shares are worth enough, and not too much.

    **Model** y is lognormal with mean F and log variance v: what the shares bought with one USD are worth. With z = max(g, y) the draw
    happens where low <= z <= high and gains z - 1: E[(z - 1) 1{low <= z <= high}], not discounted. low = 1 without an upper bound and
    floor is the call (Black 1976); a draw that nobody can stop has low = 0.

    Args:
        forward: F, above zero. variance: v, at or above zero (s^2 times years).
        low, high: bounds of z; `UNBOUNDED` is no upper bound.
        floor: g, at or above zero: what a discount to the price of the day guarantees.

    Returns:
        Value per USD drawn, broadcast shape. Limits: v = 0: the gain of F where it lies within the bounds, which belong to the interval.

    Source: Rubinstein and Reiner (1991), gap options.

    Example:
        >>> round(float(gap_claim_value(forward=1.0, variance=0.04, low=1.0, high=UNBOUNDED)), 4)
        0.0797
    """
    f, v, a, b, g = _arguments(forward, variance, low, high, floor)
    start, middle = np.where(g >= a, 0.0, a), np.maximum(np.where(g >= a, 0.0, a), g)
    flat = g * (_above(f, v, start, -0.5) - _above(f, v, middle, -0.5))
    rising = f * (_above(f, v, middle, 0.5) - _beyond(f, v, b, 0.5))
    asked = _above(f, v, start, -0.5) - _beyond(f, v, b, -0.5)
    return np.where((a <= b) & (g <= b), flat + rising - asked, 0.0)


def gap_claim_odds(*, forward: ArrayLike, variance: ArrayLike, low: ArrayLike, high: ArrayLike, floor: ArrayLike = 0.0) -> Array:
    """Odds that the draw of `gap_claim_value` happens: P(low <= max(g, y) <= high)."""
    f, v, a, b, g = _arguments(forward, variance, low, high, floor)
    odds = _above(f, v, np.where(g >= a, 0.0, a), -0.5) - _beyond(f, v, b, -0.5)
    return np.where((a <= b) & (g <= b), np.clip(odds, 0.0, 1.0), 0.0)


def _arguments(forward: ArrayLike, variance: ArrayLike, low: ArrayLike, high: ArrayLike, floor: ArrayLike) -> list[Array]:
    f, v, a, b, g = checked(forward=forward, variance=variance, low=low, high=high, floor=floor)
    positive(strict=True, forward=f)
    positive(variance=v, floor=g)
    return [f, v, a, b, g]


def _above(f: Array, v: Array, level: Array, half: float) -> Array:
    """P(y >= level), or with half = +0.5 the same with y as weight; a level at or below zero is always passed."""
    return np.where(level <= 0.0, 1.0, _tail(f, v, level, half, f >= level))


def _beyond(f: Array, v: Array, level: Array, half: float) -> Array:
    """P(y > level), likewise."""
    return np.where(level < 0.0, 1.0, _tail(f, v, level, half, f > level))


def _tail(f: Array, v: Array, level: Array, half: float, still: NDArray[np.bool_]) -> Array:
    root = np.sqrt(v)
    with np.errstate(divide="ignore", invalid="ignore"):
        moving = ndtr((np.log(f) - np.log(np.maximum(level, 1e-300)) + half * v) / root)
    return np.where(v > 0.0, moving, still.astype(np.float64))
