"""The search: from a limit that holds today to the mildest joint move that breaks it.

1. Each factor alone, out to its bounds: one that moves nothing there is left out, of the norm too (its own value is then the likeliest
   one given the others). With the slopes at the base these are the first candidates.
2. hypothesis proposes joint moves, pushed towards the limit (`target`), for what slopes do not see.
3. The nearest candidates are refined: at the edge of the limit the steepest direction is taken, and the edge found again along it, until
   the distance stops falling (Hasofer and Lind 1974; Rackwitz and Fiessler 1978, "Structural reliability under combined random load
   sequences", Computers and Structures 9). Steps shrink where the edge is not smooth.
4. Factors are dropped one by one, the least first, as long as the rest breaks the limit within `WORSE` of the distance.

All prices of a search share their random numbers, so the edge stands still. What is found is a local minimum of the distance; the
bounds and the number of prices are in the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings, strategies as st, target
from numpy.typing import NDArray

from pricing.reverse.factors import MOST, distance_under
from pricing.strategies.picks import picked

Array = NDArray[np.float64]
Excess = Callable[[Array], float]
"""Standard moves to how far the limit is passed: above 0 where it is broken; -inf where the market cannot be built."""
SLOPE_STEP = 0.25
"""Standard moves either way for a slope."""
EDGE_REL = 0.005
"""Edges are found to this share of the way while they are compared."""
FINAL_REL = 1e-3
"""The last one."""
GAIN_REL = 0.02
"""A round of refinement that gains less is the last."""
MOST_ROUNDS = 4
WORSE = 1.05
"""A simpler shock may be this much further away."""
EXAMPLES = 30
"""Joint moves that hypothesis proposes."""
SIZES = tuple(sign * MOST * step / 200.0 for step in range(201) for sign in (1.0, -1.0))[1:]
"""Of a factor in a proposed move, the mildest first: to a two-hundredth of the bound, since edges are refined."""
STARTS = 2
"""Candidates that are refined, the second only where it lies elsewhere."""
ELSEWHERE = 0.7
"""Cosine between two ways below which they lead elsewhere."""
NEAR = 0.85
"""Share of the way where an edge is first looked for: refined edges lie close."""


@dataclass
class Search:
    """One search: the excess, the norm, and what has been tried."""

    excess: Excess
    correlation: Array
    """[factor, factor]"""
    seed: int = 0
    tried: dict[tuple[float, ...], float] = field(default_factory=dict)
    """Standard moves to excess, so that nothing is priced twice."""

    @property
    def size(self) -> int:
        """Number of factors."""
        return len(self.correlation)

    @cached_property
    def distance(self) -> Callable[[Array], float]:
        """The norm."""
        return distance_under(self.correlation)

    def at(self, z: Array) -> float:
        """Excess at a joint move."""
        key = tuple(float(value) for value in z)
        if key not in self.tried:
            self.tried[key] = self.excess(z)
        return self.tried[key]

    def mildest(self) -> tuple[Array, float] | None:
        """The mildest move found that breaks the limit, with the fewest factors, and its norm; None where none was found in the bounds."""
        active = self._active()
        if len(active) == self.size:
            best = self._mildest()
            return None if best is None else (best, self.distance(best))
        if not active:
            return None

        def whole(z: Array) -> Array:
            full = np.zeros(self.size)
            full[list(active)] = z
            return full

        inner = Search(lambda z: self.at(whole(z)), self.correlation[np.ix_(active, active)], self.seed)
        best = inner._mildest()
        return None if best is None else (whole(best), inner.distance(best))

    def _mildest(self) -> Array | None:
        found = [edge for edge in (self.edge(start) for start in self._starts()) if edge is not None]
        if not found:
            return None
        nearest = sorted(found, key=self.distance)
        others = [edge for edge in nearest[1:] if self._cosine(edge, nearest[0]) < ELSEWHERE]
        starts = [nearest[0], *others[: STARTS - 1]]
        best = min((self._refined(start, range(self.size)) for start in starts), key=self.distance)
        return self.edge(self._simpler(best), FINAL_REL)

    def _cosine(self, a: Array, b: Array) -> float:
        """Between two joint moves, in the norm: by |a + b|^2 - |a - b|^2 = 4 a.b."""
        return (self.distance(a + b) ** 2 - self.distance(a - b) ** 2) / (4.0 * self.distance(a) * self.distance(b))

    def _active(self) -> tuple[int, ...]:
        """Factors that move the excess at all, one bound or the other."""
        base = self.at(np.zeros(self.size))
        alone = MOST * np.eye(self.size)
        return tuple(index for index in range(self.size) if self.at(alone[index]) != base or self.at(-alone[index]) != base)

    def edge(self, z: Array, share: float = EDGE_REL) -> Array | None:
        """The point nearest to the base on the way to z, and past it to the bound, that breaks the limit; None where none does.

        Bisection that keeps its far end on the broken side: a limit broken, healed and broken again along one way may be met late.
        """
        reach = float(np.abs(z).max())
        if reach == 0.0:
            return None
        far = 1.0
        if self.at(z) <= 0.0:
            far = MOST / reach
            if far <= 1.0 or self.at(far * z) <= 0.0:
                return None
        near = 0.0
        below, above = self.at(near * z), self.at(far * z)
        if self.at(NEAR * far * z) <= 0.0:
            near, below = NEAR * far, self.at(NEAR * far * z)
        while far - near > share * far:
            # straight line between the ends, kept away from them: a jump of the excess must not stall it
            guess = -below / (above - below) if np.isfinite(below) else 0.5
            middle = near + (far - near) * min(max(guess + share, 0.1), 0.9)
            value = self.at(middle * z)
            if value > 0.0:
                far, above = middle, value
            else:
                near, below = middle, value
        return far * z

    def _starts(self) -> Iterable[Array]:
        """First candidates: the way of the steepest slope, each factor alone, and what hypothesis comes upon."""
        slope = self._slope(np.zeros(self.size), range(self.size))
        if np.any(slope):
            way = self.correlation @ slope
            yield way / np.abs(way).max()
        for index in range(self.size):
            for sign in (1.0, -1.0):
                alone = np.zeros(self.size)
                alone[index] = sign * MOST
                if self.at(alone) > 0.0:
                    yield alone
        yield from self._proposed()

    def _proposed(self) -> list[Array]:
        """Joint moves that break the limit, among those that hypothesis proposes."""
        broken: list[Array] = []

        def look(drawn: list[float]) -> None:
            z = np.array(drawn)
            value = self.at(z)
            if value > 0.0:
                broken.append(z)
            if np.isfinite(value):
                target(value)

        moves = st.lists(picked(SIZES), min_size=self.size, max_size=self.size)
        quiet = list(HealthCheck)
        phases = (Phase.generate, Phase.target)
        # derandomize: a profile of the caller's must not replace our seed
        proposing = settings(
            derandomize=False, max_examples=EXAMPLES, database=None, deadline=None, phases=phases, suppress_health_check=quiet
        )
        seed(self.seed)(proposing(given(moves)(look)))()
        return sorted(broken, key=self.distance)[:STARTS]

    def _slope(self, z: Array, active: Iterable[int]) -> Array:
        """Central differences of the excess [factor]; 0 where one side cannot be priced, and for factors that stand still."""
        slope = np.zeros(self.size)
        for index in active:
            step = np.zeros(self.size)
            step[index] = SLOPE_STEP
            up, down = self.at(z + step), self.at(z - step)
            if np.isfinite(up) and np.isfinite(down):
                slope[index] = (up - down) / (2.0 * SLOPE_STEP)
        return slope

    def _refined(self, start: Array, active: Iterable[int], rounds: int = MOST_ROUNDS) -> Array:
        """Nearer and nearer along the edge; never further than the start."""
        active = tuple(active)
        best = start
        for _ in range(rounds):
            slope = self._slope(best, active)
            way = self.correlation @ slope
            way[[index for index in range(self.size) if index not in active]] = 0.0
            if not np.any(way):
                return best
            here = best / self.distance(best)
            there = way / self.distance(way)
            for share in (1.0, 0.5):
                mixed = (1.0 - share) * here + share * there
                edge = self.edge(mixed * self.distance(best))
                if edge is not None and self.distance(edge) < (1.0 - GAIN_REL) * self.distance(best):
                    best = edge
                    break
            else:
                return best
        return best

    def _simpler(self, best: Array) -> Array:
        """Fewer factors at nearly the same distance."""
        limit = WORSE * self.distance(best)
        kept = best
        for index in sorted(np.flatnonzero(best), key=lambda index: abs(float(best[index]))):
            if np.count_nonzero(kept) == 1:
                break
            fewer = kept.copy()
            fewer[index] = 0.0
            edge = self.edge(fewer)
            if edge is not None and self.distance(edge) > limit:
                edge = self._refined(edge, np.flatnonzero(fewer), rounds=1)
            if edge is not None and self.distance(edge) <= limit:
                kept = edge
        return kept
