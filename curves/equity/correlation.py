"""Correlations between market keys, pair by pair and as a checked matrix."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from curves.arrays import FloatArray, bad_argument, finite_array, read_only
from curves.market import PAIR_MARK, Market
from instruments.ground.errors import CalibrationError, MarketError
from instruments.ground.messages import problem

EIGENVALUE_ABS = 1e-10
"""An eigenvalue this little below 0 is rounding: a matrix of perfect correlations has zeros that come out so."""
MOST_PROJECTIONS = 5_000
PROJECTION_ABS = 1e-12
"""A round of projections that moves no entry by more has settled."""
SHARE_OF_BLAME = 1e-6
"""Entries of an eigenvector above it take part in a contradiction."""


def correlation_between(market: Market, key_a: str, key_b: str) -> float:
    """Correlation of the Brownian drivers of two keys: 1 of a key with itself, the listed number in either order, else 0."""
    if key_a == key_b:
        return 1.0
    quote = market.correlation.get(f"{key_a}{PAIR_MARK}{key_b}") or market.correlation.get(f"{key_b}{PAIR_MARK}{key_a}")
    return quote.value if quote else 0.0


def correlation_matrix(market: Market, keys: Sequence[str]) -> FloatArray:
    """The correlation matrix of several keys, checked; repaired only where the market asks for it (`repair_correlation`).

    Args:
        market: the snapshot; pairs that it does not list are uncorrelated.
        keys: market keys [key], each once. None gives an empty matrix.

    Returns:
        Read-only [key, key], symmetric, ones on the diagonal, positive semi-definite (least eigenvalue above -1e-10).

    Raises:
        InputError: a key appears twice.
        MarketError: the correlations contradict each other and no repair is asked for; the pairs involved are named.
    """
    if len(set(keys)) != len(keys):
        raise bad_argument("correlation_matrix", "keys", ", ".join(keys), "each key once", "remove the repeated key")
    matrix = np.array([[correlation_between(market, a, b) for b in keys] for a in keys], dtype=np.float64).reshape(len(keys), len(keys))
    if len(keys):
        values, vectors = np.linalg.eigh(matrix)
        if float(values[0]) < -EIGENVALUE_ABS and market.repair_correlation:
            matrix = nearest_correlation(matrix)
        elif float(values[0]) < -EIGENVALUE_ABS:
            involved = np.abs(vectors[:, 0]) > SHARE_OF_BLAME
            pairs = combinations([index for index in range(len(keys)) if involved[index]], 2)
            blamed = [f"{keys[i]}{PAIR_MARK}{keys[j]} = {matrix[i, j]:g}" for i, j in pairs if matrix[i, j]]
            raise MarketError(
                problem(
                    "bad_quote",
                    subject="correlation",
                    why=f"no joint law has these correlations together: {', '.join(blamed)} (least eigenvalue {values[0]:.3g})",
                    remedy="bring them nearer to 0, list the pairs that are missing, or set repair_correlation = true",
                )
            )
    return read_only(matrix)


def nearest_correlation(matrix: npt.ArrayLike) -> FloatArray:
    """The correlation matrix nearest to a symmetric one, in the sum of squared differences.

    Model: alternating projections on the positive semi-definite matrices and on those with a unit diagonal, with Dykstra's correction:
    Higham (2002), "Computing the nearest correlation matrix", IMA Journal of Numerical Analysis 22.

    Args:
        matrix: [key, key], symmetric, ones on the diagonal.

    Returns:
        Read-only [key, key]; the matrix itself where it is a correlation matrix already.

    Raises:
        CalibrationError: the projections did not settle.

    Checked against: tests/oracle/curves/test_equity_oracle.py (QuantLib's Higham repair; an optimiser).
    """
    target = finite_array("nearest_correlation", "matrix", matrix)
    if target.ndim != 2 or target.shape[0] != target.shape[1] or float(np.abs(target - target.T).max(initial=0.0)) > 0.0:
        raise bad_argument("nearest_correlation", "matrix", target.shape, "square and symmetric", "average it with its transpose")
    here, correction = target, np.zeros_like(target)
    change = 0.0
    for _ in range(MOST_PROJECTIONS):
        values, vectors = np.linalg.eigh(here - correction)
        inside = (vectors * np.maximum(values, 0.0)) @ vectors.T
        correction = inside - (here - correction)
        after = inside.copy()
        np.fill_diagonal(after, 1.0)
        change = float(np.abs(after - here).max(initial=0.0))
        here = after
        if change < PROJECTION_ABS:
            return read_only(_clean(here))
    raise CalibrationError(
        problem(
            "not_converged",
            subject="correlation",
            iterations=MOST_PROJECTIONS,
            residual=change,
            remedy="bring the correlations nearer to 0",
        )
    )


def correlation_repair(market: Market) -> float:
    """Largest change that the repair makes to a listed correlation; 0 where none is asked for or needed."""
    if not market.repair_correlation or not market.correlation:
        return 0.0
    keys = sorted({key for pair in market.correlation for key in pair.split(PAIR_MARK)})
    plain = np.array([[correlation_between(market, a, b) for b in keys] for a in keys], dtype=np.float64)
    return float(np.abs(correlation_matrix(market, keys) - plain).max())


def _clean(matrix: FloatArray) -> FloatArray:
    """The last projection leaves eigenvalues a hair below 0: they are lifted to 0, and the diagonal is scaled back to 1."""
    values, vectors = np.linalg.eigh(matrix)
    lifted = (vectors * np.maximum(values, 0.0)) @ vectors.T
    scale = np.sqrt(np.diag(lifted))
    clean = lifted / np.outer(scale, scale)
    np.fill_diagonal(clean, 1.0)
    return 0.5 * (clean + clean.T)
