"""Soft monopoly: who owns and controls whom through holdings, sales tied to investment, exclusivity, mark-ups along a chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.clearing.cascade import owned_through
from pricing.clearing.rows import Bools, Floats, floats, square


def look_through_shares(holdings: ArrayLike) -> Floats:
    """Share of j that i has directly and through all others: C (I - C)^-1 = (I - C)^-1 - I, [holder, issuer].

    Args:
        holdings: C, share of j held by i, (n, n), zero diagonal, column sums below 1.

    Limits: no chains: the direct shares.

    Example:
        >>> round(float(look_through_shares([[0, 0.5, 0.1], [0, 0, 0.4], [0, 0, 0]])[0, 2]), 12)
        0.3
    """
    owned_through(holdings)  # refuses an issuer held inside to the last share
    held = square(holdings, "holdings")[0]
    return np.linalg.inv(np.eye(len(held)) - held) - np.eye(len(held))


def controlled(votes: ArrayLike, *, majority: float = 0.5) -> Bools:
    """Whom i controls: those in which i and whom it controls together vote more than `majority` [i, j], least fixed point from i alone."""
    held = square(votes, "votes")[0]
    if not 0.0 <= majority < 1.0:
        raise InputError(problem("bad_option", subject="control", field="majority", value=majority, expected="in [0, 1)", hint="0.5"))
    n = len(held)
    found = np.zeros((n, n), dtype=bool)
    for i in range(n):
        block = np.zeros(n, dtype=bool)
        block[i] = True
        while True:
            wider = block | (held[block].sum(axis=0) > majority)
            if (wider == block).all():
                break
            block = wider
        block[i] = False
        found[i] = block
    return found


@dataclass(frozen=True, slots=True)
class TiedSales:
    """Sales of one firm to those it has put money into."""

    tied_share: float
    """Sales to firms in which the seller has invested, over all its sales."""
    funded_share: float
    """min(invested, bought) summed over those firms, over all its sales: what its own money could have paid for."""


def tied_sales(*, invested: ArrayLike, bought: ArrayLike, other_sales: float = 0.0) -> TiedSales:
    """Screen for tied sales of one seller.

    Args:
        invested: what the seller put into each customer, USD in the period [customer]. bought: what each bought from it [customer].
        other_sales: to all who are not in the lists, at or above 0.

    Limits: nothing invested: both 0; invested in all customers: tied share 1.
    """
    put, sold = floats(invested, "invested", low=0.0), floats(bought, "bought", low=0.0)
    total = float(sold.sum()) + other_sales
    if put.shape != sold.shape or other_sales < 0 or not total > 0:
        raise InputError(problem("array_shape", field="invested, bought", expected="equal lists with sales above 0", found=sold.shape))
    return TiedSales(float(sold[put > 0].sum()) / total, float(np.minimum(put, sold).sum()) / total)


@dataclass(frozen=True, slots=True)
class LockIn:
    """What exclusivity leaves to choose from, and what it costs."""

    open: tuple[str, ...]
    """Suppliers that may be chosen."""
    chosen: str
    cost_usd: float
    """Paid above the best choice without the flag."""
    saved_usd: float
    """What was given for the exclusivity: discount, shares, money."""

    @property
    def net_usd(self) -> float:
        """Cost less what was given for it."""
        return self.cost_usd - self.saved_usd


def lock_in(
    *, unit_cost_usd: Mapping[str, float], units: float, exclusive: Sequence[str] = (), switching_usd: float = 0.0, given_usd: float = 0.0
) -> LockIn:
    """Choice set of a customer under exclusivity and its cost.

    Model: the customer takes the cheapest supplier that it may; free, it takes the cheapest of all, plus the cost of switching where that
    is another.

    Args:
        unit_cost_usd: supplier to cost per unit of work done. units: bought, at or above 0.
        exclusive: suppliers that it may choose; empty is all (the flag dropped).
        switching_usd: to move to another supplier, once. given_usd: what it got for the exclusivity.
    """
    allowed = tuple(exclusive) or tuple(unit_cost_usd)
    unknown = [name for name in allowed if name not in unit_cost_usd]
    if unknown or units < 0 or min(switching_usd, given_usd) < 0:
        choices = tuple(unit_cost_usd)
        raise InputError(problem("unknown_name", subject="lock_in", field="exclusive", value=unknown, what="supplier", choices=choices))
    chosen = min(allowed, key=lambda name: unit_cost_usd[name])
    best = min(unit_cost_usd, key=lambda name: unit_cost_usd[name])
    gap = units * (unit_cost_usd[chosen] - unit_cost_usd[best])
    return LockIn(allowed, chosen, max(0.0, gap - switching_usd) if best != chosen else 0.0, given_usd)


@dataclass(frozen=True, slots=True)
class MarkUpLoss:
    """What mark-ups on cost take, per dollar of cost that would be bought at cost."""

    price: float
    """Over cost."""
    volume: float
    """Bought, over what would be bought at cost."""
    consumer_loss: float
    """Consumer surplus lost."""
    profit: float
    """What sellers gain."""

    @property
    def dead_weight(self) -> float:
        """What nobody gets."""
        return self.consumer_loss - self.profit


def mark_up_loss(mark_ups: ArrayLike, *, elasticity: float) -> MarkUpLoss:
    """Loss of customers to mark-ups taken one after another along a chain, linear demand.

    Model: price p = prod (1 + mu_k) over cost 1; demand q = 1 - e (p - 1), not below 0, with elasticity e at cost. Surplus lost is the area
    left of demand between 1 and p: (p - 1) - e (p - 1)^2 / 2 while q > 0, else 1 / (2 e); profit (p - 1) q.

    Args:
        mark_ups: mu_k >= 0 of each stage, on its own cost. elasticity: e > 0, at the price equal to cost.

    Limits: no mark-up: all 0. One firm that owns the chain takes mu = 1 / (2 e); two that follow one another end higher (double
    marginalisation): joint profit can cost customers less than a chain, and more than competition.
    """
    steps = floats(mark_ups, "mark_ups", low=0.0)
    if not elasticity > 0:
        raise InputError(
            problem("bad_option", subject="mark-up", field="elasticity", value=elasticity, expected="above 0", hint="its size")
        )
    over = float(np.prod(1.0 + steps)) - 1.0
    volume = max(0.0, 1.0 - elasticity * over)
    lost = over - 0.5 * elasticity * over**2 if volume > 0 else 0.5 / elasticity
    return MarkUpLoss(1.0 + over, volume, lost, over * volume)


def chain_mark_ups(*, elasticity: float, stages: int) -> tuple[float, float]:
    """Price over cost of one firm that owns a chain, and of `stages` firms that each mark up in turn (linear demand): (joint, separate).

    Model: with choke price c* = 1 + 1/e, each stage halves the distance to it: p = c* - (c* - 1) / 2^stages; joint is one stage.
    """
    if not elasticity > 0 or stages < 1:
        raise InputError(problem("bad_option", subject="chain", value=(elasticity, stages), expected="above 0, 1 or more", hint="stages"))
    reach = 1.0 / elasticity
    return 1.0 + 0.5 * reach, 1.0 + reach * (1.0 - 0.5**stages)
