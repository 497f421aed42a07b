"""The survival curve: piecewise flat hazard rates in read-only arrays."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curves.arrays import ArrayRecord, FloatArray, bad_argument, checked_times, finite_array, read_only


@dataclass(frozen=True, slots=True, eq=False)
class SurvivalCurve(ArrayRecord):
    """Survival of one entity under the pricing measure.

    Model: S(t) = exp(-integral of h to t), h flat up to each node and beyond the last one. Default is a surprise; its time is
    independent of rates and of all other factors here (dependence belongs to the simulation). No cap on h.

    Raises:
        InputError: no node, times that do not rise above 0, a hazard below 0, or a recovery outside 0 to 1.
    """

    key: str
    """Market key: 'credit:META'."""
    as_of: dt.date
    """Date at which survival is 1."""
    times_years: FloatArray
    """End of each flat piece [node], ACT/365F years."""
    hazards: FloatArray
    """Hazard rate of each piece [node], per year."""
    recovery: float
    """Recovery rate that the quotes assume, as a fraction of the claim."""
    may_rise: bool = False
    """Whether an arbitrage was kept: hazards below 0 are then allowed, and survival rises there."""

    def __post_init__(self) -> None:
        times = finite_array(self.key, "times_years", self.times_years)
        hazards = finite_array(self.key, "hazards", self.hazards)
        if times.ndim != 1 or times.shape != hazards.shape or not times.size:
            raise bad_argument(self.key, "hazards", hazards.shape, "one hazard for each of at least one time", "give both arrays")
        if times[0] <= 0.0 or not bool((np.diff(times) > 0.0).all()):
            raise bad_argument(self.key, "times_years", times, "rising and above 0", "sort the nodes")
        if float(hazards.min()) < 0.0 and not self.may_rise:
            raise bad_argument(self.key, "hazards", float(hazards.min()), "at or above 0", "check the quotes")
        if not 0.0 <= self.recovery <= 1.0:
            raise bad_argument(self.key, "recovery", self.recovery, "between 0 and 1", "40 % is 0.4")
        object.__setattr__(self, "times_years", read_only(times))
        object.__setattr__(self, "hazards", read_only(hazards))

    def survival(self, times_years: npt.ArrayLike) -> FloatArray:
        """Probability of being alive at times of any shape, in ACT/365F years (at or above 0, else InputError); 1 at time 0."""
        return np.exp(-self.cumulative_hazard(times_years))

    def default_probability(self, times_years: npt.ArrayLike) -> FloatArray:
        """1 - survival, exact also where it is tiny; same shape as the times."""
        return np.asarray(-np.expm1(-self.cumulative_hazard(times_years)))

    def hazard(self, times_years: npt.ArrayLike) -> FloatArray:
        """Hazard rate just after each time, per year; same shape as the times."""
        times = checked_times(self.key, "times_years", times_years)
        return self.hazards[np.minimum(np.searchsorted(self.times_years, times, side="right"), self.hazards.size - 1)]

    def cumulative_hazard(self, times_years: npt.ArrayLike) -> FloatArray:
        """Integral of the hazard rate from 0 to each time; same shape as the times."""
        times = checked_times(self.key, "times_years", times_years)
        nodes = np.concatenate(([0.0], self.times_years))
        totals = np.concatenate(([0.0], np.cumsum(self.hazards * np.diff(nodes))))
        beyond = np.maximum(times - nodes[-1], 0.0)
        return np.asarray(np.interp(times, nodes, totals) + beyond * self.hazards[-1])
