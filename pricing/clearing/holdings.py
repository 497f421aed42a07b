"""Clearing with cross-held equity and debt, seniority, default costs and vested warrants (network note, 2.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from instruments.ground.tolerances import FIXED_POINT_RESIDUAL
from pricing.clearing.certificate import Certificate, Which
from pricing.clearing.rows import Bools, Floats, RowFailure, floats, scenarios, settle, square, squeezed, stretched, vectors, writable
from pricing.clearing.solvers import SOLVENT_REL

MOST_SWEEPS = 100_000
"""Most sweeps: each shrinks the error by the largest share held inside."""
UNIQUE = "of every claim less than all is held inside, and defaults cost nothing"


@dataclass(frozen=True, slots=True)
class HoldingsMap:
    """v -> value of every entity, for every scenario: v = a + M_s s + sum_l M_l r_l + warrants."""

    assets: Floats
    """a [scenario, n]."""
    debts: Floats
    """d [1 or scenario, layer, n], most senior first."""
    held: Floats
    """M [claim, holder, issuer]: debt layers, then shares, then warrants."""
    warrant_weight: Floats
    """lambda [n] = w / (N + w), of all warrants on an issuer."""
    warrant_floor: Floats
    """N K [n]: equity value above which warrants are exercised."""
    alpha: float
    """Share of external assets left after a default."""
    beta: float
    """Share of holdings left after a default."""

    @property
    def owed(self) -> Floats:
        """[1 or scenario, n]: all debt layers together."""
        return self.debts.sum(axis=1)

    def claims(self, value: Floats) -> Floats:
        """[scenario, claim, n]: what each class of claim on each issuer is worth, when its assets are worth `value`."""
        before = np.cumsum(self.debts, axis=1) - self.debts
        repaid = np.clip(value[:, None, :] - before, 0.0, self.debts)
        equity = np.maximum(0.0, value - self.owed)
        warrants = self.warrant_weight * np.maximum(0.0, equity - self.warrant_floor)
        return np.concatenate([repaid, (equity - warrants)[:, None, :], warrants[:, None, :]], axis=1)

    def received(self, value: Floats) -> Floats:
        """[scenario, n]: worth of the claims each entity holds on the others."""
        claims = self.claims(value)
        return sum((claims[:, c, :] @ self.held[c].T for c in range(claims.shape[1])), np.zeros_like(value))

    def insolvent(self, before_costs: Floats) -> Bools:
        """Value below what is owed; equal counts as solvent."""
        return before_costs < self.owed - SOLVENT_REL * (self.owed + np.abs(before_costs))

    def after_costs(self, received: Floats, default: Bools) -> Floats:
        """[scenario, n]: value left for claimants."""
        return np.where(default, self.alpha * self.assets + self.beta * received, self.assets + received)


@dataclass(frozen=True, slots=True)
class Valued:
    """Values that clear. A single scenario has no scenario axis."""

    value: Floats
    """v [scenario, n]: assets of each entity after default costs, holdings included (gross)."""
    debt: Floats
    """r [scenario, layer, n]: what each layer is worth."""
    equity: Floats
    """s [scenario, n]: worth of the shares, after vested warrants."""
    warrants: Floats
    """[scenario, n]: worth of the vested warrants on each issuer."""
    default: Bools
    """[scenario, n]: who cannot pay in full."""
    outside: Floats
    """[scenario, claim, n]: worth of each claim (debt layers, shares, warrants) in outside hands."""
    dead_weight: Floats
    """[scenario]: what default costs destroy."""
    double_counted: Floats
    """[scenario]: sum v - sum a + dead weight: what gross balance sheets count twice."""
    certificate: Certificate
    """Which fixed point, residual, iterations, uniqueness."""
    rows: NDArray[np.int64]
    """Which scenarios of the batch these rows are."""
    failures: tuple[RowFailure, ...]
    """Scenarios without an answer."""


def clear_holdings(
    *,
    assets: ArrayLike,
    debts: ArrayLike,
    equity_held: ArrayLike,
    debt_held: ArrayLike | None = None,
    warrants_held: ArrayLike | None = None,
    warrant_floor: ArrayLike = 0.0,
    alpha: float = 1.0,
    beta: float = 1.0,
    which: Which = "greatest",
    method: Literal["sweeps", "iteration"] = "sweeps",
) -> Valued:
    """Values of a batch of entities that hold one another's shares, debts and warrants.

    Model: v = a + M_s s + sum_l M_l r_l; r_l = min(d_l, (v - senior debt)^+); s = (v - sum d)^+. Vested warrants on w shares at strike K
    take lambda (s - N K)^+ of the equity, lambda = w / (N + w): exercised when it pays, net or gross alike. A defaulter keeps alpha of
    its external assets and beta of its holdings. Outsiders own the rest of every class: sum of `outside` = sum a - dead weight (group
    Modigliani and Miller). Unvested claims are not modelled here: they enter when their trigger has come.

    Args:
        assets: a >= 0, USD, (scenarios, n) or (n,).
        debts: d >= 0, USD, most senior layer first, (scenarios, layers, n) or (layers, n); (n,) is one layer.
        equity_held: M_s, share of j's stock held by i, (n, n); column sums below 1.
        debt_held: M_l, share of j's layer l held by i, (layers, n, n) or (n, n) for one layer; column sums at most 1; none by default.
        warrants_held: vested warrants held by i on j, over j's existing shares (w / N), (n, n); none by default.
        warrant_floor: N K, existing shares times strike, USD, (n,) or one for all.
        alpha, beta: in (0, 1].
        which: `greatest` (default) or `least` solution.
        method: `sweeps` is the compiled loop, `iteration` the plain one.

    Raises:
        InputError: an array is malformed, or more than all of a claim is held inside.
        NetworkError: no convergence; in a batch a failure of its row.

    Source: Suzuki 2002, https://doi.org/10.15807/jorsj.45.123; Fischer 2014, https://doi.org/10.1111/j.1467-9965.2012.00526.x, section 3.

    Example:
        >>> done = clear_holdings(assets=[100, 80], debts=[60, 50], equity_held=[[0, 0.2], [0.3, 0]], debt_held=[[0, 0.1], [0, 0]])
        >>> done.equity.round(6)
        array([54.255319, 46.276596])
    """
    for name, share in (("alpha", alpha), ("beta", beta)):
        if not 0.0 < share <= 1.0:
            raise InputError(
                problem("bad_option", subject=name, value=share, expected="above 0 and at most 1", hint="1 is no default cost")
            )
    shares = square(equity_held, "equity_held")[0]
    n = len(shares)
    cash, faces = vectors(assets, "assets", n, low=0.0), _layers(debts, n)
    count = scenarios(cash, faces)
    single = np.ndim(assets) < 2 and np.ndim(debts) < 3
    empty = np.zeros((faces.shape[1], n, n))
    lent = empty if debt_held is None else np.stack([square(layer, "debt_held")[0] for layer in _as_layers(debt_held, faces.shape[1], n)])
    granted = np.zeros((n, n)) if warrants_held is None else square(warrants_held, "warrants_held")[0]
    total = granted.sum(axis=0)
    held = np.concatenate([lent, shares[None], (granted / np.where(total > 0, total, 1.0))[None]])
    _check_held(held, len(lent))
    floor = np.broadcast_to(vectors(warrant_floor, "warrant_floor", n, low=0.0)[0], (n,))
    model = HoldingsMap(stretched(cash, count), faces, held, total / (1.0 + total), floor, alpha, beta)
    value, default, rounds = _sweep(model, which) if method == "sweeps" else _iterate(model, which)
    return _result(model, value, default, rounds, which, method, single)


def _as_layers(debt_held: ArrayLike, layers: int, n: int) -> Floats:
    array = floats(debt_held, "debt_held", low=0.0)
    array = array[None] if array.ndim == 2 else array
    if array.shape != (layers, n, n):
        raise InputError(problem("array_shape", field="debt_held", expected=f"({layers}, {n}, {n})", found=array.shape))
    return array


def _layers(debts: ArrayLike, n: int) -> Floats:
    array = floats(debts, "debts", low=0.0)
    array = array[None, None] if array.ndim == 1 else array[None] if array.ndim == 2 else array
    if array.ndim != 3 or array.shape[-1] != n:
        raise InputError(
            problem("array_shape", field="debts", expected=f"(scenarios, layers, {n}), (layers, {n}) or ({n},)", found=array.shape)
        )
    return array


def _check_held(held: Floats, layers: int) -> None:
    inside = held.sum(axis=1)
    for claim, issuer in np.argwhere(inside[:-1] > 1.0 + 1e-12):
        name = "equity_held" if claim == layers else f"debt_held.{claim}"
        raise InputError(problem("over_owned", field=name, issuer=int(issuer), share=f"{inside[claim, issuer]:g}"))
    full = np.flatnonzero(inside[layers] >= 1.0)
    if len(full):
        raise InputError(problem("over_owned", field="equity_held", issuer=int(full[0]), share=f"{inside[layers, full[0]]:g}"))


def _start(model: HoldingsMap, which: Which) -> tuple[Floats, Bools]:
    """Above every solution (all debts paid, equity counted whole), or below it."""
    if which == "least":
        return np.zeros_like(model.assets), np.ones(model.assets.shape, dtype=bool)
    n, layers = model.assets.shape[1], model.debts.shape[1]
    promised = sum((model.debts[:, c, :] @ model.held[c].T for c in range(layers)), np.zeros((1, n)))
    # warrants take from shares what they give to their holders: counting both whole stays above every solution
    owned = model.held[layers] * (1 - model.warrant_weight) + model.held[layers + 1] * model.warrant_weight
    cushion = model.held[layers] * (model.warrant_weight * model.warrant_floor)
    start = (model.assets + promised + cushion.sum(axis=1)) @ np.linalg.inv(np.eye(n) - owned).T
    return start, np.zeros(model.assets.shape, dtype=bool)


def _iterate(model: HoldingsMap, which: Which) -> tuple[Floats, Bools, NDArray[np.int64]]:
    value, default = _start(model, which)
    rounds = np.zeros(len(value), dtype=np.int64)
    tiny = 0.01 * FIXED_POINT_RESIDUAL * np.maximum(model.assets.sum(axis=-1), 1e-300)[:, None]
    for _ in range(MOST_SWEEPS):
        received = model.received(value)
        failing = model.insolvent(model.assets + received)
        default = default | failing if which == "greatest" else default & failing
        new = model.after_costs(received, default)
        still = (np.abs(new - value) > tiny).any(axis=-1)
        rounds += still
        value = new
        if not still.any():
            break
    return value, default, rounds + 1


def _sweep(model: HoldingsMap, which: Which) -> tuple[Floats, Bools, NDArray[np.int64]]:
    from pricing.kernels.holdings import value_rows  # numba loads only when something is cleared

    value, default = _start(model, which)
    claims, _, n = model.held.shape
    start = np.zeros(claims * n + 1, dtype=np.int64)
    holder: list[int] = []
    share: list[float] = []
    for index in range(claims * n):
        column = model.held[index // n, :, index % n]
        found = np.flatnonzero(column)
        holder.extend(found.tolist())
        share.extend(column[found].tolist())
        start[index + 1] = len(holder)
    value, arrived, rounds = writable(value), writable(model.received(value)), np.zeros(len(value), dtype=np.int64)
    parts = (
        writable(model.assets),
        writable(model.debts),
        start,
        np.array(holder, dtype=np.int64),
        np.array(share),
    )
    terms = (writable(model.warrant_weight), writable(model.warrant_floor), float(model.alpha), float(model.beta), which == "greatest")
    value_rows(*parts, *terms, MOST_SWEEPS, value, arrived, default, rounds)
    return value, default, rounds


def _result(
    model: HoldingsMap, value: Floats, default: Bools, rounds: NDArray[np.int64], which: Which, method: str, single: bool
) -> Valued:
    received = model.received(value)
    gap = np.abs(model.after_costs(received, default) - value)
    have, edge = model.assets + received, 1e3 * SOLVENT_REL
    wrong = (model.insolvent(have) != default) & (np.abs(have - model.owed) > edge * (have + model.owed))
    scale = np.maximum(np.maximum(model.assets.sum(axis=-1), value.max(axis=-1)), 1e-300)
    residual = np.maximum(gap, np.where(wrong, have, 0.0)).max(axis=-1) / scale
    remedy = "hold less of each claim inside, or choose another method"
    failures = tuple(
        RowFailure(int(row), problem("not_converged", iterations=int(rounds[row]), residual=f"{residual[row]:.1e}", remedy=remedy))
        for row in np.flatnonzero(~(residual <= FIXED_POINT_RESIDUAL))
    )
    rows = settle(failures, len(value), single=single)
    claims = model.claims(value)
    outside = claims * (1.0 - model.held.sum(axis=1))
    outside[:, -1] = claims[:, -1] * np.where(model.warrant_weight > 0, 1.0 - model.held[-1].sum(axis=0), 0.0)
    weight = np.where(default, (1 - model.alpha) * model.assets + (1 - model.beta) * received, 0.0).sum(axis=-1)
    twice = value.sum(axis=-1) - model.assets.sum(axis=-1) + weight
    sure = bool((model.held[:-1].sum(axis=1) < 1.0).all()) and model.alpha == 1.0 and model.beta == 1.0
    proof = Certificate(method, which, None, rounds[rows], residual[rows], UNIQUE, np.full(len(rows), sure))
    fields = (value, claims[:, :-2], claims[:, -2], claims[:, -1], default, outside, weight, twice)
    return Valued(*squeezed(single, *(field[rows] for field in fields)), certificate=proof, rows=rows, failures=failures)
