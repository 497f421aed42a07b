"""Each budget's script runs once at its smallest size; ratios never fail the gate."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from tests.benchmarks import (
    budget_1_loans,
    budget_2_book,
    budget_3_deltas,
    budget_4_ladder,
    budget_5_joint,
    budget_6_variance,
    budget_7_facility,
    budget_8_clearing,
    budget_9_start,
    budget_10_memory,
    lanes,
)


@pytest.mark.parametrize(
    "main",
    [
        budget_1_loans.main,
        budget_2_book.main,
        budget_3_deltas.main,
        budget_4_ladder.main,
        budget_5_joint.main,
        budget_6_variance.main,
        budget_7_facility.main,
        budget_8_clearing.main,
        budget_9_start.main,
        budget_10_memory.main,
        lanes.main,
    ],
    ids=["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "lanes"],
)
def test_the_script_prints_ratios(main: Callable[[list[str]], dict[str, float]], capsys: pytest.CaptureFixture[str]) -> None:
    ratios = main(["--tiny"])
    shown = capsys.readouterr().out
    assert all(math.isfinite(ratio) and ratio > 0.0 and name in shown for name, ratio in ratios.items())


def test_help_imports_nothing_heavy() -> None:
    assert budget_9_start.imported_by_help() == []
