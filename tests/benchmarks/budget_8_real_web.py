"""A hundred thousand scenarios of the real web on one core: clearing of its flows as debts, its holdings, contagion over four dates.

Run: `python tests/benchmarks/budget_8_real_web.py [scenarios]`. Prints one JSON line per work.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

import numpy as np

from instruments import load_web
from pricing import clearing
from pricing.web.dates import run_dates, shocks_for
from pricing.web.graph import flow_graph
from pricing.web.sheets import sheets_of
from tests.house import ROOT


def clock(name: str, work: Callable[[int], object], scenarios: int, **size: int) -> None:
    """Seconds of the work, compiled and warm."""
    work(64)
    start = time.perf_counter()
    work(scenarios)
    print(json.dumps({"work": name, "scenarios": scenarios, "seconds": round(time.perf_counter() - start, 2), **size}))


def main(scenarios: int) -> None:
    """Three lines."""
    graph = flow_graph(load_web(ROOT / "examples/capital_web"), "as_listed", None)
    (debts,), _, (outside,) = graph.balanced(0.5 * (graph.low + graph.high)[None])
    n, owed = len(graph.nodes), outside + debts.sum(axis=1)
    rng = np.random.default_rng(8)
    cash = np.maximum(0.0, owed - debts.sum(axis=0)) * rng.uniform(0.4, 1.6, (scenarios, n))
    held = np.zeros((n, n))
    held[graph.nodes.index("softbank"), graph.nodes.index("openai")] = 0.13
    held[graph.nodes.index("nvidia"), graph.nodes.index("coreweave")] = 0.07
    lent = np.divide(debts, owed[:, None], out=np.zeros_like(debts), where=owed[:, None] > 0).T
    clock("debts", lambda k: clearing.clear_debts(assets=cash[:k], debts=debts, external=outside, rank="pro_rata"), scenarios, entities=n)
    clock(
        "holdings", lambda k: clearing.clear_holdings(assets=cash[:k], debts=owed, equity_held=held, debt_held=lent), scenarios, entities=n
    )
    sheets = sheets_of(load_web(ROOT / "examples/resonance"))
    size = len(sheets.nodes)
    belief, recall = rng.uniform(0.7, 1.0, (scenarios, 4)), rng.uniform(0, 0.3, (scenarios, size))
    clock(
        "contagion, 4 dates",
        lambda k: run_dates(sheets, shocks_for(sheets, dates=4, belief=belief[:k], recall=recall[:k])),
        scenarios,
        entities=size,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
