"""Clearing with guarantees: the guarantor's promise is a debt that appears when the debtor falls short, and can fail itself (2.5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from instruments.ground.tolerances import FIXED_POINT_RESIDUAL
from pricing.clearing.certificate import Certificate, Rank, Which
from pricing.clearing.rows import Bools, Floats, RowFailure, floats, scenarios, settle, square, squeezed, stretched, vectors
from pricing.clearing.solvers import SOLVENT_REL

MOST_ROUNDS = 50_000
"""Most rounds of receipts."""
UNIQUE = "not tested with guarantees: compare greatest and least"


@dataclass(frozen=True, slots=True)
class Guaranteed:
    """Clearing with guarantees. A single scenario has no scenario axis."""

    share_paid: Floats
    """[scenario, n]: what each pays per dollar it owes, called guarantees included."""
    called: Floats
    """[scenario, guarantee]: liability that appeared, min(cap, shortfall)."""
    paid_under: Floats
    """[scenario, guarantee]: what the guarantor pays of it."""
    received: Floats
    """[scenario, n]."""
    equity: Floats
    """[scenario, n]: signed, called guarantees counted as debts."""
    outside_paid: Floats
    """[scenario, n]."""
    default: Bools
    """[scenario, n]."""
    both_fail: Bools
    """[scenario, guarantee]: debtor and guarantor default together."""
    certificate: Certificate
    """Which fixed point, residual, iterations."""
    rows: NDArray[np.int64]
    """Which scenarios of the batch these rows are."""
    failures: tuple[RowFailure, ...]
    """Scenarios without an answer."""


def clear_guarantees(
    *,
    assets: ArrayLike,
    debts: ArrayLike,
    external: ArrayLike = 0.0,
    guarantor: ArrayLike,
    debtor: ArrayLike,
    creditor: ArrayLike,
    cap: ArrayLike,
    rank: Rank,
    which: Which = "greatest",
) -> Guaranteed:
    """Clearing of a batch of debt networks in which some debts are guaranteed; no default costs.

    Model: a guarantee by g of k's debt to j adds a debt of g to j of min(cap, L_kj - paid_kj), in one class with g's others. Payments are
    iterated in receipts, which stay monotone, so greatest and least exist. Recourse of g to k after paying is not modelled.

    Args:
        assets, debts, external, rank, which: as in `clear_debts`.
        guarantor, debtor, creditor: entity numbers, (guarantees,); the guarantor is neither of the other two.
        cap: USD, (guarantees,) or (scenarios, guarantees).

    Raises:
        InputError: an array is malformed.
        NetworkError: no convergence; in a batch a failure of its row.
    """
    links = square(debts, "debts")[0]
    n = len(links)
    g, k, j = (np.asarray(part, dtype=np.int64) for part in (guarantor, debtor, creditor))
    if not (g.shape == k.shape == j.shape) or g.ndim != 1 or ((np.r_[g, k, j] < 0) | (np.r_[g, k, j] >= n)).any():
        raise InputError(problem("array_shape", field="guarantor, debtor, creditor", expected=f"equal lists of 0..{n - 1}", found=g.shape))
    if ((g == k) | (g == j)).any():
        raise InputError(
            problem(
                "array_range",
                field="guarantor",
                expected="neither debtor nor creditor",
                index=int(np.argmax((g == k) | (g == j))),
                value="one",
            )
        )
    cash, outside = vectors(assets, "assets", n, low=0.0), vectors(external, "external", n, low=0.0)
    limit = np.atleast_2d(floats(cap, "cap", low=0.0))
    count = scenarios(cash, outside, limit)
    single = np.ndim(assets) < 2 and np.ndim(external) < 2 and np.ndim(cap) < 2
    cash, outside, limit = stretched(cash, count), stretched(outside, count), stretched(np.broadcast_to(limit, (len(limit), len(g))), count)
    ahead, beside = (outside, 0.0 * outside) if rank == "first" else (0.0 * outside, outside)
    owed, promised = beside + links.sum(axis=1), links[k, j]
    gives, takes = np.eye(n)[g], np.eye(n)[j]

    def one_round(received: Floats, share: Floats) -> tuple[Floats, Floats]:
        """Shares paid and calls that agree with these receipts, from the given shares on."""
        for _ in range(MOST_ROUNDS):
            called = np.minimum(limit, promised * (1.0 - share[:, k]))
            due = owed + called @ gives
            have = np.maximum(0.0, cash + received - ahead)
            new = np.where(have >= due * (1 - SOLVENT_REL), 1.0, have / np.where(due > 0, due, 1.0))
            if np.abs(new - share).max() <= 1e-16:
                break
            share = new
        return share, called

    def receipts(share: Floats, called: Floats) -> Floats:
        return share @ links + (called * share[:, g]) @ takes

    scale = np.maximum(owed.sum(axis=-1), 1e-300)
    share = np.full((count, n), 1.0 if which == "greatest" else 0.0)
    received = links.sum(axis=0) + np.zeros((count, n)) if which == "greatest" else np.zeros((count, n))
    rounds = np.zeros(count, dtype=np.int64)
    for _ in range(MOST_ROUNDS):
        share, called = one_round(received, share)
        new = receipts(share, called)
        still = (np.abs(new - received).max(axis=-1)) > 0.01 * FIXED_POINT_RESIDUAL * scale
        rounds += still
        received = new
        if not still.any():
            break
    share, called = one_round(received, share)
    residual = np.abs(receipts(share, called) - received).max(axis=-1) / scale
    failures = tuple(
        RowFailure(int(row), problem("not_converged", iterations=MOST_ROUNDS, residual=f"{residual[row]:.1e}", remedy="lower the caps"))
        for row in np.flatnonzero(~(residual <= FIXED_POINT_RESIDUAL))
    )
    rows = settle(failures, count, single=single)
    equity = cash + received - ahead - owed - called @ gives
    outside_paid = np.minimum(outside, cash + received) if rank == "first" else outside * share
    fails = equity < -SOLVENT_REL * (cash + received + ahead + owed)
    proof = Certificate("iteration", which, rank, rounds[rows] + 1, residual[rows], UNIQUE, np.zeros(len(rows), dtype=bool))
    fields = (share, called, called * share[:, g], received, equity, outside_paid, fails, fails[:, g] & fails[:, k])
    return Guaranteed(*squeezed(single, *(field[rows] for field in fields)), certificate=proof, rows=rows, failures=failures)
