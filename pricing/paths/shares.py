"""Shares as drivers of the daily world: lognormal with one volatility, or on the local volatility of a surface.

**Model** d ln S = (r - q - s^2/2) dt + s dW, s constant; or s = s(t, S), where a step from day i has the variance that the surface gives
to that step at the moneyness of its start (`pricing.paths.local_volatility`), so that every step is Gaussian given its start and the
discounted share is a martingale without error. Under the share measure W gains s dt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curves import Market, equity_inputs
from instruments.ground.errors import MarketError, PricingError
from instruments.ground.keys import key_of_kind, name_of
from instruments.ground.messages import problem
from pricing.measures import Probability
from pricing.paths.grid import Grid
from pricing.paths.local_volatility import Smile

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Share:
    """A share's inputs on a grid."""

    key: str
    spot: float
    volatility: float
    carry: Array
    """Integral of r - q over each step."""
    dividend_yield: float
    real_world_drift: float | None
    smile: Smile | None = None
    """Local volatility; None for one number."""


@dataclass(frozen=True)
class ShareWalk:
    """A share's diffusion on a block."""

    log_price: Array
    """[day, path]"""
    variance: Array
    """Of the logarithm over each step, [day, 1] or [day, path]."""


def resolve_share(market: Market, key: str, grid: Grid) -> Share:
    """A share's inputs. Raises MarketError where the market lacks it, PricingError where it is no share."""
    if not key_of_kind("equity", key):
        raise no_share(key)
    inputs = equity_inputs(market, key)
    carry = -np.diff(np.log(grid.discounts), prepend=0.0) - inputs.dividend_yield * grid.steps
    world = market.real_world.equity_drift.get(name_of(key)) if market.real_world else None
    return Share(key, inputs.spot_usd, inputs.volatility, carry, inputs.dividend_yield, world.value if world else None)


def no_share(key: str) -> PricingError:
    """The error for a price that has no path model, or none as a share."""
    why = "a price target looks at a share or a rent, and a warrant is on a share"
    return PricingError(problem("unsupported", subject=key, why=why, remedy="use equity:NAME, or rent:NAME in a target"))


def real_world_carry(share: Share, grid: Grid) -> Array:
    """Integral of the real-world drift over each step. Raises MarketError without a real-world block."""
    if share.real_world_drift is None:
        raise MarketError(problem("missing_real_world", subject=share.key))
    return share.real_world_drift * grid.steps


def share_walk(share: Share, grid: Grid, normals: Array, gain: Array | None, probability: Probability, *, numeraire: bool) -> ShareWalk:
    """Diffuse a share over a block.

    Args:
        share, grid: the model. normals: its driver's, standard deviation 1 a day [day, path].
        gain: what the driver gains over each step by the change of measure [day, 1] or [day, path]; None for nothing. The numeraire with a
            local volatility finds its own.
        probability: 'real_world' replaces the carry.
        numeraire: whether this is the share whose measure it is.
    """
    carry = real_world_carry(share, grid) if probability == "real_world" else share.carry
    root = np.sqrt(grid.steps)[:, None]
    if share.smile is None:
        drift = (carry - 0.5 * share.volatility**2 * grid.steps)[:, None]
        shocks = root * normals if gain is None else root * normals + gain
        return ShareWalk(
            np.log(share.spot) + np.cumsum(drift + share.volatility * shocks, axis=0), share.volatility**2 * grid.steps[:, None]
        )
    extra = carry - share.carry
    moneyness, variance = np.empty_like(normals), np.empty_like(normals)
    here = np.zeros(normals.shape[1])
    for day in range(grid.size):
        deviation = share.smile.deviation(day, here)
        shock = normals[day]
        if numeraire:
            shock = shock + deviation
        elif gain is not None:
            shock = shock + gain[day] / root[day]
        here = here + extra[day] + deviation * (shock - 0.5 * deviation)
        moneyness[day], variance[day] = here, deviation**2
    return ShareWalk(np.log(share.spot) + np.cumsum(share.carry)[:, None] + moneyness, variance)
