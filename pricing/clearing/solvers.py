"""Readable numpy statements of debt clearing: monotone iteration, fictitious default, linear programme.

Second opinions of the compiled loop: the same answer from different algorithms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from instruments.ground.errors import NetworkError
from instruments.ground.messages import problem
from instruments.ground.tolerances import FIXED_POINT_RESIDUAL
from pricing.clearing.certificate import Which
from pricing.clearing.rows import Bools, Floats

SOLVENT_REL = 1e-13
"""Cash may miss what is owed by this share and still counts as equal to it."""


@dataclass(frozen=True, slots=True)
class DebtMap:
    """p -> payments, of Eisenberg and Noe or of Rogers and Veraart, for every scenario."""

    assets: Floats
    """e [scenario, n]."""
    first_claims: Floats
    """x [scenario, n] where outsiders are paid first, else 0."""
    shares: Floats
    """Pi [1 or scenario, n, n]: part of i's payment that goes to j."""
    owed: Floats
    """pbar [1 or scenario, n]."""
    alpha: float
    """Share of outside assets left after a default."""
    beta: float
    """Share of receipts left after a default."""

    def received(self, paid: Floats) -> Floats:
        """Pi' p [scenario, n]."""
        if len(self.shares) == 1:
            return paid @ self.shares[0]
        return np.einsum("si,sij->sj", paid, self.shares)

    def insolvent(self, received: Floats) -> Bools:
        """Cash below what is owed; equal counts as solvent."""
        have, must = self.assets + received, self.first_claims + self.owed
        return have < must - SOLVENT_REL * (have + must)

    def pays(self, received: Floats, default: Bools) -> Floats:
        """Payments, given receipts and who is in default."""
        left = self.alpha * self.assets + self.beta * received - self.first_claims
        return np.where(default, np.clip(left, 0.0, self.owed), self.owed)

    def residual(self, paid: Floats, default: Bools) -> Floats:
        """[scenario]: largest distance between p and the map of p, over total debt. The defaults must be those that p implies:
        a node on the edge (within rounding of solvency) may be either, a node beyond it counts as an error of its debt.
        """
        received = self.received(paid)
        gap = np.abs(self.pays(received, default) - paid)
        have, must = self.assets + received, self.first_claims + self.owed
        edge = np.abs(have - must) <= 1e3 * SOLVENT_REL * (have + must)
        wrong = (self.insolvent(received) != default) & ~edge
        gap = np.maximum(gap, np.where(wrong, self.owed, 0.0))
        return gap.max(axis=-1) / np.maximum(self.owed.sum(axis=-1), 1e-300)


def iterate(model: DebtMap, *, which: Which, most: int) -> tuple[Floats, Bools, NDArray[np.int64]]:
    """Monotone iteration of all scenarios together: from full payment down, or from nothing paid up."""
    rows, n = model.assets.shape
    owed = np.broadcast_to(model.owed, (rows, n))
    paid = owed.copy() if which == "greatest" else np.zeros((rows, n))
    rounds = np.zeros(rows, dtype=np.int64)
    tiny = 0.01 * FIXED_POINT_RESIDUAL * owed.sum(axis=-1, keepdims=True)
    default = np.zeros((rows, n), dtype=bool)
    for _ in range(most):
        received = model.received(paid)
        default = model.insolvent(received)
        new = model.pays(received, default)
        open_rows = (np.abs(new - paid) > tiny).any(axis=-1)
        rounds += open_rows
        paid = new
        if not open_rows.any():
            break
    return paid, model.insolvent(model.received(paid)), rounds + 1


def fictitious_default(model: DebtMap, row: int) -> tuple[Floats, Bools, int]:
    """Greatest payments of one scenario: assume no defaults, solve on the defaulters, add every node that now fails; at most n rounds.

    Source: Eisenberg and Noe 2001, section 3.1; Rogers and Veraart 2013, definition 3.6 (greatest clearing vector algorithm).
    """
    k = row if len(model.owed) > 1 else 0
    one = DebtMap(
        assets=model.assets[row : row + 1],
        first_claims=model.first_claims[row : row + 1],
        shares=model.shares[k : k + 1],
        owed=model.owed[k : k + 1],
        alpha=model.alpha,
        beta=model.beta,
    )
    share, owed = one.shares[0], one.owed[0]
    fixed = one.alpha * one.assets[0] - one.first_claims[0]
    default = np.zeros(len(owed), dtype=bool)
    for rounds in range(1, len(owed) + 2):
        paid = _pay_on(default, share, owed, fixed, one.beta)
        failing = default | one.insolvent(one.received(paid[None]))[0]
        if (failing == default).all():
            return paid, default, rounds
        default = failing
    raise NetworkError(
        problem("not_converged", subject="fictitious default", iterations=len(owed) + 1, residual="unknown", remedy="report it")
    )


def _pay_on(default: Bools, share: Floats, owed: Floats, fixed: Floats, beta: float) -> Floats:
    """Payments with these nodes in default and the rest paying in full: a linear solve, repeated as nodes run dry or fill up.

    Outsiders who are paid first can take all a defaulter has; such a node pays nothing inside and drops out of the linear system.
    """
    dry = np.zeros_like(default)
    paid = owed.copy()
    for _ in range(2 * len(owed) + 1):
        inside = np.flatnonzero(default & ~dry)
        paid = np.where(default, 0.0, owed)
        right = fixed[inside] + beta * (paid @ share)[inside]
        paid[inside] = np.linalg.lstsq(np.eye(len(inside)) - beta * share[np.ix_(inside, inside)].T, right, rcond=None)[0]
        now_dry = default & (fixed + beta * (np.maximum(paid, 0.0) @ share) <= 0.0)
        if (now_dry == dry).all():
            break
        dry = now_dry
    return np.clip(paid, 0.0, owed)


def by_linear_programme(model: DebtMap, row: int) -> tuple[Floats, Bools, int]:
    """Greatest payments of one scenario: max 1'p subject to 0 <= p <= pbar and p <= e + Pi' p (pro rata, no default costs).

    Source: Eisenberg and Noe 2001, lemma 4.
    """
    k = row if len(model.owed) > 1 else 0
    share, owed, scale = model.shares[k], model.owed[k], max(float(model.owed[k].max()), 1e-300)
    found = linprog(
        -np.ones(len(owed)),
        A_ub=np.eye(len(owed)) - share.T,
        b_ub=model.assets[row] / scale,
        bounds=np.c_[np.zeros(len(owed)), owed / scale],
    )
    if not found.success:
        raise NetworkError(problem("no_solution", subject="linear programme", why=str(found.message), remedy="use another method"))
    # the programme is solved to 1e-9; one pass over its default set restores full accuracy
    default = found.x * scale < owed * (1 - 1e-7)
    paid = _pay_on(default, share, owed, model.assets[row], 1.0)
    return paid, default, int(found.nit)
