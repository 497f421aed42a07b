"""The sweep of every node at the low and high end of every dependency, and a hundred thousand random scenarios."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from instruments import load_web
from pricing.web.dates import TERMS, run_dates, shocks_for
from pricing.web.sheets import sheets_of
from pricing.web.sweep import split_of, sweep_rows

SCENARIOS = 100_000
DATES = 4


def main() -> None:
    web = load_web(Path(__file__).parent)
    for end in ("low", "high"):
        rows = sweep_rows(web, end=end)
        print(f"\nevery dependency at its {end} end")
        print(f"{'shock':12}{'to':12}{'first break':>24}{'first other default':>24}{'outside':>10}")
        for row in rows:
            if row.measure != "first_break":
                continue
            mine = {other.measure: other for other in rows if (other.kind, other.part) == (row.kind, row.part)}
            breaks = [f"{r.value:.0%} {r.party}" if r.value is not None else "never" for r in (row, mine["tipping_size"])]
            outside = mine.get("outside_multiplier")
            shown = f"{outside.value:.2f}" if outside is not None and outside.value is not None else ""
            print(f"{row.kind or '':12}{row.part or '':12}{breaks[0]:>24}{breaks[1]:>24}{shown:>10}")
    sheets = sheets_of(web)
    rng = np.random.default_rng(0)
    n, m = len(sheets.nodes), len(sheets.assets)
    shocks = shocks_for(
        sheets,
        dates=DATES,
        price=np.exp(rng.normal(-0.02, 0.10, (SCENARIOS, DATES, m))),
        belief=np.minimum(1.0, np.exp(rng.normal(-0.05, 0.15, (SCENARIOS, DATES)))),
        recall=rng.beta(1, 12, (SCENARIOS, n)),
    )
    run_dates(sheets, shocks_for(sheets, dates=1))  # compiles the loop once
    start = time.perf_counter()
    run = run_dates(sheets, shocks)
    print(f"{SCENARIOS:,} scenarios of {DATES} dates in {time.perf_counter() - start:.1f} s", file=sys.stderr)
    split = split_of(sheets, run)
    print(f"\n{SCENARIOS:,} random scenarios: mean loss outside per dollar of shock, by friction")
    for name, value in zip(TERMS[1:], (split.frictions * split.initial[:, None]).sum(axis=0) / split.initial.sum(), strict=True):
        print(f"{name:14}{value:8.4f}")
    for node, failed in zip(sheets.nodes, run.default[:, -1].mean(axis=0), strict=True):
        print(f"{node:14}defaults in {failed:.2%}")


if __name__ == "__main__":
    main()
