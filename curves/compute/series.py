"""Histories of one rent index: what an estimation may look at. Sources are never spliced."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from curves.arrays import DAYS_PER_YEAR, ArrayRecord, FloatArray, bad_argument, finite_array, read_only
from instruments.ground.errors import InputError
from instruments.ground.messages import problem


@dataclass(frozen=True, slots=True, eq=False)
class RentSeries(ArrayRecord):
    """Rents of one source, one basis and one term.

    A restatement of the index is a level break: the level after it is unrelated to the level before, and the step is never a return.

    Raises:
        InputError: no observation, times that do not rise, a rent not above 0, a negative term, or a break outside the history.
    """

    name: str
    """For messages: 'H100 contract 1y'."""
    source: str
    """Who published it: one publisher, one method."""
    term_years: float
    """Length of the rental that the price buys; 0 is spot."""
    times_years: FloatArray
    """ACT/365F years from any common origin [observation], rising."""
    rents: FloatArray
    """USD per hour [observation]."""
    breaks_years: tuple[float, ...] = ()
    """Times from which the index counts differently."""

    def __post_init__(self) -> None:
        times, rents = finite_array(self.name, "times_years", self.times_years), finite_array(self.name, "rents", self.rents)
        if times.ndim != 1 or times.shape != rents.shape or not times.size or not bool((np.diff(times) > 0.0).all()):
            raise bad_argument(self.name, "times_years", times, "rising, one for each rent", "sort the observations; each day once")
        if float(rents.min()) <= 0.0:
            raise bad_argument(self.name, "rents", float(rents.min()), "above 0", "a missing rent is left out, not 0")
        if self.term_years < 0.0:
            raise bad_argument(self.name, "term_years", self.term_years, "at or above 0", "0 is spot")
        outside = [at for at in self.breaks_years if not times[0] < at <= times[-1]]
        if outside:
            raise bad_argument(self.name, "breaks_years", outside[0], f"within {times[0]:g} to {times[-1]:g}", "leave it out")
        object.__setattr__(self, "times_years", read_only(times))
        object.__setattr__(self, "rents", read_only(rents))
        object.__setattr__(self, "breaks_years", tuple(sorted(self.breaks_years)))

    @classmethod
    def from_rows(
        cls,
        name: str,
        rows: Iterable[tuple[dt.date, float, str]],
        *,
        origin: dt.date,
        term_years: float = 0.0,
        breaks: Iterable[dt.date] = (),
    ) -> RentSeries:
        """A series from rows of date, rent and source, in any order.

        Args:
            name: for messages.
            rows: (date, USD per hour, source).
            origin: date of time 0, the same for all series that are estimated together.
            term_years: length of the rental.
            breaks: dates from which the index is restated.

        Raises:
            InputError: the rows come from several sources, which no series may mix; both are named.
        """
        ordered = sorted(rows)
        sources = sorted({source for _, _, source in ordered})
        if len(sources) != 1:
            why = f"rows of {len(sources)} sources ({', '.join(sources)}) are no series: levels differ by basis"
            raise InputError(problem("bad_quote", subject=name, field="source", why=why, remedy="make one series for each source"))
        times = np.array([(day - origin).days for day, _, _ in ordered], dtype=np.float64) / DAYS_PER_YEAR
        rents = np.array([rent for _, rent, _ in ordered], dtype=np.float64)
        return cls(name, sources[0], term_years, times, rents, tuple((day - origin).days / DAYS_PER_YEAR for day in breaks))
