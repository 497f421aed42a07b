"""`new`, `explain` and `doctor`: what a newcomer meets first."""

from __future__ import annotations

import json
import tomllib
from importlib.resources import files
from pathlib import Path

import polars as pl
import pytest

from curves import Market, load_market
from curves.files import load_scenarios
from instruments import load_deal
from instruments.contracts.families import CONTRACT_TYPES
from pricing import MEASURES, price, price_book
from pricing.cli import options, run_doctor
from pricing.cli.file_kinds import FILE_KINDS
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
    assert len(said) > 6 or kind == "scenarios"


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


@pytest.mark.parametrize(("kind", "command"), [("web", "web"), ("project", "simulate"), ("book", "batch"), ("market", "market")])
def test_what_new_writes_runs_with_the_command_that_it_names(
    kind: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", kind, "-o", str(tmp_path / "mine")]) == 0
    assert capsys.readouterr().out.endswith(f"next: gpufin {command} {tmp_path / 'mine'}\n")
    assert main(["check", str(tmp_path / "mine")]) == 0
    paths = ["--paths", "1"] if command in ("simulate", "batch") else []
    assert main([command, str(tmp_path / "mine"), *paths]) == 0
    assert len(capsys.readouterr().out.splitlines()) > 5


def test_check_and_schema_know_the_same_kinds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tuple(FILE_KINDS) == tuple(options.FILE_KINDS)
    for kind in FILE_KINDS:
        assert main(["schema", kind]) == 0
        assert json.loads(capsys.readouterr().out)["title"] == kind
    folder = tmp_path / "mine"
    assert main(["schema", "all", "-o", str(folder)]) == 0
    rules = tomllib.loads((folder / ".taplo.toml").read_text())["rule"]
    for kind, rule in zip(FILE_KINDS, rules, strict=True):
        assert json.loads((folder / rule["schema"]["path"]).read_text())["title"] == kind
        assert rule["include"] == [f"**/{kind}*.toml"]
    capsys.readouterr()
    assert main(["schema", "all", "-o", str(folder)]) == 2
    assert main(["schema", "all"]) == 2
    assert "name one, or say with -o" in capsys.readouterr().err


def test_check_names_the_line_of_a_book_and_of_scenarios(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "book.toml").write_text('schema = 1\n[[frames]]\nfile = "a.csv"\nkinds = "loan"\n')
    (tmp_path / "scenarios.toml").write_text('schema = 1\n[[scenarios]]\nlable = "down"\n')
    assert main(["check", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "book.toml:4: frames.0.kinds" in said
    assert "did you mean" in said
    assert "scenarios.toml:3: scenarios.0.lable" in said


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


def test_a_book_of_text_is_scaled_and_what_is_no_number_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "mine"
    assert main(["new", "book", "-o", str(folder)]) == 0
    found = price_book(folder, load_market(folder), paths=1)
    text = (folder / "warrants.csv").read_text()
    (folder / "warrants.csv").write_text(text.replace("first,10,", "first,1O,"))
    part = price_book(folder, load_market(folder), paths=1)
    assert part.failures.select("id", "field", "value").rows() == [("first", "shares", "1O")]
    assert part.results["value"].to_list() == found.results["value"].to_list()[1:]
    numbers = pl.read_csv(folder / "warrants.csv", schema_overrides={"shares_m": pl.String}).with_columns(shares=pl.lit(5e6))
    assert found.results["value"][2] == price_book({"hurdle_warrant": _third(numbers)}, load_market(folder), paths=1).results["value"][0]


def _third(frame: pl.DataFrame) -> pl.DataFrame:
    """The last row as the book knows it, unscaled."""
    return frame.tail(1).select(
        pl.col("trade").alias("id"), "shares", "strike_usd", pl.col("target").alias("target_usd"), "expiry", "observation",
        pl.col("delivery").alias("planned_delivery"), underlying=pl.lit("equity:MAKER"), milestone=pl.lit("deliveries"),
    )  # fmt: skip
