"""Budget 10: peak memory of books priced to disk, and its growth from 10,000 rows; each run in a process of its own.

The mixed book of the example, in Parquet; and loans in every other format.
"""

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


FORMATS = {".csv": "write_csv", ".jsonl": "write_ndjson", ".arrow": "write_ipc", ".arrows": "write_ipc_stream"}
LOANS = """
import resource, sys
from pathlib import Path
from pricing import run_book
from tests.books import book_market
run_book(sys.argv[1], book_market(), Path(sys.argv[1]).parent / "values.parquet")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0)
"""


def loans_peak(rows: int, suffix: str) -> float:
    """Peak megabytes of a run over so many loans in a file of that format."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"loan{suffix}"
        make = f"from tests.books import loan_frame; loan_frame({rows}).{FORMATS[suffix]}({str(path)!r})"
        env = os.environ | {"PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, "-c", make], check=True, env=env, cwd=ROOT)
        run = [sys.executable, "-c", LOANS, str(path)]
        return float(subprocess.run(run, check=True, env=env, capture_output=True, text=True, cwd=ROOT).stdout)


def main(argv: list[str] | None = None) -> dict[str, float]:
    asked = options(__doc__ or "", argv)
    found: dict[str, float] = {}
    for rows in (500,) if asked.tiny else SIZES:
        found[f"{rows:,} rows, seconds"], found[f"{rows:,} rows, peak megabytes"] = measure(rows)
    for suffix in list(FORMATS)[:1] if asked.tiny else FORMATS:
        for rows in (500,) if asked.tiny else (SIZES[0], SIZES[-1]):
            found[f"{rows:,} loans in {suffix}, peak megabytes"] = loans_peak(rows, suffix)
    for name, value in found.items():
        print(f"budget 10: {name}: {value:,.1f}")
    return found


if __name__ == "__main__":
    main()
