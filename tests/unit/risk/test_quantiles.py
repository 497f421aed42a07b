from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.stats import binom

from instruments import InputError
from pricing.risk.quantiles import COVERAGE, quantiles, tail_mean


def test_ranks_of_the_interval_by_counting() -> None:
    sample = np.arange(1.0, 101.0)
    for level in (0.05, 0.5, 0.9, 0.99):
        (found,) = quantiles(sample, (level,))
        assert found.value == np.ceil(100 * level)
        ranks = range(1, 101)
        low = [r for r in ranks if binom.cdf(r - 1, 100, level) <= 0.025]
        high = [s for s in ranks if binom.sf(s - 1, 100, level) <= 0.025]
        assert found.low == (max(low) if low else None)
        assert found.high == (min(high) if high else None)


def test_intervals_cover_as_often_as_they_say() -> None:
    rng = np.random.default_rng(7)
    true = -np.log(1.0 - 0.95)
    hits = 0
    for _ in range(1000):
        (found,) = quantiles(rng.exponential(size=400), (0.95,))
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= true <= found.high
    # at least what is stated, and not much more: ranks are whole numbers; 3 errors of a binomial of 1,000
    assert COVERAGE - 3 * np.sqrt(0.05 * 0.95 / 1000) <= hits / 1000 <= 0.985


def test_an_end_without_a_path_beyond_it_is_missing() -> None:
    (found,) = quantiles(np.arange(50.0), (0.99,))
    assert found.high is None
    assert found.low is not None
    assert found.standard_error is None
    (single,) = quantiles(np.array([3.0]), (0.5,))
    assert (single.value, single.low, single.high) == (3.0, None, None)


def test_the_error_from_the_interval_is_the_spread_of_the_estimate() -> None:
    rng = np.random.default_rng(3)
    found = [quantiles(rng.normal(size=2000), (0.95,))[0] for _ in range(400)]
    spread = float(np.std([each.value for each in found]))
    errors = float(np.mean([each.standard_error for each in found]))  # type: ignore[misc]
    assert errors == pytest.approx(spread, rel=0.1)  # 400 spreads are known to 3.5 %, ranks are whole numbers


def test_the_tail_of_an_exponential() -> None:
    rng = np.random.default_rng(11)
    sample = rng.exponential(size=200_000)
    for level in (0.9, 0.99):
        mean, error = tail_mean(sample, level)
        assert mean == pytest.approx(-np.log(1.0 - level) + 1.0, abs=4 * error)


def test_the_error_of_a_tail_is_its_spread() -> None:
    rng = np.random.default_rng(5)
    found = np.array([tail_mean(rng.exponential(size=2000), 0.95) for _ in range(400)])
    assert found[:, 1].mean() == pytest.approx(found[:, 0].std(), rel=0.1)  # as above


def test_only_a_part_of_an_atom_counts() -> None:
    sample = np.concatenate([np.zeros(96), [10.0, 20.0, 30.0, 40.0]])
    assert quantiles(sample, (0.95,))[0].value == 0.0
    assert tail_mean(sample, 0.95)[0] == pytest.approx(100.0 / 5.0)
    assert tail_mean(np.full(100, 7.0), 0.95) == (7.0, 0.0)


@given(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=60), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_quantiles_are_ordered_and_tails_lie_beyond_them(numbers: list[float], first: float, second: float) -> None:
    sample = np.array(numbers)
    low, high = quantiles(sample, (min(first, second), max(first, second)))
    assert low.value <= high.value
    for each in (low, high):
        assert each.low is None or each.low <= each.value
        assert each.high is None or each.value <= each.high
        mean = tail_mean(sample, each.level)[0]
        slack = 1e-9 * np.abs(sample).max()  # sums of numbers of that size
        assert each.value - slack <= mean <= sample.max() + slack
    assert tail_mean(sample, low.level)[0] <= tail_mean(sample, high.level)[0] + 1e-9 * np.abs(sample).max()


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_a_level_outside_is_refused(level: float) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        quantiles(np.ones(3), (level,))


def test_no_path_is_refused() -> None:
    with pytest.raises(InputError, match="at least one path"):
        quantiles(np.array([]), (0.5,))
