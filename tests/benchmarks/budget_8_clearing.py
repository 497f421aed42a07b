"""Budget 8: batched clearing against a scipy fixed-point loop, 100 and 1,000 firms, one thread.

Run: `python tests/benchmarks/budget_8_clearing.py [pairs]`. Prints one JSON line per size; the ratio is the median of interleaved pairs.
The rival iterates the same map, one scenario at a time, with `scipy.optimize.fixed_point`, in the faster of its two methods, on the same
dense shares.
"""

from __future__ import annotations

import json
import statistics
import sys
import time

import numpy as np
from scipy.optimize import fixed_point

from pricing.clearing.debts import clear_debts
from pricing.clearing.rows import Floats

SIZES = ((100, 100, 20), (1_000, 40, 5))
"""Firms, scenarios for us, scenarios for the rival."""
TARGETS = {100: 20.0, 1_000: 5.0}
XTOL = 1e-12
"""scipy stops on the step; ours on the residual of the map at 1e-12 of total debt."""


def web(firms: int, scenarios: int) -> tuple[Floats, Floats, Floats]:
    """A dense random web in which about a fifth of the firms default."""
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


def measure(firms: int, ours: int, theirs: int, pairs: int) -> dict[str, float]:
    """Median ratio of seconds per scenario, and the largest difference in payments."""
    assets, debts, external = web(firms, ours)
    cleared = clear_debts(assets=assets, debts=debts, external=external, rank="pro_rata")
    seconds = {name: _clock(lambda name=name: rival(assets[:theirs], debts, external, name)) for name in ("iteration", "del2")}
    best = min(seconds, key=lambda name: seconds[name])
    error = np.abs(rival(assets[:theirs], debts, external, best) - cleared.paid[:theirs]).max() / cleared.owed.max()
    ratios, times = [], []
    for _ in range(pairs):
        own = _clock(lambda: clear_debts(assets=assets, debts=debts, external=external, rank="pro_rata")) / ours
        other = _clock(lambda: rival(assets[:theirs], debts, external, best)) / theirs
        ratios.append(other / own)
        times.append(own)
    return {
        "firms": firms,
        "ratio": round(statistics.median(ratios), 1),
        "target": TARGETS[firms],
        "microseconds_per_scenario": round(statistics.median(times) * 1e6, 1),
        "rival_method": best,
        "share_in_default": round(float(cleared.default.mean()), 3),
        "largest_difference": float(error),
    }


def _clock(work: object) -> float:
    start = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - start


def main(pairs: int) -> None:
    """One line per size."""
    for firms, ours, theirs in SIZES:
        print(json.dumps(measure(firms, ours, theirs, pairs)))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
