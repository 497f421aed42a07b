"""Budget 7: a facility with its whole waterfall, covenants and liquidation, monthly, 100,000 paths, ledger reduced per block.

Ours: rent and default months from the normals and uniforms, then the roll-forward of the DDTL 4.0 example, sums of every posting kept, no
ledger. Rival: drawing those normals and uniforms. One thread each; the printed ratio is ours over the rival, at most 5 is wanted.
Run: python -m tests.benchmarks.budget_7_facility
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import median
from time import perf_counter

from curves import load_market
from instruments import load_deal
from pricing.engines.facility_run import Setup, set_up
from pricing.kernels.facility import roll_reduced
from pricing.paths.facility import drivers_of, random_numbers
from pricing.paths.streams import BLOCK, blocks_for

FOLDER = Path(__file__).parents[2] / "examples" / "coreweave_ddtl4"
PATHS = 100_000


def blocks(setup: Setup, count: int) -> tuple[float, float]:
    """Seconds for the random numbers and for everything else, block by block, interleaved."""
    numbers = rest = 0.0
    for block in range(count):
        start = perf_counter()
        drawn = random_numbers(setup.model, 0, block)
        middle = perf_counter()
        roll_reduced(setup.facility.plan, drivers_of(setup.model, 0, block, drawn))
        numbers, rest = numbers + middle - start, rest + perf_counter() - middle
    return numbers, rest


def main(argv: list[str] | None = None) -> dict[str, float]:
    """Print and return the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=15, help="runs of all paths (default: 15)")
    parser.add_argument("--tiny", action="store_true", help="smallest sizes: a smoke test, not a measurement")
    found = parser.parse_args(argv)
    setup = set_up(load_deal(FOLDER), "facility", load_market(FOLDER / "market.toml"))
    count, pairs = (1, 1) if found.tiny else (blocks_for(PATHS), found.pairs)
    blocks(setup, 1)
    runs = [blocks(setup, count) for _ in range(pairs)]
    ratio = median(rest / numbers for numbers, rest in runs)
    each = median(rest for _, rest in runs) / (count * BLOCK)
    print(f"roll-forward over its random numbers: {ratio:.2f} (wanted: at most 5); {each * 1e6:.1f} microseconds a path")
    return {"roll-forward over its random numbers": ratio}


if __name__ == "__main__":
    main()
