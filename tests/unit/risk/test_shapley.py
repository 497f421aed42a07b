"""Contributions in any order: efficiency, symmetry, null player, against the definition over all orders."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from pricing.risk.shapley import shapley_parts


def test_against_all_orders() -> None:
    rng = np.random.default_rng(2)
    names = ("a", "b", "c", "d")
    value: dict[frozenset[str], np.ndarray] = {}

    def value_of(on: frozenset[str]) -> np.ndarray:
        assert on not in value  # each case once
        value[on] = rng.normal(size=3)
        return value[on]

    parts = shapley_parts(names, value_of)
    orders = list(permutations(names))
    for name in names:
        added = [value[frozenset(o[: o.index(name) + 1])] - value[frozenset(o[: o.index(name)])] for o in orders]
        assert parts[name] == pytest.approx(np.mean(added, axis=0))
    assert sum(parts.values()) == pytest.approx(value[frozenset(names)] - value[frozenset()])


def test_who_adds_nothing_gets_nothing_and_equals_get_the_same() -> None:
    parts = shapley_parts(["a", "b", "idle"], lambda on: np.array(float({"a", "b"} <= on)))
    assert parts["idle"] == 0.0
    assert parts["a"] == parts["b"] == pytest.approx(0.5)
