"""The law of an arithmetic mean of rents over some days: exact moments for each launch pattern, lognormal in between."""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt

from curves.arrays import FloatArray, bad_argument, checked_times, read_only
from curves.compute.curve import LaunchMixture, RentCurve
from curves.compute.factors import LaunchModel

MOST_PATTERNS = 100_000
"""Patterns of launches before, inside and after the days: 3 for each launch that can fall inside."""


def mean_mixture(curve: RentCurve, times_years: npt.ArrayLike) -> LaunchMixture:
    """The law of the mean of the rent over some days, as a mixture over launch patterns.

    Model: each launch falls before the first day, after the last one, or inside; its pattern has odds p(t_1), 1 - p(t_n) and the rest.
    Given the pattern, mean and second moment of the average are exact: the covariances of the two factors are closed forms
    (`TwoFactor.autocovariance`), a launch inside is integrated over its time given that it falls there, and its jump is one and the same
    on every day after it. The average given the pattern is then taken for a lognormal of these two moments: exact on one day, and very
    close over one month, for its days are nearly one (Levy 1992; Turnbull and Wakeman 1991).

    Args:
        curve: of the index.
        times_years: of the days [day], at or above 0, strictly rising.

    Returns:
        Odds, means and variances of the logarithm [pattern]; the weighted mean is the mean of the forwards, exactly.

    Raises:
        InputError: no day, or days that do not rise.

    Checked against: tests/oracle/pricing/test_rent_options.py (brute force, simulation, QuantLib's discrete averages).
    """
    times = checked_times(curve.key, "times_years", times_years)
    if times.ndim != 1 or not times.size or not bool((np.diff(times) > 0.0).all()):
        raise bad_argument(curve.key, "times_years", times, "at least one day, rising", "sort the days")
    odds = [launch.probability(times) for launch in curve.launches]
    base = curve.forward(times)
    for launch, p in zip(curve.launches, odds, strict=True):
        base = base / (1.0 + p * (launch.mean_factor - 1.0))
    pairs = np.outer(base, base) * np.exp(curve.factors.autocovariance(times))
    active = [(launch, p, _inside(launch, p)) for launch, p in zip(curve.launches, odds, strict=True)]
    states = [
        [place for place, weight in (("before", p[0]), ("inside", p[-1] - p[0]), ("after", 1.0 - p[-1])) if weight > 0.0]
        for _, p, _ in active
    ]
    count = int(np.prod([len(each) for each in states], dtype=np.int64))
    if count > MOST_PATTERNS:
        raise bad_argument(curve.key, "launches", count, f"at most {MOST_PATTERNS} patterns in one month", "keep the nearest launches")
    moments: dict[tuple[bool, ...], tuple[float, float]] = {}
    weights, means, seconds = np.empty(count), np.empty(count), np.empty(count)
    for row, pattern in enumerate(product(*states)):
        inside = tuple(place == "inside" for place in pattern)
        if inside not in moments:
            moments[inside] = _moments(base, pairs, [factors for on, (_, _, factors) in zip(inside, active, strict=True) if on])
        first, second = moments[inside]
        weight = 1.0
        for place, (launch, p, _) in zip(pattern, active, strict=True):
            weight *= float({"before": p[0], "inside": p[-1] - p[0], "after": 1.0 - p[-1]}[place])
            if place == "before":
                first, second = first * launch.mean_factor, second * _square(launch)
        weights[row], means[row], seconds[row] = weight, first, second
    variances = np.maximum(np.log(seconds) - 2.0 * np.log(means), 0.0)
    return LaunchMixture(read_only(weights), read_only(means), read_only(variances))


def _square(launch: LaunchModel) -> float:
    """E[e^{2J}]."""
    return float(np.exp(2.0 * launch.jump_mean + 2.0 * launch.jump_volatility**2))


def _inside(launch: LaunchModel, p: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What a launch inside the days does to the mean [day] and to the second moment [day, day], given that it falls there."""
    span = float(p[-1] - p[0])
    q = (p - p[0]) / span if span > 0.0 else np.zeros_like(p)
    early, late = np.minimum(q[:, None], q[None, :]), np.maximum(q[:, None], q[None, :])
    return 1.0 + q * (launch.mean_factor - 1.0), 1.0 - late + (late - early) * launch.mean_factor + early * _square(launch)


def _moments(base: FloatArray, pairs: FloatArray, factors: list[tuple[FloatArray, FloatArray]]) -> tuple[float, float]:
    """Mean and second moment of the average."""
    for mean, second in factors:
        base, pairs = base * mean, pairs * second
    return float(base.mean()), float(pairs.mean())
