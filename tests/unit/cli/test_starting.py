"""`new`, `explain` and `doctor`: what a newcomer meets first."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from curves import Market, load_market
from curves.files import load_scenarios
from instruments import load_deal
from instruments.contracts.families import CONTRACT_TYPES
from pricing import MEASURES, price
from pricing.cli import run_doctor
from pricing.cli.main import main
from pricing.cli.options import STARTERS
from pricing.cli.run_new import PLAIN, starter
from pricing.scenario_events import after

DEALS = [kind for kind in STARTERS if kind not in PLAIN]


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Market:
    path = tmp_path_factory.mktemp("starters") / "market.toml"
    path.write_text(starter("market"))
    return load_market(path)


@pytest.mark.parametrize("kind", DEALS)
def test_every_starter_is_a_deal_that_prices_as_it_stands(kind: str, market: Market, tmp_path: Path) -> None:
    path = tmp_path / "deal.toml"
    path.write_text(starter(kind))
    deal = load_deal(path)
    assert kind in {contract.kind for contract in deal.contracts.values()}
    found = price(deal, market, paths=1, measures=["value"])
    assert found.failures == ()
    assert all(row.value for row in found.rows)


@pytest.mark.parametrize("kind", STARTERS)
def test_comments_say_every_field_and_change_nothing(kind: str) -> None:
    plain = files("pricing.cli").joinpath("starters", f"{kind}.toml").read_text()
    text = starter(kind)
    assert tomllib.loads(text) == tomllib.loads(plain)
    assert [line for line in text.splitlines() if not line.startswith("#")] == plain.rstrip("\n").splitlines()
    assert all(len(line) <= 120 for line in text.splitlines() if line.startswith("#"))
    said = [line for line in text.splitlines() if line.startswith("# ")]
    assert len(said) > 8 or kind == "scenarios"


def test_a_contracts_other_fields_stand_below_it_with_their_defaults() -> None:
    text = starter("warrant")
    assert "#   exercise" in text
    block = text[text.index("[contracts.warrant]") : text.index("[[contracts.warrant.tranches]]")]
    assert "# Not given here" in block


def test_the_scenarios_fit_the_starters(market: Market, tmp_path: Path) -> None:
    for name in ("scenarios", "loan"):
        (tmp_path / f"{name}.toml").write_text(starter(name))
    (scenario,) = load_scenarios(tmp_path / "scenarios.toml")
    deal = load_deal(tmp_path / "loan.toml")
    changed, moved = after(deal, market, scenario)
    rows = [price(deal, market, paths=1, measures=["value"]), price(changed, moved, paths=1, measures=["value"])]
    assert (rows[1].value or 0.0) < (rows[0].value or 0.0)


def test_new_writes_a_folder_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "mine"
    assert main(["new", "offtake", "-o", str(folder)]) == 0
    assert "next: gpufin price" in capsys.readouterr().out
    assert sorted(path.name for path in folder.iterdir()) == ["deal.toml", "market.toml"]
    (folder / "deal.toml").write_text("mine now")
    assert main(["new", "loan", "-o", str(folder)]) == 2
    assert "nothing is written over" in capsys.readouterr().err
    assert (folder / "deal.toml").read_text() == "mine now"
    (tmp_path / "file").write_text("")
    assert main(["new", "loan", "-o", str(tmp_path / "file")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_explain_tells_every_measure(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", *MEASURES]) == 0
    out = capsys.readouterr().out
    for name, measure in MEASURES.items():
        assert f"{name}\n  meaning  {measure.formula}\n  unit     {measure.unit}" in out
    assert main(["explain"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(MEASURES)
    assert main(["explain", "fair_margn"]) == 2
    assert "did you mean fair_margin?" in capsys.readouterr().err


def test_explain_names_the_methods_of_each_contract(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "value"]) == 0
    out = capsys.readouterr().out
    # a payment guarantee of a facility is priced with its loan
    assert all(f"{terms.model_fields['kind'].default}: " in out for terms in CONTRACT_TYPES)


def test_the_doctor_says_what_is_broken(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out.count("ok      ") >= len(run_doctor.CHECKS)

    def sick() -> str:
        raise ImportError("numba was built for\nanother numpy")

    monkeypatch.setitem(run_doctor.CHECKS, "compiled loops: three banks clear", sick)
    assert main(["doctor"]) == 2
    assert "broken  compiled loops: three banks clear: ImportError: numba was built for another numpy" in capsys.readouterr().out
