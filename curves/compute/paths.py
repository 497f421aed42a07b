"""Paths of a rent from given random numbers: exact transitions, no time-step error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curves.arrays import FloatArray, bad_argument, checked_times, finite_array
from curves.compute.curve import RentCurve


@dataclass(frozen=True, slots=True)
class RentStates:
    """What a rent is made of on paths, and what it says about rents to come."""

    curve: RentCurve
    """The model."""
    times_years: FloatArray
    """[time]"""
    short: FloatArray
    """x [time, path]."""
    long: FloatArray
    """y, with the logarithm of the spot in it [time, path]."""
    launch_times: FloatArray
    """tau [launch, path]."""
    jumps: FloatArray
    """J [launch, path]."""

    def diffusive(self) -> FloatArray:
        """The sum of x and y [time, path]: the logarithm of the rent without launches and fit."""
        return self.short + self.long

    def jumped(self) -> FloatArray:
        """Jumps of the launches so far, in logarithms [time, path]."""
        found = np.zeros(self.short.shape)
        for when, size in zip(self.launch_times, self.jumps, strict=True):
            found += np.where(when <= self.times_years[:, None], size, 0.0)
        return found

    def fit(self) -> FloatArray:
        """Of the forwards, f [time]: what makes the forwards exact."""
        return np.log(self.curve.forward(self.times_years) / self.curve.model_forward(self.times_years))

    def rents(self) -> FloatArray:
        """USD per hour [time, path]; the mean on every date is the forward."""
        return np.exp(self.fit()[:, None] + self.diffusive() + self.jumped())

    def forwards(self, index: int, years: npt.ArrayLike, paths: npt.NDArray[np.bool_] | None = None) -> FloatArray:
        """Forwards seen from one of the times, F(t, T) for later T: [T, path], USD per hour; on some of the paths where asked.

        Model: the conditional mean of the rent: what is left of x, the level y, the drifts and variances from t to T, launches that have
        happened with their jump, those to come with the odds that they come by T, given that they have not by t.
        """
        now, model = float(self.times_years[index]), self.curve.factors
        times = checked_times(self.curve.key, "years", years)
        ahead = times - now
        if ahead.size and float(ahead.min()) < 0.0:
            raise bad_argument(self.curve.key, "years", times, f"at or after {now:g}", "a past rent is no forward")
        left = model.decay(ahead)
        drift = model.growth * ahead - (1.0 - left) * model.short_premium / model.mean_reversion + 0.5 * model.variance(ahead)
        fit = np.log(self.curve.forward(times) / self.curve.model_forward(times))
        chosen = np.ones(self.short.shape[1], dtype=np.bool_) if paths is None else paths
        logs = (fit + drift)[:, None] + left[:, None] * self.short[index, chosen] + self.long[index, chosen]
        for launch, when, size in zip(self.curve.launches, self.launch_times[:, chosen], self.jumps[:, chosen], strict=True):
            by_now, by_then = float(launch.probability(now)), launch.probability(times)
            rest = (by_then - by_now) / (1.0 - by_now) if by_now < 1.0 else np.zeros_like(by_then)
            logs = logs + np.where(when <= now, size, np.log1p(rest * (launch.mean_factor - 1.0))[:, None])
        return np.exp(logs)


def rent_states(
    curve: RentCurve,
    times_years: npt.ArrayLike,
    *,
    normals: npt.ArrayLike,
    launch_uniforms: npt.ArrayLike = (),
    launch_normals: npt.ArrayLike = (),
) -> RentStates:
    """The factors and launches of a rent on paths; arguments as in `rent_paths`.

    Model: the joint law of (x, y) over each step is exact (Gaussian with the covariance of `TwoFactor.covariance`).
    """
    times = checked_times(curve.key, "times_years", times_years)
    draws = finite_array(curve.key, "normals", normals)
    steps = np.diff(times, prepend=0.0)
    if times.ndim != 1 or not bool((steps > 0.0).all()):
        raise bad_argument(curve.key, "times_years", times, "rising and above 0", "sort the times")
    if draws.ndim != 3 or draws.shape[:2] != (2, times.size):
        raise bad_argument(curve.key, "normals", draws.shape, f"shape (2, {times.size}, paths)", "draw them for both factors")
    shape = (len(curve.launches), draws.shape[2])
    uniforms, sizes = (np.asarray(part, dtype=np.float64).reshape(-1, draws.shape[2]) for part in (launch_uniforms, launch_normals))
    if uniforms.shape != shape or sizes.shape != shape:
        raise bad_argument(curve.key, "launch_uniforms", uniforms.shape, f"shape {shape}, as launch_normals", "draw them for every launch")
    model = curve.factors
    short, long, cross = model.covariance(steps)
    root = np.sqrt(short)
    load = np.divide(cross, root, out=np.zeros_like(root), where=root > 0.0)
    own = np.sqrt(np.maximum(long - load**2, 0.0))
    x = np.full(draws.shape[2], model.short_deviation)
    y = np.full(draws.shape[2], np.log(curve.spot_usd_per_hour) - model.short_deviation)
    xs, ys = np.empty(draws.shape[1:]), np.empty(draws.shape[1:])
    for step in range(times.size):
        decay = float(model.decay(steps[step]))
        x = decay * x - (1.0 - decay) * model.short_premium / model.mean_reversion + root[step] * draws[0, step]
        y = y + model.growth * steps[step] + load[step] * draws[0, step] + own[step] * draws[1, step]
        xs[step], ys[step] = x, y
    when, jumps = np.empty(shape), np.empty(shape)
    for index, launch in enumerate(curve.launches):
        when[index] = launch.time_of(uniforms[index])
        jumps[index] = launch.jump_mean + launch.jump_volatility * sizes[index]
    return RentStates(curve, times, xs, ys, when, jumps)


def rent_paths(
    curve: RentCurve,
    times_years: npt.ArrayLike,
    *,
    normals: npt.ArrayLike,
    launch_uniforms: npt.ArrayLike = (),
    launch_normals: npt.ArrayLike = (),
) -> FloatArray:
    """Rents on paths under the pricing measure.

    Model: exact transitions (`rent_states`); a launch moves the rent at its own random time and stays. The mean on every date is the
    forward, whatever the fit.

    Args:
        curve: the model.
        times_years: [time], rising, above 0.
        normals: independent standard normals [2, time, path]: short-term, long-term.
        launch_uniforms: in (0, 1) [launch, path]; empty without launches.
        launch_normals: for the sizes of the jumps [launch, path].

    Returns:
        USD per hour [time, path].

    Raises:
        InputError: times that do not rise, or arrays of another shape.
    """
    return rent_states(curve, times_years, normals=normals, launch_uniforms=launch_uniforms, launch_normals=launch_normals).rents()
