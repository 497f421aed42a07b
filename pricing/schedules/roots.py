"""Roots of one-dimensional functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scipy.optimize import brentq

ROOT_REL = 8.9e-16
"""Brent's method goes on to the last bit."""
_brentq: Any = brentq  # its types promise a pair that comes only when asked for


def root(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a continuous function that changes sign between `low` and `high` is nought."""
    return float(_brentq(function, low, high, xtol=1e-15, rtol=ROOT_REL, maxiter=500))
