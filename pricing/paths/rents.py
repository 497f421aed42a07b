"""Rents as drivers of the daily world: two factors and launches on exact transitions, the forward exact on every day.

**Model** (`curves.RentCurve`) ln P_t = ln F(0, t) - V(t)/2 + x_t + y_t + sum of J_k over launches with tau_k <= t, less what the launches
do to the mean; x and y are the centred factors. The driver that carries the market key `rent:H100` is the Brownian motion of the long-term
factor: every listed correlation of that key, with a share, a milestone or a credit, is one of it. The short-term factor has the model's
own correlation rho with the long-term one, and beyond that noise of its own that nothing else shares. Over a step of length d the pair is
exactly Gaussian: y moves by s_y sqrt(d) z, x by a z + b e with a = rho s_x (1 - e^{-kappa d}) / (kappa sqrt(d)) and a^2 + b^2 the variance
of x.

Under the share measure z gains rho_i s sqrt(d), in both factors; launches are independent of the share and stay as they are. In the real
world the premium of the curve comes back.

Not modelled: what happens to an index inside a day; launches that move shares or deliveries.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from curves import LaunchModel, Market, rent_curve
from pricing.paths.draws import Draws
from pricing.paths.grid import Grid
from pricing.paths.streams import BLOCK

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Rent:
    """A rent's inputs on a grid, each [day]."""

    key: str
    log_centre: Array
    """Ln of the forward, less half the diffusive variance, less what launches do to the mean."""
    decay: Array
    """e^{-kappa d} over each step."""
    short_shared: Array
    """a: loading of the short-term factor on the driver."""
    short_own: Array
    """b: its own noise."""
    long: Array
    """s_y sqrt(d)."""
    launches: tuple[LaunchModel, ...]
    premium: Array | None
    """Ln of the real-world mean over the forward; None where the market does not say."""

    @property
    def has_short_factor(self) -> bool:
        """Whether the short-term factor moves at all."""
        return bool(self.short_shared.any() or self.short_own.any())

    def own_key(self) -> str:
        """Stream of the short-term factor's own noise."""
        return f"{self.key}|short"


def resolve_rent(market: Market, key: str, grid: Grid, *, long_volatility: float | None = None) -> Rent:
    """A rent's inputs; `long_volatility` replaces the quoted one where jumps have been taken out of it.

    Raises:
        MarketError: the market has no such rent.
    """
    curve = rent_curve(market, key)
    factors = curve.factors if long_volatility is None else replace(curve.factors, long_volatility=long_volatility)
    root = np.sqrt(grid.steps)
    short, _, _ = factors.covariance(grid.steps)
    kappa, rho = factors.mean_reversion, factors.correlation
    shared = rho * factors.short_volatility * (1.0 - factors.decay(grid.steps)) / (kappa * root)
    launched = sum((launch.log_forward(grid.times) for launch in curve.launches), np.zeros(grid.size))
    return Rent(
        key=key,
        log_centre=np.log(curve.forward(grid.times)) - 0.5 * factors.variance(grid.times) - launched,
        decay=factors.decay(grid.steps),
        short_shared=shared,
        short_own=np.sqrt(np.maximum(short - shared**2, 0.0)),
        long=factors.long_volatility * root,
        launches=curve.launches,
        premium=None if curve.factors.real_world_growth is None else curve.factors.log_premium(grid.times),
    )


def rent_walk(rent: Rent, grid: Grid, shocks: Array, draws: Draws) -> Array:
    """Ln of the rent on every day of a block [day, path], before launches, a real-world premium or a break of belief.

    Args:
        rent, grid: the model. shocks: of the driver, standard deviation 1 a day, measure change included [day, path].
        draws: the short-term factor's own noise.
    """
    log_rent = rent.log_centre[:, None] + np.cumsum(rent.long[:, None] * shocks, axis=0)
    if rent.has_short_factor:
        own = np.empty((grid.size, BLOCK))
        draws.normals(rent.own_key())(own)
        deviation = np.zeros(BLOCK)
        for day in range(grid.size):
            deviation = rent.decay[day] * deviation + rent.short_shared[day] * shocks[day] + rent.short_own[day] * own[day]
            log_rent[day] += deviation
    return log_rent


def add_launches(rent: Rent, grid: Grid, log_rent: Array, draws: Draws) -> None:
    """Put the launches into ln of a rent [day, path], in place: each at its own random date, for good."""
    for launch in rent.launches:
        stream = draws.generator(f"{rent.key}|launch:{launch.name}")
        when = launch.time_of(stream.random(BLOCK))
        size = launch.jump_mean + launch.jump_volatility * stream.standard_normal(BLOCK)
        log_rent += np.where(when[None, :] <= grid.times[:, None], size[None, :], 0.0)
