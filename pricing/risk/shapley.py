"""What each of several switches adds to a number, whatever the order in which they are thrown (Shapley 1953)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pricing.progress import follow

Array = NDArray[Any]


def shapley_parts(switches: Sequence[str], value_of: Callable[[frozenset[str]], Array]) -> dict[str, Array]:
    """Mean contribution of each switch over all orders in which they can be thrown: the parts add up to all on less all off.

    Args:
        switches: their names, n of them: 2^n cases are asked for, each once.
        value_of: the number, or numbers, with these switches on; one shape for all cases.

    Example:
        >>> parts = shapley_parts(["a", "b"], lambda on: np.array(6.0 if on == {"a", "b"} else 1.0 * len(on)))
        >>> {name: float(part) for name, part in parts.items()}
        {'a': 3.0, 'b': 3.0}
    """
    n = len(switches)
    cases = [frozenset(case) for size in range(n + 1) for case in combinations(switches, size)]
    values = {case: value_of(case) for case in follow(cases, "parts", len(cases))}
    parts: dict[str, Array] = {}
    for name in switches:
        others = [other for other in switches if other != name]
        total = np.zeros_like(values[frozenset()], dtype=np.float64)
        for size in range(n):
            weight = factorial(size) * factorial(n - size - 1) / factorial(n)
            for case in combinations(others, size):
                total = total + weight * (values[frozenset((*case, name))] - values[frozenset(case)])
        parts[name] = total
    return parts
