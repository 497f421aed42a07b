"""Rows of a batch: one scenario in, or many; checks of the arrays; failures kept per row with their reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instruments.ground.errors import InputError, NetworkError, Problem
from instruments.ground.messages import problem

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RowFailure:
    """A scenario that could not be solved, and why."""

    row: int
    """Number of the scenario in the batch."""
    problem: Problem
    """The reason."""


def floats(value: ArrayLike, name: str, *, low: float = -np.inf, high: float = np.inf) -> Floats:
    """A float array whose entries are finite and inside [low, high]. Raises `InputError` naming the first entry that is not."""
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(problem("array_shape", field=name, expected="a full array of numbers", found=str(error))) from error
    bad = ~np.isfinite(array) | (array < low) | (array > high)
    if bad.any():
        index = tuple(int(i) for i in np.argwhere(bad)[0])
        span = f"a finite number from {low:g} to {high:g}" if np.isfinite([low, high]).any() else "a finite number"
        raise InputError(problem("array_range", field=name, value=float(array[index]), expected=span, index=list(index) or "itself"))
    return array


def vectors(value: ArrayLike, name: str, n: int, *, low: float = -np.inf, high: float = np.inf) -> Floats:
    """[scenario, n]; one scenario may leave its axis out, a scalar is every entity's."""
    array = floats(value, name, low=low, high=high)
    if array.ndim == 0:
        array = np.full(n, float(array))
    if array.ndim not in (1, 2) or array.shape[-1] != n:
        raise InputError(problem("array_shape", field=name, expected=f"(scenarios, {n}) or ({n},)", found=array.shape))
    return np.atleast_2d(array)


def square(value: ArrayLike, name: str, *, low: float = 0.0, high: float = np.inf) -> Floats:
    """[scenario, n, n] with a zero diagonal; one scenario may leave its axis out."""
    array = floats(value, name, low=low, high=high)
    if array.ndim not in (2, 3) or array.shape[-1] != array.shape[-2] or array.shape[-1] == 0:
        raise InputError(problem("array_shape", field=name, expected="(scenarios, n, n) or (n, n)", found=array.shape))
    if np.diagonal(array, axis1=-2, axis2=-1).any():
        raise InputError(
            problem("array_range", field=name, expected="zero on the diagonal: nobody pays or owns itself", index="(i, i)", value="not 0")
        )
    return array if array.ndim == 3 else array[None]


def scenarios(*arrays: Floats, names: str = "the inputs") -> int:
    """Common length of the scenario axis: each array has it, or 1. Raises `InputError` where two differ."""
    lengths = {len(array) for array in arrays} - {1}
    if len(lengths) > 1:
        raise InputError(problem("array_shape", field=names, expected="one number of scenarios", found=sorted(lengths)))
    return lengths.pop() if lengths else 1


def stretched(array: Floats, rows: int) -> Floats:
    """The array with its scenario axis repeated (a view)."""
    return np.broadcast_to(array, (rows, *array.shape[1:]))


def writable(array: Floats) -> Floats:
    """The array as compiled loops want it: one type for all, contiguous and writable, so that they are compiled once."""
    return np.require(array, dtype=np.float64, requirements=["C", "W"])


def settle(failures: Sequence[RowFailure], rows: int, *, single: bool) -> NDArray[np.int64]:
    """Numbers of the rows that are solved. Raises `NetworkError` for a single scenario that failed, and where all of them did."""
    if failures and (single or len(failures) == rows):
        raise NetworkError(*(failure.problem for failure in failures))
    failed = {failure.row for failure in failures}
    return np.array([row for row in range(rows) if row not in failed], dtype=np.int64)


def squeezed(single: bool, *arrays: Any) -> tuple[Any, ...]:
    """The arrays without their scenario axis for a single scenario, read-only."""
    out = tuple(array[0] if single else array for array in arrays)
    for array in out:
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
    return out


def reaches(links: Bools, targets: Bools) -> Bools:
    """[..., n]: which nodes can reach a target along links [..., n, n] (i to j); a target reaches itself."""
    reach = targets
    for _ in range(links.shape[-1]):
        wider = reach | (links & reach[..., None, :]).any(axis=-1)
        if (wider == reach).all():
            break
        reach = wider
    return reach


def named(members: Bools, names: Sequence[str] | None) -> list[str]:
    """Names (or numbers) of the marked entities."""
    return [names[int(i)] if names else str(i) for i in np.flatnonzero(members)]
