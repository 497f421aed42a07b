"""Budget 8: batched clearing against a scipy fixed-point loop, 100 and 1,000 firms; a hundred thousand scenarios of the real web.

The rival iterates the same map, one scenario at a time, with `scipy.optimize.fixed_point`, in the faster of its two methods, on the same
dense shares. One thread each. Run: python -m tests.benchmarks.budget_8_clearing
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
from scipy.optimize import fixed_point

from instruments import load_web
from pricing import clearing
from pricing.clearing.rows import Floats
from pricing.web.dates import run_dates, shocks_for
from pricing.web.graph import flow_graph
from pricing.web.sheets import sheets_of
from tests.benchmarks.pairing import median_ratio, options, seconds
from tests.house import ROOT

SIZES = ((100, 100, 20), (1_000, 40, 5))
"""Firms, scenarios for us, scenarios for the rival."""
TINY = ((20, 10, 4), (50, 10, 4))
SCENARIOS = 100_000
XTOL = 1e-12
"""scipy stops on the step; ours on the residual of the map, at 1e-12 of total debt."""


def web(firms: int, scenarios: int) -> tuple[Floats, Floats, Floats]:
    """A dense random web in which a fifth to a third of the firms default."""
    rng = np.random.default_rng(8)
    debts = rng.exponential(size=(firms, firms)) * (rng.random((firms, firms)) < 0.3)
    np.fill_diagonal(debts, 0.0)
    external = 0.2 * debts.sum(axis=1)
    need = external + debts.sum(axis=1) - debts.sum(axis=0)
    assets = np.maximum(0.0, need + debts.sum(axis=1) * rng.normal(0.12, 0.2, size=(scenarios, firms)))
    return assets, debts, external


def rival(assets: Floats, debts: Floats, external: Floats, method: str) -> Floats:
    """One scipy fixed point per scenario."""
    owed = external + debts.sum(axis=1)
    back = np.ascontiguousarray((debts / owed[:, None]).T)
    out = np.empty_like(assets)
    for row, cash in enumerate(assets):
        out[row] = fixed_point(lambda p, cash=cash: np.minimum(owed, cash + back @ p), owed, xtol=XTOL, maxiter=10_000, method=method)
    return out


def against_scipy(firms: int, ours: int, theirs: int, pairs: int) -> float:
    """Median ratio of seconds per scenario; the payments must agree."""
    assets, debts, external = web(firms, ours)

    def clear() -> clearing.Cleared:
        return clearing.clear_debts(assets=assets, debts=debts, external=external, rank="pro_rata")

    found = clear()
    times = {name: seconds(lambda name=name: rival(assets[:theirs], debts, external, name)) for name in ("iteration", "del2")}
    best = min(times, key=lambda name: times[name])
    error = np.abs(rival(assets[:theirs], debts, external, best) - found.paid[:theirs]).max() / found.owed.max()
    assert error < 1e-9, "the rival does another job"
    print(f"{firms} firms, {found.default.mean():.0%} in default, rival by {best}", file=sys.stderr)
    return median_ratio(clear, lambda: rival(assets[:theirs], debts, external, best), pairs, scale=ours / theirs)


def real_web(scenarios: int) -> dict[str, float]:
    """Scenarios a second: the real web's flows cleared as debts, its stakes and debts as holdings, contagion over four dates."""
    graph = flow_graph(load_web(ROOT / "examples/capital_web"), "as_listed", None)
    (debts,), _, (outside,) = graph.balanced(0.5 * (graph.low + graph.high)[None])
    n, owed = len(graph.nodes), outside + debts.sum(axis=1)
    rng = np.random.default_rng(8)
    cash = np.maximum(0.0, owed - debts.sum(axis=0)) * rng.uniform(0.4, 1.6, (scenarios, n))
    held = np.zeros((n, n))
    held[graph.nodes.index("softbank"), graph.nodes.index("openai")] = 0.13
    held[graph.nodes.index("nvidia"), graph.nodes.index("coreweave")] = 0.07
    lent = np.divide(debts, owed[:, None], out=np.zeros_like(debts), where=owed[:, None] > 0).T
    sheets = sheets_of(load_web(ROOT / "examples/resonance"))
    belief, recall = rng.uniform(0.7, 1.0, (scenarios, 4)), rng.uniform(0, 0.3, (scenarios, len(sheets.nodes)))
    work: dict[str, Callable[[int], object]] = {
        f"debts of {n} entities": lambda k: clearing.clear_debts(assets=cash[:k], debts=debts, external=outside, rank="pro_rata"),
        f"holdings of {n} entities": lambda k: clearing.clear_holdings(assets=cash[:k], debts=owed, equity_held=held, debt_held=lent),
        "contagion over 4 dates": lambda k: run_dates(sheets, shocks_for(sheets, dates=4, belief=belief[:k], recall=recall[:k])),
    }
    rates: dict[str, float] = {}
    for name, job in work.items():
        job(8)  # compiled and warm
        rates[f"{name}, scenarios a second"] = scenarios / seconds(lambda job=job: job(scenarios))
    return rates


def main(argv: list[str] | None = None) -> dict[str, float]:
    asked = options(__doc__ or "", argv)
    found = {f"scipy loop / ours, {size[0]} firms": against_scipy(*size, asked.pairs) for size in (TINY if asked.tiny else SIZES)}
    found |= real_web(64 if asked.tiny else SCENARIOS)
    for name, value in found.items():
        print(f"budget 8: {name}: {value:,.1f}")
    return found


if __name__ == "__main__":
    main()
