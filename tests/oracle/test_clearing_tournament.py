"""Every clearing solver against others: enumeration of default sets, linear programme, plain iteration, scipy's fixed point."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from scipy.optimize import fixed_point, linprog

from instruments.ground.tolerances import ORACLE_REL
from pricing import clearing


def random_web(rng, n):
    debts = rng.exponential(size=(n, n)) * (rng.random((n, n)) < 0.6)
    np.fill_diagonal(debts, 0.0)
    return {"assets": rng.exponential(size=n) * 0.6, "debts": debts, "external": rng.exponential(size=n) * (rng.random(n) < 0.5)}


def enumerated(assets, debts, external, *, rank, alpha, beta):
    """Greatest and least payments among all default sets whose linear solution defaults exactly there (small n)."""
    n = len(assets)
    first = rank == "first"
    owed = debts.sum(axis=1) + (0 if first else external)
    ahead = external if first else np.zeros(n)
    share = debts / np.where(owed > 0, owed, 1)[:, None]
    found = []
    # each node pays in full, in part, or nothing (outsiders take all)
    for states in product(range(3 if first else 2), repeat=n):
        state = np.array(states)
        part = state == 1
        matrix = np.eye(n) - beta * np.where(part[:, None], share.T, 0.0)
        right = np.where(state == 0, owed, np.where(part, alpha * assets - ahead, 0.0))
        if abs(np.linalg.det(matrix)) < 1e-12:
            continue
        paid = np.linalg.solve(matrix, right)
        received = paid @ share
        solvent = assets + received >= ahead + owed - 1e-12
        left = np.clip(alpha * assets + beta * received - ahead, 0, owed)
        if np.abs(np.where(solvent, owed, left) - paid).max() < 1e-9:
            found.append(paid)
    found = np.array(found)
    return found[np.argmax(found.sum(axis=1))], found[np.argmin(found.sum(axis=1))]


@pytest.mark.parametrize("rank", ["first", "pro_rata"])
@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 1.0), (0.6, 0.8), (1.0, 0.5)])
def test_default_sets_enumerated(rank, alpha, beta):
    rng = np.random.default_rng(11)
    several = 0
    for _ in range(25):
        web = random_web(rng, 4)
        best, worst = enumerated(**web, rank=rank, alpha=alpha, beta=beta)
        several += np.abs(best - worst).max() > 1e-6
        for method in ("active_set", "iteration", "fictitious_default"):
            found = clearing.clear_debts(**web, rank=rank, alpha=alpha, beta=beta, method=method)
            assert found.paid == pytest.approx(best, abs=1e-9)  # the enumeration accepts solutions to 1e-9
        for method in ("active_set", "iteration"):
            least = clearing.clear_debts(**web, rank=rank, alpha=alpha, beta=beta, method=method, which="least")
            assert least.paid == pytest.approx(worst, abs=1e-9)
    assert several or beta == 1.0 or alpha == 1.0  # both costs together: some of these webs do have two solutions


def test_linear_programme_and_scipy_fixed_point():
    rng = np.random.default_rng(5)
    for n in (5, 20, 60):
        web = random_web(rng, n)
        owed = web["debts"].sum(axis=1) + web["external"]
        share = web["debts"] / np.where(owed > 0, owed, 1)[:, None]
        ours = clearing.clear_debts(**web, rank="pro_rata")
        programme = linprog(-np.ones(n), A_ub=np.eye(n) - share.T, b_ub=web["assets"], bounds=np.c_[np.zeros(n), owed])
        assert ours.paid == pytest.approx(programme.x, abs=1e-6 * owed.max())  # HiGHS solves to 1e-7
        back = share.T
        point = fixed_point(
            lambda p, owed=owed, cash=web["assets"], back=back: np.minimum(owed, cash + back @ p),
            owed,
            xtol=1e-13,
            maxiter=10_000,
            method="iteration",
        )
        assert ours.paid == pytest.approx(point, rel=ORACLE_REL)
        assert clearing.clear_debts(**web, rank="pro_rata", method="linear_programme").paid == pytest.approx(ours.paid, rel=ORACLE_REL)


def test_a_thousand_firms_agree_with_the_readable_statement():
    rng = np.random.default_rng(7)
    web = random_web(rng, 1000)
    web["external"] = 0.4 * web["debts"].sum(axis=1)
    web["assets"] = 0.7 * web["debts"].sum(axis=1) * rng.random(1000)
    kernel = clearing.clear_debts(**web, rank="pro_rata")
    plain = clearing.clear_debts(**web, rank="pro_rata", method="iteration")
    assert kernel.paid == pytest.approx(plain.paid, rel=ORACLE_REL)
    assert 0.05 < kernel.default.mean() < 0.95


def test_maximum_circularity_against_cycle_cancelling():
    """Cancel cycles greedily: a lower bound of the linear programme, equal to it on a web whose cycles share no edge."""
    rng = np.random.default_rng(2)
    for _ in range(20):
        flows = rng.integers(0, 5, size=(5, 5)).astype(float)
        np.fill_diagonal(flows, 0)
        found = clearing.max_circularity(flows=flows)
        left, cancelled = flows.copy(), 0.0
        while (cycle := _cycle(left)) is not None:
            step = min(left[i, j] for i, j in cycle)
            for i, j in cycle:
                left[i, j] -= step
            cancelled += step * len(cycle)
        assert cancelled <= found.amount + 1e-9
        assert (found.split <= flows + 1e-9).all()
        assert found.split.sum(axis=0) == pytest.approx(found.split.sum(axis=1), abs=1e-9)
    ring = np.zeros((5, 5))
    for (i, j), amount in {(0, 1): 3, (1, 0): 2, (1, 2): 4, (2, 3): 4, (3, 1): 1}.items():
        ring[i, j] = amount
    assert clearing.max_circularity(flows=ring).amount == pytest.approx(2 * 2 + 3 * 1)


def _cycle(flows):
    """Edges of some cycle, or None."""

    def walk(path):
        for j in np.flatnonzero(flows[path[-1]]):
            if j in path:
                loop = [*path[path.index(j) :], j]
                return list(pairwise(loop))
            if found := walk([*path, j]):
                return found
        return None

    for start in range(len(flows)):
        if found := walk([start]):
            return found
    return None
