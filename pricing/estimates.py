"""Sums of simulated numbers, block by block: means, standard errors, control variates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """Sums over paths of estimates [item] and controls [control]; added in block order, so that they are repeatable.

    Only what is needed is kept: squares of the items, and products with the controls. Hundreds of items cost no more than their sums.
    """

    count: int
    total: Array
    """Sums [item]."""
    square: Array
    """Sums of squares [item]."""
    control: Array
    """Sums [control]."""
    cross: Array
    """Sums of products [item, control]."""
    inner: Array
    """Sums of products [control, control]."""

    @classmethod
    def of(cls, values: Array, controls: Array | None = None) -> Moments:
        """Moments of values [item, path], with controls [control, path] of known mean."""
        beside = np.zeros((0, values.shape[1])) if controls is None else controls
        # not matrix products: their sums would depend on how many threads the linear algebra library takes
        return cls(
            values.shape[1],
            values.sum(axis=1),
            np.einsum("ip,ip->i", values, values),
            beside.sum(axis=1),
            np.einsum("ip,cp->ic", values, beside),
            np.einsum("cp,dp->cd", beside, beside),
        )

    def __add__(self, other: Moments) -> Moments:
        return Moments(
            self.count + other.count,
            self.total + other.total,
            self.square + other.square,
            self.control + other.control,
            self.cross + other.cross,
            self.inner + other.inner,
        )

    def mean(self) -> Array:
        """Mean of each item."""
        return self.total / self.count

    def standard_error(self) -> Array:
        """Standard error of each mean; an odds estimate of 0 or 1 has none, which is said where it is shown."""
        return np.sqrt(np.maximum(self._variance(), 0.0) / self.count)

    def controlled(self, means: Array) -> tuple[Array, Array]:
        """Mean and standard error of each item with the controls taken out, whose exact means are `means` [control].

        The coefficients are fitted on the same paths: a bias of order 1/paths.
        """
        slopes = self.slopes()
        value = self.controlled_means(slopes, means)
        with_controls = self._with_controls()
        explained = np.einsum("ic,cd,id->i", slopes, self._between_controls(), slopes)
        variance = self._variance() - 2.0 * np.einsum("ic,ic->i", slopes, with_controls) + explained
        return value, np.sqrt(np.maximum(variance, 0.0) / self.count)

    def controlled_sample(self, item: int, values: Array, controls: Array, means: Array) -> Array:
        """One item on every path [path], controls taken out; its mean is the value that `controlled` gives."""
        return values - np.einsum("c,cp->p", self.slopes()[item], controls - means[:, None])

    def controlled_means(self, slopes: Array, means: Array) -> Array:
        """The items' means with controls taken out by given slopes [item]."""
        return self.mean() + slopes @ (means - self.control / self.count)

    def slopes(self) -> Array:
        """Coefficients of the controls [item, control]: least squares by pseudo-inverse; a control that never varies gets no weight."""
        return self._with_controls() @ np.linalg.pinv(self._between_controls(), rcond=1e-10, hermitian=True)

    def _variance(self) -> Array:
        return (self.square - self.total**2 / self.count) / max(self.count - 1, 1)

    def _with_controls(self) -> Array:
        return (self.cross - np.outer(self.total, self.control) / self.count) / max(self.count - 1, 1)

    def _between_controls(self) -> Array:
        return (self.inner - np.outer(self.control, self.control) / self.count) / max(self.count - 1, 1)


@dataclass(frozen=True)
class Replicates:
    """Moments of independent replicates whose own paths depend on each other (scrambled Sobol): errors are those between replicates.

    With R replicates an error has R - 1 degrees of freedom: four of eight replicates' errors are as rare as 2.7 of many paths'.
    """

    each: tuple[Moments, ...]

    def standard_error(self) -> Array:
        """Of the mean of every item."""
        return self._error(np.stack([moments.mean() for moments in self.each]))

    def controlled_errors(self, means: Array) -> Array:
        """Errors of `Moments.controlled` of the pooled replicates."""
        slopes = reduce(add, self.each).slopes()
        return self._error(np.stack([moments.controlled_means(slopes, means) for moments in self.each]))

    def _error(self, replicates: Array) -> Array:
        error: Array = replicates.std(axis=0, ddof=1) / np.sqrt(len(self.each))
        return error
