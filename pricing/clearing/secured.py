"""Claims on the same collateral: lien order, double pledging, secured debts cleared with the rest (network note, 2.5 and 7.4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.clearing.certificate import Rank, Which
from pricing.clearing.debts import Cleared, clear_debts
from pricing.clearing.rows import Floats, floats, square, vectors


@dataclass(frozen=True, slots=True)
class Pledged:
    """What one pool pays to the claims pledged on it. Axes: leading axes of the value, then claims."""

    paid: Floats
    """USD."""
    surprise: Floats
    """Loss of each claim against what it expects if it thinks itself alone: min(B, K S) - paid."""
    multiple: Floats
    """Pledged claims over value; infinite if the pool is worth nothing is refused: value must be above 0."""


def pay_from_pool(*, value: ArrayLike, claims: ArrayLike, rank: ArrayLike | None) -> Pledged:
    """Pay claims from one pool of collateral: by lien rank (1 first; equal ranks share pro rata), or all pro rata (`rank` None).

    Args:
        value: K S > 0, USD, any shape.
        claims: B >= 0, USD, last axis claims, one or as `value` before it.
        rank: integers, (claims,).

    Example:
        >>> pay_from_pool(value=40, claims=[60, 30], rank=[1, 2]).paid
        array([40.,  0.])
    """
    pool = floats(value, "value", low=np.finfo(float).tiny)[..., None]
    owed = floats(claims, "claims", low=0.0)
    order = np.zeros(owed.shape[-1], dtype=int) if rank is None else np.asarray(rank, dtype=int)
    if order.shape != owed.shape[-1:]:
        raise InputError(problem("array_shape", field="rank", expected=f"({owed.shape[-1]},)", found=order.shape))
    ahead = owed @ (order[:, None] < order[None, :]).astype(float)
    beside = owed @ (order[:, None] == order[None, :]).astype(float)
    left = np.maximum(0.0, pool - ahead)
    paid = owed * np.minimum(1.0, left / np.where(beside > 0, beside, 1.0))
    return Pledged(paid, np.minimum(owed, pool) - paid, owed.sum(axis=-1) / pool[..., 0])


def over_pledged(*, value: ArrayLike, claims: ArrayLike, haircut: float) -> np.bool_:
    """Whether the liens on one serial-numbered pool exceed value x (1 - haircut)."""
    return floats(claims, "claims", low=0.0).sum(axis=-1) > floats(value, "value", low=0.0) * (1.0 - haircut)


@dataclass(frozen=True, slots=True)
class PledgeChain:
    """Claims that stand on one another, all on one asset at the bottom."""

    claims: Floats
    """USD by level, the claim on the asset itself first."""
    multiple: float
    """All claims over the asset: how often it is counted."""
    equity: Floats
    """USD by level: what each borrower put up itself, the value pledged less the claim on it."""


def pledge_chain(*, value: float, haircuts: ArrayLike) -> PledgeChain:
    """The most that can be borrowed down a chain in which each lender pledges its own claim to the next.

    Model: claim k is value x prod_{l <= k} (1 - h_l). Without haircuts the claims are value x length of the chain; with one haircut h
    for ever they add up to value (1 - h) / h.

    Args:
        value: USD of the asset at the bottom, at or above 0.
        haircuts: h in [0, 1], one for each level.

    Example:
        >>> chain = pledge_chain(value=100.0, haircuts=[0.2, 0.1])
        >>> chain.claims.round(2).tolist(), round(chain.multiple, 2)
        ([80.0, 72.0], 1.52)
    """
    kept = 1.0 - floats(haircuts, "haircuts", low=0.0, high=1.0)
    pool = float(floats(value, "value", low=0.0))
    claims: Floats = np.asarray(pool * np.cumprod(kept), dtype=np.float64)
    return PledgeChain(claims, float(claims.sum() / pool) if pool else 0.0, np.r_[pool, claims[:-1]] - claims)


@dataclass(frozen=True, slots=True)
class SecuredCleared:
    """Clearing with collateral: the secured part comes off the top, the rest is cleared as unsecured."""

    paid: Floats
    """[scenario, from, to]: secured and unsecured payments together."""
    secured: Floats
    """s [scenario, from, to]: paid out of collateral."""
    rest: Cleared
    """Clearing of what is left; its equity is the firms' equity."""


def clear_secured(
    *,
    assets: ArrayLike,
    debts: ArrayLike,
    collateral: ArrayLike,
    external: ArrayLike = 0.0,
    rank: Rank,
    alpha: float = 1.0,
    beta: float = 1.0,
    which: Which = "greatest",
) -> SecuredCleared:
    """Clearing of debts with recourse of which some are secured on pledged assets.

    Model: s_ij = min(L_ij, kappa_ij); clear e~_i = e_i - sum_j s_ij + sum_k s_ki and L~ = L - s. A non-recourse vehicle is its own node.

    Args:
        collateral: kappa_ij, value that i pledges to j, USD, shape of `debts`; sum_j kappa_ij <= e_i.

    Raises:
        InputError: more is pledged than there is: settle double pledges with `pay_from_pool` first.
    """
    links, pledged = square(debts, "debts"), square(collateral, "collateral")
    cash = vectors(assets, "assets", links.shape[-1], low=0.0)
    used = pledged.sum(axis=-1)
    if (used > cash * (1 + 1e-12)).any():
        index = tuple(
            int(i) for i in np.argwhere(used > np.broadcast_to(cash * (1 + 1e-12), np.broadcast_shapes(used.shape, cash.shape)))[0]
        )
        text = "at most the outside assets of the pledger in its row"
        raise InputError(problem("array_range", field="collateral", expected=text, index=list(index), value="more"))
    secured = np.minimum(links, pledged)
    single = np.ndim(debts) == 2 and np.ndim(collateral) == 2 and np.ndim(assets) < 2
    # rounding may leave a pledger a hair below zero
    left = np.maximum(0.0, cash - secured.sum(axis=-1) + secured.sum(axis=-2))
    open_debts = links - secured
    if single:
        left, open_debts, secured = left[0], open_debts[0], secured[0]
    rest = clear_debts(assets=left, debts=open_debts, external=external, rank=rank, alpha=alpha, beta=beta, which=which)
    kept = secured if single or len(secured) == 1 else secured[rest.rows]
    unpaid = open_debts if single or len(open_debts) == 1 else open_debts[rest.rows]
    share = np.divide(rest.paid, rest.owed, out=np.zeros_like(rest.paid), where=rest.owed > 0)
    return SecuredCleared(kept + unpaid * share[..., None], kept, rest)
