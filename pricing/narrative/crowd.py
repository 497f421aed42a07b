"""A crowd that believes because others do: its equilibria, where it jumps up and down, and the loop between (hysteresis).

**Model** thresholds are logistic. With bias b, herding h and width w the share that believes settles where

    x = L((h (x - 1/2) + b) / w),        L(u) = 1 / (1 + e^-u)

b is what everybody sees (news, regret), h the weight on how many others believe, w how unlike people are. h = 0 is a crowd of people who
look at the bias alone. Equilibria solve b(x) = w logit(x) - h (x - 1/2); b' = w / (x (1 - x)) - h, so b turns only where
x (1 - x) = w / h, that is for h > 4 w, at x = (1 -+ sqrt(1 - 4 w / h)) / 2: the low equilibrium vanishes at the smaller (up-jump), the
high one at the larger (down-jump), and b(1 - x) = -b(x). Between the two biases both crowds are possible: the same news, two prices.

Source: thresholds, Granovetter 1978; logistic choice with social weight, Brock and Durlauf 2001. `pricing.clearing.jump_biases` finds the
folds of any distribution on a grid: the second opinion.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.clearing.rows import Floats, floats

HALVINGS = 60
"""Of each branch on which an equilibrium is looked for: to the last digit of a share."""


@dataclass(frozen=True, slots=True)
class BeliefLoop:
    """Where a crowd jumps, and from where to where."""

    up_bias: float
    """Bias at which the low equilibrium vanishes."""
    down_bias: float
    """Bias at which the high one vanishes; below `up_bias`: the way down differs from the way up."""
    up_from: float
    """Share of believers just before the jump up."""
    up_to: float
    down_from: float
    """Share of believers just before the collapse."""
    down_to: float

    @property
    def collapse(self) -> float:
        """Share of the crowd that is lost in one jump down."""
        return self.down_from - self.down_to


def _check(herding: float, width: float) -> None:
    if not width > 0.0 or not np.isfinite(width):
        raise InputError(
            problem("bad_option", subject="crowd", field="width", value=width, expected="above 0", hint="spread of thresholds")
        )
    if not herding >= 0.0 or not np.isfinite(herding):
        raise InputError(problem("bad_option", subject="crowd", field="herding", value=herding, expected="at or above 0", hint="0 is none"))


def leaning(share: ArrayLike, bias: ArrayLike, *, herding: float, width: float) -> Floats:
    """Share that would believe next, given the share that does now: L((h (x - 1/2) + b) / w). Shapes broadcast."""
    return np.asarray(expit((herding * (np.asarray(share, float) - 0.5) + np.asarray(bias, float)) / width))


def _folds(herding: float, width: float) -> tuple[float, ...]:
    """Shares at which b(x) turns, rising; none without a jump."""
    if herding <= 4.0 * width:
        return ()
    half = 0.5 * float(np.sqrt(1.0 - 4.0 * width / herding))
    return 0.5 - half, 0.5 + half


def _equilibria(bias: Floats, herding: float, width: float) -> Floats:
    """Equilibria [branch, ...]: one on each stretch on which b(x) is monotone, NaN where it has none. Bisection."""
    edges = (0.0, *_folds(herding, width), 1.0)
    found = []
    for number, (low, high) in enumerate(pairwise(edges)):
        sign = -1.0 if number % 2 else 1.0

        def above(x: Floats, sign: float = sign) -> Floats:
            with np.errstate(divide="ignore"):
                return sign * (width * logit(x) - herding * (x - 0.5) - bias)

        below, top = np.full(bias.shape, low), np.full(bias.shape, high)
        has = (above(below) <= 0.0) & (above(top) >= 0.0)
        for _ in range(HALVINGS):
            middle = 0.5 * (below + top)
            up = above(middle) < 0.0
            below, top = np.where(up, middle, below), np.where(up, top, middle)
        found.append(np.where(has, 0.5 * (below + top), np.nan))
    return np.array(found)


def settled_crowd(bias: ArrayLike, *, herding: float, width: float, start: ArrayLike) -> Floats:
    """Share of believers in the end, from `start` on, for a batch of biases: the first equilibrium in the direction in which it moves.

    Args:
        bias: b, any shape. herding: h >= 0. width: w > 0.
        start: share at the start in [0, 1], broadcast with `bias`: 0 finds the least equilibrium, 1 the greatest.
    """
    _check(herding, width)
    push, share = np.broadcast_arrays(floats(bias, "bias"), floats(start, "start", low=0.0, high=1.0))
    roots = _equilibria(push, herding, width)
    rises = leaning(share, push, herding=herding, width=width) >= share
    # the map is monotone: a share never passes the first equilibrium before it
    higher = np.where(roots >= share, roots, np.inf).min(axis=0)
    lower = np.where(roots <= share, roots, -np.inf).max(axis=0)
    return np.asarray(np.where(rises, np.where(np.isfinite(higher), higher, share), np.where(np.isfinite(lower), lower, share)))


def belief_loop(*, herding: float, width: float) -> BeliefLoop | None:
    """Folds of the crowd in closed form, and where it lands; None where herding is at most 4 widths: no jump, one path up and down.

    Example:
        >>> loop = belief_loop(herding=1.0, width=0.15)
        >>> round(loop.up_bias, 4), round(loop.down_bias, 4), round(loop.collapse, 4)
        (0.0926, -0.0926, 0.7945)
    """
    _check(herding, width)
    folds = _folds(herding, width)
    if not folds:
        return None
    low, high = folds
    up = width * float(logit(low)) - herding * (low - 0.5)
    # just past the fold, where its equilibrium is gone
    nudge = 1e-9 * max(1.0, abs(up))
    landed = settled_crowd([up + nudge, -up - nudge], herding=herding, width=width, start=[low, high])
    return BeliefLoop(up, -up, low, float(landed[0]), high, float(landed[1]))


def sweep_bias(biases: ArrayLike, *, herding: float, width: float, start: float) -> Floats:
    """Share of believers while the bias moves slowly through a list, each step from where the last one settled: [step]."""
    _check(herding, width)
    share = start
    path: list[float] = []
    for bias in floats(biases, "biases").ravel():
        share = float(settled_crowd(bias, herding=herding, width=width, start=share))
        path.append(share)
    return np.array(path)
