"""Checks that every closed form makes on its arguments."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instruments.ground.errors import InputError
from instruments.ground.messages import problem


def checked(**arguments: ArrayLike) -> list[NDArray[np.float64]]:
    """The arguments as finite float arrays, broadcast against each other.

    Raises:
        InputError: an argument is not a number, not finite, or the shapes do not broadcast.
    """
    arrays: list[NDArray[np.float64]] = []
    for name, value in arguments.items():
        try:
            array = np.asarray(value, dtype=np.float64)
        except (TypeError, ValueError, OverflowError) as error:
            raise InputError(
                problem("wrong_type", field=name, value=value, expected="a number or an array", hint="give numbers")
            ) from error
        if not np.isfinite(array).all():
            raise InputError(problem("not_finite", field=name, value=value))
        arrays.append(array)
    try:
        return [np.asarray(array) for array in np.broadcast_arrays(*arrays)]
    except ValueError as error:
        shapes = ", ".join(f"{name} {np.shape(array)}" for name, array in zip(arguments, arrays, strict=True))
        raise InputError(problem("bad_length", field="shapes", value=shapes, expected="shapes that broadcast")) from error


def positive(*, strict: bool = False, **arguments: NDArray[np.float64]) -> None:
    """Refuse arguments below zero (or at zero, if strict)."""
    for name, array in arguments.items():
        if (array <= 0.0).any() if strict else (array < 0.0).any():
            raise InputError(
                problem("out_of_range", field=name, value=float(array.min()), expected="above 0" if strict else "at or above 0")
            )


def within(low: float, high: float, **arguments: NDArray[np.float64]) -> None:
    """Refuse arguments outside a closed range."""
    for name, array in arguments.items():
        if ((array < low) | (array > high)).any():
            worst = float(array.min()) if (array < low).any() else float(array.max())
            raise InputError(problem("out_of_range", field=name, value=worst, expected=f"between {low:g} and {high:g}"))
