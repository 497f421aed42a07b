"""The flows of a web under one perimeter as a picture, the part that goes round in colour."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from instruments.web import Perimeter, Web
from pricing.clearing.circulation import max_circularity
from pricing.cli.figures import usd
from pricing.report.figures import Flow, sankey
from pricing.report.page import Chart, number, table, text
from pricing.web.graph import SOURCES, flow_graph

DUST = 1e-9
"""Flows below this share of the largest are rounding of the linear programme."""
THIN = 2e-3
"""Flows below this share of the largest are in the table, not in the picture."""
FEW = 16
"""Nodes up to which thin flows are drawn."""


def flow_picture(web: Web, name: str, perimeter: Perimeter | None, called: Callable[[object], str], at: int) -> Chart | None:
    """Flows at the middle of every interval, each link in two: what goes round, by one largest circulation, and the rest.

    The amount that goes round is unique; how it runs is one choice among those that reach it.
    """
    graph = flow_graph(web, name, perimeter)
    if not graph.edge_ids:
        return None
    middle = (graph.low + graph.high)[None, :] / 2.0
    flows, inflow, outflow = graph.balanced(middle)
    by_source = graph.inflow_by_source(middle, inflow)[0]
    split = max_circularity(flows=flows[0], inflow=inflow[0], outflow=outflow[0]).split.reshape(flows[0].shape)
    found: list[Flow] = []
    nodes = [called(node) for node in graph.nodes]
    for i, j in zip(*np.nonzero(flows[0]), strict=True):
        for amount, marked in ((float(split[i, j]), True), (float(flows[0][i, j] - split[i, j]), False)):
            found.append(Flow(nodes[i], nodes[j], amount, f"{usd(amount)} USD{', goes round' if marked else ''}", marked))
    for s, j in zip(*np.nonzero(by_source), strict=True):
        amount = float(by_source[s, j])
        found.append(Flow(f"outside: {SOURCES[s]}", nodes[j], amount, f"{usd(amount)} USD"))
    for i in np.flatnonzero(outflow[0]):
        amount = float(outflow[0][i])
        found.append(Flow(nodes[i], "to the outside", amount, f"{usd(amount)} USD"))
    most = max(flow.value for flow in found)
    kept = [flow for flow in found if flow.value > DUST * most]
    thin = THIN if len(graph.nodes) <= FEW else 5.0 * THIN
    drawn = [flow for flow in kept if flow.value > thin * most]
    body = [
        [text(flow.start), text(flow.end), text("goes round" if flow.marked else ""), number(usd(flow.value), flow.value)] for flow in kept
    ]
    total = sum(flow.value for flow in kept if flow.marked)
    unknown = " Amounts that are not known stand at the middle of their interval." if len(graph.open_edges) else ""
    less = f" {len(kept) - len(drawn)} thin flows are in the table only." if len(drawn) < len(kept) else ""
    round_ = f"In colour what goes round: {usd(total)} USD that netting all round could remove"
    note = f"{round_}; its sum is certain, its way is one of several.{unknown}{less}"
    count = len({flow.start for flow in drawn} | {flow.end for flow in drawn})
    numbers = table("", ("payer", "payee", "", "in the period, USD"), body, right=(3,))
    figure = sankey(drawn, height=max(380, min(42 * count, 1050)))
    figure["layout"]["margin"]["r"] = 8 if len(graph.nodes) <= FEW else 90
    return Chart(f"web-flows-{at}", "Who pays whom in the period", figure, note, numbers)
