"""Bounds of what a chain of payments can do, each node's row chosen freely within what its amounts allow.

The best (worst) choice of rows is found by value iteration from nothing up, each row at a corner of its box. One amount enters the row
of its payer and the column of its payee; choosing them apart only widens a bound, so it stays rigorous.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from instruments.ground.errors import NetworkError
from instruments.ground.messages import problem
from pricing.clearing.flows import FlowTrace, trace
from pricing.clearing.rows import Floats
from pricing.web.graph import SOURCES, FlowGraph

VALUE_STEP = 1e-12
"""Value iteration ends when no value moves by more."""
MOST_SWEEPS = 20_000
"""Most sweeps of value iteration."""


def return_bounds(graph: FlowGraph) -> tuple[Floats, Floats]:
    """Lowest and highest return chance f [n] of each node: for a supplier, the share of its revenue that it funds itself."""
    if not len(graph.open_edges):
        exact = _known(graph).returning
        return exact, exact
    (low_f,), (low_z,), (low_y,) = graph.matrices(graph.low[None])
    (high_f,), (high_z,), (high_y,) = graph.matrices(graph.high[None])
    n = len(graph.nodes)
    bounds: list[Floats] = []
    for best in (False, True):
        taken = (low_z + low_f.sum(axis=0)) if best else (high_z + high_f.sum(axis=0))
        leak = low_y if best else high_y

        def sweep(reach: Floats, best: bool = best, taken: Floats = taken, leak: Floats = leak) -> Floats:
            arrive = reach.copy()  # chance to arrive at the target [from, target]
            np.fill_diagonal(arrive, 1.0)
            rows = [best_row(low_f[k], high_f[k], taken[k], leak[k], arrive, largest=best) for k in range(n)]
            return np.array(rows).reshape(n, n)

        bounds.append(np.diagonal(_settled(sweep, np.zeros((n, n)))).copy())
    return bounds[0], bounds[1]


def origin_bounds(graph: FlowGraph, source: str) -> tuple[Floats, Floats]:
    """Lowest and highest share [n] of a node's throughflow that began at one kind of outsider. Money that only balances began nowhere."""
    if not len(graph.open_edges):
        known = _known(graph)
        began = graph.inflow_by_source(graph.low[None], known.inflow[None])[0, SOURCES.index(source)] @ known.passes
        exact = began / np.where(known.throughflow > 0, known.throughflow, 1.0)
        return exact, exact
    (low_f,), _, (low_y,) = graph.matrices(graph.low[None])
    (high_f,), _, (high_y,) = graph.matrices(graph.high[None])
    ends = [graph.inflow_by_source(side[None], np.zeros((1, len(graph.nodes))))[0] for side in (graph.low, graph.high)]
    worth = np.array([1.0 if kind == source else 0.0 for kind in SOURCES])
    n = len(graph.nodes)
    bounds: list[Floats] = []
    for best in (False, True):
        paid = (low_y + low_f.sum(axis=1)) if best else (high_y + high_f.sum(axis=1))

        def sweep(share: Floats, best: bool = best, paid: Floats = paid) -> Floats:
            links = [(np.r_[low_f[:, k], ends[0][:, k]], np.r_[high_f[:, k], ends[1][:, k]]) for k in range(n)]
            value = np.r_[share, worth][:, None]
            return np.array([best_row(low, high, paid[k], 0.0, value, largest=best)[0] for k, (low, high) in enumerate(links)])

        bounds.append(_settled(sweep, np.zeros(n)))
    return bounds[0], bounds[1]


def _known(graph: FlowGraph) -> FlowTrace:
    flows, inflow, outflow = graph.balanced(graph.low[None])
    return trace(flows=flows[0], inflow=inflow[0], outflow=outflow[0], names=graph.nodes)


def _settled(sweep: Callable[[Floats], Floats], start: Floats) -> Floats:
    value, moved = start, np.inf
    for _ in range(MOST_SWEEPS):
        new = sweep(value)
        moved = float(np.abs(new - value).max(initial=0.0))
        value = new
        if moved <= VALUE_STEP:
            return value
    raise NetworkError(
        problem("not_converged", subject="chain of payments", iterations=MOST_SWEEPS, residual=f"{moved:.1e}", remedy="narrow the ranges")
    )


def best_row(low: Floats, high: Floats, taken: float, leak: float, worth: Floats, *, largest: bool) -> Floats:
    """Largest (smallest) value [target] that one row can give: sum F h / max(taken, sum F + leak) over F in its box.

    For a given sum the best F fills the links of the largest (smallest) h first, so only that path's corners count, and for the largest
    the point where payments pass what is taken in.

    Args:
        low, high: box of the row's amounts, [link].
        taken, leak: what the node takes in, and what it pays besides.
        worth: h [link, target].
        largest: which end.
    """
    used = np.flatnonzero(high > 0)
    if not len(used):
        return np.zeros(worth.shape[1])
    low, high, worth = low[used], high[used], worth[used]
    order = np.argsort(-worth if largest else worth, axis=0)
    ranked = np.take_along_axis(worth, order, axis=0)
    step = (high - low)[order]
    nothing = np.zeros((1, worth.shape[1]))
    paid = low.sum() + np.vstack([nothing, np.cumsum(step, axis=0)])
    gained = low @ worth + np.vstack([nothing, np.cumsum(step * ranked, axis=0)])
    total = np.maximum(taken, paid + leak)
    ratio = np.divide(gained, total, out=np.zeros_like(gained), where=total > 0)
    if not largest:
        return ratio.min(axis=0)
    free = np.clip(taken - leak - paid[:-1], 0.0, step)
    below = np.maximum(np.maximum(taken, paid[:-1] + free + leak), 1e-300)
    return np.maximum(ratio.max(axis=0), np.where(free > 0, (gained[:-1] + free * ranked) / below, 0.0).max(axis=0))
