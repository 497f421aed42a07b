"""Cubes, explained changes, and what changed between two results."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from curves import Market, Move, Scenario
from instruments.conditions import AllOf
from instruments.files.writing import save
from instruments.ground.errors import FileError, InputError
from pricing import cube_of, diff, explain_book, price_book, run_book
from pricing.cli.main import main
from tests.books import book_market, loan_frame, mixed_frame
from tests.warrants import deal, market as warrant_market, price_leg

DOWN = Scenario(label="credit +100 bp", moves=(Move(key="credit:NEO", kind="shift", amount=0.01),))
RATES = Scenario(label="rates +100 bp", moves=(Move(key="rates:USD-SOFR", kind="shift", amount=0.01),))


def test_the_cube_holds_every_scenario_and_its_totals_do_not_depend_on_order() -> None:
    frame, market = mixed_frame(8), book_market()
    found = price_book(frame, market, scenarios=[DOWN, RATES])
    cube = cube_of(found.results)
    assert cube.scenarios == ("base", "credit +100 bp", "rates +100 bp")
    assert cube.values.shape == (3, frame.height)
    turned = cube_of(price_book(frame.reverse(), market, scenarios=[DOWN, RATES]).results)
    assert turned.totals == cube.totals
    assert cube.totals["base"] == found.total
    for at, scenario in ((1, DOWN), (2, RATES)):
        alone = price_book(frame, scenario.apply(market)).results["value"].to_numpy()
        assert np.array_equal(cube.values[at], alone)
    by_kind = cube.totals_by("kind")
    assert math.fsum(by_kind.filter(pl.col("scenario") == "base")["value"]) == pytest.approx(cube.totals["base"], rel=1e-15)
    assert np.array_equal(cube.changes[0], np.zeros(frame.height))
    with pytest.raises(ValueError, match="read-only"):
        cube.values[0, 0] = 1.0
    with pytest.raises(InputError, match="no such column"):
        cube.totals_by("lender")
    with pytest.raises(InputError, match="missing in a scenario"):
        cube_of(found.results.slice(1))


def later(market: Market) -> Market:
    return RATES.apply(DOWN.apply(market))


def test_the_change_is_explained_by_driver_and_what_is_left_is_their_product() -> None:
    frame, market = loan_frame(60), book_market()
    found = explain_book({"loan": frame}, market, later(market))
    assert found.drivers == ("rates", "credit")
    table, totals = found.table, found.totals
    rebuilt = table["before"] + table["rates"] + table["credit"] + table["unexplained"]
    assert rebuilt.to_numpy() == pytest.approx(table["after"].to_numpy(), rel=1e-14)
    assert table["rates"].to_numpy() == pytest.approx(
        (price_book({"loan": frame}, RATES.apply(market)).results["value"] - table["before"]).to_numpy(), rel=1e-15
    )
    assert 0.0 < abs(totals["unexplained"]) < 0.2 * abs(totals["after"] - totals["before"])
    assert totals["before"] == price_book({"loan": frame}, market).total


def test_one_driver_explains_all_and_no_change_nothing() -> None:
    frame, market = loan_frame(20), book_market()
    one = explain_book({"loan": frame}, market, DOWN.apply(market))
    assert one.drivers == ("credit",)
    assert one.table["unexplained"].to_numpy() == pytest.approx(0.0, abs=1e-6)
    same = explain_book({"loan": frame}, market, market)
    assert same.drivers == ()
    assert same.totals["before"] == same.totals["after"]


def test_time_is_a_driver_and_rows_that_end_between_are_named() -> None:
    frame, market = loan_frame(40), book_market()
    after = market.evolve(as_of=frame["maturity"].min())
    found = explain_book({"loan": frame}, market, after)
    assert found.drivers == ("time",)
    assert found.lost["id"].to_list() == frame.filter(pl.col("maturity") == frame["maturity"].min())["id"].to_list()
    assert found.table.height + found.lost.height == 40


def test_diff_of_two_results_names_causes_and_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame, market = loan_frame(5), book_market()
    save(market, tmp_path / "market.toml")
    changed = frame.with_columns(
        pl.when(pl.int_range(pl.len()) == 2).then(pl.col("commitment_usd") * 2).otherwise(pl.col("commitment_usd")).alias("commitment_usd")
    )
    (tmp_path / "a.json").write_text(price_book({"loan": frame}, market).to_json())
    (tmp_path / "b.json").write_text(price_book({"loan": changed}, market).to_json())
    (tmp_path / "c.json").write_text(price_book({"loan": frame}, DOWN.apply(market), seed=7).to_json())
    found = diff(tmp_path / "a.json", tmp_path / "b.json")
    assert [cause.kind for cause in found.causes] == ["terms"]
    assert ["loan-0000002" in change.name for change in found.changes] == [True]
    assert found.changes[0].step == pytest.approx(found.changes[0].before, rel=1e-14)
    assert [cause.kind for cause in diff(tmp_path / "a.json", tmp_path / "c.json").causes] == ["market", "seed"]
    assert diff(tmp_path / "a.json", tmp_path / "a.json").changes == ()
    assert main(["diff", str(tmp_path / "a.json"), str(tmp_path / "b.json")]) == 0
    assert "terms" in capsys.readouterr().out
    assert main(["diff", str(tmp_path / "a.json"), str(tmp_path / "a.json")]) == 0
    assert capsys.readouterr().out == "nothing changed\n"
    run_book({"loan": frame}, market, tmp_path / "a.parquet")
    run_book({"loan": changed}, market, tmp_path / "b.csv")
    assert [cause.kind for cause in diff(tmp_path / "a.parquet", tmp_path / "b.csv").causes] == ["terms"]
    assert len(diff(tmp_path / "a.parquet", tmp_path / "b.csv").changes) == 1
    with pytest.raises(FileError, match="the JSON of a gpufin command"):
        diff(tmp_path / "market.toml.txt", tmp_path / "a.json")


def test_diff_of_two_deals_splits_the_change_between_terms_and_market(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, shares, spot in (("a", 10.0, 100.0), ("b", 20.0, 110.0)):
        (tmp_path / name).mkdir()
        base = deal((AllOf(legs=(price_leg(120.0, days="touch"),)),))
        warrant = base.contracts["warrant"]
        tranche = warrant.tranches[0].evolve(shares=shares)  # type: ignore[union-attr]
        save(base.evolve(contracts={"warrant": warrant.evolve(shares=shares, tranches=(tranche,))}), tmp_path / name / "deal.toml")
        priced = warrant_market()
        equity = {key: block.evolve(spot_usd=block.spot_usd.evolve(value=spot)) for key, block in priced.equity.items()}
        save(priced.evolve(equity=equity), tmp_path / name / "market.toml")
    found = diff(tmp_path / "a", tmp_path / "b", paths=4096)
    assert {cause.kind for cause in found.causes} == {"terms", "market"}
    assert [(contract, cause) for contract, cause, _ in found.steps] == [("warrant", "terms"), ("warrant", "market")]
    assert sum(step for _, _, step in found.steps) == pytest.approx(found.changes[0].step, rel=1e-12)
    assert found.steps[0][2] == pytest.approx(found.changes[0].before, rel=1e-12)  # twice the shares
    assert main(["diff", str(tmp_path / "a"), str(tmp_path / "b"), "--paths", "4096", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["audit"]["steps"][0]["cause"] == "terms"


@pytest.mark.parametrize(
    "text",
    [
        '{"audit": {}, "results": ' + "[" * 5000 + "]" * 5000 + "}",
        '{"audit": {}, "results": ["row"]}',
        '{"audit": [], "results": []}',
        '{"audit": {}, "results": [{"value": "1"}]}',
        '{"audit": {}, "results": [{"value": {}}]}',
        '{"audit": {}, "results": [{"value": 1e999}]}',
        '{"audit": {}, "results": [{"value": true}]}',
        '{"audit": {}, "results": [{"value": ' + "9" * 400 + "}]}",
    ],
    ids=["deep", "a row that is text", "an audit that is none", "text", "a table", "infinite", "a truth", "too long"],
)
def test_a_result_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text('{"audit": {}, "results": [{"value": 1.0}]}')
    bad.write_text(text)
    with pytest.raises(FileError, match="the JSON of a gpufin command"):
        diff(good, bad)
