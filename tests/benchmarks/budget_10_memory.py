"""Budget 10: peak memory of a mixed book priced to disk, and its growth from 10,000 rows; each run in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.pairing import options

ROOT = Path(__file__).parents[2]
SIZES = (10_000, 100_000, 1_000_000)
MEASURED = """
import resource, sys, time
from pathlib import Path
from curves import load_market
from pricing import run_book
begin = time.perf_counter()
run_book(sys.argv[1], load_market(sys.argv[2]), Path(sys.argv[1]) / "values.parquet")
print(time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0)
"""


def measure(rows: int) -> tuple[float, float]:
    """Seconds and peak megabytes of a run over the example's book of so many rows."""
    example = ROOT / "examples/book"
    with tempfile.TemporaryDirectory() as folder:
        path = os.environ | {"PYTHONPATH": str(ROOT)}
        make = f"from examples.book.run import make; from pathlib import Path; make(Path({folder!r}), {rows})"
        subprocess.run([sys.executable, "-c", make], check=True, env=path, cwd=ROOT)
        said = subprocess.run(
            [sys.executable, "-c", MEASURED, folder, str(example)], check=True, env=path, capture_output=True, text=True, cwd=ROOT
        ).stdout
    time, peak = (float(word) for word in said.split())
    return time, peak


def main(argv: list[str] | None = None) -> dict[str, float]:
    asked = options(__doc__ or "", argv)
    found: dict[str, float] = {}
    for rows in (500,) if asked.tiny else SIZES:
        found[f"{rows:,} rows, seconds"], found[f"{rows:,} rows, peak megabytes"] = measure(rows)
    for name, value in found.items():
        print(f"budget 10: {name}: {value:,.1f}")
    return found


if __name__ == "__main__":
    main()
