"""Maximum likelihood of the two-factor model from rents of several bases and terms, with error bars."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from curves.arrays import ArrayRecord, FloatArray, bad_argument, read_only
from curves.compute.identification import WEAK_ERROR, identification
from curves.compute.kalman import Parameters, Timeline, log_likelihood, timeline
from curves.compute.series import RentSeries
from instruments.ground.errors import CalibrationError
from instruments.ground.messages import problem

FEWEST = 20
"""Fewer observations than this are no estimation."""
HESSIAN_STEP = 1e-3
"""Step of the second differences, on the scale of logarithms."""
GRADIENT_STEP = 1e-5
MOST_ROUNDS = 300
LOG_LIMIT = 7.0
"""Logarithms of speeds, volatilities and noises stay within e^-7 and e^7 of 1: what runs there is not identified."""


@dataclass(frozen=True, slots=True, eq=False)
class TwoFactorEstimate(ArrayRecord):
    """Estimated parameters, their standard errors, and what the data cannot tell."""

    names: tuple[str, ...]
    """mean_reversion, short_volatility, long_volatility, correlation, growth, level..., noise..., jump... [parameter]."""
    values: FloatArray
    """Estimates [parameter]; `growth` is the real-world one: rents were seen, forwards were not."""
    standard_errors: FloatArray
    """From the inverse of the Hessian, carried over to the parameter itself [parameter]; infinite where the data are silent."""
    identified: tuple[bool, ...]
    """Whether the data tell the parameter apart from no knowledge [parameter]."""
    log_likelihood: float
    """At the maximum."""
    observations: int
    """How many log rents."""
    report: tuple[str, ...]
    """What the data cannot identify, in sentences."""

    def value(self, name: str) -> float:
        """One estimate. Raises KeyError for an unknown name."""
        return float(self.values[self._index(name)])

    def standard_error(self, name: str) -> float:
        """One standard error. Raises KeyError for an unknown name."""
        return float(self.standard_errors[self._index(name)])

    def _index(self, name: str) -> int:
        if name not in self.names:
            raise KeyError(name)
        return self.names.index(name)


def estimate_two_factor(series: Sequence[RentSeries], *, launches_years: Sequence[float] = ()) -> TwoFactorEstimate:
    """Two-factor parameters from histories of rents, all of the same model of accelerator.

    Model: log rent of a series = level + loading x + y + noise (`curves.compute.kalman`); every series has its own level and noise, a
    level break starts a new level, a launch at a known time moves y by a jump that is estimated. Quasi-Newton maximum of the Gaussian
    likelihood from two starting points; standard errors from the Hessian by second differences. Not modelled: seasons, spikes,
    random launch dates, changing volatility.

    Args:
        series: one for each basis and term; times from a common origin.
        launches_years: known times of launches inside the history.

    Returns:
        Estimates with standard errors and the identifiability report.

    Raises:
        InputError: no series, two of one name, fewer than 20 observations, or a launch outside the history.
        CalibrationError: the maximum was not found.

    Limits: without a short-term deviation in the data its speed is not identified, and the report says so.

    Source: Schwartz and Smith (2000), section 3; Harvey (1989), "Forecasting, structural time series models and the Kalman filter".

    Checked against: tests/oracle/curves/test_estimation.py (a matrix filter; parameters recovered from simulated rents).
    """
    count = sum(one.rents.size for one in series)
    if count < FEWEST or len({one.name for one in series}) < len(series):
        raise bad_argument("estimate_two_factor", "series", count, f"at least {FEWEST} observations, series of different names", "add more")
    line = timeline(series, launches_years)
    first, last = min(float(one.times_years[0]) for one in series), max(float(one.times_years[-1]) for one in series)
    if any(not first < at <= last for at in launches_years):
        raise bad_argument("estimate_two_factor", "launches_years", list(launches_years), f"within {first:g} to {last:g}", "leave it out")
    levels = _first_levels(series)
    shape = _Shape(len(levels), len(series), len(launches_years))

    def cost(x: FloatArray) -> float:
        return -log_likelihood(line, shape.parameters(x)) / count

    best = None
    for speed in (1.0, 4.0):
        start = np.concatenate(
            ([np.log(speed), np.log(0.25), np.log(0.15), 0.0, 0.0], levels, np.full(shape.noises, np.log(0.02)), np.zeros(shape.jumps))
        )
        found = minimize(cost, start, method="L-BFGS-B", bounds=shape.bounds(), options={"maxiter": MOST_ROUNDS, "eps": GRADIENT_STEP})
        if best is None or found.fun < best.fun:
            best = found
    if best is None or not np.isfinite(best.fun):
        raise CalibrationError(
            problem("not_converged", subject="estimate_two_factor", iterations=MOST_ROUNDS, residual="none", remedy="check the rents")
        )
    return _result(line, shape, np.asarray(best.x, dtype=np.float64), count, series)


@dataclass(frozen=True, slots=True)
class _Shape:
    """How many parameters of each kind, and the way from free numbers to them."""

    levels: int
    noises: int
    jumps: int

    def parameters(self, x: FloatArray) -> Parameters:
        values = x.tolist()
        ends = 5 + self.levels, 5 + self.levels + self.noises
        kappa, short, long = (float(np.exp(value)) for value in values[:3])
        noises = tuple(float(np.exp(value)) for value in values[ends[0] : ends[1]])
        return Parameters(
            kappa, short, long, float(np.tanh(values[3])), values[4], tuple(values[5 : ends[0]]), noises, tuple(values[ends[1] :])
        )

    def natural(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Parameters, and their derivatives with respect to the free numbers."""
        logs = np.zeros(x.size, dtype=bool)
        logs[:3] = True
        logs[5 + self.levels : 5 + self.levels + self.noises] = True
        values, slopes = np.where(logs, np.exp(np.where(logs, x, 0.0)), x), np.where(logs, np.exp(np.where(logs, x, 0.0)), 1.0)
        values[3] = np.tanh(x[3])
        slopes[3] = 1.0 - values[3] ** 2
        return values, slopes

    def bounds(self) -> list[tuple[float | None, float | None]]:
        log, free = (-LOG_LIMIT, LOG_LIMIT), (None, None)
        return [(-3.0, 4.0), log, log, (-3.0, 3.0), *[free] * (1 + self.levels), *[log] * self.noises, *[free] * self.jumps]

    def names(self, series: Sequence[RentSeries]) -> tuple[str, ...]:
        levels = [f"level {one.name}" + f" after break {n}" * (n > 0) for one in series for n in range(1 + len(one.breaks_years))]
        noises = [f"noise {one.name}" for one in series]
        core = ("mean_reversion", "short_volatility", "long_volatility", "correlation", "growth")
        return (*core, *levels, *noises, *(f"jump {number}" for number in range(self.jumps)))


def _first_levels(series: Sequence[RentSeries]) -> list[float]:
    """Mean of the log rents of each level."""
    found: list[float] = []
    for one in series:
        logs = np.log(one.rents)
        piece = np.searchsorted(np.array(one.breaks_years), one.times_years, side="right")
        found += [float(logs[piece == number].mean()) for number in range(1 + len(one.breaks_years))]
    return found


def _result(line: Timeline, shape: _Shape, x: FloatArray, count: int, series: Sequence[RentSeries]) -> TwoFactorEstimate:
    hessian = _hessian(lambda at: -log_likelihood(line, shape.parameters(at)), x)
    values, slopes = shape.natural(x)
    names = shape.names(series)
    errors, report = identification(hessian, names, len(series), tuple(one.term_years for one in series))
    known = tuple(bool(error < WEAK_ERROR) for error in errors)
    return TwoFactorEstimate(
        names=names,
        values=read_only(values),
        standard_errors=read_only(np.where(np.isfinite(errors), errors * slopes, np.inf)),
        identified=known,
        log_likelihood=log_likelihood(line, shape.parameters(x)),
        observations=count,
        report=report,
    )


def _hessian(cost: Callable[[FloatArray], float], x: FloatArray) -> FloatArray:
    size, here = x.size, cost(x)
    steps = np.eye(size) * HESSIAN_STEP
    up = np.array([cost(x + step) for step in steps])
    down = np.array([cost(x - step) for step in steps])
    found = np.diag((up - 2.0 * here + down) / HESSIAN_STEP**2)
    for i in range(size):
        for j in range(i):
            both = cost(x + steps[i] + steps[j]) - up[i] - up[j] + 2.0 * here + cost(x - steps[i] - steps[j]) - down[i] - down[j]
            found[i, j] = found[j, i] = both / (2.0 * HESSIAN_STEP**2)
    return found
