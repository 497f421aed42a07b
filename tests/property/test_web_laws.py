"""Laws of webs as terms: order of entities and edges changes nothing; bounds hold every choice; knock-outs keep every node's flow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from instruments import Edge, Entity, Web
from instruments.ground.provenance import Basis, Provenance
from pricing import knocked_out
from pricing.clearing import trace
from pricing.web.bounds import attained_finn, circulation_bounds, finn_of, index_intervals
from pricing.web.chains import origin_bounds, return_bounds
from pricing.web.graph import SOURCES, flow_graph
from tests.webs import web

SOURCE = Provenance(basis=Basis.PRESS, source="somewhere")
NODES = ("a", "b", "c")


@st.composite
def webs(draw: st.DrawFn) -> Web:
    """Up to seven edges between three entities, some with a range; each entity sells to and spends on the outside."""
    edges: dict[str, Edge] = {}
    ends = [(x, y) for x in NODES for y in NODES if x != y]
    wanted = draw(st.lists(st.tuples(st.sampled_from(ends), st.integers(1, 20), st.integers(0, 10)), max_size=7))
    rows = [(payer, payee, low, more) for (payer, payee), low, more in wanted]
    rows += [("out", x, draw(st.integers(1, 10)), draw(st.integers(0, 5))) for x in NODES]
    rows += [(x, "out", draw(st.integers(1, 10)), 0) for x in NODES]
    for index, (payer, payee, low, more) in enumerate(rows):
        amount = {"headline_usd": float(low)} if not more else {"range_usd": (float(low), float(low + more))}
        edges[f"e{index}"] = Edge.model_validate(
            {"payer": payer, "payee": payee, "kind": "sales", "layer": "cash", "status": "closed", "provenance": SOURCE, **amount}
            | {"schedule": {"kind": "level", "start": base.period.start, "end": base.period.end}}
        )
    return base.evolve(edges=edges)


base = web()


@settings(max_examples=15)
@given(webs(), st.randoms(use_true_random=False))
def test_the_order_of_entities_and_edges_changes_nothing(terms: Web, random) -> None:
    names, ids = list(terms.entities), list(terms.edges)
    random.shuffle(names)
    random.shuffle(ids)
    turned = terms.evolve(entities={n: terms.entities[n] for n in names}, edges={e: terms.edges[e] for e in ids})
    one, other = (index_intervals(flow_graph(w, "as_listed", None), seed=0) for w in (terms, turned))
    for name, interval in one.items():
        assert interval.low == pytest.approx(other[name].low, rel=1e-6, abs=1e-9)  # mixed-integer programmes stop at 1e-7
        assert interval.high == pytest.approx(other[name].high, rel=1e-6, abs=1e-9)


@settings(max_examples=15)
@given(webs(), st.integers(0, 2**16))
def test_bounds_hold_every_choice(terms: Web, seed: int) -> None:
    graph = flow_graph(terms, "as_listed", None)
    rng = np.random.default_rng(seed)
    amounts = graph.low + (graph.high - graph.low) * rng.random((200, len(graph.low)))
    found = index_intervals(graph, seed=0)
    flows, inflow, outflow = graph.balanced(amounts)
    traced = trace(flows=flows, inflow=inflow, outflow=outflow)
    for name, values in (("finn_index", traced.finn), ("path_length", traced.path_length)):
        assert found[name].low - 1e-6 <= values.min()  # accuracy of the programmes
        assert values.max() <= found[name].high + 1e-6
        assert found[name].low <= found[name].attained_low + 1e-9
        assert found[name].attained_high <= found[name].high + 1e-9
    low, high = return_bounds(graph)
    assert (low <= traced.returning.min(axis=0) + 1e-9).all()
    assert (traced.returning.max(axis=0) <= high + 1e-9).all()
    low, high = origin_bounds(graph, "customers")
    began = graph.inflow_by_source(amounts, inflow)[:, SOURCES.index("customers")]
    share = np.einsum("si,sij->sj", began, traced.passes) / traced.throughflow
    assert (low <= share.min(axis=0) + 1e-9).all()
    assert (share.max(axis=0) <= high + 1e-9).all()


@settings(max_examples=15)
@given(webs(), st.integers(0, 6))
def test_a_knock_out_keeps_every_node_and_never_adds_circulation(terms: Web, which: int) -> None:
    edge_id = sorted(terms.edges)[which % len(terms.edges)]
    edge = terms.edges[edge_id]
    if "out" in (edge.payer, edge.payee):
        return
    whole, less = (flow_graph(w, "as_listed", None) for w in (terms, knocked_out(terms, [edge_id])))
    for side in ("low", "high"):
        through = []
        for graph in (whole, less):
            flows, inflow, _ = graph.balanced(getattr(graph, side)[None])
            through.append(inflow[0] + flows[0].sum(axis=0))
        assert through[1] == pytest.approx(through[0])
    assert circulation_bounds(less)[1] <= circulation_bounds(whole)[1] + 1e-9
    assert attained_finn(less, seed=0)[0] >= 0
    assert (finn_of(less, less.low[None]) <= finn_of(whole, whole.low[None]) + 1e-9).all()


def test_entities_without_flows_stand_alone() -> None:
    lonely = base.evolve(entities={**base.entities, "d": Entity()})
    assert flow_graph(lonely, "as_listed", None).edge_ids == ()
