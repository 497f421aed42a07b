"""The two diffusive factors and the launches of a compute price: moments in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from curves.arrays import FloatArray, bad_argument, checked_times


@dataclass(frozen=True, slots=True)
class TwoFactor:
    """Parameters of ln P_t = f(t) + x_t + y_t + jumps.

    Model: dx = -(kappa x + lambda_x) dt + s_x dW1, dy = mu* dt + s_y dW2, corr(dW1, dW2) = rho: Schwartz and Smith (2000), "Short-term
    variations and long-term dynamics in commodity prices", Management Science 46(7), equations 1 to 3 and 7.

    Raises:
        InputError: kappa not above 0, a negative volatility, |rho| above 1.
    """

    mean_reversion: float
    """kappa, per year."""
    short_volatility: float
    """s_x, per square root of a year."""
    long_volatility: float
    """s_y, per square root of a year."""
    correlation: float = 0.0
    """rho."""
    growth: float = 0.0
    """mu*, per year, pricing measure."""
    short_premium: float = 0.0
    """lambda_x, per year."""
    short_deviation: float = 0.0
    """x_0."""
    real_world_growth: float | None = None
    """mu, per year; None where nothing is known of the real world."""

    def __post_init__(self) -> None:
        for name, found, fits, allowed in (
            ("mean_reversion", self.mean_reversion, self.mean_reversion > 0.0, "above 0"),
            ("short_volatility", self.short_volatility, self.short_volatility >= 0.0, "at or above 0"),
            ("long_volatility", self.long_volatility, self.long_volatility >= 0.0, "at or above 0"),
            ("correlation", self.correlation, abs(self.correlation) <= 1.0, "between -1 and 1"),
        ):
            if not fits:
                raise bad_argument("two_factor", name, found, allowed, "check the parameter")

    def decay(self, years: npt.ArrayLike) -> FloatArray:
        """e^{-kappa T}: what is left of a deviation."""
        return np.exp(-self.mean_reversion * np.asarray(years, dtype=np.float64))

    def covariance(self, years: npt.ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Variances of x and of y, and their covariance, over times of any shape: s_x^2 (1 - e^{-2 kappa T}) / 2 kappa, s_y^2 T,
        rho s_x s_y (1 - e^{-kappa T}) / kappa.
        """
        times, kappa = np.asarray(years, dtype=np.float64), self.mean_reversion
        short = -np.expm1(-2.0 * kappa * times) * self.short_volatility**2 / (2.0 * kappa)
        cross = -np.expm1(-kappa * times) * self.correlation * self.short_volatility * self.long_volatility / kappa
        return short, self.long_volatility**2 * times, cross

    def autocovariance(self, years: npt.ArrayLike) -> FloatArray:
        """Covariances of the diffusive logarithm at times [time], rising or not: [time, time], its diagonal `variance`.

        For s <= t: e^{-kappa (t - s)} var x_s + var y_s + (1 + e^{-kappa (t - s)}) cov(x_s, y_s): what runs after s is independent.
        """
        times = checked_times("two_factor", "years", years)
        left = self.decay(np.abs(times[:, None] - times[None, :]))
        short, long, cross = self.covariance(np.minimum(times[:, None], times[None, :]))
        return left * short + long + (1.0 + left) * cross

    def variance(self, years: npt.ArrayLike) -> FloatArray:
        """V(T): diffusive variance of ln P_T, same shape as the times."""
        short, long, cross = self.covariance(checked_times("two_factor", "years", years))
        return np.maximum(short + long + 2.0 * cross, 0.0)  # opposite factors cancel to a hair below 0

    def forward_variance(self, expiry_years: npt.ArrayLike, delivery_years: npt.ArrayLike) -> FloatArray:
        """Diffusive variance up to the expiry of the logarithm of the forward for a later delivery, broadcast.

        s_x^2 e^{-2 kappa (T - t)} (1 - e^{-2 kappa t}) / 2 kappa + s_y^2 t + 2 rho s_x s_y e^{-kappa (T - t)} (1 - e^{-kappa t}) / kappa:
        Schwartz and Smith (2000), equation 12. At delivery it is `variance`.
        """
        expiry, delivery = np.broadcast_arrays(
            checked_times("two_factor", "expiry_years", expiry_years), checked_times("two_factor", "delivery_years", delivery_years)
        )
        if expiry.size and float((delivery - expiry).min()) < 0.0:
            raise bad_argument("two_factor", "delivery_years", delivery, "at or after the expiry", "exchange the times")
        left = self.decay(delivery - expiry)
        short, long, cross = self.covariance(expiry)
        return np.maximum(left**2 * short + long + 2.0 * left * cross, 0.0)

    def log_forward(self, years: npt.ArrayLike) -> FloatArray:
        """Ln F(0, T) - ln P_0 before launches and fit: (e^{-kappa T} - 1) x_0 + mu* T - (1 - e^{-kappa T}) lambda_x / kappa + V(T) / 2."""
        times = checked_times("two_factor", "years", years)
        gone = 1.0 - self.decay(times)
        return (
            -gone * self.short_deviation
            + self.growth * times
            - gone * self.short_premium / self.mean_reversion
            + 0.5 * self.variance(times)
        )

    def log_premium(self, years: npt.ArrayLike) -> FloatArray:
        """Ln E[P_T] - ln F(0, T) in the real world: (mu - mu*) T + (1 - e^{-kappa T}) lambda_x / kappa.

        Raises:
            InputError: no real-world growth was given.
        """
        if self.real_world_growth is None:
            raise bad_argument("two_factor", "real_world_growth", "none", "given", "real-world rents are never guessed")
        times = checked_times("two_factor", "years", years)
        return (self.real_world_growth - self.growth) * times + (1.0 - self.decay(times)) * self.short_premium / self.mean_reversion


@dataclass(frozen=True, slots=True)
class LaunchModel:
    """One launch: when, and the log jump J ~ N(m, v^2) of the incumbent's rent.

    Model: uniform on [expected - window, expected + window], or exponential with mean `window_years` after expected - window; given that
    it has not happened by time 0.

    Raises:
        InputError: a negative window or jump volatility, or a window that is over at time 0.
    """

    name: str
    """Which generation."""
    expected_years: float
    """Expected date, ACT/365F years from the market's date."""
    window_years: float
    """Half-width of the uniform window, or mean delay; 0 is a certain date."""
    delay: Literal["uniform", "exponential"]
    """Law of the date."""
    jump_mean: float
    """m."""
    jump_volatility: float = 0.0
    """v."""

    def __post_init__(self) -> None:
        if self.window_years < 0.0 or self.jump_volatility < 0.0:
            raise bad_argument(f"launch {self.name}", "window_years", self.window_years, "at or above 0", "check the launch")
        over = (
            self.expected_years + self.window_years <= 0.0 if self.delay == "uniform" else self.window_years == 0.0 >= self.expected_years
        )
        if over:
            raise bad_argument(
                f"launch {self.name}",
                "expected",
                f"{self.expected_years:.2f} years",
                "after the market's date",
                "take it out: it is in the rent",
            )

    def _before(self, years: FloatArray) -> FloatArray:
        since = years - (self.expected_years - self.window_years)
        if self.window_years == 0.0:
            return (since >= 0.0).astype(np.float64)
        with np.errstate(over="ignore"):  # a window next to nothing is a certain date
            if self.delay == "uniform":
                return np.clip(since / (2.0 * self.window_years), 0.0, 1.0)
            return -np.expm1(-np.maximum(since, 0.0) / self.window_years)

    def probability(self, years: npt.ArrayLike) -> FloatArray:
        """p(T): odds that the launch has happened by T, given that it has not by 0; same shape as the times, 0 at time 0."""
        now = float(self._before(np.zeros(())))
        return (self._before(np.asarray(years, dtype=np.float64)) - now) / (1.0 - now)

    def time_of(self, uniforms: npt.ArrayLike) -> FloatArray:
        """Launch times from uniforms in (0, 1), same shape: the inverse of `probability`."""
        now = float(self._before(np.zeros(())))
        level = now + (1.0 - now) * np.asarray(uniforms, dtype=np.float64)
        first = self.expected_years - self.window_years
        if self.delay == "uniform" or self.window_years == 0.0:
            return first + 2.0 * self.window_years * level
        return first - self.window_years * np.log1p(-level)

    @property
    def mean_factor(self) -> float:
        """E[e^J] = e^{m + v^2/2}."""
        return float(np.exp(self.jump_mean + 0.5 * self.jump_volatility**2))

    def log_forward(self, years: npt.ArrayLike) -> FloatArray:
        """ln(1 - p(T) + p(T) E[e^J]): what the launch does to the forward."""
        return np.log1p(self.probability(years) * (self.mean_factor - 1.0))
