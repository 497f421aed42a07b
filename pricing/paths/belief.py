"""A belief that breaks, on paths: one stream of breaks, at each of which every price that rests on the belief jumps at once.

**Model** breaks come at a constant intensity lambda; at each, the log of price i jumps by m_i + v e, one e ~ N(0, 1) for all of them: the
same news. The jumps are compensated, so forwards stay, and their variance is taken out of the diffusion, so total variances stay
(`curves.belief_jump`; Merton 1976). Under the share measure of a share that jumps, breaks come at lambda E[e^J], J its own jump, and e has
the mean v: a share that falls at breaks makes them rarer when it is the unit of account. A break counts at the end of its day, after what
a `touch` sees of the day.

At a break an entity that the belief names defaults with odds q, independently of the others given the break: the credits' part of the
same news. Its other defaults keep the survival S_d(t) = S(t) e^{lambda q t}, so that the whole is the curve's. A share that ends with its
issuer (`pricing.paths.issuers`) has the mean factor (1 - q) E[e^J] at a break, which its compensator and the share measure take; with it
as the unit of account its issuer does not default. The hazards of named survivors multiply at every break (`pricing.paths.widening`).
Demand for capacity is multiplied by `demand_kept` at every break, and nothing can be refinanced for `shut_years` after one: state of the
world, which facilities read.

Not modelled: a premium on breaks (real-world odds use the same intensity), breaks that come in clusters, demand that recovers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pricing.measures import Probability
from pricing.paths.draws import Draws
from pricing.paths.streams import BLOCK
from pricing.paths.widening import Widening

Array = NDArray[np.float64]
Days = NDArray[np.int64]


class Dates(Protocol):
    """What a grid is asked for."""

    @property
    def size(self) -> int:
        """Number of dates."""

    @property
    def times(self) -> Array:
        """Years from the market's date [time], rising from above 0."""


@dataclass(frozen=True)
class Belief:
    """The breaks of a belief, and which prices jump."""

    intensity: float
    """Breaks per year, above 0."""
    jump_volatility: float
    jump_means: Mapping[str, float]
    """Market key of a share or rent to m."""
    default_odds: Mapping[str, float] = field(default_factory=dict)
    """Credit key to q, for those that default at breaks."""
    issuers: Mapping[str, str] = field(default_factory=dict)
    """Share key to the credit key of its issuer, for shares that end with it."""
    demand_kept: float = 1.0
    shut_years: float = 0.0
    widening: Mapping[str, Widening] = field(default_factory=dict)
    """Credit key to what breaks do to its hazard, for those that widen, on the grid of the paths."""

    def moves(self, key: str | None) -> bool:
        """Whether a price jumps at breaks, or ends at some."""
        return key in self.jump_means or self._ends(key) > 0.0

    def _ends(self, key: str | None) -> float:
        """Odds that a break ends a share."""
        return self.default_odds.get(self.issuers.get(key or "", ""), 0.0)

    def mean_factor(self, key: str) -> float:
        """Mean of what a break multiplies one price with: (1 - q) E[e^J]."""
        jump = np.exp(self.jump_means[key] + 0.5 * self.jump_volatility**2) if key in self.jump_means else 1.0
        return float(jump) * (1.0 - self._ends(key))

    def compensator(self, key: str) -> float:
        """Yearly drift that keeps the mean."""
        return -self.intensity * (self.mean_factor(key) - 1.0)

    def breaks(self, draws: Draws, grid: Dates, probability: Probability, numeraire: str | None) -> tuple[tuple[Days, Array], ...]:
        """The n-th break of every path: (day [path], e [path]); a day of `grid.size` is none. Measures share their random numbers."""
        tilted = probability == "share" and self.moves(numeraire)
        intensity = self.intensity * self.mean_factor(str(numeraire)) if tilted else self.intensity
        if intensity == 0.0:
            return ()
        shift = self.jump_volatility if tilted and numeraire in self.jump_means else 0.0
        stream = draws.generator("belief")
        when = np.zeros(BLOCK)
        found: list[tuple[Days, Array]] = []
        while True:
            when = when - np.log1p(-stream.random(BLOCK)) / intensity
            size = stream.standard_normal(BLOCK) + shift
            if float(when.min()) > grid.times[-1]:
                return tuple(found)
            found.append((np.searchsorted(grid.times, when).astype(np.int64), size))

    def jumps(self, key: str, breaks: tuple[tuple[Days, Array], ...], grid: Dates) -> Array:
        """Log jumps of one price on every day [day, path], not compensated."""
        moves = np.zeros((grid.size, BLOCK))
        if key not in self.jump_means:
            return moves
        for day, size in breaks:
            hit = np.flatnonzero(day < grid.size)
            # two breaks of one path come in two rounds: no place appears twice in one
            moves[day[hit], hit] += self.jump_means[key] + self.jump_volatility * size[hit]
        return moves

    def log_move(self, key: str, jumps: Array, grid: Dates) -> Array:
        """What breaks have done to the log of one price by each day [day, path], compensated."""
        moved: Array = np.cumsum(jumps, axis=0) + self.compensator(key) * grid.times[:, None]
        return moved

    def default_day(self, credit: str, breaks: tuple[tuple[Days, Array], ...], draws: Draws, grid: Dates, numeraire: str | None) -> Days:
        """Day of the first break at which an entity defaults [path]; `grid.size` is never.

        Args:
            numeraire: the share that is the unit of account, whose issuer cannot default; None under the other measures.
        """
        first = np.full(BLOCK, grid.size, dtype=np.int64)
        odds = self.default_odds.get(credit, 0.0)
        if odds == 0.0 or (numeraire is not None and self.issuers.get(numeraire) == credit):
            return first
        stream = draws.generator(f"{credit}|break")
        for day, _ in breaks:
            first = np.where(stream.random(BLOCK) < odds, np.minimum(first, day), first)
        return first

    def widened_day(self, credit: str, breaks: tuple[tuple[Days, Array], ...], draws: Draws, grid: Dates) -> Days:
        """Day on which what breaks left behind defaults an entity [path]; `grid.size` is never."""
        wide = self.widening.get(credit)
        if wide is None or not breaks:
            return np.full(BLOCK, grid.size, dtype=np.int64)
        return wide.default_step(self.count(breaks, grid, before=True), draws.once(f"{credit}|widened"))

    def count(self, breaks: tuple[tuple[Days, Array], ...], grid: Dates, *, before: bool = False) -> Days:
        """Breaks so far at each day [day, path], that day's counted, or not."""
        found = np.zeros((grid.size + 1, BLOCK), dtype=np.int64)
        for day, _ in breaks:
            hit = np.flatnonzero(day < grid.size)
            # two breaks of one path come in two rounds: no place appears twice in one
            found[day[hit] + 1, hit] += 1
        counted: Days = np.cumsum(found, axis=0)
        return counted[:-1] if before else counted[1:]

    def demand(self, breaks: tuple[tuple[Days, Array], ...], grid: Dates) -> Array:
        """Demand for capacity as a share of what it was [day, path]: `demand_kept` to the number of breaks so far."""
        found: Array = self.demand_kept ** self.count(breaks, grid).astype(np.float64)
        return found

    def window(self, breaks: tuple[tuple[Days, Array], ...], grid: Dates) -> NDArray[np.bool_]:
        """Whether debt can be refinanced [day, path]: not from a break until `shut_years` after it."""
        shut = np.zeros((grid.size, BLOCK), dtype=np.bool_)
        for day, _ in breaks:
            when = grid.times[np.minimum(day, grid.size - 1)]
            since = grid.times[:, None] - when
            shut |= (day < grid.size) & (since >= 0.0) & (since < self.shut_years)
        return ~shut
