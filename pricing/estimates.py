"""Sums of simulated numbers, block by block: means, standard errors, control variates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """First and second moments of a vector [item] over paths; added in block order, so that sums are repeatable."""

    count: int
    total: Array
    cross: Array

    @classmethod
    def of(cls, values: Array) -> Moments:
        """Moments of values [item, path]."""
        # not a matrix product: its sums would depend on how many threads the linear algebra library takes
        return cls(values.shape[1], values.sum(axis=1), np.einsum("ip,jp->ij", values, values))

    def __add__(self, other: Moments) -> Moments:
        return Moments(self.count + other.count, self.total + other.total, self.cross + other.cross)

    def mean(self) -> Array:
        """Mean of each item."""
        return self.total / self.count

    def covariance(self) -> Array:
        """Sample covariance [item, item]."""
        centred = self.cross - np.outer(self.total, self.total) / self.count
        return centred / max(self.count - 1, 1)

    def standard_error(self) -> Array:
        """Standard error of each mean; an odds estimate of 0 or 1 has none, which is said where it is shown."""
        return np.sqrt(np.maximum(np.diag(self.covariance()), 0.0) / self.count)

    def controlled(self, items: int, means: Array, weights: Array) -> tuple[Array, Array]:
        """Mean and standard error of each of the first `items`, scaled by `weights`, the rest used as control variates.

        Args:
            items: how many of the vector are estimates; the others are controls.
            means: exact means of the controls [control].
            weights: factor of each estimate [item].

        Returns:
            (value [item], standard error [item]). The coefficients are fitted on the same paths: a bias of order 1/paths.
        """
        slopes = self.slopes(items)
        return self._estimates(items, means, slopes, np.diag(weights))

    def controlled_sum(self, items: int, means: Array, weights: Array) -> tuple[float, float]:
        """Value and standard error of the weighted sum of the estimates, with the same coefficients as `controlled`."""
        value, error = self._estimates(items, means, self.slopes(items), weights[None, :])
        return float(value[0]), float(error[0])

    def controlled_sample(self, values: Array, items: int, means: Array, weights: Array) -> Array:
        """The weighted sum on every path [path], controls taken out; its mean is `controlled_sum`'s value."""
        return weights @ (values[:items] - self.slopes(items) @ (values[items:] - means[:, None]))

    def controlled_means(self, slopes: Array, items: int, means: Array, weights: Array) -> Array:
        """The estimates' means with controls taken out by given slopes, then their sum [item + 1], scaled by `weights`."""
        each: Array = weights * (self.mean()[:items] - slopes @ (self.mean()[items:] - means))
        return np.append(each, each.sum())

    def slopes(self, items: int) -> Array:
        """Coefficients of the controls [item, control], fitted on these paths."""
        covariance = self.covariance()
        # least squares by pseudo-inverse: a control that never varies gets no weight
        return covariance[:items, items:] @ np.linalg.pinv(covariance[items:, items:], rcond=1e-10, hermitian=True)

    def _estimates(self, items: int, means: Array, slopes: Array, mix: Array) -> tuple[Array, Array]:
        blend = mix @ np.hstack([np.eye(items), -slopes])
        value = blend[:, :items] @ self.mean()[:items] + blend[:, items:] @ (self.mean()[items:] - means)
        variance = np.einsum("ri,ij,rj->r", blend, self.covariance(), blend)
        return value, np.sqrt(np.maximum(variance, 0.0) / self.count)


@dataclass(frozen=True)
class Replicates:
    """Moments of independent replicates whose own paths depend on each other (scrambled Sobol): errors are those between replicates.

    With R replicates an error has R - 1 degrees of freedom: four of eight replicates' errors are as rare as 2.7 of many paths'.
    """

    each: tuple[Moments, ...]

    def standard_error(self) -> Array:
        """Of the mean of every item."""
        return self._error(np.stack([moments.mean() for moments in self.each]))

    def controlled_errors(self, items: int, means: Array, weights: Array) -> tuple[Array, float]:
        """Errors of `Moments.controlled` and `Moments.controlled_sum` of the pooled replicates."""
        total = self.each[0]
        for moments in self.each[1:]:
            total = total + moments
        slopes = total.slopes(items)
        found = self._error(np.stack([moments.controlled_means(slopes, items, means, weights) for moments in self.each]))
        return found[:-1], float(found[-1])

    def _error(self, replicates: Array) -> Array:
        error: Array = replicates.std(axis=0, ddof=1) / np.sqrt(len(self.each))
        return error
