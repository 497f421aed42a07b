"""Belief: thresholds with hysteresis, the epidemic of a story, news that feeds on itself (network note, section 8)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from instruments.ground.errors import InputError, NetworkError
from instruments.ground.messages import problem
from pricing.clearing.rows import Floats, floats

GRID = 20_001
"""Points on which equilibria of a large crowd are looked for."""


def joiners(thresholds: ArrayLike) -> int:
    """How many join a crowd when each waits for its threshold of others, from nobody up (least equilibrium).

    Source: Granovetter 1978.

    Example:
        >>> joiners(range(100)), joiners([0, 2, *range(2, 100)])
        (100, 1)
    """
    waits = np.sort(floats(list(thresholds) if isinstance(thresholds, range) else thresholds, "thresholds", low=0.0))
    inside = 0
    while (now := int((waits <= inside).sum())) > inside:
        inside = now
    return inside


def settled_share(distribution: Callable[[float], float], *, bias: float, start: float) -> float:
    """Share of a large crowd that believes in the end: x' = Theta(x + b) from `start` (0 for the least, 1 for the greatest).

    Raises:
        NetworkError: the share does not settle.
    """
    share = start
    for _ in range(100_000):
        new = distribution(share + bias)
        if abs(new - share) < 1e-14:
            return new
        share = new
    raise NetworkError(
        problem("not_converged", subject="belief", iterations=100_000, residual=f"{abs(new - share):.1e}", remedy="change the bias")
    )


def jump_biases(distribution: Callable[[Floats], Floats]) -> tuple[float, float] | None:
    """(up-jump, down-jump) bias of a large crowd, or None where no bias makes it jump.

    Equilibria are x = Theta(x + b); with u = x + b, b(u) = u - Theta(u). The low equilibrium vanishes at the largest local maximum of b
    (up-jump), the high one at the smallest local minimum (down-jump); between the two biases both exist: hysteresis. Found on a grid of u
    from -0.5 to 1.5.
    """
    u = np.linspace(-0.5, 1.5, GRID)
    bias = u - distribution(u)
    inner = np.arange(1, GRID - 1)
    tops = inner[(bias[inner] > bias[inner - 1]) & (bias[inner] >= bias[inner + 1])]
    bottoms = inner[(bias[inner] < bias[inner - 1]) & (bias[inner] <= bias[inner + 1])]
    if not len(tops) or not len(bottoms):
        return None
    return float(bias[tops].max()), float(bias[bottoms].min())


def story_reach(reproduction: float) -> float:
    """Share that a story reaches in the end: the largest root of z = 1 - exp(-R0 z); 0 for R0 <= 1."""
    if reproduction <= 1.0:
        return 0.0

    def missing(share: float) -> float:
        return 1.0 - math.exp(-reproduction * share) - share

    root: Any = brentq(missing, 1e-3 * (1 - 1 / reproduction), 1.0, xtol=1e-15)
    return float(root)


def news_rate(*, base: float, branching: float) -> float:
    """Mean rate of self-exciting news: base / (1 - n).

    Raises:
        NetworkError: n is 1 or more: each item breeds at least one more, for ever.
    """
    if branching >= 1.0:
        raise NetworkError(problem("not_contracting", subject="news", field="branching", radius=f"{branching:g}"))
    if base < 0 or branching < 0:
        raise InputError(problem("bad_option", subject="base, branching", expected="at or above 0", hint="rates"))
    return base / (1.0 - branching)
