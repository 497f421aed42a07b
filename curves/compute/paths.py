"""Paths of a rent from given random numbers: exact transitions, no time-step error."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from curves.arrays import FloatArray, bad_argument, checked_times, finite_array
from curves.compute.curve import RentCurve


def rent_paths(
    curve: RentCurve,
    times_years: npt.ArrayLike,
    *,
    normals: npt.ArrayLike,
    launch_uniforms: npt.ArrayLike = (),
    launch_normals: npt.ArrayLike = (),
) -> FloatArray:
    """Rents on paths under the pricing measure.

    Model: the joint law of (x, y) over each step is exact (Gaussian with the covariance of `TwoFactor.covariance`); a launch moves the
    rent at its own random time and stays. The mean on every date is the forward, whatever the fit.

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
    fit = np.log(curve.forward(times) / curve.model_forward(times))
    jumps = [
        (launch.time_of(uniforms[index]), launch.jump_mean + launch.jump_volatility * sizes[index])
        for index, launch in enumerate(curve.launches)
    ]
    found = np.empty(draws.shape[1:])
    for step in range(times.size):
        decay = float(model.decay(steps[step]))
        x = decay * x - (1.0 - decay) * model.short_premium / model.mean_reversion + root[step] * draws[0, step]
        y = y + model.growth * steps[step] + load[step] * draws[0, step] + own[step] * draws[1, step]
        jumped = sum((np.where(when <= times[step], size, 0.0) for when, size in jumps), np.zeros(draws.shape[2]))
        found[step] = np.exp(fit[step] + x + y + jumped)
    return found
