"""Read-only arrays and the record that holds them: equality, hash and pickling by value."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from instruments.ground.errors import InputError
from instruments.ground.messages import problem

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
DAYS_PER_YEAR = 365.0
"""Times are ACT/365F years from the market's `as_of`."""


def read_only(values: npt.ArrayLike) -> FloatArray:
    """A copy as float64 over immutable memory: its `writeable` flag cannot be set again."""
    array = np.asarray(values, dtype=np.float64)  # tobytes is in row order; a single number keeps its empty shape
    return np.frombuffer(array.tobytes(), dtype=np.float64).reshape(array.shape)


def read_only_int(values: npt.ArrayLike) -> IntArray:
    """The same for whole numbers."""
    array = np.asarray(values, dtype=np.int64)
    return np.frombuffer(array.tobytes(), dtype=np.int64).reshape(array.shape)


def bad_argument(subject: str, field: str, value: object, expected: str, hint: str) -> InputError:
    """The error for an argument of an array function that cannot be used."""
    found = str(value.tolist()) if isinstance(value, np.ndarray) else value
    return InputError(problem("bad_option", subject=subject, field=field, value=found, expected=expected, hint=hint))


def finite_array(subject: str, field: str, values: npt.ArrayLike) -> FloatArray:
    """The values as float64. Raises InputError where one is not finite."""
    array = np.asarray(values, dtype=np.float64)
    if not bool(np.isfinite(array).all()):
        raise bad_argument(subject, field, float(array[~np.isfinite(array)].flat[0]), "finite numbers", "remove NaN and infinity")
    return array


def checked_times(subject: str, field: str, times_years: npt.ArrayLike) -> FloatArray:
    """Times as float64. Raises InputError where one is negative or not finite: a curve says nothing about the past."""
    times = finite_array(subject, field, times_years)
    if times.size and float(times.min()) < 0.0:
        raise bad_argument(subject, field, float(times.min()), "at or above 0", "times are years after the market's as_of")
    return times


@dataclass(frozen=True, slots=True, eq=False)
class ArrayRecord:
    """Base of frozen records with array fields: compared, hashed and pickled by value, arrays staying read-only."""

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, field.name) for field in fields(self))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ArrayRecord) or type(other) is not type(self):
            return NotImplemented
        pairs = zip(self._values(), other._values(), strict=True)
        return all(np.array_equal(a, b) if isinstance(a, np.ndarray) else bool(a == b) for a, b in pairs)

    def __hash__(self) -> int:
        return hash(tuple(value.tobytes() if isinstance(value, np.ndarray) else value for value in self._values()))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._values()
