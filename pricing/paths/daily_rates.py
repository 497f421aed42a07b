"""The short rate as a driver of the daily world.

**Model** `curves.rates.ShortRate`, r = its forwards + x: every day x takes the shock of its key, correlated with the others by the market's
table, and its integral over the day takes what is left of its variance from a second stream. So the account exp(int r) is exact on every
day, and the mean of its inverse is the curve. With G_t the integral of r less that of its forwards,

    G_t = V(t) / 2 + int_0^t x,

discount factors are those of the curve times exp(-G_t), and ln S gains G_t: the discounted share is what it is where rates stand still,
path by path, so that it is a martingale, also stopped at a default that moves with it. Under the share measure the rate's Brownian motion
gains rho s dt like any other; what is left of the integral gains nothing, since nothing is correlated with it.

A correlation is that of a day's shocks. The volatility s of the share is that of its discounted price: the forward at T has the variance

    s^2 T + 2 rho s s_r int_0^T B(u) du + s_r^2 int_0^T B(u)^2 du,

which an option on it sees (Merton 1973; Brigo and Mercurio, "Interest rate models", appendix B).

Not modelled: a premium for the risk of rates (the real world moves them as pricing does), a dividend yield that follows the rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from curves import Market, ShortRate, default_rates_key, short_rate
from pricing.paths.draws import Draws
from pricing.paths.grid import Grid
from pricing.paths.streams import BLOCK

Array = NDArray[np.float64]
Days = NDArray[np.int64]
STILL = "rates at their forwards"
"""What a method says that leaves the model out though the market has it."""
MOVING = "the short rate moves along the paths"
"""What a method says that has it."""


@dataclass(frozen=True)
class DailyRate:
    """The short rate on the days of a grid."""

    rate: ShortRate
    grid: Grid

    @property
    def key(self) -> str:
        """Market key, and name of the stream."""
        return self.rate.key

    @cached_property
    def half_variance(self) -> Array:
        """V(t) / 2 [day]."""
        return 0.5 * self.rate.integral_variance(self.grid.times)

    def walk(self, shocks: Array, draws: Draws) -> RateWalk:
        """One block, from the shocks of its key [day, path]."""
        rate, steps = self.rate, self.grid.steps
        deviation = np.sqrt(rate.rate_variance(steps))
        along = rate.covariance(steps) / deviation
        apart = np.sqrt(np.maximum(rate.integral_variance(steps) - along**2, 0.0))
        loading = rate.loading(steps)
        factor, gained = np.empty_like(shocks), np.empty_like(shocks)
        rest = draws.generator(f"{self.key}|integral")
        x, total = np.zeros(shocks.shape[1]), np.zeros(shocks.shape[1])
        for day, shock in enumerate(shocks):
            total = total + loading[day] * x + along[day] * shock + apart[day] * rest.standard_normal(BLOCK)
            x = x - rate.mean_reversion * loading[day] * x + deviation[day] * shock
            factor[day], gained[day] = x, total
        return RateWalk(self, factor, gained + self.half_variance[:, None])


@dataclass(frozen=True)
class RateWalk:
    """Rates on one block of paths."""

    model: DailyRate
    factor: Array
    """x [day, path]"""
    gained: Array
    """G: integral of r less that of its forwards, up to the day [day, path]."""

    def bonds(self, now: Days, then: Days) -> Array:
        """Price on day `now` of what pays 1 on day `then`, by path: indices [.., path]."""
        grid, rate = self.model.grid, self.model.rate
        years, ends = grid.times[now], grid.times[then]
        level = rate.bond_level(years, ends, grid.discounts[now], grid.discounts[then])
        return np.asarray(level * np.exp(-rate.loading(ends - years) * at_days(self.factor, now)), dtype=np.float64)


def at_days(values: Array, days: Days) -> Array:
    """Values [day, path] on a day of each path: days [.., path], result the same shape."""
    return values[days, np.arange(values.shape[1])]


def daily_rate(market: Market, grid: Grid) -> DailyRate | None:
    """How the curve that discounts moves by the day; None where the market gives it no volatility."""
    rate = short_rate(market, default_rates_key(market))
    return None if rate is None else DailyRate(rate, grid)
