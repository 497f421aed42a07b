"""DebtRank: relative losses passed along claims before anybody has failed (network note, section 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.clearing.rows import Floats, RowFailure, scenarios, settle, square, squeezed, stretched, vectors

MOST_ROUNDS = 100_000
"""Most rounds: losses shrink by the spectral radius of W each round, or reach a cap."""


@dataclass(frozen=True, slots=True)
class Distress:
    """Relative losses of equity. A single scenario has no scenario axis."""

    loss: Floats
    """h [scenario, n] in [0, 1]: 1 is default."""
    rounds: NDArray[np.int64]
    """[scenario]."""
    rows: NDArray[np.int64]
    """Which scenarios of the batch these rows are."""
    failures: tuple[RowFailure, ...]
    """Scenarios without an answer."""


def debt_rank(*, claims: ArrayLike, equity: ArrayLike, shock: ArrayLike, version: Literal["2012", "2015"] = "2015") -> Distress:
    """DebtRank of a batch of shocks.

    Model: 2015, W_ij = A_ji / E_j, h(t+1) = min(1, h(t) + W'(h(t) - h(t-1))): every new loss is passed on. 2012, W_ij = min(1, A_ji / E_j),
    each node passes on its distress once: too little on cycles and on paths of unequal length. Claims lose value in proportion to the
    debtor's equity; recovery after default is 0.

    Args:
        claims: A, claim of i on j, USD, (n, n), zero diagonal.
        equity: E(0) > 0, USD, (n,) or (scenarios, n).
        shock: h(1) in [0, 1], (n,) or (scenarios, n).

    Raises:
        NetworkError: losses still move after the most rounds allowed; in a batch a failure of its row.

    Source: Battiston and others 2012; Bardoscia and others 2015, https://doi.org/10.1371/journal.pone.0130406, equation (9).

    Example:
        >>> debt_rank(claims=[[0, 0.5], [0.5, 0]], equity=[1, 1], shock=[0.2, 0]).loss.round(6)
        array([0.266667, 0.133333])
    """
    held = square(claims, "claims")[0]
    n = len(held)
    worth, first = vectors(equity, "equity", n, low=np.finfo(float).tiny), vectors(shock, "shock", n, low=0.0, high=1.0)
    if version not in ("2012", "2015"):
        raise InputError(problem("bad_option", subject="version", value=version, expected="2012 or 2015", hint="2015 is the default"))
    count = scenarios(worth, first)
    worth, loss = stretched(worth, count), stretched(first, count).copy()
    # receivers' losses: i receives A_ij / E_i of j's, so r = new @ A' / E
    passed_on = np.minimum(1.0, held[None] / worth[:, :, None]) if version == "2012" else held[None] / worth[:, :, None]
    new, silent = loss.copy(), np.zeros(loss.shape, dtype=bool)
    rounds = np.zeros(count, dtype=np.int64)
    for _ in range(MOST_ROUNDS):
        live = (new > 1e-16).any(axis=-1)
        if not live.any():
            break
        rounds += live
        grown = np.minimum(1.0, loss + np.einsum("sij,sj->si", passed_on, new))
        if version == "2012":
            silent |= new > 0
            new = np.where(silent, 0.0, grown)
        else:
            new = grown - loss
        loss = grown
    stuck = (new > 1e-12).any(axis=-1)
    text = "the loop feeds itself slowly: cut a claim"
    failures = tuple(
        RowFailure(int(row), problem("not_converged", iterations=MOST_ROUNDS, residual=f"{new[row].max():.1e}", remedy=text))
        for row in np.flatnonzero(stuck)
    )
    single = np.ndim(equity) < 2 and np.ndim(shock) < 2
    rows = settle(failures, count, single=single)
    return Distress(*squeezed(single, loss[rows], rounds[rows]), rows=rows, failures=failures)
