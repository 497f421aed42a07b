"""Correlations between market keys, pair by pair and as a checked matrix."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from curves.arrays import FloatArray, bad_argument, read_only
from curves.market import PAIR_MARK, Market
from instruments.ground.errors import MarketError
from instruments.ground.messages import problem

EIGENVALUE_ABS = 1e-10
"""An eigenvalue this little below 0 is rounding: a matrix of perfect correlations has zeros that come out so."""
SHARE_OF_BLAME = 1e-6
"""Entries of an eigenvector above it take part in a contradiction."""


def correlation_between(market: Market, key_a: str, key_b: str) -> float:
    """Correlation of the Brownian drivers of two keys: 1 of a key with itself, the listed number in either order, else 0."""
    if key_a == key_b:
        return 1.0
    quote = market.correlation.get(f"{key_a}{PAIR_MARK}{key_b}") or market.correlation.get(f"{key_b}{PAIR_MARK}{key_a}")
    return quote.value if quote else 0.0


def correlation_matrix(market: Market, keys: Sequence[str]) -> FloatArray:
    """The correlation matrix of several keys, checked and never repaired.

    Args:
        market: the snapshot; pairs that it does not list are uncorrelated.
        keys: market keys [key], each once. None gives an empty matrix.

    Returns:
        Read-only [key, key], symmetric, ones on the diagonal, positive semi-definite (least eigenvalue above -1e-10).

    Raises:
        InputError: a key appears twice.
        MarketError: the correlations contradict each other; the pairs involved are named.
    """
    if len(set(keys)) != len(keys):
        raise bad_argument("correlation_matrix", "keys", ", ".join(keys), "each key once", "remove the repeated key")
    matrix = np.array([[correlation_between(market, a, b) for b in keys] for a in keys], dtype=np.float64).reshape(len(keys), len(keys))
    if len(keys):
        values, vectors = np.linalg.eigh(matrix)
        if float(values[0]) < -EIGENVALUE_ABS:
            involved = np.abs(vectors[:, 0]) > SHARE_OF_BLAME
            pairs = combinations([index for index in range(len(keys)) if involved[index]], 2)
            blamed = [f"{keys[i]}{PAIR_MARK}{keys[j]} = {matrix[i, j]:g}" for i, j in pairs if matrix[i, j]]
            raise MarketError(
                problem(
                    "bad_quote",
                    subject="correlation",
                    why=f"no joint law has these correlations together: {', '.join(blamed)} (least eigenvalue {values[0]:.3g})",
                    remedy="bring them nearer to 0, or list the pairs that are missing",
                )
            )
    return read_only(matrix)
