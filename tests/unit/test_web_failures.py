"""One failure anywhere and what a regulator can do: against webs with the node cut out, limits, sums, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from instruments import load_web
from instruments.ground.errors import InputError
from pricing.clearing import trace
from pricing.web.dates import Sheets
from pricing.web.failures import SWITCHES, failure_split, stopped_share
from pricing.web.graph import flow_graph
from pricing.web.remedies import banned, capped, circular_usd, remedied
from pricing.web.sheets import links_of, sheets_of
from tests.house import ROOT


@pytest.fixture(scope="module")
def sheets() -> Sheets:
    return sheets_of(load_web(ROOT / "examples" / "resonance"))


@pytest.mark.parametrize("example", ["four_dolls", "capital_web"])
def test_what_stops_is_what_is_missing_when_the_node_pays_nobody(example: str) -> None:
    """Every node of the web in turn: its payments cut out, the flows traced again from what still comes in."""
    graph = flow_graph(load_web(ROOT / "examples" / example), "as_listed", None)
    flows, inflow, outflow = graph.balanced(0.5 * (graph.low + graph.high)[None])
    whole = trace(flows=flows[0], inflow=inflow[0], outflow=outflow[0])
    stopped, through = stopped_share(whole), whole.throughflow
    assert np.diagonal(stopped)[through > 0] == pytest.approx(1.0)
    passed = flows[0] / np.where(through > 0, through, 1.0)[:, None]
    for i in np.flatnonzero(through > 0):
        cut = passed.copy()
        cut[i] = 0.0
        left = np.linalg.solve(np.eye(len(cut)) - cut.T, inflow[0])
        others = (through > 0) & (np.arange(len(cut)) != i)
        assert stopped[i, others] == pytest.approx(1 - left[others] / through[others], abs=1e-9)


def test_in_two_nodes_by_hand() -> None:
    found = trace(flows=[[0, 40], [10, 0]], inflow=[30, 0], outflow=[0, 30])
    assert stopped_share(found) == pytest.approx(np.array([[1.0, 1.0], [0.25, 1.0]]))


def test_the_parts_of_a_failure_add_up_and_absent_ones_are_nothing(sheets: Sheets) -> None:
    found = failure_split(sheets, belief=0.8, price=0.7)
    assert found.shareholders + found.lenders == pytest.approx(found.total, rel=1e-9)
    lonely = failure_split(replace(sheets, feedback=0.0))
    assert lonely.parts["common factor"] == pytest.approx(0.0, abs=1.0)  # a dollar of a trillion
    deep = failure_split(replace(sheets, impact=np.zeros_like(sheets.impact)), belief=0.8, price=0.7)
    assert deep.parts["sales"] == pytest.approx(0.0, abs=1.0)
    assert (found.parts["sales"] >= -1.0).all()
    assert set(found.parts) == set(SWITCHES)
    assert found.total.max() > 2 * found.alone.max() / 5
    with pytest.raises(InputError, match="failure"):
        failure_split(sheets, size=0.0)


def test_a_failure_without_frictions_costs_the_business_alone(sheets: Sheets) -> None:
    apart = replace(sheets, feedback=0.0, effect=np.zeros_like(sheets.effect), impact=np.zeros_like(sheets.impact), default_cost=0.0)
    assert failure_split(apart).total == pytest.approx(sheets.business, rel=1e-9)


def test_remedies_between_their_limits(sheets: Sheets) -> None:
    calm = remedied(sheets, sheets, belief=1.0)
    assert (calm.total, calm.replaced_usd, calm.defaults) == (0.0, 0.0, ())
    base = remedied(sheets, sheets, belief=0.5)
    assert remedied(sheets, capped(sheets, 1.0), belief=0.5).total == pytest.approx(base.total)
    tight = capped(sheets, 0.0)
    assert (tight.equity_held == 0).all()
    assert (tight.effect == 0).all()
    everything = banned(sheets, sheets.nodes)
    assert list(links_of(everything)) == []
    assert banned(sheets, []).cash.tolist() == sheets.cash.tolist()
    assert remedied(sheets, tight, belief=0.5).total <= remedied(sheets, capped(sheets, 0.05), belief=0.5).total <= base.total


def test_disclosure_moves_the_loss_forward_and_spares_the_feedback(sheets: Sheets) -> None:
    base, told = remedied(sheets, sheets, belief=0.5), remedied(sheets, sheets, belief=0.5, disclosed=0.6)
    assert base.on_disclosure == 0.0
    assert 0.0 < told.on_disclosure < told.total < base.total
    whole = np.ones_like(sheets.belief_share)
    still = replace(sheets, feedback=0.0, effect=np.zeros_like(sheets.effect), belief_share=whole)
    both = [remedied(still, still, belief=0.5, disclosed=share).total for share in (0.0, 0.6)]
    assert both[0] == pytest.approx(both[1], rel=1e-9)  # without rounds of belief the whole loss is the same


def test_unknown_firms_and_shares_are_refused(sheets: Sheets) -> None:
    with pytest.raises(InputError, match="nobody"):
        banned(sheets, ["nobody"])
    with pytest.raises(InputError, match="cap"):
        capped(sheets, 1.5)
    with pytest.raises(InputError, match="disclosed"):
        remedied(sheets, sheets, belief=0.5, disclosed=2.0)


def test_what_goes_round_falls_with_every_ban() -> None:
    web = load_web(ROOT / "examples" / "capital_web")
    before = circular_usd(web)
    removed: list[str] = []
    for edge in ("E002", "E064", "E004", "E003"):
        removed.append(edge)
        after = circular_usd(web, banned_edges=removed)
        assert after[0] <= before[0] * (1 + 1e-9)
        assert after[1] <= before[1] * (1 + 1e-9)
        before = after
