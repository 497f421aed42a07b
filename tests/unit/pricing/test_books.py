from __future__ import annotations

import datetime as dt
import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curves import Market, Move, Scenario
from instruments.events import Delay
from instruments.ground.errors import BatchError, FileError, InputError
from instruments.ground.tolerances import MC_SIGMAS, ORACLE_REL
from pricing import price
from pricing.books.hurdle import deal_of
from pricing.books.pricer import price_book
from tests.books import FRAMES, book_market
from tests.warrants import AS_OF, EXPIRY, SHARE, market

PLANNED = dt.date(2026, 1, 20)
GOOD: dict[str, Any] = {
    "id": "w1",
    "underlying": SHARE,
    "shares": 10.0,
    "strike_usd": 0.01,
    "target_usd": 120.0,
    "expiry": EXPIRY,
    "observation": "touch",
    "milestone": "deliveries",
    "planned_delivery": PLANNED,
}
SCHEMA = {
    "id": pl.String,
    "underlying": pl.String,
    "shares": pl.Float64,
    "strike_usd": pl.Float64,
    "target_usd": pl.Float64,
    "expiry": pl.Date,
    "observation": pl.String,
    "milestone": pl.String,
    "planned_delivery": pl.Date,
}
ALL_LANE: list[dict[str, Any]] = [
    {},
    {"target_usd": None},
    {"milestone": None, "planned_delivery": None},
    {"target_usd": None, "milestone": None, "planned_delivery": None},
    {"strike_usd": 0.0},
    {"strike_usd": 119.0},
    {"target_usd": 80.0},
    {"target_usd": None, "strike_usd": 150.0},
    {"expiry": dt.date(2031, 5, 17)},
    {"expiry": AS_OF + dt.timedelta(days=1)},
    {"planned_delivery": dt.date(2030, 1, 1)},
    {"observation": None},
]


def book(*changes: dict[str, Any]) -> pl.DataFrame:
    rows = [GOOD | {"id": f"w{index}"} | change for index, change in enumerate(changes, start=1)]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def coupled() -> Market:
    return market(correlation={f"{SHARE}|milestone:deliveries": 0.4})


def test_every_lane_row_is_the_engines_closed_form() -> None:
    frame = book(*ALL_LANE)
    found = price_book(frame, market())
    assert found.failures.is_empty()
    assert found.results["method"].unique().to_list() == ["closed_form"]
    assert found.results["row"].to_list() == list(range(1, frame.height + 1))
    for record, value in zip(frame.to_dicts(), found.results["value"], strict=True):
        if record["target_usd"] is None and record["strike_usd"] > 0 and record["milestone"] is None:
            record = record | {"target_usd": None}
        if record["target_usd"] is None and record["milestone"] is None:
            continue  # no condition at all: no deal can say so
        alone = price(deal_of(record, AS_OF), market(), method="closed_form", measures=["value"]).value
        assert value == pytest.approx(alone, rel=ORACLE_REL)


def test_daily_rows_of_the_lane_say_that_they_are_shifted() -> None:
    frame = book({"observation": "close"}, {"observation": "close", "target_usd": None})
    found = price_book(frame, market()).results
    assert ["shift" in (note or "") for note in found["error_note"]] == [True, False]
    simulated = price(deal_of(frame.to_dicts()[0], AS_OF), market(), method="monte_carlo", measures=["value"], paths=4 * 4096)
    # 0.3 % of the shares' worth: the error that the shift leaves
    assert found["value"][0] == pytest.approx(simulated.value, abs=3.0 + MC_SIGMAS * (simulated.standard_error or 0.0))


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"id": None}, "id", "required"),
    ({"id": "a b"}, "id", "a short name"),
    ({"id": ""}, "id", "a short name"),
    ({"id": "good"}, "id", "earlier row"),
    ({"underlying": None}, "underlying", "required"),
    ({"underlying": "AMD"}, "underlying", "a market key such as equity:AMD"),
    ({"underlying": "credit:AMD"}, "underlying", "the market has no credit:AMD"),
    ({"underlying": "equity:NVDA"}, "underlying", "the market has no equity:NVDA"),
    ({"shares": None}, "shares", "required"),
    ({"shares": 0.0}, "shares", "above 0"),
    ({"shares": -5.0}, "shares", "above 0"),
    ({"shares": float("nan")}, "shares", "a finite number"),
    ({"shares": float("inf")}, "shares", "a finite number"),
    ({"strike_usd": None}, "strike_usd", "required"),
    ({"strike_usd": -0.01}, "strike_usd", "at or above 0"),
    ({"strike_usd": float("nan")}, "strike_usd", "a finite number"),
    ({"target_usd": 0.0}, "target_usd", "above 0"),
    ({"target_usd": float("inf")}, "target_usd", "a finite number"),
    ({"expiry": None}, "expiry", "required"),
    ({"expiry": AS_OF}, "expiry", "after the market's date"),
    ({"expiry": dt.date(2020, 1, 1)}, "expiry", "after the market's date"),
    ({"observation": "monthly"}, "observation", "one of close, touch"),
    ({"milestone": None}, "milestone", "go together"),
    ({"planned_delivery": None}, "milestone", "go together"),
    ({"milestone": "gigawatts"}, "milestone", "the market has no milestone:gigawatts"),
    ({"planned_delivery": AS_OF}, "planned_delivery", "overdue or done"),
]


def test_bad_rows_are_kept_with_their_reasons_and_the_rest_is_priced() -> None:
    frame = book({"id": "good"}, *(change for change, _, _ in BAD), {"id": "last"})
    found = price_book(frame, market())
    assert found.results["id"].to_list() == ["good", "last"]
    assert found.results["row"].to_list() == [1, len(BAD) + 2]
    assert found.failures["row"].to_list() == list(range(2, len(BAD) + 2))
    for (_, field, words), failure in zip(BAD, found.failures.to_dicts(), strict=True):
        assert failure["field"] == field
        assert words in failure["allowed"]
        assert failure["reason"]
        assert failure["remedy"]
    assert found.results["value"][0] == price_book(book({}), market()).results["value"][0]


def test_a_row_with_two_faults_has_two_failures() -> None:
    failures = price_book(book({}, {"shares": -1.0, "strike_usd": -1.0}), market()).failures
    assert failures.select("row", "field").rows() == [(2, "shares"), (2, "strike_usd")]


def test_all_rows_bad_is_an_error_and_no_rows_are_none() -> None:
    with pytest.raises(BatchError, match="none of 2 rows"):
        price_book(book({"shares": -1.0}, {"expiry": None}), market())
    empty = price_book(book(), market())
    assert (empty.results.height, empty.failures.height, empty.total) == (0, 0, 0.0)


def test_row_order_and_company_never_matter() -> None:
    changes = [*ALL_LANE, {"milestone": "deliveries", "strike_usd": 130.0}]
    frame = book(*changes)
    found = price_book(frame, market(), paths=1).results
    turned = price_book(frame.reverse(), market(), paths=1).results
    values = dict(zip(found["id"], found["value"], strict=True))
    assert dict(zip(turned["id"], turned["value"], strict=True)) == values
    for index in (0, len(changes) - 1):
        alone = price_book(frame[index], market(), paths=1).results
        assert alone["value"][0] == values[alone["id"][0]]


def test_rows_outside_the_lane_go_to_the_engine() -> None:
    frame = book({}, {"observation": "close"}, {"milestone": None, "planned_delivery": None})
    found = price_book(frame, coupled(), paths=1)
    assert found.results["method"].to_list() == ["monte_carlo", "monte_carlo", "closed_form"]
    record = frame.to_dicts()[1]
    assert found.results["value"][1] == price(deal_of(record, AS_OF), coupled(), method="monte_carlo", measures=["value"], paths=1).value


def test_executors_change_nothing() -> None:
    frame = book(*({"target_usd": 110.0 + k} for k in range(4)), {"shares": -1.0})
    plain = price_book(frame, coupled(), paths=1).to_json()
    with ThreadPoolExecutor(2) as pool:
        assert price_book(frame, coupled(), paths=1, executor=pool).to_json() == plain
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert price_book(frame, coupled(), paths=1, executor=pool).to_json() == plain


def test_csv_and_parquet_give_what_the_frame_gives(tmp_path: Path) -> None:
    frame = book(*ALL_LANE[:4])
    expected = price_book(frame, market()).results.drop("source")
    frame.write_csv(tmp_path / "book.csv")
    frame.write_parquet(tmp_path / "book.parquet")
    frame.write_ipc(tmp_path / "book.arrow")
    frame.write_ipc_stream(tmp_path / "book.arrows")
    frame.write_ndjson(tmp_path / "book.jsonl")
    for suffix in ("csv", "parquet", "arrow", "arrows", "jsonl"):
        found = price_book(tmp_path / f"book.{suffix}", market()).results
        assert found["source"].unique().to_list() == [f"book.{suffix}"]
        assert found.drop("source").equals(expected)


def test_cells_of_a_csv_are_judged_one_by_one(tmp_path: Path) -> None:
    header = "id,underlying,shares,strike_usd,target_usd,expiry\n"
    rows = ["a,equity:AMD,10,0,120,2026-03-31", "b,equity:AMD,ten,0,120,2026-03-31", "c,equity:AMD,1e1,0.0,,2026-03-31"]
    rows += ["d,equity:AMD,10,0,120,31.03.2026", "e,equity:AMD,NaN,0,120,2026-03-31", "f,equity:AMD,true,0,120,2026-03-31"]
    (tmp_path / "book.csv").write_text(header + "\n".join(rows) + "\n")
    found = price_book(tmp_path / "book.csv", market())
    assert found.results["id"].to_list() == ["a", "c"]
    assert found.failures.select("id", "field", "value").rows() == [
        ("b", "shares", "ten"),
        ("d", "expiry", "31.03.2026"),
        ("e", "shares", "NaN"),
        ("f", "shares", "true"),
    ]


def test_other_types_in_a_frame() -> None:
    plain = book({}).drop("milestone", "planned_delivery", "observation")
    expected = price_book(plain, market()).results["value"][0]
    whole = plain.with_columns(pl.col("shares").cast(pl.Int64), pl.col("target_usd").cast(pl.UInt8))
    text = plain.with_columns(pl.col("expiry").cast(pl.String), pl.col("shares").cast(pl.String))
    for frame in (whole, text, plain.with_columns(pl.col("strike_usd").cast(pl.Decimal(10, 2)))):
        assert price_book(frame, market()).results["value"][0] == pytest.approx(expected, rel=ORACLE_REL)


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("shares", pl.lit(True), "invalid_terms"),
        ("strike_usd", pl.lit(dt.date(2026, 1, 1)), "invalid_terms"),
        ("expiry", pl.lit(20_260_331), "invalid_terms"),
        ("expiry", pl.lit(None), "invalid_terms"),
        ("id", pl.lit(7), "invalid_terms"),
        ("underlying", pl.lit(1.5), "invalid_terms"),
        ("target_usd", pl.lit(False), "invalid_terms"),
        ("observation", pl.lit(3), "invalid_terms"),
    ],
)
def test_a_column_of_another_kind_fails_row_by_row(column: str, value: pl.Expr, reason: str) -> None:
    with pytest.raises(BatchError) as caught:
        price_book(book({}, {}).with_columns(value.alias(column)), market())
    first = caught.value.problems[0]
    assert (first.subject, first.field, first.reason.value) == ("row 1", column, reason)


def test_columns_and_files_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="strike"):
        price_book(book({}).rename({"strike_usd": "strike"}), market())
    with pytest.raises(InputError, match="required"):
        price_book(book({}).drop("shares"), market())
    with pytest.raises(FileError, match="no such file"):
        price_book(tmp_path / "none.csv", market())
    with pytest.raises(FileError, match=r"\.csv or \.parquet"):
        price_book(tmp_path / "book.xlsx", market())
    (tmp_path / "bad.parquet").write_bytes(b"no parquet")
    with pytest.raises(FileError, match="cannot be read"):
        price_book(tmp_path / "bad.parquet", market())
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(FileError, match="cannot be read"):
        price_book(tmp_path / "empty.csv", market())


def test_scenarios_reprice_the_book_and_stand_beside_the_base() -> None:
    down = Scenario(label="down", moves=(Move(key=SHARE, field="spot_usd", kind="scale", amount=0.5),))
    found = price_book(book({}, {"shares": -1.0}), market(), scenarios=[down])
    assert found.results["scenario"].to_list() == ["base", "down"]
    assert found.results["value"][1] == price_book(book({}), down.apply(market())).results["value"][0]
    assert found.total == found.results["value"][0]
    assert found.failures["row"].to_list() == [2]


@pytest.mark.parametrize(
    "scenarios",
    [
        [Scenario(label="base")],
        [Scenario(label="x"), Scenario(label="x")],
        [Scenario(label="late", events=(Delay(milestone="deliveries", years=1.0),))],
    ],
    ids=["base twice", "one label twice", "events"],
)
def test_scenarios_that_a_book_cannot_tell_apart_or_read(scenarios: list[Scenario]) -> None:
    with pytest.raises(InputError):
        price_book(book({}), market(), scenarios=scenarios)


@pytest.mark.parametrize("options", [{"paths": 0}, {"seed": -1}, {"threads": 0}])
def test_unusable_options(options: dict[str, int]) -> None:
    with pytest.raises(InputError):
        price_book(book({}), market(), **options)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_year_that_python_does_not_have_fails_its_row_alone(suffix: str, tmp_path: Path) -> None:
    beyond = book({}, {}).with_columns(pl.when(pl.col("id") == "w2").then(pl.date(12000, 1, 1)).otherwise(pl.col("expiry")).alias("expiry"))
    file = tmp_path / f"book{suffix}"
    if suffix == ".csv":
        book({}, {}).with_columns(pl.Series("expiry", ["2026-03-31", "0-10-31"])).write_csv(file)
    else:
        beyond.write_parquet(file)
    found = price_book(file, market())
    assert set(found.failures["id"]) == {"w2"}
    assert set(found.results["id"]) == {"w1"}


@pytest.mark.parametrize(
    ("kind", "column", "meant"),
    [
        ("loan", "margin", "floating.margin"),
        ("loan", "spread", "floating.margin"),
        ("loan", "default_margin", "enforcement.default_margin"),
        ("loan", "late_margn", "late_margin"),
    ],
)
def test_a_column_named_by_its_last_word_is_told_its_whole_name(kind: str, column: str, meant: str) -> None:
    with pytest.raises(InputError, match=rf"{column}: unknown field; did you mean {meant}\?"):
        price_book({kind: FRAMES[kind](2).with_columns(pl.lit(0.03).alias(column))}, book_market())


def test_a_kind_without_a_column_that_it_needs_fails_row_by_row() -> None:
    other = book({}).with_columns(pl.lit("hurdle_warrant").alias("kind"))
    found = price_book(
        pl.concat([other, other.with_columns(pl.lit("w9").alias("id"), pl.lit(None, dtype=pl.Date).alias("expiry"))]), market()
    )
    assert set(found.failures["id"]) == {"w9"}
    with pytest.raises(BatchError, match="expiry"):
        price_book(other.with_columns(pl.lit(None, dtype=pl.Date).alias("expiry")), market())
    with pytest.raises(BatchError, match="expiry"):
        price_book(other.drop("expiry"), market())


def test_a_corrupt_page_is_no_panic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "book.parquet"
    book({}).write_parquet(file)

    def panics(*_: object, **__: object) -> None:
        raise pl.exceptions.PanicException("a page that is none")

    monkeypatch.setattr(pl, "scan_parquet", panics)
    with pytest.raises(FileError, match="a page that is none"):
        price_book(file, market())


def test_a_name_too_long_for_the_system_is_refused(tmp_path: Path) -> None:
    (tmp_path / "book.toml").write_text(f'schema = 1\n[[frames]]\nfile = "{"x" * 5000}.csv"\n')
    with pytest.raises(FileError, match="cannot be read"):
        price_book(tmp_path / "book.toml", market())
