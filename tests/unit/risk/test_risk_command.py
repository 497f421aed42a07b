from __future__ import annotations

import json
from pathlib import Path

import pytest

from instruments import InputError, save
from pricing import price, simulate
from pricing.cli.main import main
from pricing.cli.risk_tables import DRIVERS
from pricing.measures import GROUPS, MEASURES
from pricing.results import COLUMNS
from pricing.risk.names import ON_REQUEST, RISK_MEASURES, SENSITIVITIES
from tests.facilities import deal, market


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save(deal(), tmp_path / "deal.toml")
    save(market(), tmp_path / "market.toml")
    return tmp_path


def test_every_name_is_a_measure_with_a_title() -> None:
    assert set(RISK_MEASURES) <= set(MEASURES)
    assert {name for names in GROUPS.values() for name in names} <= set(MEASURES)
    assert set(GROUPS).isdisjoint(MEASURES)
    assert set(DRIVERS) == set(SENSITIVITIES)


def test_by_default_only_what_the_run_holds() -> None:
    measures = {row.measure for row in simulate(deal(), market(), paths=4096).rows}
    assert {"pd", "lgd", "ead", "shortfall_probability", "shortfall_quantile", "shortfall_tail_mean"} <= measures
    assert measures.isdisjoint(ON_REQUEST)


def test_pd_lgd_and_the_loss_hang_together() -> None:
    asked = ("pd", "lgd", "ead", "shortfall_probability", "default_probability", "recovery_rate")
    rows = simulate(deal(), market(), measures=asked, paths=4096).rows
    by_date = [row for row in rows if row.measure == "pd"]
    assert [row.value for row in by_date] == sorted(row.value or 0.0 for row in by_date)
    of = {row.measure: row.value for row in rows if row.part is None and row.party == "bank" and row.method == "simulation"}
    assert by_date[-1].value == of["default_probability"]
    assert of["lgd"] == pytest.approx(1.0 - (of["recovery_rate"] or 0.0))
    assert (of["shortfall_probability"] or 0.0) < (of["default_probability"] or 0.0)  # an event of default is not yet a loss
    assert 0.0 < (of["ead"] or 0.0) < 51e6


def test_the_table_has_quantiles_and_intervals_to_the_right() -> None:
    frame = simulate(deal(), market(), measures=["tails"], paths=4096).table
    assert tuple(frame.columns) == COLUMNS
    assert COLUMNS[-3:] == ("quantile", "interval_low", "interval_high")
    assert sorted(set(frame["quantile"])) == [0.95, 0.99, 0.999]
    quantiles = frame.filter(frame["measure"].str.ends_with("_quantile"))
    assert (quantiles["interval_low"] <= quantiles["value"]).all()
    assert (quantiles["value"] <= quantiles["interval_high"]).all()
    assert set(frame["party"]) == {"bank", "parent", "payer", "maker"}


@pytest.mark.parametrize("verb", ["simulate", "price"])
def test_the_terminal_shows_what_is_asked_for(verb: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measures = "tails,fans,yields,dependence,support,advance_rate,value_per_sofr_bp"
    how = ["--method", "simulation"] if verb == "price" else []
    assert main([verb, str(folder), "--paths", "4096", "--measures", measures, *how]) == 0
    shown = capsys.readouterr().out
    for text in (
        "written off by bank", "loss of parent", "95 % interval", "Trailing coverage: quantiles", "Loan to market value: quantiles",
        "of the paths", "lender's yearly rate", "average life, years", "CVA: default-free value less value", "CVA with rents and credits",
        "what the guarantee adds to the loan (support)", "advance, drawn on the plan over cost", "interest rate", "USD/bp",
    ):  # fmt: skip
        assert text in shown
    assert "Draws and the sizing test" not in shown


def test_the_json_holds_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = []
    for threads in ("1", "2"):
        arguments = ["simulate", str(folder), "--paths", "4096", "--measures", "fans,yields,loss_quantile", "--format", "json"]
        assert main([*arguments, "--threads", threads]) == 0
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]
    results = json.loads(texts[0])["results"]
    assert {row["measure"] for row in results} == {*GROUPS["fans"], *GROUPS["yields"], "loss_quantile"}
    assert all(tuple(row) == COLUMNS for row in results)


def test_an_unknown_measure_is_told_with_what_there_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", str(folder), "--paths", "4096", "--measures", "value_per_sofr"]) == 2
    assert "value_per_sofr_bp" in capsys.readouterr().err
    with pytest.raises(InputError, match="measures"):
        price(deal(), market(), measures=["break_even"], paths=4096)
