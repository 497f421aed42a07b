"""Columns judged as wholes say what the rules of rows say; texts coded where they lie are the texts."""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, strategies as st

from instruments.ground.keys import Matches
from pricing.books import texts
from pricing.books.columns import valid
from pricing.books.judged import WholeColumns, is_typed
from pricing.books.kinds import kinds
from pricing.books.pricer import price_book
from pricing.books.slices import lane_rows, typed_frame
from tests.books import AS_OF, FRAMES, book_market, loan_frame
from tests.property.test_book_rules import NASTY

NAME, *_ = (rule for node in kinds()["loan"].nodes if node.name == "id" for rule in node.rules)  # type: ignore[union-attr]
WORDS = st.text(st.sampled_from("aZ09_-:é\x00 "), max_size=20)


@pytest.fixture(autouse=True)
def compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short columns by the way of long ones."""
    monkeypatch.setattr(texts, "FEW", 1)


@pytest.mark.parametrize("name", FRAMES)
@given(data=st.data())
def test_a_column_judged_as_a_whole_is_a_column_judged_by_row(name: str, data: st.DataObject) -> None:
    kind, frame = kinds()[name], FRAMES[name](6)
    for column in data.draw(st.lists(st.sampled_from(sorted({*kind.columns, *frame.columns})), max_size=4, unique=True)):
        node = kind.scalar(column)
        assert node is not None
        cells = [cell for cell in NASTY[node.sort] if not (node.sort in ("number", "whole") and isinstance(cell, str))]
        drawn = data.draw(st.lists(st.sampled_from(cells), min_size=6, max_size=6))
        frame = frame.with_columns(pl.Series(column, drawn, strict=False))
    better, _ = typed_frame(kind, frame)
    columns = frozenset(frame.columns)
    by_row, whole = valid(kind.nodes, columns), valid(kind.nodes, columns, WholeColumns(better))
    found = [
        better.select(rule if isinstance(rule, pl.Expr) else pl.repeat(rule, pl.len()).alias("ok")).to_series() for rule in (by_row, whole)
    ]
    assert found[0].to_list() == found[1].to_list()


@given(
    st.lists(
        st.one_of(st.none(), WORDS, st.sampled_from(["credit:NEO", "credit:A-NAME-BEYOND-ITS-VIEW", "credit:A-NAME-BEYOND-ITS-VIEX"])),
        min_size=1,
    ),
    st.integers(0, 5),
)
def test_codes_of_texts_are_the_texts(cells: list[str | None], start: int) -> None:
    series = pl.concat([pl.Series("text", cells, dtype=pl.String), pl.Series("text", cells[:3], dtype=pl.String)], rechunk=False)[start:]
    if not series.len():
        return
    names, places = texts.coded(series)
    assert [names[place] for place in places] == series.to_list()
    assert len(names) == len(set(names)) == series.n_unique()


@pytest.mark.parametrize("cell", [float("nan"), float("inf"), -float("inf"), 0.0, None])
def test_one_cell_among_many_spoils_a_column(cell: float | None) -> None:
    node = kinds()["loan"].columns["commitment_usd"]
    good = pl.Series("commitment_usd", [1.0, 2.0, 3.0] * 2000)
    assert WholeColumns(good.to_frame()).obeyed(node, node.name)
    assert not WholeColumns(pl.concat([good, pl.Series(good.name, [cell], dtype=pl.Float64), good]).to_frame()).obeyed(node, node.name)


@example(["-a"])
@example(["a-", "a" * 64])
@example(["a" * 65])
@given(st.lists(WORDS | st.from_regex(NAME.pattern, fullmatch=True), min_size=1, max_size=5))
def test_the_plain_form_is_the_pattern(words: list[str]) -> None:
    assert isinstance(NAME, Matches)
    series = pl.Series("id", words, dtype=pl.String)
    assert texts.all_match(series, NAME.pattern) == all(re.fullmatch(NAME.pattern, word) for word in words)


def test_a_pattern_that_is_not_plain_is_left_to_the_rules_of_rows() -> None:
    series = pl.Series(["a"] * 3)
    assert not any(texts.all_match(series, pattern) for pattern in ("a", "[^a][a]{0,3}", r"[\w][a]{0,3}", "[a][a]{1,3}", "[a][a]{0,3}|b"))


def test_many_distinct_texts_are_coded_and_not_looked_at_one_by_one() -> None:
    rng = np.random.default_rng(3)
    series = pl.Series([f"credit:LONG-{n:08d}-TAIL" for n in rng.integers(0, 200_000, 150_000)])  # they differ in the middle
    names, places = texts.coded(series)
    assert np.array(names, dtype=object)[places].tolist() == series.to_list()
    assert texts.distinct(series) is None


@pytest.mark.parametrize("date", [dt.date.min, dt.date.max, None])
def test_dates_that_python_has_are_typed(date: dt.date | None) -> None:
    assert is_typed(pl.Series([date, AS_OF], dtype=pl.Date), "date")


@pytest.mark.parametrize("day", [-719_163, 2_932_897])
def test_dates_that_python_does_not_have_are_not(day: int) -> None:
    assert not is_typed(pl.Series([day, 0]).cast(pl.Int32).cast(pl.Date), "date")


BROKEN = [("id", "a b"), ("id", None), ("commitment_usd", -1.0), ("commitment_usd", float("nan")), ("fixed.rate", 5.25),
          ("amortisation.kind", "anuity"), ("borrower.credit", "NEO"), ("borrower.credit", "credit:NONE"), ("maturity", AS_OF),
          ("amortisation.start", None), ("amortisation.start", dt.date(2040, 1, 31)), ("floating.share", 0.9)]  # fmt: skip


@pytest.mark.parametrize(("column", "cell"), BROKEN)
def test_one_bad_row_in_a_long_book_is_the_one_that_fails(column: str, cell: object) -> None:
    frame, row = loan_frame(300).with_columns(pl.lit(0.5).alias("floating.share"), pl.lit(0.5).alias("fixed.share")), 123
    good = price_book({"loan": frame}, book_market()).results
    cells = frame[column].to_list()
    cells[row - 1] = cell
    found = price_book({"loan": frame.with_columns(pl.Series(column, cells, dtype=frame.schema[column]))}, book_market())
    assert found.failures["row"].unique().to_list() == [row]
    assert found.results.equals(good.filter(pl.col("row") != row))


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_in_chunks_is_the_frame(name: str) -> None:
    kind, frame = kinds()[name], FRAMES[name](9)
    chunks = pl.concat([frame[:2], frame[2:7], frame[7:]], rechunk=False)
    better, obeyed = typed_frame(kind, chunks)
    assert obeyed.len() == lane_rows(kind, better, obeyed, book_market()).len() == 9
    assert price_book({name: chunks}, book_market()).results.equals(price_book({name: frame}, book_market()).results)
