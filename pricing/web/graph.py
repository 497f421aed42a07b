"""A web under one perimeter, as arrays: nodes, intervals of flows inside, to and from the outside by kind of outsider."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from instruments.web import REVENUE, Perimeter, Web
from pricing.clearing.flows import BALANCE_REL
from pricing.clearing.rows import Floats
from pricing.web.amounts import Span, in_period

AS_LISTED = "as_listed"
"""The perimeter without consolidation."""
SOURCES = ("customers", "equity", "lenders", "state", "suppliers", "insiders", "derived")
"""Kinds of outside money; `derived` balances a node and is nobody's figure."""


@dataclass(frozen=True)
class FlowGraph:
    """Cash edges of a web in its period, under one perimeter."""

    perimeter: str
    nodes: tuple[str, ...]
    """Entities inside, consolidated."""
    edge_ids: tuple[str, ...]
    """Cash edges that count: current, not inside another, not within one consolidated entity, and that can move something."""
    start: NDArray[np.int64]
    """Node that pays, by edge; -1 is the outside."""
    end: NDArray[np.int64]
    """Node that receives, by edge; -1 is the outside."""
    source: NDArray[np.int64]
    """Kind of outsider, by edge (index in `SOURCES`); -1 for edges inside."""
    low: Floats
    """USD in the period, by edge."""
    high: Floats
    """USD in the period, by edge."""
    revenue: NDArray[np.bool_]
    """Whether the edge is revenue of its payee."""
    with_amount: NDArray[np.bool_]
    """Whether an amount is known, by edge."""
    stated: bool
    """Whether every node must balance as written."""

    @property
    def coverage(self) -> float:
        """Share of edges that have an amount; 1 without edges."""
        return float(self.with_amount.mean()) if len(self.with_amount) else 1.0

    @property
    def open_edges(self) -> NDArray[np.int64]:
        """Edges whose amount in the period is an interval."""
        return np.flatnonzero(self.high > self.low)

    @cached_property
    def _inside(self) -> NDArray[np.bool_]:
        return (self.start >= 0) & (self.end >= 0)

    def matrices(self, amounts: Floats) -> tuple[Floats, Floats, Floats]:
        """F [scenario, n, n], stated z and stated y [scenario, n] of amounts [scenario, edge]."""
        rows, n = len(amounts), len(self.nodes)
        flows, inflow, outflow = np.zeros((rows, n, n)), np.zeros((rows, n)), np.zeros((rows, n))
        for e in range(len(self.edge_ids)):
            if self._inside[e]:
                flows[:, self.start[e], self.end[e]] += amounts[:, e]
            elif self.end[e] >= 0:
                inflow[:, self.end[e]] += amounts[:, e]
            else:
                outflow[:, self.start[e]] += amounts[:, e]
        return flows, inflow, outflow

    def balanced(self, amounts: Floats) -> tuple[Floats, Floats, Floats]:
        """F, z, y with every node balanced: by the outside, or as stated."""
        flows, inflow, outflow = self.matrices(amounts)
        gap = inflow + flows.sum(axis=1) - outflow - flows.sum(axis=2)
        if self.stated:
            scale = np.maximum(amounts.sum(axis=1), 1e-300)[:, None]
            row, node = np.unravel_index(int(np.argmax(np.abs(gap) / scale)), gap.shape)
            if abs(gap[row, node]) > BALANCE_REL * scale[row, 0]:
                taken = inflow[row, node] + flows[row, :, node].sum()
                name, paid = self.nodes[node], taken - gap[row, node]
                raise InputError(problem("unbalanced", subject="web", field=name, node=name, inflow=f"{taken:g}", outflow=f"{paid:g}"))
        return flows, inflow + np.maximum(0.0, -gap), outflow + np.maximum(0.0, gap)

    def inflow_by_source(self, amounts: Floats, inflow: Floats) -> Floats:
        """Z [scenario, source, n]: stated money by kind of outsider, and what balances under `derived`."""
        out = np.zeros((len(amounts), len(SOURCES), len(self.nodes)))
        for e in np.flatnonzero((self.start < 0) & (self.end >= 0)):
            out[:, self.source[e], self.end[e]] += amounts[:, e]
        out[:, -1] = np.maximum(0.0, inflow - out.sum(axis=1))
        return out


def flow_graph(web: Web, name: str, perimeter: Perimeter | None) -> FlowGraph:
    """The cash edges of a web under a perimeter."""
    into = dict(perimeter.consolidate) if perimeter else {}
    moved_out = set(perimeter.outside) if perimeter else set()
    outside = {entity for entity, terms in web.entities.items() if terms.outside is not None} | moved_out
    nodes = tuple(entity for entity in web.entities if entity not in outside and entity not in into)
    number = {entity: index for index, entity in enumerate(nodes)}
    kept: list[tuple[str, int, int, int, Span]] = []
    for edge_id, edge in web.edges.items():
        if edge.layer != "cash" or not edge.is_current or edge.within is not None:
            continue
        start, end = (number.get(into.get(entity, entity), -1) for entity in (edge.payer, edge.payee))
        span = in_period(web, edge_id)
        if start == end or span.high <= 0:
            continue
        kind = -1
        if start < 0 or end < 0:
            terms = web.entities[edge.payer if start < 0 else edge.payee]
            # an entity that only this perimeter counts as an outsider brings investors' money
            kind = SOURCES.index(terms.outside or ("customers" if edge.kind in REVENUE else "equity"))
        kept.append((edge_id, start, end, kind, span))
    return FlowGraph(
        perimeter=name,
        nodes=nodes,
        edge_ids=tuple(edge_id for edge_id, *_ in kept),
        start=np.array([start for _, start, *_ in kept], dtype=np.int64),
        end=np.array([end for _, _, end, *_ in kept], dtype=np.int64),
        source=np.array([kind for *_, kind, _ in kept], dtype=np.int64),
        low=np.array([span.low for *_, span in kept], dtype=float),
        high=np.array([span.high for *_, span in kept], dtype=float),
        revenue=np.array([web.edges[edge_id].kind in REVENUE for edge_id, *_ in kept], dtype=bool),
        with_amount=np.array([web.edges[edge_id].has_amount for edge_id, *_ in kept], dtype=bool),
        stated=web.balance == "stated",
    )


def perimeters_of(web: Web, chosen: tuple[str, ...] | None) -> dict[str, Perimeter | None]:
    """Perimeters to report: the chosen ones, or `as_listed` and all that the web names.

    Raises:
        InputError: fewer than two, or one that the web does not have.
    """
    known: dict[str, Perimeter | None] = {AS_LISTED: None, **web.perimeters}
    names = tuple(known) if chosen is None else tuple(dict.fromkeys(chosen))
    for name in names:
        if name not in known:
            raise InputError(problem("unknown_name", subject="perimeters", value=name, what="perimeter", choices=tuple(known)))
    if len(names) < 2:
        hint = "add [perimeters.NAME] to the web, or name another"
        raise InputError(problem("bad_option", subject="perimeters", value=names, expected="at least two", hint=hint))
    return {name: known[name] for name in names}
