"""The report of a web: four dolls and knock-outs, perimeters, bounds, ladder, value matrix, contracts, JSON."""

from __future__ import annotations

import json

import numpy as np
import pytest

from instruments import load_deal, load_web
from instruments.ground.errors import InputError, NetworkError
from pricing import MEASURES, WebReport, analyse_web, knocked_out
from pricing.web.bounds import finn_of, index_intervals
from pricing.web.chains import best_row
from pricing.web.graph import flow_graph
from tests.house import ROOT
from tests.webs import edge, web

RANGE = "range_usd = [2.0, 9.0]"


@pytest.fixture(scope="module")
def dolls() -> WebReport:
    return analyse_web(load_web(ROOT / "examples/four_dolls"))


@pytest.mark.parametrize(
    ("scenario", "finn", "length"),
    [
        (None, 0.205606, 3.965517),
        ("without_doll_3", 0.018478, 2.948718),
        ("without_doll_4", 0.183230, 3.833333),
        ("without_both", 0.0, 2.875),
    ],
)
def test_four_dolls_and_their_knock_outs(dolls: WebReport, scenario: str | None, finn: float, length: float) -> None:
    found = dolls.row("finn_index", perimeter="as_listed", scenario=scenario)
    assert found.value == pytest.approx(finn, abs=5e-7)  # printed digits
    assert found.low == found.high == found.value
    assert dolls.row("path_length", perimeter="as_listed", scenario=scenario).value == pytest.approx(length, abs=5e-7)


def test_every_index_has_at_least_two_perimeters(dolls: WebReport) -> None:
    for measure in ("finn_index", "path_length", "circularity", "activity", "coverage"):
        assert {row.perimeter for row in dolls.rows if row.measure == measure} == {"as_listed", "cloud_in_fund"}
    with pytest.raises(InputError, match="at least two"):
        analyse_web(load_web(ROOT / "examples/four_dolls"), perimeters=["as_listed"])
    with pytest.raises(InputError, match="no such perimeter"):
        analyse_web(load_web(ROOT / "examples/four_dolls"), perimeters=["as_listed", "nowhere"])


def test_a_ring_with_no_outside_is_a_failure_that_names_it() -> None:
    ring = web(edge() + edge("f", payer="b", payee="a"), tail="[perimeters.p]\nwhy = 'x'\noutside = ['c']")
    with pytest.raises(NetworkError, match="money that enters a, b never leaves"):
        analyse_web(ring)


def test_bounds_hold_every_choice_of_the_unknown_amounts() -> None:
    names = "abc"
    edges = [edge(f"{x}{y}", payer=x, payee=y, figures=RANGE if x < y else "headline_usd = 4.0") for x in names for y in names if x != y]
    edges += [edge("in", payer="out", payee="a", figures="range_usd = [5.0, 7.0]"), edge("end", payer="c", payee="out")]
    graph = flow_graph(web(*edges), "as_listed", None)
    found = index_intervals(graph, seed=1)
    rng = np.random.default_rng(4)
    draw = rng.random((4000, len(graph.low)))
    draw[:2000] = draw[:2000] < 0.5
    finn = finn_of(graph, graph.low + (graph.high - graph.low) * draw)
    bound = found["finn_index"]
    assert bound.low <= bound.attained_low <= finn.min() + 1e-2  # a search, and the best point may lie between its levels
    assert finn.max() - 1e-2 <= bound.attained_high <= bound.high
    assert bound.low <= finn.min()
    assert finn.max() <= bound.high
    flows, inflow, _ = graph.balanced(graph.low + (graph.high - graph.low) * draw)
    length = 1 + flows.sum(axis=(1, 2)) / inflow.sum(axis=1)
    path = found["path_length"]
    # exact ends: no draw is outside, and some corner comes near
    assert path.low - 1e-9 <= length.min() <= path.low + 0.02
    assert path.high - 0.05 <= length.max() <= path.high + 1e-9


def test_the_best_row_beats_a_grid() -> None:
    low, high, worth = np.array([0.0, 1.0]), np.array([3.0, 2.0]), np.array([[0.9], [0.2]])
    grid = np.stack(np.meshgrid(np.linspace(0, 3, 301), np.linspace(1, 2, 101)), axis=-1)
    for taken, leak in ((0.0, 0.0), (3.0, 0.5), (10.0, 1.0)):
        value = (grid @ worth)[..., 0] / np.maximum(taken, grid.sum(axis=-1) + leak)
        assert best_row(low, high, taken, leak, worth, largest=True)[0] == pytest.approx(value.max(), abs=1e-3)  # grid step
        assert best_row(low, high, taken, leak, worth, largest=False)[0] <= value.min() + 1e-12


def test_a_removed_edge_leaves_both_ends_with_outside_money() -> None:
    dolls = load_web(ROOT / "examples/four_dolls")
    less = flow_graph(knocked_out(dolls, ["doll_3"]), "as_listed", None)
    _, inflow, outflow = (part[0] for part in less.balanced(less.low[None]))
    assert inflow[less.nodes.index("lab")] == 40
    assert outflow[less.nodes.index("maker")] == 60
    with pytest.raises(InputError, match="no such edge"):
        knocked_out(dolls, ["doll_9"])


def test_the_json_has_the_shape_of_every_command(dolls: WebReport) -> None:
    document = json.loads(dolls.to_json())
    assert list(document) == ["schema_version", "audit", "results", "assumptions", "warnings", "failures"]
    assert document["results"][0]["perimeter"] == "as_listed"
    assert dolls.table.height == len(document["results"])
    assert dolls.table.columns[:8] == ["deal", "contract", "kind", "part", "party", "scenario", "date", "measure"]


def test_the_same_seed_gives_the_same_report() -> None:
    again = [analyse_web(load_web(ROOT / "examples/four_dolls"), seed=3).to_json() for _ in range(2)]
    assert again[0] == again[1]


def test_an_edge_that_is_a_contract_is_priced_by_its_engine() -> None:
    from curves import load_market
    from pricing import price

    deal, market = load_deal(ROOT / "examples/amd_openai"), load_market(ROOT / "examples/amd_openai/market.toml")
    real = load_web(ROOT / "examples/capital_web")
    assert real.edges["E020"].contract == deal.contracts["warrant"]
    held = real.evolve(edges={"E020": real.edges["E020"]}, knock_outs={}, dependencies=())
    bare = analyse_web(held)
    assert any("not priced without a market: E020" in line for line in bare.warnings)
    priced = analyse_web(held, market, paths=4096)
    direct = price(deal, market, measures=("value",), paths=4096)
    wanted = direct.row("value", contract="warrant", party="openai")
    found = priced.row("value", contract="E020", party="openai", part=None, method=wanted.method)
    assert found.value == pytest.approx(wanted.value, rel=0.1)  # other random streams: they belong to the contract's id


def test_the_value_matrix_multiplies_share_and_multiple() -> None:
    report = analyse_web(load_web(ROOT / "examples/resonance"))
    entry = report.row("value_effect", part="openai", party="oracle")
    assert (entry.low, entry.high) == pytest.approx((0.47 * 0.3, 0.58 * 1.0))
    margin, radius = report.row("resonance_margin"), report.row("spectral_radius")
    assert margin.low == pytest.approx(1 - radius.high)
    assert 0 < margin.low < margin.high < 1
    named = {row.part for row in report.rows if row.measure == "value_effect"}
    assert {"openai", "nvidia", "softbank", "oracle", "amd"} <= named


def test_every_number_has_a_listed_measure_and_a_unit(dolls: WebReport) -> None:
    rows = [*dolls.rows, *analyse_web(load_web(ROOT / "examples/resonance")).rows]
    assert {row.measure for row in rows} <= set(MEASURES)
    assert all(row.unit for row in rows)
