"""The short rate as one Gaussian factor around its curve: moments in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curves.arrays import FloatArray, bad_argument
from curves.lookup import block_of
from curves.market import Market

SERIES = 1e-2
"""Below this reversion x time the closed forms cancel: their series serves, to 1e-12 relative."""


@dataclass(frozen=True, slots=True)
class ShortRate:
    """Parameters of r(t) = a(t) + x(t), fitted to any discount curve exactly.

    Model: dx = -k x dt + s dW, x(0) = 0, under the pricing measure; a(t) is such that E[exp(-int_0^T r)] = P(0, T) for every T. With
    B(u) = (1 - e^{-k u}) / k and V(u) the variance of int_0^u x,

        int_0^t r = -ln P(0, t) + V(t) / 2 + int_0^t x,
        P(t, T) = P(0, T) / P(0, t) exp(-B(T - t) x(t) + (V(T - t) - V(T) + V(t)) / 2).

    Rates can be negative. Hull and White (1990), "Pricing interest-rate-derivative securities", Review of Financial Studies 3(4), in the
    form of Brigo and Mercurio, "Interest rate models", section 4.2, with one factor. Not modelled: a volatility that depends on the time
    or the level of rates, a second factor (all rates of a day move together).

    Limits: s = 0 leaves the curve's forwards; k = 0 is Ho and Lee: B(u) = u, V(u) = s^2 u^3 / 3.

    Raises:
        InputError: a negative parameter.

    Checked against: tests/oracle/curves/test_short_rate.py (QuantLib's `HullWhite`).
    """

    key: str
    """Market key of the curve."""
    volatility: float
    """s, per square root of a year: 0.01 is 100 basis points."""
    mean_reversion: float
    """k, per year."""

    def __post_init__(self) -> None:
        for name, found in (("volatility", self.volatility), ("mean_reversion", self.mean_reversion)):
            if not found >= 0.0:
                raise bad_argument(self.key, name, found, "at or above 0", "check the parameter")

    def loading(self, years: npt.ArrayLike) -> FloatArray:
        """B: how far a zero rate x time of this length moves with x, in years, same shape."""
        u, k = np.asarray(years, dtype=np.float64), self.mean_reversion
        return u if k == 0.0 else -np.expm1(-k * u) / k

    def rate_variance(self, years: npt.ArrayLike) -> FloatArray:
        """Variance of x after a time from a known start, same shape."""
        u, k = np.asarray(years, dtype=np.float64), self.mean_reversion
        return self.volatility**2 * (u if k == 0.0 else -np.expm1(-2.0 * k * u) / (2.0 * k))

    def covariance(self, years: npt.ArrayLike) -> FloatArray:
        """Covariance of x after a time and its integral over it: s^2 B^2 / 2, same shape."""
        return 0.5 * (self.volatility * self.loading(years)) ** 2

    def integral_variance(self, years: npt.ArrayLike) -> FloatArray:
        """V: variance of the integral of x over a time from a known start, same shape."""
        u, k = np.asarray(years, dtype=np.float64), self.mean_reversion
        load = k * u
        series = u**3 * (1.0 / 3.0 - load / 4.0 + 7.0 * load**2 / 60.0 - load**3 / 24.0 + 31.0 * load**4 / 2520.0)
        safe = np.where(load < SERIES, 1.0, k) if k > 0.0 else np.ones_like(u)
        whole = (u - 2.0 * self.loading(u) - 0.5 * np.expm1(-2.0 * safe * u) / safe) / safe**2
        return self.volatility**2 * np.where(load < SERIES, series, whole)

    def forward_variance(self, volatility: float, correlation: float, years: npt.ArrayLike) -> FloatArray:
        """Variance of ln of the forward to a time of something whose discounted price is lognormal, from now to then, same shape.

        s^2 u + 2 rho s s_r int_0^u B + s_r^2 int_0^u B^2, the last of which is V(u). Merton (1973), "Theory of rational option pricing",
        section 6; it must not be negative, and is not for any correlation.

        Args:
            volatility: s of the discounted price. correlation: rho of its shocks with x. years: u.
        """
        u, k = np.asarray(years, dtype=np.float64), self.mean_reversion
        load = k * u
        series = u**2 * (0.5 - load / 6.0 + load**2 / 24.0 - load**3 / 120.0 + load**4 / 720.0)
        whole = (u - self.loading(u)) / np.where(load < SERIES, 1.0, k)
        loaded = np.where(load < SERIES, series, whole)
        crossed = 2.0 * correlation * volatility * self.volatility * loaded
        return np.asarray(volatility**2 * u + crossed + self.integral_variance(u), dtype=np.float64)

    def bond_level(self, now: npt.ArrayLike, then: npt.ArrayLike, discount_now: npt.ArrayLike, discount_then: npt.ArrayLike) -> FloatArray:
        """P(t, T) at x(t) = 0: the factor before exp(-B(T - t) x(t)), broadcast; times in years, discounts those of the curve."""
        t, end = np.asarray(now, dtype=np.float64), np.asarray(then, dtype=np.float64)
        spread = self.integral_variance(np.maximum(end - t, 0.0)) - self.integral_variance(end) + self.integral_variance(t)
        return np.asarray(discount_then) / np.asarray(discount_now) * np.exp(0.5 * spread)


def short_rate(market: Market, key: str) -> ShortRate | None:
    """How the short rate of a curve moves; None where its volatility is absent or 0: rates stay at their forwards.

    Raises:
        InputError: the key is not of the kind `rates`. MarketError: the market has no such key.
    """
    block = block_of(market, key, "rates", market.rates)
    return ShortRate(key, block.volatility.value, block.mean_reversion.value) if block.volatility.value > 0.0 else None
