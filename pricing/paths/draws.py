"""The random numbers of one block, by key: plain, or the leading ones from a scrambled Sobol sequence.

Streams belong to keys: normals of `key` (a driver's shocks, day by day), uniforms of `key|bridge` (for what is watched continuously), one
uniform per path of `key|cancel`. Whoever walks the days, in whatever chunks, sees the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pricing.paths.streams import BLOCK, generator

Array = NDArray[np.float64]
Fill = Callable[[Array], object]
"""Fills the next days of one driver's independent standard normals: an array [day, path]."""
LEAST_UNIFORM = 2.0**-54
"""Uniforms are kept above zero, so that their logarithm is finite."""


class Draws:
    """Plain pseudo-random numbers of a block."""

    def __init__(self, seed: int, block: int) -> None:
        self.seed = seed
        self.block = block

    def generator(self, key: str) -> np.random.Generator:
        """A generator of its own for a key, at its start."""
        return generator(self.seed, key, self.block)

    def normals(self, key: str) -> Fill:
        """The shocks of a driver: each call fills the next days."""
        stream = self.generator(key)
        return lambda out: stream.standard_normal(out=out)

    def uniforms(self, key: str) -> Callable[[int], Array]:
        """Uniforms in [0, 1) for what happens between days: each call gives the next days [day, path]."""
        stream = self.generator(f"{key}|bridge")
        return lambda days: stream.random((days, BLOCK))

    def default_day(self, key: str, ordinals: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """Index of a credit's day of default among days [path], where the random numbers bring it with them; None: it is drawn."""
        return None

    def once(self, key: str) -> Array:
        """One uniform per path [path]."""
        return self.generator(key).random(BLOCK)
