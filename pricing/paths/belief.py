"""A belief that breaks, on paths: one stream of breaks, at each of which every price that rests on the belief jumps at once.

**Model** breaks come at a constant intensity lambda; at each, the log of price i jumps by m_i + v e, one e ~ N(0, 1) for all of them: the
same news. The jumps are compensated, so forwards stay, and their variance is taken out of the diffusion, so total variances stay
(`curves.belief_jump`; Merton 1976). Under the share measure of a share that jumps, breaks come at lambda E[e^J], J its own jump, and e has
the mean v: a share that falls at breaks makes them rarer when it is the unit of account. A break counts at the end of its day, after what
a `touch` sees of the day.

Not modelled: a premium on breaks (real-world odds use the same intensity), breaks that default a buyer or stop deliveries, breaks that come
in clusters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pricing.measures import Probability
from pricing.paths.draws import Draws
from pricing.paths.grid import Grid
from pricing.paths.streams import BLOCK

Array = NDArray[np.float64]
Days = NDArray[np.int64]


@dataclass(frozen=True)
class Belief:
    """The breaks of a belief, and which prices jump."""

    intensity: float
    """Breaks per year, above 0."""
    jump_volatility: float
    jump_means: Mapping[str, float]
    """Market key of a share or rent to m."""

    def mean_factor(self, key: str) -> float:
        """E[e^J] of one price."""
        return float(np.exp(self.jump_means[key] + 0.5 * self.jump_volatility**2))

    def compensator(self, key: str) -> float:
        """Yearly drift that keeps the mean."""
        return -self.intensity * (self.mean_factor(key) - 1.0)

    def breaks(self, draws: Draws, grid: Grid, probability: Probability, numeraire: str | None) -> tuple[tuple[Days, Array], ...]:
        """The n-th break of every path: (day [path], e [path]); a day of `grid.size` is none. Measures share their random numbers."""
        tilted = probability == "share" and numeraire in self.jump_means
        intensity = self.intensity * self.mean_factor(str(numeraire)) if tilted else self.intensity
        shift = self.jump_volatility if tilted else 0.0
        stream = draws.generator("belief")
        when = np.zeros(BLOCK)
        found: list[tuple[Days, Array]] = []
        while True:
            when = when - np.log1p(-stream.random(BLOCK)) / intensity
            size = stream.standard_normal(BLOCK) + shift
            if float(when.min()) > grid.times[-1]:
                return tuple(found)
            found.append((np.searchsorted(grid.times, when).astype(np.int64), size))

    def jumps(self, key: str, breaks: tuple[tuple[Days, Array], ...], grid: Grid) -> Array:
        """Log jumps of one price on every day [day, path], not compensated."""
        moves = np.zeros((grid.size, BLOCK))
        for day, size in breaks:
            hit = np.flatnonzero(day < grid.size)
            # two breaks of one path come in two rounds: no place appears twice in one
            moves[day[hit], hit] += self.jump_means[key] + self.jump_volatility * size[hit]
        return moves

    def log_move(self, key: str, jumps: Array, grid: Grid) -> Array:
        """What breaks have done to the log of one price by each day [day, path], compensated."""
        moved: Array = np.cumsum(jumps, axis=0) + self.compensator(key) * grid.times[:, None]
        return moved
