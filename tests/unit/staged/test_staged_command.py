"""What the command line shows of staged equity, and that its titles name measures that exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from instruments import StagedPosition, StopRight, dumps_toml
from pricing.cli.main import main
from pricing.cli.measure_titles import COLUMNS, EITHER_SIDE, LINES
from pricing.measures import MEASURES
from tests.staged import deal, tranche

MARKET = """\
schema = 1
as_of = 2025-09-22
rates = {USD = {kind = "flat", rate = 0.04}}
equity = {LAB = {spot_usd = 100.0, volatility = 0.6, shares_outstanding = 1000.0}}
milestones = {sites = {clock_volatility = 0.3}}
credit = {LAB = {kind = "hazard", hazard = 0.05}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = deal(tranche(1.0, label="first"), tranche(2.0), investor_stop=StopRight(), drawn=StagedPosition(drawn_usd=(250.0, 0.0)))
    (tmp_path / "deal.toml").write_text(dumps_toml(made))
    (tmp_path / "market.toml").write_text(MARKET)
    return tmp_path


def shown(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    assert main([str(word) for word in words]) == 0
    return capsys.readouterr().out


def test_every_title_names_a_measure() -> None:
    assert {column.measure for column in COLUMNS} | set(LINES) | EITHER_SIDE <= set(MEASURES)


def test_price_tells_the_four_amounts_and_the_options(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = shown(capsys, "price", folder, "--paths", 4096)
    lines = out.splitlines()
    assert lines[2].startswith("stake: worth ")
    assert " USD to maker by monte_carlo" in lines[2]
    for said in ("headline, as announced: 2.00 k USD", "firm at signing: 0 USD", "drawn to date: 250 USD"):
        assert said in lines
    assert "dilution full: 2.00 %" in out
    assert any(line.startswith("expected to be drawn: ") for line in lines)
    assert any(line.startswith("worth of the investor's option to stop: ") for line in lines)
    header = next(line for line in lines if line.startswith("tranche "))
    assert [title for title in ("released", "investor stops", "issuer refuses", "drawn, pricing") if title not in header] == []
    assert "quantlib issuer stop option: 0 USD" in out


def test_one_measure_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = shown(capsys, "price", folder, "--paths", 4096, "--measures", "headline,drawn")
    assert "headline, as announced" in out
    assert "worth" not in out
    assert "released" not in out


def test_simulate_tells_claims_and_notices(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = shown(capsys, "simulate", folder, "--paths", 4096)
    assert "What fell due and what became of it" in out
    assert "draw of first" in out
    assert "stopped by the investor" in out
    statement = shown(capsys, "simulate", folder, "--paths", 4096, "--party", "maker", "--path", 3)
    assert "Statement of maker" in statement
