from __future__ import annotations

import runpy
from pathlib import Path

BENCH = Path(__file__).parents[2] / "benchmarks" / "bench_curves.py"


def test_the_benchmark_runs_once() -> None:
    found = runpy.run_path(str(BENCH))["main"](1)
    assert len(found) == 3
    assert min(found.values()) > 0.0
