"""Each budget's script runs once at its smallest size; ratios never fail the gate."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from tests.benchmarks import budget_4_ladder, budget_5_joint, budget_6_variance, budget_7_facility, budget_8_clearing, budget_9_start


@pytest.mark.parametrize(
    "main",
    [
        budget_4_ladder.main,
        budget_5_joint.main,
        budget_6_variance.main,
        budget_7_facility.main,
        budget_8_clearing.main,
        budget_9_start.main,
    ],
    ids=["4", "5", "6", "7", "8", "9"],
)
def test_the_script_prints_ratios(main: Callable[[list[str]], dict[str, float]], capsys: pytest.CaptureFixture[str]) -> None:
    ratios = main(["--tiny"])
    shown = capsys.readouterr().out
    assert all(math.isfinite(ratio) and ratio > 0.0 and name in shown for name, ratio in ratios.items())


def test_help_imports_nothing_heavy() -> None:
    assert budget_9_start.imported_by_help() == []
