"""Network valuation: one map whose choices of valuation give Eisenberg-Noe, Rogers-Veraart, Furfine, DebtRank and more (2.5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from instruments.ground.tolerances import FIXED_POINT_RESIDUAL
from pricing.clearing.certificate import Certificate, Rank, Which
from pricing.clearing.rows import Floats, RowFailure, floats, scenarios, settle, square, squeezed, stretched, vectors

MOST_ROUNDS = 100_000
"""Most rounds of the monotone iteration."""
Valuation = Callable[[Floats], Floats]
"""Signed equity E [scenario, n] to the value per dollar of face of claims on each debtor, [scenario, n], or [scenario, creditor, debtor];
in [0, 1] and never falling as E rises."""


@dataclass(frozen=True, slots=True)
class NetworkValue:
    """Equity and claim values that agree. A single scenario has no scenario axis."""

    equity: Floats
    """E [scenario, n], signed."""
    worth: Floats
    """V [scenario, creditor, debtor] or [scenario, debtor]: value per dollar of face."""
    certificate: Certificate
    """Which fixed point, residual (relative to total face), iterations."""
    rows: NDArray[np.int64]
    """Which scenarios of the batch these rows are."""
    failures: tuple[RowFailure, ...]
    """Scenarios without an answer."""


def value_network(
    *, claims: ArrayLike, assets: ArrayLike, liabilities: ArrayLike, valuation: Valuation, which: Which = "greatest"
) -> NetworkValue:
    """Equity of a batch of networks whose claims are worth what the debtor's equity says.

    Model: E_i = A_e_i - L_e_i + sum_j A_ij V_ij(E) - sum_j A_ji; iterate from V = 1 down (greatest, best for all) or from V = 0 up (least).

    Args:
        claims: A, face claim of i on j, USD, (n, n), zero diagonal.
        assets, liabilities: external, USD, (scenarios, n) or (n,).
        valuation: one of the functions below, or your own.
        which: `greatest` (default) or `least`.

    Raises:
        InputError: the valuation leaves [0, 1].
        NetworkError: no convergence; in a batch a failure of its row.

    Source: Barucca and others 2020, https://doi.org/10.1111/mafi.12272, equation (6).

    Example:
        >>> owed_to_me = [[0, 5, 10], [20, 0, 0], [10, 24, 0]]
        >>> rule = eisenberg_noe_worth(claims=owed_to_me, liabilities=0.0, rank="pro_rata")
        >>> value_network(claims=owed_to_me, assets=[10, 10, 10], liabilities=0.0, valuation=rule).equity.round(6)
        array([-5.454545, -2.636364, 30.      ])
    """
    held = square(claims, "claims")[0]
    n = len(held)
    cash, outside = vectors(assets, "assets", n), vectors(liabilities, "liabilities", n, low=0.0)
    count = scenarios(cash, outside)
    own = stretched(cash, count) - stretched(outside, count) - held.sum(axis=0)
    scale = max(float(held.sum()), 1e-300)
    worth = np.full((count, n), 1.0 if which == "greatest" else 0.0)
    rounds = np.zeros(count, dtype=np.int64)
    equity = own + _received(held, worth)
    for _ in range(MOST_ROUNDS):
        worth = valuation(equity)
        if not ((worth >= 0.0) & (worth <= 1.0)).all():
            raise InputError(problem("array_range", field="valuation", expected="in [0, 1]", index="of its result", value="outside"))
        new = own + _received(held, worth)
        still = (np.abs(new - equity) > 0.01 * FIXED_POINT_RESIDUAL * scale).any(axis=-1)
        rounds += still
        equity = new
        if not still.any():
            break
    worth = valuation(equity)
    residual = np.abs(own + _received(held, worth) - equity).max(axis=-1) / scale
    failures = tuple(
        RowFailure(
            int(row), problem("not_converged", iterations=MOST_ROUNDS, residual=f"{residual[row]:.1e}", remedy="check the valuation")
        )
        for row in np.flatnonzero(~(residual <= FIXED_POINT_RESIDUAL))
    )
    single = np.ndim(assets) < 2 and np.ndim(liabilities) < 2
    rows = settle(failures, count, single=single)
    text = "not tested: depends on the valuation; compare greatest and least"
    proof = Certificate("monotone iteration", which, None, rounds[rows] + 1, residual[rows], text, np.zeros(len(rows), dtype=bool))
    return NetworkValue(*squeezed(single, equity[rows], worth[rows]), certificate=proof, rows=rows, failures=failures)


def _received(held: Floats, worth: Floats) -> Floats:
    return worth @ held.T if worth.ndim == 2 else np.einsum("ij,sij->si", held, worth)


def eisenberg_noe_worth(*, claims: ArrayLike, liabilities: ArrayLike, rank: Rank, beta: float = 1.0) -> Valuation:
    """1 while E >= 0, else what is left per dollar of the class; `beta` below 1 (Rogers and Veraart, pro rata) keeps that share of it."""
    held = square(claims, "claims")[0]
    owed = held.sum(axis=0) + (vectors(liabilities, "liabilities", len(held))[0] if rank == "pro_rata" else 0.0)
    if not 0.0 < beta <= 1.0 or (beta < 1.0 and rank == "first"):
        raise InputError(
            problem("bad_option", subject="beta", value=beta, expected="in (0, 1], below 1 only with rank pro_rata", hint="1 is no cost")
        )
    safe = np.where(owed > 0, owed, 1.0)
    return lambda equity: np.where(equity >= -1e-13 * safe, 1.0, beta * np.clip((equity + owed) / safe, 0.0, 1.0))


def furfine_worth(recovery: float) -> Valuation:
    """1 while E >= 0, else a fixed recovery."""
    return lambda equity: np.where(equity >= 0.0, 1.0, recovery)


def debt_rank_worth(initial_equity: ArrayLike) -> Valuation:
    """Linear DebtRank: min(1, E^+ / E(0)); E(0) > 0."""
    start = floats(initial_equity, "initial_equity", low=np.finfo(float).tiny)
    return lambda equity: np.minimum(1.0, np.maximum(0.0, equity) / start)


def ex_ante_default(*, equity: ArrayLike, assets: ArrayLike, volatility: ArrayLike, years: float) -> Floats:
    """Chance that equity falls below 0 by t, external assets lognormal without drift.

    Model: Phi((ln(1 - E/A) + s^2 t/2) / (s sqrt t)), 0 if E >= A; without volatility 1 if E < 0, else 0.
    """
    worth, own, sigma = np.asarray(equity, float), floats(assets, "assets", low=np.finfo(float).tiny), np.asarray(volatility, float)
    spread = sigma * np.sqrt(years)
    gap = 1.0 - worth / own
    argument = (np.log(np.where(gap > 0, gap, 1.0)) + 0.5 * spread**2) / np.where(spread > 0, spread, 1.0)
    certain = np.where(worth < 0, 1.0, 0.0)
    return np.where(gap <= 0, 0.0, np.where(spread > 0, ndtr(argument), certain))


def ex_ante_worth(*, assets: ArrayLike, volatility: ArrayLike, years: float, recovery: float) -> Valuation:
    """1 - (1 - R) PD of the debtor before maturity."""
    return lambda equity: 1.0 - (1.0 - recovery) * ex_ante_default(equity=equity, assets=assets, volatility=volatility, years=years)


def secured_worth(*, default_probability: ArrayLike, cover_in_default: ArrayLike, weights: ArrayLike, recovery: ArrayLike) -> Floats:
    """V_ij of a collateralised claim: (1 - PD) + PD E[min(1, k) + (1 - k)^+ rho | default], broadcast over leading axes.

    Args:
        cover_in_default: k = (1 - c) K S / A in each state of a default, last axis states. The expectation is conditional: states
            of low price weigh more when price and default share a factor.
        weights: probability of each state given default, last axis states, adding up to 1.
        recovery: rho on the unsecured rest, 0 for non-recourse.
    """
    cover, odds = floats(cover_in_default, "cover_in_default", low=0.0), floats(weights, "weights", low=0.0)
    if not np.allclose(odds.sum(axis=-1), 1.0):
        raise InputError(problem("array_range", field="weights", expected="probabilities that add up to 1", index="sum", value=odds.sum()))
    chance = floats(default_probability, "default_probability", low=0.0, high=1.0)
    back = np.minimum(1.0, cover) + np.maximum(0.0, 1.0 - cover) * np.asarray(recovery, float)[..., None]
    return (1.0 - chance) + chance * (odds * back).sum(axis=-1)


def expected_loss(*, default_probability: ArrayLike, loss_given_default: ArrayLike, weights: ArrayLike) -> tuple[Floats, Floats]:
    """(E[PD x LGD], E[PD] E[LGD]) over states: their ratio is the wrong-way factor. Last axis states."""
    odds = floats(weights, "weights", low=0.0)
    chance = floats(default_probability, "default_probability", low=0.0, high=1.0)
    loss = floats(loss_given_default, "loss_given_default", low=0.0, high=1.0)
    return (odds * chance * loss).sum(axis=-1), (odds * chance).sum(axis=-1) * (odds * loss).sum(axis=-1)


def guaranteed_loss(*, tenant: ArrayLike, both: ArrayLike, loss: ArrayLike, cap: ArrayLike) -> Floats:
    """Expected loss under a guarantee: P(tenant) loss - (P(tenant) - P(both)) min(cap, loss).

    Args:
        tenant: chance that the tenant defaults.
        both: chance that tenant and guarantor default: it decides what the promise is worth; at most `tenant`.
        loss, cap: USD, >= 0.
    """
    alone, joint = floats(tenant, "tenant", low=0.0, high=1.0), floats(both, "both", low=0.0, high=1.0)
    if (joint > alone).any():
        raise InputError(problem("array_range", field="both", expected="at most the tenant's own chance", index="?", value="larger"))
    size, most = floats(loss, "loss", low=0.0), floats(cap, "cap", low=0.0)
    return alone * size - (alone - joint) * np.minimum(most, size)
