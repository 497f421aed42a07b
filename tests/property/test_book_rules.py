"""Frames and models accept and refuse the same rows: what the rules of a frame let through, the models accept."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given, strategies as st

from instruments.ground.errors import InputError
from pricing.books.kinds import Kind, kinds, row_deal
from pricing.books.lanes.table import LANES
from pricing.books.pricer import price_book
from pricing.books.slices import lane_rows, typed_frame
from tests.books import AS_OF, FRAMES, book_market, record

NASTY: dict[str, list[Any]] = {
    "number": [None, 0.0, -0.0, -1e-9, 1e-9, 1.0, 1.0 + 1e-10, 0.5, -0.06, 5.25, 1e15, 1.001e15, 1e300, float("nan"), float("inf"),
               -float("inf"), "1e-3", "ten",
               ""],
    "whole": [None, 0, 1, -1, 24, 25, 480, 481, 2**40, "12", "12.5", "x"],
    "flag": [None, True, False, "true", "yes"],
    "text": [None, "", "a b", "x" * 65, "credit:NEO", "credit:LAB", "equity:AMD", "rent:GPU", "rent:", "annuity", "site", "share", "lender",
             "borrower", "customer", "schedule", "quantlib", "é", "a\n"],
    "date": [None, AS_OF, dt.date(2025, 10, 31), dt.date(2024, 2, 29), dt.date(2029, 12, 31), dt.date(2029, 12, 30), "2029-12-31",
             "31.12.2029"],
    "json": [None, "[]", "{}", "{", "[1]"],
}  # fmt: skip


@st.composite
def changed_rows(draw: st.DrawFn, kind: Kind) -> dict[str, Any]:
    """A good row with up to three cells replaced, of any column that the kind has."""
    frame = FRAMES[kind.name](4)
    row = record(frame, draw(st.integers(0, 3)))
    for name in draw(st.lists(st.sampled_from(sorted({*kind.columns, *row})), min_size=1, max_size=3)):
        node = kind.scalar(name)
        assert node is not None
        row[name] = draw(st.sampled_from(NASTY[node.sort]))
    return row


def accepted(kind: Kind, row: dict[str, Any]) -> bool:
    frame = frame_of(kind, row)
    better, _ = typed_frame(kind, frame)
    cells = {name: better[name][0] if better[name][0] is not None else frame[name][0] for name in frame.columns}
    try:
        row_deal(kind, cells, AS_OF)
    except InputError:
        return False
    return True


def frame_of(kind: Kind, row: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame({name: [value] for name, value in row.items()}, strict=False)


@pytest.mark.parametrize("name", FRAMES)
@given(data=st.data())
def test_what_the_frame_lets_through_the_models_accept(name: str, data: st.DataObject) -> None:
    kind = kinds()[name]
    row = data.draw(changed_rows(kind))
    better, obeyed = typed_frame(kind, frame_of(kind, row))
    if not obeyed[0]:
        return
    refused = any(refusal.rows[0] for refusal in LANES[name].fit(better, book_market()))
    if not refused and lane_rows(kind, better, obeyed, book_market())[0]:
        assert accepted(kind, row)


@pytest.mark.parametrize("name", FRAMES)
@given(data=st.data())
def test_a_row_that_the_models_refuse_is_a_failure_and_never_a_value(name: str, data: st.DataObject) -> None:
    kind = kinds()[name]
    row = data.draw(changed_rows(kind))
    if accepted(kind, row):
        return
    good = record(FRAMES[name](5), 4)
    frame = pl.concat([frame_of(kind, row).cast(pl.String), frame_of(kind, good).cast(pl.String)], how="diagonal_relaxed")
    found = price_book({name: frame}, book_market(), paths=1)
    assert found.results["row"].to_list() == [2]
    assert found.failures["row"].unique().to_list() == [1]


@pytest.mark.parametrize("name", FRAMES)
def test_the_good_rows_are_screened_by_columns_alone(name: str) -> None:
    """None of them needs a model: else a million rows would build a million models."""
    kind = kinds()[name]
    better, obeyed = typed_frame(kind, FRAMES[name](12))
    assert obeyed.all()
    assert lane_rows(kind, better, obeyed, book_market()).all()
