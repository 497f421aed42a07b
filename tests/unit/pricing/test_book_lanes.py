"""Every array lane against the engine of the same method; batch against loop; order and company of rows."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from curves import Move, Scenario
from instruments.files import dumps_json
from instruments.files.writing import save
from instruments.ground.errors import InputError
from instruments.ground.tolerances import ORACLE_REL
from pricing import book_columns, price
from pricing.books.kinds import kinds, row_deal
from pricing.books.lanes.table import LANES
from pricing.books.pricer import price_book
from tests.books import AS_OF, FRAMES, book_market, loan_frame, mixed_frame, record
from tests.leases import deal, market as lease_market

ROWS = 36
MAPPINGS = ("capacity_units.", "floor_usd", "guarantor_share", "cover.threshold_usd.")


@pytest.mark.parametrize("kind", FRAMES)
def test_every_row_of_a_lane_is_worth_what_its_engine_says(kind: str) -> None:
    frame, market, method = FRAMES[kind](ROWS), book_market(), LANES[kind].method
    found = price_book({kind: frame}, market)
    assert found.failures.is_empty()
    assert found.results["method"].unique().to_list() == [method]
    for index, line in enumerate(found.results.iter_rows(named=True)):
        deal = row_deal(kinds()[kind], record(frame, index), AS_OF)
        by = "monte_carlo" if kind == "hurdle_warrant" and "shift" in line["error_note"] else method
        if by != method:
            continue  # the shift for daily closes is compared with paths in test_books.py
        row = price(deal, market, method=by, measures=("value",)).rows[0]
        assert line["value"] == pytest.approx(row.value, rel=ORACLE_REL)
        assert (line["unit"], line["date"], line["probability"]) == (row.unit, row.date, row.probability)
        assert kind == "hurdle_warrant" or line["party"] == row.party


@pytest.mark.parametrize("kind", ["loan", "lease", "offtake", "capacity_backstop", "lease_guarantee"])
def test_quantlib_agrees_with_the_lane(kind: str) -> None:
    frame, market = FRAMES[kind](12, 99), book_market()
    lane = price_book({kind: frame}, market).results["value"]
    library = price_book({kind: frame.with_columns(pl.lit("quantlib").alias("method"))}, market).results
    assert library["method"].unique().to_list() == ["quantlib"]
    # a dollar where a row is worth nothing; leases: rates solved in two ways
    scale = 1.0 + np.abs(lane.to_numpy()) + (frame["commitment_usd"].to_numpy() if kind == "loan" else 0.0)
    assert np.abs(lane.to_numpy() - library["value"].to_numpy()) / scale == pytest.approx(
        0.0, abs=1e-9
    )  # lease: solved rates; a dollar where a row is worth nothing


def test_rows_that_need_rates_the_market_lacks_fail_and_the_others_are_priced() -> None:
    flat = {"kind": "flat", "rate": 0.03}
    market = book_market().evolve(rates={"USD-A": flat, "USD-B": flat})  # neither serves where none is named
    frame = mixed_frame(4)
    is_loan = pl.col("kind") == "loan"
    served = frame.with_columns(
        pl.when(is_loan).then(pl.lit("rates:USD-A")).alias("floating.index"),
        pl.when(is_loan).then(pl.lit("credit:LAB")).otherwise(pl.col("borrower.credit")).alias("borrower.credit"),
    )
    found = price_book(served, market)
    assert found.results["kind"].unique().to_list() == ["loan"]
    assert found.results.height == 4
    assert sorted(found.failures["kind"].unique()) == sorted(kind for kind in FRAMES if kind != "loan")
    assert found.failures.height == 4 * (len(FRAMES) - 1)
    assert set(found.failures["field"]) == {"rates:USD-SOFR"}
    assert set(found.failures["reason"]) == {"missing_market"}
    engines = price_book(served.with_columns(pl.when(~is_loan).then(pl.lit("quantlib")).alias("method")), market)
    assert engines.failures.drop("field").equals(found.failures.drop("field"))


def test_order_and_company_of_rows_never_matter() -> None:
    frame, market = mixed_frame(12), book_market()
    whole = price_book(frame, market).results
    assert whole.height == 12 * len(FRAMES)
    turned = price_book(frame.sample(fraction=1.0, shuffle=True, seed=1), market).results
    assert turned.sort("id").drop("row").equals(whole.sort("id").drop("row"))
    for index in (0, 13, 30, 45, 59):
        alone = price_book(frame[index], market).results
        assert alone.drop("row").equals(whole[index].drop("row"))


def test_a_scaled_notional_scales_the_value() -> None:
    frame, market = loan_frame(30), book_market()
    one = price_book({"loan": frame}, market).results["value"].to_numpy()
    two = price_book({"loan": frame.with_columns(pl.col("commitment_usd") * 2.0)}, market).results["value"].to_numpy()
    assert two == pytest.approx(2.0 * one, rel=1e-15)


def test_limits_of_the_loan_lane() -> None:
    """At par where the coupon is the discount rate and nobody fails; nothing but the recovery where failure is near certain."""
    market = book_market()
    frame = loan_frame(40).with_columns(
        pl.lit(1.0).alias("floating.share"), pl.lit(0.0).alias("floating.margin"), pl.lit(0.0).alias("fixed.share")
    )
    free = price_book({"loan": frame.drop("borrower.credit")}, market).results["value"].to_numpy()
    assert free == pytest.approx(frame["commitment_usd"].to_numpy(), rel=1e-13)
    doomed = Scenario(label="doomed", moves=(Move(key="credit:LAB", field="hazard", kind="set", amount=4000.0),))
    lost = price_book({"loan": frame.with_columns(pl.lit("credit:LAB").alias("borrower.credit"))}, market, scenarios=[doomed]).results
    gone = lost.filter(pl.col("scenario") == "doomed")["value"].to_numpy()
    assert gone == pytest.approx(0.25 * frame["commitment_usd"].to_numpy(), rel=2e-3)  # half a month of discount


def test_totals_are_the_same_in_any_order() -> None:
    frame, market = loan_frame(500), book_market()
    assert price_book({"loan": frame}, market).total == price_book({"loan": frame.reverse()}, market).total
    values = price_book({"loan": frame}, market).results["value"].to_list()
    assert price_book({"loan": frame}, market).total == math.fsum(reversed(values))


def test_a_method_in_the_row_is_obeyed_and_an_unknown_one_is_a_failure() -> None:
    frame = loan_frame(4).with_columns(pl.Series("method", [None, "schedule", "simulation", "guess"]))
    found = price_book({"loan": frame}, book_market())
    assert found.results["method"].to_list() == ["schedule", "schedule", "simulation"]
    assert found.failures["reason"].to_list() == ["unsupported"]


def test_kinds_that_do_not_exist_and_cells_of_another_kind() -> None:
    frame = mixed_frame(2).with_columns(
        pl.when(pl.int_range(pl.len()) == 0).then(pl.lit("lone")).otherwise(pl.col("kind")).alias("kind"),
        pl.when(pl.int_range(pl.len()) == 3).then(5.0).otherwise(pl.col("commitment_usd")).alias("commitment_usd"),
    )
    found = price_book(frame, book_market())
    assert found.failures.select("row", "field").rows() == [(1, "kind"), (4, "commitment_usd")]
    assert found.failures["allowed"][1] == "unknown field"
    assert found.results.height == 2 * len(FRAMES) - 2


def test_the_columns_of_every_kind_are_listed_and_each_good_frame_uses_them() -> None:
    for kind in kinds():
        table = book_columns(kind)
        assert table["column"][0] == "id"
        assert table["column"].is_unique().all()
    for kind, make in FRAMES.items():
        plain = {name for name in make(2).columns if not name.startswith(MAPPINGS)}
        assert plain <= set(book_columns(kind)["column"])
    margin = book_columns("loan").filter(pl.col("column") == "floating.margin").row(0)
    assert margin == ("floating.margin", "number", True, "-0.05 to 1 a year")
    with pytest.raises(InputError, match="hurdle_warrant"):
        book_columns("lone")


def test_what_a_contract_needs_around_it_stands_in_the_column_deal() -> None:
    """A guarantee of a lease: the lease, its fleet and its parties come as JSON; the engine is the one of a deal written out."""
    whole = deal(guarantee={"cover": {"form": "residual_value", "threshold_usd": {"0": 40e6, "36": 10e6}}})
    plain = json.loads(dumps_json(whole))
    around = {"parties": plain["parties"], "assets": plain["assets"], "contracts": {"lease": plain["contracts"]["lease"]}}
    frame = pl.DataFrame(
        {
            "id": ["g1", "g2"],
            "guarantor": ["maker", "maker"],
            "lease": ["lease", "lease"],
            "cover.form": ["residual_value", "residual_value"],
            "cover.threshold_usd.0": [40e6, 40e6],
            "cover.threshold_usd.36": [10e6, 10e6],
            "method": ["closed_form", "closed_form"],
            "deal": [json.dumps(around), "{"],
        }
    )
    found = price_book({"lease_guarantee": frame}, lease_market())
    alone = price(whole, lease_market(), method="closed_form", measures=("value",)).row("value", contract="support")
    assert found.results["value"].to_list() == [alone.value]
    assert found.results["party"].to_list() == [alone.party]
    assert found.failures["row"].unique().to_list() == [2]


def test_a_folder_of_deals_is_a_book(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        save(deal(backstop={}).evolve(id=name), tmp_path / name / "deal.toml")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "deal.toml").write_text("schema = 1\n")
    found = price_book(tmp_path, lease_market(), paths=1)
    assert found.results["id"].to_list() == ["a/lease", "a/floor", "b/lease", "b/floor"]
    assert found.results["row"].to_list() == [1, 1, 2, 2]
    assert found.failures["row"].unique().to_list() == [3]
    one = price(deal(backstop={}).evolve(id="a"), lease_market(), paths=1, measures=("value",), method="simulation")
    assert found.results["value"][0] == one.row("value", contract="lease").value
