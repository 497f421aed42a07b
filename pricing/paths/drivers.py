"""The random drivers of one contract, resolved to arrays: what the world's paths are stepped with, under each probability.

**Model** One Brownian motion per share, milestone and credit, correlated. With N(t) the drift under each probability:

- share: d ln S = (r - q - s^2/2) dt + s dW; under the share measure every Brownian motion W_i gains the drift rho_i s dt, where s is the
  volatility of the numeraire share and rho_i its correlation with it.
- milestone: the plan's clock c_t = t + v W_t; level k is reached when c first passes its planned time (watched continuously).
- credit: default is the first passage to zero of 1 + W_A, W run on the deterministic clock A(t) = (1 / Phi^{-1}((1 - S(t))/2))^2, so that
  the odds equal the survival curve S exactly under the pricing measure (Overbeck and Schmidt 2005).

Not modelled here: stochastic rates and volatility, the issuer's own default, jumps.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from curves import (
    Market,
    business_days,
    business_times,
    correlation_matrix,
    default_rates_key,
    discount_curve,
    equity_inputs,
    survival_curve,
)
from instruments.ground.errors import MarketError, PricingError
from instruments.ground.keys import key_of_kind, name_of
from instruments.ground.messages import problem
from pricing.measures import Probability

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """The days on which the world is looked at: business days after `start`, up to and with the last."""

    start: dt.date
    dates: tuple[dt.date, ...]
    times: Array
    steps: Array
    discounts: Array
    """Discount factor at each day."""

    @property
    def size(self) -> int:
        """Number of days."""
        return len(self.dates)

    @cached_property
    def ordinals(self) -> NDArray[np.int64]:
        """The days as ordinals, for comparing whole columns of dates."""
        return np.array([date.toordinal() for date in self.dates], dtype=np.int64)


def daily_grid(market: Market, end: dt.date) -> Grid:
    """Business days of New York from the market's date to `end`, which counts whether or not it is one."""
    times = business_times(market.as_of, end)
    discounts = discount_curve(market, default_rates_key(market)).discount(times)
    return Grid(market.as_of, business_days(market.as_of, end), times, np.diff(times, prepend=0.0), discounts)


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


@dataclass(frozen=True)
class Clock:
    """A milestone's clock: `planned` are planned times in years of each level, rising."""

    key: str
    levels: tuple[float, ...]
    planned: Array
    volatility: float
    cancellation_hazard: float
    buyer: str | None
    """Credit key of the buyer, whose default stops deliveries."""


@dataclass(frozen=True)
class Credit:
    """A credit's own clock on a grid: `increments` of A over each step; zero where default is impossible."""

    key: str
    increments: Array


@dataclass(frozen=True)
class Drivers:
    """Everything that moves, with the lower triangular factor that correlates the normals (in the order of `keys`)."""

    grid: Grid
    keys: tuple[str, ...]
    shares: tuple[Share, ...]
    clocks: tuple[Clock, ...]
    credits: tuple[Credit, ...]
    correlation: Array
    factor: Array

    def drift_per_root_year(self, probability: Probability, numeraire: str | None) -> Array:
        """Drift that each Brownian motion gains, per year: rho_i s under the share measure, zero otherwise."""
        if probability != "share":
            return np.zeros(len(self.keys))
        share = next(share for share in self.shares if share.key == numeraire)
        column: Array = self.correlation[:, self.keys.index(share.key)]
        return column * share.volatility

    def share(self, key: str) -> Share:
        """The share of a key."""
        return next(share for share in self.shares if share.key == key)


def credit_clock(survival: Array) -> Array:
    """Increments of A(t) over each step from survival at the end of each step [time]; see the model above.

    Certain default at a step (S = 0) needs A = infinity: it is cut at 1e12, where the odds of survival are below 1e-6.
    """
    with np.errstate(divide="ignore"):
        clock = np.minimum((1.0 / ndtri(np.clip((1.0 - survival) / 2.0, 0.0, 0.5))) ** 2, 1e12)
    return np.diff(np.maximum.accumulate(clock), prepend=0.0)


def resolve_share(market: Market, key: str, grid: Grid) -> Share:
    """A share's inputs. Raises MarketError where the market lacks it or it is not a share."""
    if not key_of_kind("equity", key):
        raise PricingError(
            problem("unsupported", subject=key, why="price targets on this kind of key have no path model", remedy="use an equity key")
        )
    inputs = equity_inputs(market, key)
    carry = -np.diff(np.log(grid.discounts), prepend=0.0) - inputs.dividend_yield * grid.steps
    world = market.real_world.equity_drift.get(name_of(key)) if market.real_world else None
    return Share(key, inputs.spot_usd, inputs.volatility, carry, inputs.dividend_yield, world.value if world else None)


def resolve_drivers(market: Market, grid: Grid, *, shares: Sequence[str], clocks: Sequence[Clock], credits: Sequence[str]) -> Drivers:
    """Read every driver off the market and factor the correlation."""
    keys = (*shares, *(clock.key for clock in clocks), *credits)
    matrix = np.asarray(correlation_matrix(market, keys), dtype=np.float64)
    # a tiny ridge lets a perfectly correlated pair factor; it moves no correlation by more than 1e-12
    factor: Array = np.asarray(np.linalg.cholesky(matrix + 1e-12 * np.eye(len(keys))), dtype=np.float64)
    return Drivers(
        grid=grid,
        keys=keys,
        shares=tuple(resolve_share(market, key, grid) for key in shares),
        clocks=tuple(clocks),
        credits=tuple(Credit(key, credit_clock(survival_curve(market, key).survival(grid.times))) for key in credits),
        correlation=matrix,
        factor=factor,
    )


def real_world_carry(share: Share, grid: Grid) -> Array:
    """Integral of the real-world drift over each step. Raises MarketError without a real-world block."""
    if share.real_world_drift is None:
        raise MarketError(problem("missing_real_world", subject=share.key))
    return share.real_world_drift * grid.steps
