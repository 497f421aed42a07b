"""The rent curve: forwards that fit the quotes exactly, variances, and the mixture over launches that options need."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from curves.arrays import ArrayRecord, FloatArray, bad_argument, checked_times, finite_array, read_only
from curves.compute.factors import LaunchModel, TwoFactor
from curves.compute.term_rates import TermRates


@dataclass(frozen=True, slots=True, eq=False)
class LaunchMixture(ArrayRecord):
    """The law of a rent at one time: a mixture of lognormals, one for each pattern of launches."""

    weights: FloatArray
    """Odds [pattern], adding to 1."""
    forwards: FloatArray
    """Mean rent given the pattern [pattern]; their weighted mean is the forward."""
    variances: FloatArray
    """Variance of the logarithm given the pattern [pattern]."""


@dataclass(frozen=True, slots=True, eq=False)
class RentCurve(ArrayRecord):
    """Price of one accelerator-hour of one index and basis, under the pricing measure.

    Model: ln P_t = f(t) + x_t + y_t + sum of J_k over launches with tau_k <= t (`TwoFactor`, `LaunchModel`), launches independent of each
    other and of the factors. f makes forwards exact: with quoted forwards it is the logarithm of quoted over model forward, linear in T
    between tenors, flat beyond; with term rates the forward is that of `TermRates` less the access wedge c T / (T + a); without either
    the forward is the model's own. Not modelled: a floor (an owner who switches off earns max(P - c, 0): an option), seasons, spikes.

    Raises:
        InputError: times that do not rise from 0, a spot not above 0, or both fits at once.
    """

    key: str
    """Market key: 'rent:H100'."""
    as_of: dt.date
    """Date of the spot."""
    spot_usd_per_hour: float
    """P_0."""
    factors: TwoFactor
    """The diffusive factors."""
    launches: tuple[LaunchModel, ...]
    """Launches to come."""
    fit_times_years: FloatArray
    """Tenors of quoted forwards [node], the first 0."""
    fit_logs: FloatArray
    """f at them [node], the first 0."""
    terms: TermRates | None = None
    """Term rates, where those are quoted."""
    access_wedge: float = 0.0
    """c."""
    access_wedge_years: float = 1.0
    """a."""

    def __post_init__(self) -> None:
        times, logs = finite_array(self.key, "forwards", self.fit_times_years), finite_array(self.key, "forwards", self.fit_logs)
        if times.shape != logs.shape or not times.size or times[0] != 0.0 or logs[0] != 0.0 or not bool((np.diff(times) > 0.0).all()):
            raise bad_argument(self.key, "forwards", times, "rising from 0, where the spot stands", "sort the tenors")
        if not self.spot_usd_per_hour > 0.0:
            raise bad_argument(self.key, "spot_usd_per_hour", self.spot_usd_per_hour, "above 0", "a rent of 0 has no logarithm")
        if self.terms is not None and times.size > 1:
            raise bad_argument(self.key, "terms", times, "term rates or forwards, not both", "keep one of them")
        object.__setattr__(self, "fit_times_years", read_only(times))
        object.__setattr__(self, "fit_logs", read_only(logs))

    def model_forward(self, years: npt.ArrayLike) -> FloatArray:
        """Forwards before the fit, launches included, USD per hour, same shape as the times."""
        times = checked_times(self.key, "years", years)
        logs = self.factors.log_forward(times)
        for launch in self.launches:
            logs = logs + launch.log_forward(times)
        return self.spot_usd_per_hour * np.exp(logs)

    def forward(self, years: npt.ArrayLike) -> FloatArray:
        """F(0, T), USD per hour, same shape as the times; the spot at time 0."""
        times = checked_times(self.key, "years", years)
        if self.terms is not None:
            return self.terms.forward(times) * (1.0 - self.access_wedge * times / (times + self.access_wedge_years))
        return self.model_forward(times) * np.exp(np.interp(times, self.fit_times_years, self.fit_logs))

    def expected(self, years: npt.ArrayLike) -> FloatArray:
        """Real-world mean of the rent, same shape: the forward with the risk premium put back.

        Raises:
            InputError: the market gives no real-world growth.
        """
        return self.forward(years) * np.exp(self.factors.log_premium(years))

    def variance(self, years: npt.ArrayLike) -> FloatArray:
        """Diffusive variance of the logarithm, launches left out, same shape as the times."""
        return self.factors.variance(years)

    def mixture(self, years: float) -> LaunchMixture:
        """The law of the rent at one time, over the 2^launches patterns of what has been launched by then.

        Launches make a mixture, not a wider lognormal: given a pattern, the logarithm has variance V(T) + sum of v_k^2.
        """
        odds = [float(launch.probability(years)) for launch in self.launches]
        means = [launch.mean_factor for launch in self.launches]
        base = float(self.forward(years)) / float(np.prod([1.0 + p * (m - 1.0) for p, m in zip(odds, means, strict=True)]))
        weights: list[float] = []
        forwards: list[float] = []
        variances: list[float] = []
        for pattern in product((False, True), repeat=len(self.launches)):
            marks = list(zip(pattern, odds, means, self.launches, strict=True))
            weights.append(float(np.prod([p if on else 1.0 - p for on, p, _, _ in marks])))
            forwards.append(base * float(np.prod([m for on, _, m, _ in marks if on])))
            variances.append(float(self.variance(years)) + sum(one.jump_volatility**2 for on, _, _, one in marks if on))
        return LaunchMixture(read_only(weights), read_only(forwards), read_only(variances))

    def standard_deviation(self, years: float) -> float:
        """Standard deviation of the logarithm of the rent at one time, launches included."""
        law = self.mixture(years)
        centres = np.log(law.forwards) - 0.5 * law.variances
        mean = float(law.weights @ centres)
        return float(np.sqrt(law.weights @ (law.variances + (centres - mean) ** 2)))


def month_average(curve: RentCurve, times_years: npt.ArrayLike) -> float:
    """Price of a future that settles on the mean of the index over some days: the mean of F(0, t_i), USD per hour.

    Args:
        curve: of the index.
        times_years: the business days of the month [day], as `business_times` gives them.
    """
    return float(np.mean(curve.forward(times_years)))
