"""The walk-throughs run, and what they print is what the verbs say."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import pytest

from curves import load_market
from instruments import load_deal, load_web
from pricing import analyse_web, price, simulate
from pricing.shown import figure
from tests.house import ROOT

FOLDER = ROOT / "examples" / "walkthroughs"


@pytest.fixture
def printed(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    script: Path = FOLDER / request.param
    monkeypatch.setattr(sys, "argv", [str(script), "4096"])
    runpy.run_path(str(script), run_name="__main__")
    return capsys.readouterr().out


@pytest.mark.parametrize("printed", ["lender.py"], indirect=True)
def test_a_lender_underwrites_a_fleet(printed: str) -> None:
    folder = ROOT / "examples" / "coreweave_ddtl3"
    found = simulate(load_deal(folder), load_market(folder), paths=4096, measures=["value", "expected_loss_rate"])
    value = next(row for row in found.rows if row.measure == "value" and row.party == "lenders" and row.standard_error is not None)
    assert figure(value) in printed
    rate = next(row.value for row in found.rows if row.measure == "expected_loss_rate")
    assert rate is not None
    assert f"{rate:.2%}".rstrip("%") in printed
    advance = re.search(r"advance for a loss of 2 %: ([\d.]+)% of cost, ([\d.]+) of", printed)
    assert advance is not None
    assert float(advance[2]) < 1.0 < 100 * rate / 2.0, "the terms lose more than 2 %: less must be lent"
    assert "more than 5 % is lost with: " in printed


@pytest.mark.parametrize("printed", ["treasurer.py"], indirect=True)
def test_a_treasurer_prices_a_warrant(printed: str) -> None:
    folder = ROOT / "examples" / "amd_openai"
    deal, market = load_deal(folder), load_market(folder)
    assert repr(price(deal, market, paths=4096, measures=["value"])).split(";")[0] in printed
    delta = re.search(r"delta +([\d.]+) ± ([\d.]+) m shares", printed)
    bumped = re.search(r"a dollar up: \+(\d+) m USD", printed)
    assert delta is not None
    assert bumped is not None
    assert abs(float(delta[1]) - float(bumped[1])) < 4 * float(delta[2])


@pytest.mark.parametrize("printed", ["analyst.py"], indirect=True)
def test_an_analyst_traces_the_web(printed: str) -> None:
    found = analyse_web(load_web(ROOT / "examples" / "four_dolls"))
    listed = found.row("finn_index", perimeter="as_listed", scenario=None).value
    less = found.row("finn_index", perimeter="as_listed", scenario="without_doll_3").value
    assert listed is not None
    assert less is not None
    assert re.search(rf"finn_index +as_listed +{100 * listed:.1f} %", printed)
    assert re.search(rf"finn_index +as_listed +{100 * less:.2f} %", printed)
    assert "to ? USD" in printed, "what is not known is not a number"
