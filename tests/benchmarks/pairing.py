"""Interleaved pairs: ours, theirs, ours, theirs; the median of the ratios is the answer.

Times are of the processor, all threads added up: what else runs on the machine counts for neither.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from statistics import median
from time import process_time


def seconds(work: Callable[[], object]) -> float:
    """Seconds of the processor."""
    begin = process_time()
    work()
    return process_time() - begin


def median_ratio(ours: Callable[[], object], theirs: Callable[[], object], pairs: int, *, scale: float = 1.0) -> float:
    """Median of (their seconds x scale) / (our seconds); `scale` is how much less work their run was given."""
    ours()
    return median(scale * seconds(theirs) / seconds(ours) for _ in range(pairs))


def options(text: str, argv: list[str] | None) -> argparse.Namespace:
    """--pairs, and --tiny for a run that only shows that the script works."""
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument("--pairs", type=int, default=15, help="interleaved pairs (default: 15)")
    parser.add_argument("--tiny", action="store_true", help="smallest sizes: a smoke test, not a measurement")
    found = parser.parse_args(argv)
    if found.tiny:
        found.pairs = 1
    return found
