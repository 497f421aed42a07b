"""The discount curve: nodes in read-only arrays, log-linear between them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curves.arrays import ArrayRecord, FloatArray, bad_argument, checked_times, finite_array, read_only


@dataclass(frozen=True, slots=True, eq=False)
class DiscountCurve(ArrayRecord):
    """Discount factors of one currency at one date.

    Model: the logarithm of the discount factor is linear between nodes, so forward rates are flat there; the last forward rate
    goes on beyond the last node. Deterministic: no rate volatility is in it. Factors above 1 (negative rates) are allowed.

    Raises:
        InputError: fewer than two nodes, a first node that is not (0, 1), times that do not rise, a factor that is not positive.
    """

    key: str
    """Market key: 'rates:USD-SOFR'."""
    as_of: dt.date
    """Date at which the factor is 1."""
    times_years: FloatArray
    """Nodes [node], ACT/365F years, the first 0."""
    discounts: FloatArray
    """Discount factors [node], the first 1."""

    def __post_init__(self) -> None:
        times = finite_array(self.key, "times_years", self.times_years)
        discounts = finite_array(self.key, "discounts", self.discounts)
        if times.ndim != 1 or times.shape != discounts.shape or times.size < 2:
            raise bad_argument(self.key, "discounts", discounts.shape, "one factor for each of at least two times", "give both arrays")
        if times[0] != 0.0 or discounts[0] != 1.0 or not bool((np.diff(times) > 0.0).all()):
            raise bad_argument(self.key, "times_years", times, "rising from 0, where the factor is 1", "sort the nodes; start at (0, 1)")
        if float(discounts.min()) <= 0.0:
            raise bad_argument(self.key, "discounts", float(discounts.min()), "above 0", "check the quotes")
        object.__setattr__(self, "times_years", read_only(times))
        object.__setattr__(self, "discounts", read_only(discounts))

    def discount(self, times_years: npt.ArrayLike) -> FloatArray:
        """Discount factors at times of any shape, in ACT/365F years from `as_of` (at or above 0, else InputError); 1 at time 0."""
        return np.exp(-self._integral(checked_times(self.key, "times_years", times_years)))

    def annuity(self, times_years: npt.ArrayLike) -> FloatArray:
        """Integral of the discount factor from 0 to each time, exact, same shape: one dollar a year, paid continuously."""
        times = checked_times(self.key, "times_years", times_years)
        forwards, nodes = self._forwards(), self.times_years
        whole = np.concatenate(([0.0], np.cumsum(_annuity(self.discounts[:-1], forwards, np.diff(nodes)))))
        piece = np.clip(np.searchsorted(nodes, times, side="right") - 1, 0, nodes.size - 2)
        return whole[piece] + _annuity(self.discounts[piece], forwards[piece], times - nodes[piece])

    def zero_rate(self, times_years: npt.ArrayLike) -> FloatArray:
        """Continuously compounded zero rates, same shape as the times; at time 0 their limit, the first forward rate."""
        times = checked_times(self.key, "times_years", times_years)
        now = times == 0.0
        return np.where(now, self._forwards()[0], self._integral(times) / np.where(now, 1.0, times))

    def forward_rate(self, start_years: npt.ArrayLike, end_years: npt.ArrayLike) -> FloatArray:
        """Continuously compounded rates between two times, broadcast; where both are equal, the instantaneous rate just after.

        Raises:
            InputError: a time below 0, or an end before its start.
        """
        start, end = np.broadcast_arrays(
            checked_times(self.key, "start_years", start_years), checked_times(self.key, "end_years", end_years)
        )
        length = end - start
        if length.size and float(length.min()) < 0.0:
            raise bad_argument(self.key, "end_years", float(end.flat[int(length.argmin())]), "at or after its start", "exchange the times")
        last = self.times_years.size - 2
        here = self._forwards()[np.minimum(np.searchsorted(self.times_years, start, side="right") - 1, last)]
        same = length == 0.0
        return np.where(same, here, (self._integral(end) - self._integral(start)) / np.where(same, 1.0, length))

    def _forwards(self) -> FloatArray:
        return -np.diff(np.log(self.discounts)) / np.diff(self.times_years)

    def _integral(self, times: FloatArray) -> FloatArray:
        beyond = np.maximum(times - self.times_years[-1], 0.0)
        return np.asarray(np.interp(times, self.times_years, -np.log(self.discounts)) + beyond * self._forwards()[-1])


def _annuity(start: FloatArray, forward: FloatArray, length: FloatArray) -> FloatArray:
    load = forward * length
    flat = load == 0.0
    return start * length * np.where(flat, 1.0, -np.expm1(-load) / np.where(flat, 1.0, load))
