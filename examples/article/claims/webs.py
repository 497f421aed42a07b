"""The real web with the study's figures on its edges, and the four dolls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from examples.article.claims.inputs import Inputs
from instruments import Web, load_web
from pricing.clearing import FlowTrace, impulse, trace
from pricing.web.graph import FlowGraph, flow_graph, perimeters_of
from pricing.web.indices import index_rows, node_rows
from pricing.web.rows import WebRow

EXAMPLES = Path(__file__).parents[2]
ON_EDGES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "nvidia_letter_usd": ("E001", ("headline_usd",)),
    "nvidia_letter_paid_usd": ("E001", ("paid_usd",)),
    "nvidia_round_usd": ("E002", ("headline_usd", "firm_usd")),
    "softbank_2026_round_usd": ("E004", ("headline_usd", "firm_usd")),
    "softbank_2025_own_usd": ("E005", ("headline_usd", "paid_usd")),
    "softbank_2025_syndicated_usd": ("E006", ("headline_usd", "firm_usd", "paid_usd")),
    "tender_2025_usd": ("E009", ("headline_usd", "firm_usd", "paid_usd")),
    "coreweave_debt_usd": ("E052", ("headline_usd", "firm_usd", "paid_usd")),
}
"""Figure to the edge of examples/capital_web that says the same, and its fields."""
ASSUMED = ("edges P01 to P06 of examples/capital_web: purchases of chips that nobody discloses, ranges",)
"""Assumed terms of the real web that its intervals of flow hold open."""
SHEETS = ("balance sheets of examples/resonance, whose split is assumed",)
"""Assumed terms of the web on which failures, calls and rules are run."""
NOT_KEYED = ("amd_warrant_shares", "amd_last_hurdle_usd")
"""Figures whose product is the headline of edge E020."""


def capital_web(inputs: Inputs) -> Web:
    """The web of examples/capital_web with the figures of the study on its edges."""
    return _web(_key(inputs))


def _key(inputs: Inputs) -> tuple[float, ...]:
    return tuple(inputs[name] for name in (*ON_EDGES, *NOT_KEYED))


@lru_cache(maxsize=4)
def _loaded(name: str) -> Web:
    return load_web(EXAMPLES / name)


@lru_cache(maxsize=16)
def _web(values: tuple[float, ...]) -> Web:
    web = _loaded("capital_web")
    edges = dict(web.edges)
    for (edge_id, fields), value in zip(ON_EDGES.values(), values, strict=False):
        edge = edges[edge_id]
        changes = dict.fromkeys(fields, value)
        # a sum that grows takes its headline along
        if "headline_usd" not in changes and edge.headline_usd is not None:
            changes["headline_usd"] = max(edge.headline_usd, value)
        if edge.firm_usd is not None and "firm_usd" not in changes and "headline_usd" in changes:
            changes["firm_usd"] = min(edge.firm_usd, changes["headline_usd"])
        edges[edge_id] = edge.evolve(**changes)
    shares, hurdle = values[-2:]
    edges["E020"] = edges["E020"].evolve(headline_usd=shares * hurdle)
    return web.evolve(edges=edges)


@lru_cache(maxsize=32)
def _graph(values: tuple[float, ...], perimeter: str) -> FlowGraph:
    web = _web(values)
    return flow_graph(web, perimeter, perimeters_of(web, None)[perimeter])


def graph_of(inputs: Inputs, perimeter: str = "as_listed") -> FlowGraph:
    return _graph(_key(inputs), perimeter)


@lru_cache(maxsize=32)
def _indices(values: tuple[float, ...], perimeter: str, seed: int) -> tuple[WebRow, ...]:
    web, graph = _web(values), _graph(values, perimeter)
    return (*index_rows(web, graph, seed=seed), *node_rows(web, graph))


def index(inputs: Inputs, measure: str, *, perimeter: str = "as_listed", **wanted: str) -> tuple[float, float]:
    """Low and high end of an index of the real web."""
    for row in _indices(_key(inputs), perimeter, inputs.seed):
        if row.measure == measure and all(getattr(row, name) == text for name, text in wanted.items()):
            assert row.low is not None
            assert row.high is not None
            return row.low, row.high
    raise LookupError(f"{measure} {wanted}")


@dataclass(frozen=True, slots=True)
class Dolls:
    """The made-up four dolls as arrays."""

    nodes: tuple[str, ...]
    flows: NDArray[np.float64]
    inflow: NDArray[np.float64]
    traced: FlowTrace


def dolls() -> Dolls:
    """The web of examples/four_dolls, in which every node balances."""
    graph = flow_graph(_loaded("four_dolls"), "as_listed", None)
    flows, inflow, outflow = graph.balanced(graph.low[None])
    return Dolls(graph.nodes, flows[0], inflow[0], trace(flows=flows[0], inflow=inflow[0], outflow=outflow[0], names=graph.nodes))


def real_pulse(inputs: Inputs, rounds: int) -> NDArray[np.float64]:
    """Activity by round after a dollar from outside in the real web, at the middle of every interval."""
    graph = graph_of(inputs)
    flows, inflow, outflow = graph.balanced(0.5 * (graph.low + graph.high)[None])
    traced = trace(flows=flows[0], inflow=inflow[0], outflow=outflow[0], names=graph.nodes)
    active: NDArray[np.float64] = impulse(traced, pulse=inflow[0] / inflow[0].sum(), rounds=rounds).sum(axis=1)
    return active
