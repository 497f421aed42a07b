"""Scrambled Sobol numbers where they help: the coarse shape of every driver's path, the cancellation; the rest stays pseudo-random.

**Model** the days are cut into segments of `SEGMENT`. The normalised sums of a driver's shocks over the segments are standard normals that
carry the coarse path W at the segments' ends; they are replaced by V g, with V from the singular value decomposition of the map from the
sums to W (principal components: the first g moves most of the path) and g = Phi^{-1} of scrambled Sobol points. Inside a segment the
pseudo-random shocks keep their conditional law given the sum. Components of all drivers alternate, the largest first, so that the best
coordinates of the sequence go where the variance is. Every block is one replicate: 2^12 points with a scramble of its own, seeded by
(seed, 'sobol', block).

**Source** Sobol (1967); scrambling: Matousek (1998), as scipy.stats.qmc has it; principal components: Acworth, Broadie and Glasserman
(1998).
"""

from __future__ import annotations

from functools import lru_cache
from inspect import signature

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import qmc

from pricing.paths.draws import LEAST_UNIFORM, Draws, Fill
from pricing.paths.drivers import Drivers
from pricing.paths.streams import BLOCK, generator

Array = NDArray[np.float64]
SEGMENT = 16
"""Business days in a segment; it divides the chunk of days that the compiled ladder draws at a time."""
MOST_COMPONENTS = 32
"""Components of each driver that take Sobol numbers; the later ones move almost nothing and stay pseudo-random."""


class SobolDraws(Draws):
    """The random numbers of one replicate.

    Args:
        drivers: days and keys. seed, block: which replicate.
    """

    def __init__(self, drivers: Drivers, seed: int, block: int) -> None:
        super().__init__(seed, block)
        self._steps = drivers.grid.steps
        self._starts = np.arange(0, drivers.grid.size, SEGMENT)
        self._lengths = np.add.reduceat(self._steps, self._starts)
        components = min(len(self._starts), MOST_COMPONENTS)
        cancelled = [f"{clock.key}|cancel" for clock in drivers.clocks if clock.cancellation_hazard > 0.0]
        size = len(cancelled) + components * len(drivers.keys)
        engine = qmc.Sobol(size, scramble=True, **{_RANDOM: generator(seed, "sobol", block)})
        points = engine.random_base2(BLOCK.bit_length() - 1).T
        self._once = dict(zip(cancelled, points, strict=False))
        normals = ndtri(np.clip(points[len(cancelled) :], LEAST_UNIFORM, 1.0 - 2.0**-53))
        basis = _basis(tuple(self._lengths))
        self._sums: dict[str, tuple[Array, Array]] = {}
        for index, key in enumerate(drivers.keys):
            self._sums[key] = basis[:, :components], normals[index :: len(drivers.keys)]

    def once(self, key: str) -> Array:
        """One uniform per path [path]: a coordinate of its own."""
        return self._once[key] if key in self._once else super().once(key)

    def normals(self, key: str) -> Fill:
        """The shocks of a driver; each call fills the next days, whole segments but for the last."""
        if key not in self._sums:
            return super().normals(key)
        stream = self.generator(key)
        wanted = self._replaced(key)
        day = 0

        def fill(out: Array) -> None:
            nonlocal day
            stream.standard_normal(out=out)
            for first in range(0, len(out), SEGMENT):
                part = out[first : first + SEGMENT]
                segment = (day + first) // SEGMENT
                weights = np.sqrt(self._steps[day + first : day + first + len(part)] / self._lengths[segment])
                part += weights[:, None] * (wanted[segment] - np.einsum("d,dp->p", weights, part))
            day += len(out)

        return fill

    def _replaced(self, key: str) -> Array:
        """Normalised sums of a driver over the segments [segment, path]."""
        basis, points = self._sums[key]
        own = self.generator(f"{key}|sobol").standard_normal((len(self._starts), BLOCK))
        kept = own - np.einsum("sc,cp->sp", basis, np.einsum("sc,sp->cp", basis, own)) if basis.shape[1] < len(basis) else 0.0
        return kept + np.einsum("sc,cp->sp", basis, points)


@lru_cache(maxsize=8)
def _basis(lengths: tuple[float, ...]) -> Array:
    """Directions of the normalised sums, those that move the path most first [segment, component]."""
    root = np.sqrt(np.array(lengths))
    levels = np.tril(np.broadcast_to(root, (root.size, root.size)))
    # a path is seen for as long as its segments last
    _, _, directions = np.linalg.svd(root[:, None] * levels)
    found: Array = np.ascontiguousarray(directions.T)
    return found * np.sign(found.sum(axis=0) + 1e-300)


_RANDOM = "rng" if "rng" in signature(qmc.Sobol).parameters else "seed"
"""Name under which this scipy takes a generator."""
