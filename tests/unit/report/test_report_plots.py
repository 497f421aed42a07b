"""`.plot()` and the plain tables of results in notebooks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from curves import load_market
from instruments import Design, InputError, load_deal, load_web
from pricing import Row, Valuation, analyse_web, compare_financings, price, price_book, simulate, stress
from pricing.report import bundle
from pricing.report.plots import MOST_ROWS, plain_table
from pricing.results import table_of
from tests import facilities, projects
from tests.small import write_small

go = pytest.importorskip("plotly.graph_objects", reason="the extra is not installed: pip install plotly")
EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = write_small(tmp_path_factory.mktemp("small"))
    deal, market = load_deal(folder), load_market(folder)
    equity = {"owners": 1.0}
    designs = {"all_equity": Design(equity=equity), "half": Design(equity={"owners": 0.5, "vendor": 0.5})}
    return {
        "Valuation": price(deal, market, paths=4096),
        "StressReport": stress(deal, market, laws=(), paths=4096),
        "Simulation": simulate(facilities.deal(), facilities.market(), paths=4096),
        "RiskTransfer": compare_financings(projects.project(designs), projects.market(rent=0.01), paths=1),
        "WebReport": analyse_web(load_web(EXAMPLES / "four_dolls")),
        "BookResult": price_book(EXAMPLES / "book" / "book.csv", load_market(EXAMPLES / "book"), paths=4096),
    }


NAMES = ("Valuation", "StressReport", "Simulation", "RiskTransfer", "WebReport", "BookResult")


def values(figure: Any) -> list[float]:
    return [value for trace in figure.data for value in trace.x or () if value]


CHECKS: dict[str, Callable[[Any], float]] = {
    "Valuation": lambda result: sum(
        row.value for row in result.rows if row.measure == "value" and row.part is None and row.party == "buyer"
    ),
    "StressReport": lambda result: sum((row.value - result.rows[0].value) for row in result.rows if row.party == "buyer"),
    "Simulation": lambda _: 0.0,
    "RiskTransfer": lambda result: result.number("dead_weight_in_tail", "half").value,
    "WebReport": lambda result: 2 * sum(row.value for row in result.rows if row.measure == "finn_index" for _ in range(2)),
    "BookResult": lambda result: result.total,
}
"""What the numbers of a chart add up to."""
SCALES = {"Valuation": 1e3, "StressReport": 1e3, "Simulation": 1e6, "RiskTransfer": 1.0, "WebReport": 1.0, "BookResult": 1e9}


@pytest.mark.parametrize("name", NAMES)
def test_a_plot_is_a_figure_of_the_rows(results: dict[str, Any], name: str) -> None:
    figure = results[name].plot()
    assert isinstance(figure, go.Figure)
    drawn = [SCALES[name] * value for value in values(figure)]
    # parties below a ten-thousandth of the largest are not drawn
    assert sum(drawn) == pytest.approx(CHECKS[name](results[name]), rel=1e-6, abs=1e-3 * max(map(abs, drawn)))


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_shows_a_plain_table(results: dict[str, Any], name: str) -> None:
    shown = results[name]._repr_html_()
    assert shown.startswith("<table>")
    assert "<script" not in shown
    assert "value" in shown


def test_a_plain_table_escapes_and_says_what_it_leaves_out() -> None:
    rows = [Row(deal="d", contract="<b>&", measure="value", value=float(at)) for at in range(MOST_ROWS + 5)]
    shown = plain_table(table_of(rows))
    assert "<b>" not in shown
    assert "&lt;b&gt;&amp;" in shown
    assert f"{MOST_ROWS} of {MOST_ROWS + 5} rows" in shown
    assert "scenario" not in shown  # empty columns are left out


@pytest.mark.parametrize("name", NAMES)
def test_without_plotly_a_plot_names_the_package(results: dict[str, Any], name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"pip install plotly"):
        results[name].plot()
    assert results[name]._repr_html_().startswith("<table>")  # which needs none


def test_a_result_without_values_says_so() -> None:
    with pytest.raises(InputError, match="a result with values"):
        Valuation(rows=(Row(deal="d", measure="delta", value=1.0),)).plot()
