"""Failures and spares: rates from counted events, fleets that shrink, how many spares to hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2, poisson

from curves.arrays import FloatArray, bad_argument, checked_times, finite_array

HOURS_PER_DAY = 24.0
PER_THOUSAND = 1000.0


@dataclass(frozen=True, slots=True)
class FailureRate:
    """Failures of one unit per year, with an exact Poisson interval."""

    rate: float
    """Events over unit-years."""
    low: float
    """Lower end of the interval."""
    high: float
    """Upper end of the interval."""


def failure_rate(events: int, unit_years: float, *, level: float = 0.95) -> FailureRate:
    """A failure rate from counted events.

    Model: events are Poisson with a constant rate; the interval is the exact one of Garwood (1936), from quantiles of chi-square with
    2k and 2k + 2 degrees of freedom. Interruptions that a restart heals are not failures of hardware: count those apart.

    Args:
        events: k, at or above 0.
        unit_years: units x years watched, above 0.
        level: of the two-sided interval, between 0 and 1.

    Example:
        >>> found = failure_rate(148, 16384 * 54 / 365)
        >>> round(found.rate, 4), round(found.low, 4), round(found.high, 4)
        (0.0611, 0.0516, 0.0717)
    """
    if events < 0 or not unit_years > 0.0 or not 0.0 < level < 1.0:
        raise bad_argument("failure_rate", "events", events, "at or above 0, with unit-years above 0", "count events and exposure")
    tail = 0.5 * (1.0 - level)
    low = 0.5 * float(cast(float, chi2.ppf(tail, 2 * events))) if events else 0.0
    return FailureRate(events / unit_years, low / unit_years, 0.5 * float(cast(float, chi2.ppf(1.0 - tail, 2 * events + 2))) / unit_years)


def units_in_service(
    units: npt.ArrayLike, *, times_years: npt.ArrayLike, failures_per_year: npt.ArrayLike, spares: npt.ArrayLike = 0.0
) -> FloatArray:
    """Units in service over time when failed ones are replaced from a stock of spares until it is empty.

    Model: the mean path of a large fleet: units while failures x units x t is at most the spares, then units e^{-rate (t - t_empty)}.
    Not modelled: lead time of a swap, ageing, the noise of a small fleet (`spares_needed`).

    Args:
        units: [...], at or above 0.
        times_years: [time], at or above 0.
        failures_per_year: of one unit [...], at or above 0.
        spares: [...], at or above 0.

    Returns:
        [..., time]. Limits: rate 0: all units; no spares: exponential decay.
    """
    count, rate, stock = (
        finite_array("units_in_service", name, value)[..., None]
        for name, value in (("units", units), ("failures_per_year", failures_per_year), ("spares", spares))
    )
    if float(count.min()) < 0.0 or float(rate.min()) < 0.0 or float(stock.min()) < 0.0:
        raise bad_argument("units_in_service", "failures_per_year", rate, "at or above 0", "units and spares are at or above 0 too")
    times = checked_times("units_in_service", "times_years", times_years)
    used = rate * count
    empty = np.where(used > 0.0, stock / np.where(used > 0.0, used, 1.0), np.inf)
    return count * np.exp(-rate * np.maximum(times - empty, 0.0))


def spares_needed(*, units: float, failures_per_year: float, lead_years: float, service_level: float = 0.999) -> int:
    """The smallest stock that covers the failures of one replacement lead time with the given probability: a Poisson quantile.

    Args:
        units: in service.
        failures_per_year: of one unit.
        lead_years: from a failure to a restocked spare.
        service_level: probability that the stock suffices, between 0 and 1.

    Example:
        >>> spares_needed(units=1024, failures_per_year=0.06, lead_years=14 / 365, service_level=0.99)
        7
    """
    load = units * failures_per_year * lead_years
    if load < 0.0 or not 0.0 < service_level < 1.0:
        raise bad_argument("spares_needed", "service_level", service_level, "between 0 and 1, with rates at or above 0", "0.999 is common")
    return int(cast(float, poisson.ppf(service_level, load)))


def job_mttf_hours(*, nodes: npt.ArrayLike, failures_per_thousand_node_days: npt.ArrayLike) -> FloatArray:
    """Mean hours to the first failure of a job that needs all its nodes: inversely proportional to nodes x rate; infinite at rate 0."""
    count, rate = (finite_array("job_mttf_hours", "nodes", value) for value in (nodes, failures_per_thousand_node_days))
    if float(count.min()) <= 0.0 or float(rate.min()) < 0.0:
        raise bad_argument("job_mttf_hours", "nodes", count, "above 0, with a rate at or above 0", "check both")
    with np.errstate(divide="ignore"):
        return HOURS_PER_DAY * PER_THOUSAND / (count * rate)
