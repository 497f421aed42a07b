"""Rows of the flow measures of a web under one perimeter: whole-web indices, nodes, rounds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from instruments.web import Web
from pricing.clearing.circulation import null_percentile
from pricing.clearing.flows import FlowTrace, impulse, trace
from pricing.clearing.rows import Floats
from pricing.web.bounds import Interval, flow_range, highest_circular_share, index_intervals
from pricing.web.chains import origin_bounds, return_bounds
from pricing.web.graph import SOURCES, FlowGraph
from pricing.web.rows import WebRow, point, span

FINANCIERS = ("equity", "lenders", "state")
"""Outsiders to whom cash is returned; what suppliers and insiders get is spent."""
ROUNDS = 6
"""Rounds of the impulse response that are reported; round 0 is the dollar itself."""
NULL_DRAWS = 100
"""Random webs behind a percentile."""
MIDDLE = "at the middle of every interval"


def index_rows(web: Web, graph: FlowGraph, *, seed: int) -> Iterator[WebRow]:
    """Whole-web indices, each an interval with its coverage."""
    common: dict[str, Any] = {"deal": web.id, "perimeter": graph.perimeter, "coverage": graph.coverage}
    found = index_intervals(graph, seed=seed)
    ways = {
        "finn_index": "outer bound by value iteration, inner by search",
        "path_length": "linear-fractional and mixed-integer programmes",
        "circularity": "linear programme",
    }
    for measure, interval in found.items():
        reached = (interval.attained_low, interval.attained_high)
        yield span(interval.low, interval.high, reached, measure=measure, method=ways[measure], **common)
    inside = (graph.start >= 0) & (graph.end >= 0)
    least, most, least_z, most_z = flow_range(graph)
    amount, most_flow, least_flow = found["circularity"], float(graph.high[inside].sum()), float(graph.low[inside].sum())
    shares = (amount.low / most_flow if most_flow > 0 else 0.0, highest_circular_share(graph))
    yield span(*shares, None, measure="circularity_of_inside", method="low: amount over all flows; high: linear programme", **common)
    # everything: inside flows plus outside money in and out, each at its end, so that the bound is outer
    every = least_flow + 2 * float(least_z.sum()), most_flow + 2 * float(most_z.sum())
    ends = (amount.low / every[1] if every[1] > 0 else 0.0, min(1.0, amount.high / every[0]) if every[0] > 0 else 0.0)
    yield span(ends[0], ends[1], None, measure="circularity_of_all", method="amount over sum, each at its end", **common)
    activity = float(least.sum()), float(most.sum())
    yield span(*activity, None, measure="activity", method="sum of lowest and of highest throughflows", **common)
    yield point(graph.coverage, measure="coverage", **common)
    yield from _external_cash(graph, common, activity, found["path_length"])


def _external_cash(graph: FlowGraph, common: dict[str, Any], activity: tuple[float, float], length: Interval) -> Iterator[WebRow]:
    """New external cash by kind of outsider. What balances a node is nobody's figure and stands apart."""
    returned = np.zeros(2)
    for kind, name in enumerate(SOURCES[:-1]):
        mine = graph.source == kind
        came, went = mine & (graph.start < 0), mine & (graph.end < 0)
        if not came.any() and not (went.any() and name in FINANCIERS):
            continue
        back = went if name in FINANCIERS else np.zeros_like(went)
        ends = np.array([graph.low[came].sum() - graph.high[back].sum(), graph.high[came].sum() - graph.low[back].sum()])
        returned += np.array([graph.low[back].sum(), graph.high[back].sum()])
        reached = float(ends[0]), float(ends[1])
        yield span(*reached, reached, measure="new_external_cash", source=name, method="sum of stated edges", **common)
    _, _, least_z, most_z = flow_range(graph)
    stated = [float(graph.matrices(side[None])[1].sum()) for side in (graph.low, graph.high)]
    derived = max(0.0, float(least_z.sum()) - stated[1]), max(0.0, float(most_z.sum()) - stated[0])
    if derived[1] > 0:
        yield span(*derived, None, measure="new_external_cash", source="derived", method="balances the nodes", **common)
    if activity[0] > 0:
        # outside cash in over activity is 1 / path length; what is returned comes off
        low, high = 1 / length.high - returned[1] / activity[0], 1 / length.low - returned[0] / activity[1]
        yield span(low, high, None, measure="new_external_share", method="1 / path length less what is returned", **common)


def node_rows(web: Web, graph: FlowGraph) -> Iterator[WebRow]:
    """Per node: self-funded share, the three revenues."""
    common: dict[str, Any] = {"deal": web.id, "perimeter": graph.perimeter}
    least, most, _, _ = flow_range(graph)
    low_f, high_f = return_bounds(graph)
    low_share, high_share = origin_bounds(graph, "customers")
    paying = graph.revenue & (graph.end >= 0)
    customer = SOURCES.index("customers")
    for i, node in enumerate(graph.nodes):
        if most[i] <= 0:
            continue
        mine = paying & (graph.end == i)
        traced = np.zeros(2)
        for e in np.flatnonzero(mine):
            j = graph.start[e]
            shares = (low_share[j], high_share[j]) if j >= 0 else (float(graph.source[e] == customer),) * 2
            traced += np.array([graph.low[e] * shares[0], graph.high[e] * shares[1]])
        here = {"party": node, **common}
        yield span(low_f[i], high_f[i], None, measure="self_funded", method="value iteration", **here)
        yield span(graph.low[mine].sum(), graph.high[mine].sum(), None, measure="revenue_reported", **here)
        yield span(least[i] * (1 - high_f[i]), most[i] * (1 - low_f[i]), None, measure="revenue_net_of_recycled", **here)
        yield span(float(traced[0]), float(traced[1]), None, measure="revenue_from_customers", method="value iteration", **here)


def middle_rows(web: Web, graph: FlowGraph, *, seed: int) -> Iterator[WebRow]:
    """Measures that are given at one set of amounts: depth, rounds, percentile among random webs."""
    note = MIDDLE if len(graph.open_edges) else None
    common: dict[str, Any] = {"deal": web.id, "perimeter": graph.perimeter, "error_note": note}
    middle = 0.5 * (graph.low + graph.high)
    flows, inflow, outflow = graph.balanced(middle[None])
    traced = trace(flows=flows[0], inflow=inflow[0], outflow=outflow[0], names=graph.nodes)
    for i, node in enumerate(graph.nodes):
        if traced.throughflow[i] > 0:
            yield point(float(traced.depth[i]), measure="flow_depth", party=node, **common)
    if traced.inflow.sum() > 0:
        rounds = impulse(traced, pulse=traced.inflow / traced.inflow.sum(), rounds=ROUNDS)
        for k, active in enumerate(rounds.sum(axis=1)):
            yield point(float(active), measure="impulse", part=f"round {k}", **common)
    yield from _percentile(traced, common, seed)


def _percentile(traced: FlowTrace, common: dict[str, Any], seed: int) -> Iterator[WebRow]:
    paid, taken = traced.throughflow - traced.outflow, traced.throughflow - traced.inflow
    fits = bool((paid + taken < paid.sum()).all()) and int((paid > 0).sum()) > 2
    if not fits:
        return  # one node is in more than half of the inside flows: its sums leave no other web

    def finn(flows: Floats) -> float:
        return float(trace(flows=flows, inflow=_gap(flows, traced, 0), outflow=_gap(flows, traced, 1)).finn)

    share, _ = null_percentile(traced, measure=finn, draws=NULL_DRAWS, rng=np.random.default_rng(seed))
    yield point(share, measure="null_percentile", method=f"{NULL_DRAWS} random webs, proportional fitting", **common)


def _gap(flows: Floats, traced: FlowTrace, axis: int) -> Floats:
    """Outside money of a random web: what the fitted sums leave of each throughflow."""
    return np.maximum(0.0, traced.throughflow - flows.sum(axis=axis))
