"""Clearing of debts with limited liability: Eisenberg and Noe, Rogers and Veraart (network note, 2.1 and 2.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instruments.ground.errors import InputError, NetworkError, Problem
from instruments.ground.messages import problem
from instruments.ground.tolerances import FIXED_POINT_RESIDUAL
from pricing.clearing.certificate import Certificate, Rank, Which, unique_debts
from pricing.clearing.rows import Bools, Floats, RowFailure, scenarios, settle, square, squeezed, stretched, vectors, writable
from pricing.clearing.solvers import DebtMap, by_linear_programme, fictitious_default, iterate

DebtMethod = Literal["active_set", "iteration", "fictitious_default", "linear_programme"]
"""How the fixed point is found; all give the same payments."""
MOST_SWEEPS = 5_000
"""Most sweeps of the compiled loop; it needs a handful, more only where default sets grow one node at a time."""
MOST_ROUNDS = 100_000
"""Most rounds of the plain iteration, which is slow on webs that leak little."""
UNIQUE = "every closed group of debtors holds outside cash above its outside claims (regular; no default costs)"


@dataclass(frozen=True, slots=True)
class Cleared:
    """Payments that clear. A single scenario has no scenario axis."""

    owed: Floats
    """pbar [scenario, n]: all debts (rank pro_rata) or those inside the network (rank first)."""
    paid: Floats
    """p [scenario, n]: what is paid of `owed`."""
    received: Floats
    """[scenario, n]: payments from the network."""
    equity: Floats
    """E [scenario, n]: assets before default costs less all liabilities; negative is a shortfall."""
    outside_paid: Floats
    """[scenario, n]: what outside creditors get."""
    default: Bools
    """[scenario, n]: who cannot pay in full."""
    dead_weight: Floats
    """[scenario]: what default costs destroy."""
    certificate: Certificate
    """Which fixed point, residual, iterations, uniqueness."""
    rows: NDArray[np.int64]
    """Which scenarios of the batch these rows are."""
    failures: tuple[RowFailure, ...]
    """Scenarios without an answer."""


def clear_debts(
    *,
    assets: ArrayLike,
    debts: ArrayLike,
    external: ArrayLike = 0.0,
    rank: Rank,
    alpha: float = 1.0,
    beta: float = 1.0,
    which: Which = "greatest",
    method: DebtMethod = "active_set",
) -> Cleared:
    """Clearing payments of a batch of debt networks.

    Model: limited liability, debt before equity, pro rata inside a class. p_i = pbar_i where e_i + sum_j Pi_ji p_j covers what is owed,
    else alpha e_i + beta sum_j Pi_ji p_j (after outside creditors under rank `first`). alpha = beta = 1 is Eisenberg and Noe, less is
    Rogers and Veraart: several solutions are then possible. Default is now or never: no maturities, no seniority inside the network
    (`clear_holdings` has it), no guarantees (`clear_guarantees`).

    Args:
        assets: e >= 0, outside assets, USD, (scenarios, n) or (n,).
        debts: L >= 0, L_ij what i owes j, USD, (scenarios, n, n) or (n, n), zero diagonal; one web serves all scenarios.
        external: x >= 0, debts to outsiders, USD, as `assets`; 0 is none.
        rank: `first` pays outsiders before the network, `pro_rata` in one class. No default: the two give different failures.
        alpha, beta: in (0, 1], share of outside assets and of receipts left after a default.
        which: `greatest` (default) or `least` solution.
        method: `active_set` is the compiled loop; the others are second opinions (`fictitious_default` greatest only,
            `linear_programme` pro rata without default costs).

    Returns:
        Payments with their certificate; the error is its residual, relative to total debt.

    Raises:
        InputError: an array or option is malformed.
        NetworkError: no convergence; in a batch a failure of its row.

    Source: Eisenberg and Noe 2001, https://doi.org/10.1287/mnsc.47.2.236.9835; Rogers and Veraart 2013,
    https://doi.org/10.1287/mnsc.1120.1569, equation (5).

    Example:
        >>> clear_debts(assets=[18, 18, 9], debts=[[0, 4, 0], [0, 0, 3], [2, 0, 0]], external=[17, 18, 8], rank="first").paid
        array([3., 3., 2.])
    """
    _check_options(rank, alpha, beta, which, method)
    single = np.ndim(debts) == 2 and np.ndim(assets) < 2 and np.ndim(external) < 2
    links = square(debts, "debts")
    n = links.shape[-1]
    cash, outside = vectors(assets, "assets", n, low=0.0), vectors(external, "external", n, low=0.0)
    count = scenarios(links, cash, outside)
    cash, claims = stretched(cash, count), stretched(outside, count)
    ahead, beside = (claims, np.zeros_like(outside)) if rank == "first" else (np.zeros_like(claims), outside)
    owed = beside + links.sum(axis=-1)
    shares = links / np.where(owed > 0, owed, 1.0)[..., None]
    if len(shares) < len(owed):
        shares = stretched(shares, len(owed))
    model = DebtMap(assets=cash, first_claims=ahead, shares=shares, owed=stretched(owed, len(shares)), alpha=alpha, beta=beta)
    paid, default, rounds, failed = _solve(model, which, method)
    residual = model.residual(paid, default)
    failures = _failures(residual, rounds, failed)
    rows = settle(failures, count, single=single)
    received = model.received(paid)
    total = np.broadcast_to(model.owed, cash.shape)
    kept = np.where(default, alpha * cash + beta * received, cash + received)
    unpaid_share = np.divide(paid, total, out=np.zeros_like(paid), where=total > 0)
    outside_paid = np.minimum(claims, kept) if rank == "first" else claims * unpaid_share
    weight = np.where(default, (1 - alpha) * cash + (1 - beta) * received, 0.0).sum(axis=-1)
    equity = cash + received - ahead - total
    unique = unique_debts(links > 0, stretched(beside, count), cash - ahead) & (alpha == 1.0) & (beta == 1.0)
    proof = Certificate(method, which, rank, rounds[rows], residual[rows], UNIQUE, unique[rows])
    fields = (total, paid, received, equity, outside_paid, default, weight)
    return Cleared(*squeezed(single, *(field[rows] for field in fields)), certificate=proof, rows=rows, failures=failures)


def _check_options(rank: str, alpha: float, beta: float, which: str, method: str) -> None:
    for name, value, allowed in (
        ("rank", rank, ("first", "pro_rata")),
        ("which", which, ("greatest", "least")),
        ("method", method, ("active_set", "iteration", "fictitious_default", "linear_programme")),
    ):
        if value not in allowed:
            raise InputError(problem("bad_option", subject=name, value=value, expected=f"one of {', '.join(allowed)}", hint="choose one"))
    for name, share in (("alpha", alpha), ("beta", beta)):
        if not 0.0 < share <= 1.0:
            raise InputError(
                problem("bad_option", subject=name, value=share, expected="above 0 and at most 1", hint="1 is no default cost")
            )
    if which == "least" and method in ("fictitious_default", "linear_programme"):
        raise InputError(
            problem("bad_option", subject="method", value=method, expected="active_set or iteration", hint="it finds the greatest only")
        )
    if method == "linear_programme" and (rank == "first" or min(alpha, beta) < 1.0):
        expected = "used with rank pro_rata and no default costs"
        raise InputError(
            problem("bad_option", subject="method", value=method, expected=expected, hint="elsewhere payments are no linear programme")
        )


def _solve(model: DebtMap, which: Which, method: DebtMethod) -> tuple[Floats, Bools, NDArray[np.int64], dict[int, Problem]]:
    rows, n = model.assets.shape
    if method == "iteration":
        return *iterate(model, which=which, most=MOST_ROUNDS), {}
    paid, default, rounds = np.zeros((rows, n)), np.zeros((rows, n), dtype=bool), np.zeros(rows, dtype=np.int64)
    if method == "active_set":
        from pricing.kernels.clearing import clear_rows  # numba loads only when something is cleared

        assets, ahead, shares = writable(model.assets), writable(model.first_claims), writable(model.shares)
        owed, full = writable(model.owed), writable(np.einsum("si,sij->sj", model.owed, model.shares))
        costs = float(model.alpha), float(model.beta)
        clear_rows(assets, ahead, shares, owed, full, *costs, which == "greatest", MOST_SWEEPS, paid, default, rounds)
        return paid, default, rounds, {}
    solve: Callable[[DebtMap, int], tuple[Floats, Bools, int]] = (
        fictitious_default if method == "fictitious_default" else by_linear_programme
    )
    failed: dict[int, Problem] = {}
    for row in range(rows):
        try:
            paid[row], default[row], rounds[row] = solve(model, row)
        except NetworkError as error:
            failed[row] = error.problems[0]
    return paid, default, rounds, failed


def _failures(residual: Floats, rounds: NDArray[np.int64], failed: dict[int, Problem]) -> tuple[RowFailure, ...]:
    for row in np.flatnonzero(~(residual <= FIXED_POINT_RESIDUAL)):
        text, remedy = f"{residual[row]:.1e}", "scale the amounts alike, or choose another method"
        stop = problem("not_converged", subject="clear_debts", iterations=int(rounds[row]), residual=text, remedy=remedy)
        failed.setdefault(int(row), stop)
    return tuple(RowFailure(row, failed[row]) for row in sorted(failed))
