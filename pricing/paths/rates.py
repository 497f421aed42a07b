"""Monthly paths of the short rate and of the money-market account, on the shocks of a deal's other drivers.

**Model** `curves.rates.ShortRate`, stepped exactly from month end to month end: the move of x takes the month's normal of its key, which
is mixed with those of rents and credits by the market's correlations; what the integral of x does beside it takes a second stream. So the
account is the exponential of the integral itself, not of a sum of monthly rates, and the mean of its inverse is the curve at every date.

The rate's key comes last among the keys of its deal: it moves nobody else's numbers. All drivers live under the pricing measure, whose
unit is the account:

- rents: their forwards are means under that measure, as futures prices are. Money that is paid later in step with a rent is worth its
  forward discounted by the curve only where rent and rate are independent.
- credits: survival matches its curve. A curve got from spreads by the usual rule (default and rates independent) gives its spreads back
  only where they are.

So no drift of a rent changes with the path of the rate: what a month's rate adds to the account is not added to the rent. A share's is: its
discounted price stays a martingale since ln S gains the integral of r less its forwards (`pricing.paths.daily_rates`). The paths of
pools keep rates at their forwards, carry and discounting alike.

Not modelled: decisions (leaving, letting, selling, sizing) that look at the curve of the path's day: they look at today's forwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pricing.paths.deal_world import Shared, own_normals, shared_keys
from pricing.paths.streams import BLOCK, generator
from pricing.schedules.types import Floats

if TYPE_CHECKING:
    from collections.abc import Callable

    from curves import ShortRate
    from curves.market import Market
    from instruments.deal import Deal


@dataclass(frozen=True)
class RateModel:
    """A short rate on the month ends of a contract."""

    rate: ShortRate
    years: Floats
    """[time] after the market's date, rising from above 0."""
    discount: Floats
    """The curve's factors [time]."""
    shared: Shared
    """Keys of the deal, the rate's last, and their correlations."""

    @property
    def key(self) -> str:
        """Market key, and name of the stream."""
        return self.rate.key

    def bonds(self) -> tuple[Floats, Floats]:
        """Level and loading [time, time]: on date t the bond that pays at s >= t is worth level[t, s] exp(-loading[t, s] x_t)."""
        now, then = self.years[:, None], self.years[None, :]
        level = self.rate.bond_level(now, then, self.discount[:, None], self.discount[None, :])
        return np.triu(level), np.triu(self.rate.loading(np.maximum(then - now, 0.0)))

    def moved(self, own: tuple[str, ...], correlation: Floats) -> RateModel:
        """The same with other correlations among some keys; the rate stands alone where they do not go with its own."""
        found = self.shared.moved(own, correlation)
        shared = found if found is not None else Shared((self.key,), np.eye(1))
        return RateModel(self.rate, self.years, self.discount, shared)

    def apart(self) -> RateModel:
        """The same rate, independent of everything else."""
        return RateModel(self.rate, self.years, self.discount, Shared((self.key,), np.eye(1)))


def rate_model(deal: Deal, market: Market, key: str, own: tuple[str, ...], years: Floats) -> RateModel | None:
    """How the rate behind a contract moves; None where the market gives it no volatility.

    Args:
        deal: whose contracts share their shocks. market: curve and correlations.
        key: market key of the curve.
        own: rents and credits of the contract, by market key.
        years: month ends.

    Raises:
        MarketError: the market has no such curve, or correlations contradict each other.
    """
    from curves import correlation_matrix, discount_curve, short_rate

    rate = short_rate(market, key)
    if rate is None:
        return None
    keys = (*dict.fromkeys((*shared_keys(deal), *own)), key)
    matrix = np.asarray(correlation_matrix(market, keys), dtype=np.float64)
    return RateModel(rate, years, discount_curve(market, key).discount(years), Shared(keys, matrix))


def discounts_along(model: RateModel | None, seed: int) -> Callable[[int], Floats] | None:
    """Block number to discount factors along its paths [row, path], row 0 the market's date; None where rates stay at their forwards."""
    if model is None:
        return None

    def along(block: int) -> Floats:
        return np.concatenate([np.ones((1, BLOCK)), rate_paths(model, seed, block)[0]])

    return along


def present_amounts(factors: Floats, amounts: Floats) -> Floats:
    """Amounts [row, path] discounted and added up [path]; factors [row], or [row, path] along the paths."""
    return np.einsum("t,tp->p" if factors.ndim == 1 else "tp,tp->p", factors, amounts)


def rate_paths(model: RateModel, seed: int, block: int, paths: int = BLOCK) -> tuple[Floats, Floats]:
    """Discount factors along each path, exp(-int_0^t r), and the factor x at each date: [time, path] both."""
    rate, months = model.rate, len(model.years)
    steps = np.diff(model.years, prepend=0.0)
    normals = own_normals((model.key,), model.shared, months, seed, block, paths)[0]
    own = generator(seed, f"{model.key}/integral", block).standard_normal((months, paths))
    spread = np.sqrt(rate.rate_variance(steps))
    with_it = rate.covariance(steps) / spread
    rest = np.sqrt(np.maximum(rate.integral_variance(steps) - with_it**2, 0.0))
    decay, loading = 1.0 - rate.mean_reversion * rate.loading(steps), rate.loading(steps)
    factor, integral = np.empty((months, paths)), np.empty((months, paths))
    x, total = np.zeros(paths), np.zeros(paths)
    for t in range(months):
        total = total + loading[t] * x + with_it[t] * normals[t] + rest[t] * own[t]
        x = decay[t] * x + spread[t] * normals[t]
        factor[t], integral[t] = x, total
    level = model.discount * np.exp(-0.5 * rate.integral_variance(model.years))
    return level[:, None] * np.exp(-integral), factor
