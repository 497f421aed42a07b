"""Paths of a rent over the days of some months: one stream for the factors, one for the launches, block by block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from curves import RentCurve
from curves.compute import RentStates, rent_states
from pricing.paths.streams import BLOCK, generator
from pricing.schedules.rent_months import RentMonth
from pricing.schedules.types import Floats


@dataclass(frozen=True)
class MonthPaths:
    """Rents of one block on the days to come of the months."""

    states: RentStates
    months: tuple[RentMonth, ...]
    rents: Floats
    """[day, path] over the days of all months, in order."""
    normals: Floats
    """[factor, day, path]: what drove them."""

    def days_of(self, index: int) -> slice:
        """Rows of one month."""
        first = sum(len(month.days) for month in self.months[:index])
        return slice(first, first + len(self.months[index].days))

    def open_mean(self, index: int) -> Floats:
        """Mean over the days to come of one month [path]; nothing where none is left."""
        rows = self.days_of(index)
        return self.rents[rows].mean(axis=0) if rows.stop > rows.start else np.zeros(self.rents.shape[1])

    def mean(self, index: int) -> Floats:
        """Mean of one month, fixings seen included [path]."""
        return self.months[index].known + self.months[index].open_share * self.open_mean(index)


def month_paths(curve: RentCurve, months: tuple[RentMonth, ...], seed: int, block: int, paths: int = BLOCK) -> MonthPaths:
    """One block of paths; the same bytes whoever asks. Memory: about 5 x days x 4,096 x 8 bytes.

    Model: `curves.compute.rent_states`, exact from day to day, launches on the day they fall on.
    """
    times = np.concatenate([month.times for month in months])
    normals = generator(seed, curve.key, block).standard_normal((2, times.size, paths))
    luck = generator(seed, f"{curve.key}/launches", block)
    shape = (len(curve.launches), paths)
    # random() may be 0, where an exponential delay is 0: the earliest time, allowed
    states = rent_states(curve, times, normals=normals, launch_uniforms=luck.random(shape), launch_normals=luck.standard_normal(shape))
    return MonthPaths(states, months, states.rents(), normals)
