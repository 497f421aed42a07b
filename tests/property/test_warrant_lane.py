"""The lane of warrants that vest by date is the closed form on its whole domain; the rest is what the engines say."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, strategies as st

from curves import Market, all_quotes, with_quote
from instruments.ground.errors import GpufinError
from instruments.ground.tolerances import MC_SIGMAS, ORACLE_REL
from pricing import price
from pricing.books.deltas import book_deltas
from pricing.books.kinds import kinds, row_deal
from pricing.books.lanes.warrant import WarrantLane
from pricing.books.pricer import price_book
from tests.books import AS_OF, book_market, record, warrant_frame

KIND = "warrant"
DATES = ("2025-10-03", "2025-10-04", "2024-02-29", "2027-12-31", "2027-12-30", "2028-01-01")
EXPIRIES = (dt.date(2025, 10, 6), dt.date(2027, 12, 31))
ODD: list[dict[str, Any]] = [
    {"exercise": "at_vesting"}, {"exercise": "best"}, {"whole_shares": True}, {"dilution": "after_vesting"}, {"holder": "issuer"},
    {"underlying": "equity:NONE"}, {"underlying": "rent:GPU"}, {"expiry": AS_OF}, {"issuer.credit": "credit:LAB"}, {"shares": 1.0},
    {"issuer.equity": "equity:NONE"}, {"deal": "{}"}, {"floor.amount_usd": 1e6, "floor.on": dt.date(2025, 10, 6)},
]  # fmt: skip
TEXTS = [
    "{", "[]", "{}", "[1]", "[" * 4000, '[{"shares": 1.0}]', '[{"shares": true, "condition": {"kind": "date", "on": "2026-01-31"}}]',
    '[{"shares": 1.0, "condition": {"kind": "date", "on": "2026-02-30"}}]', '[{"shares": 1.0, "condition": {"kind": "date"}}]',
    '[{"shares": 1.0, "condition": {"kind": "date", "on": "2026-01-31", "at": 1}}]',
    '[{"shares": 1.0, "condition": {"kind": "dates", "on": "2026-01-31"}}]',
    '[{"shares": 1e999, "condition": {"kind": "date", "on": "2026-01-31"}}]',
    '[{"label": 1, "shares": 1.0, "condition": {"kind": "date", "on": "2026-01-31"}}]',
]  # fmt: skip


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    """A warrant in one to four tranches, each behind a date before or after its expiry."""
    parts = draw(st.lists(st.tuples(st.sampled_from([1.0, 3e5, 7.25]), st.sampled_from(DATES)), min_size=1, max_size=4))
    conditions = [{"kind": "date", "on": on} | ({"meet": "latched"} if draw(st.booleans()) else {}) for _, on in parts]
    row = {
        "id": "row", "underlying": "equity:AMD", "shares": sum(n for n, _ in parts),
        "strike_usd": draw(st.sampled_from([0.0, 1e-4, 164.67, 900.0])),
        "expiry": draw(st.sampled_from(EXPIRIES)), "settlement": draw(st.sampled_from([None, "net"])),
        "gate_odds": draw(st.none() | st.floats(0.0, 1.0)), "holder": draw(st.sampled_from([None, "fund"])),
        "price_paid_usd": draw(st.sampled_from([None, 1e5])), "method": draw(st.sampled_from([None, "closed_form"])),
        "tranches": json.dumps([{"shares": n, "condition": c} for (n, _), c in zip(parts, conditions, strict=True)]),
    }  # fmt: skip
    return {name: cell for name, cell in row.items() if cell is not None}


def by_engine(row: dict[str, Any], market: Market) -> tuple[str, float] | None:
    """Party and value of the closed form, the way a loop over deals has it; None where it is refused."""
    try:
        deal = row_deal(kinds()[KIND], {name: cell for name, cell in row.items() if cell is not None}, AS_OF)
        found = price(deal, market, method="closed_form", measures=("value",)).row("value", contract="contract")
    except GpufinError:
        return None
    assert found.value is not None
    return found.party or "", found.value


def priced(row: dict[str, Any], market: Market) -> pl.DataFrame:
    """Results of a book of this row and a good one."""
    good = record(warrant_frame(1), 0) | {"id": "good"}
    parts = [pl.DataFrame({name: [cell] for name, cell in one.items() if cell is not None}) for one in (row, good)]
    found = price_book({KIND: pl.concat(parts, how="diagonal_relaxed")}, market)
    assert {*found.results["row"], *found.failures["row"]} == {1, 2}
    return found.results


@given(rows())
def test_a_row_of_the_lane_is_worth_what_the_closed_form_says(row: dict[str, Any]) -> None:
    market, frame = book_market(), pl.DataFrame({name: [cell] for name, cell in row.items()})
    expected = by_engine(row, market)
    assert WarrantLane().domain(frame, market)[0] == (expected is not None), "the lane holds what the closed form takes"
    if expected is not None:
        found = priced(row, market)
        assert found["party"][0] == expected[0]
        assert found["value"][0] == pytest.approx(expected[1], rel=ORACLE_REL, abs=1e-9)


@given(rows(), st.sampled_from(ODD))
def test_a_row_outside_is_what_the_loop_over_deals_makes_of_it(row: dict[str, Any], change: dict[str, Any]) -> None:
    market, row = book_market(), row | {"method": "closed_form"} | change
    expected, found = by_engine(row, market), priced(row, market)
    if expected is None:
        assert found["row"].to_list() == [2]
    else:
        assert found["value"][0] == pytest.approx(expected[1], rel=ORACLE_REL, abs=1e-9)


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_that_holds_no_tranches_is_a_failure(text: str) -> None:
    row = record(warrant_frame(1), 0) | {"shares": 1.0, "tranches": text}
    assert priced(row, book_market())["row"].to_list() == [2]


@given(st.permutations(range(8)))
def test_order_and_company_never_matter(order: list[int]) -> None:
    frame, market = warrant_frame(8), book_market()
    whole = price_book({KIND: frame}, market).results["value"].to_numpy()
    assert price_book({KIND: frame[order]}, market).results["value"].to_list() == whole[order].tolist()


def test_deltas_are_those_of_bumped_engines() -> None:
    frame, market, step = warrant_frame(6), book_market(), 1e-5
    found = book_deltas(frame, KIND, market)
    quotes = {one.path: one.quote.value for one in all_quotes(market)}
    for path in ("rates.USD-SOFR.quotes.3Y", "rates.USD-SOFR.quotes.5Y"):
        ends = [with_quote(market, path, quotes[path] + sign * step) for sign in (1.0, -1.0)]
        for index in range(frame.height):
            high, low = (by_engine(record(frame, index), moved) for moved in ends)
            assert high is not None
            assert low is not None
            expected = (high[1] - low[1]) / (2.0 * step)
            assert found.deltas[index, found.factors.index(path)] == pytest.approx(expected, rel=1e-6, abs=1.0)
    assert np.all(found.deltas[:, [at for at, path in enumerate(found.factors) if path.startswith("credit.")]] == 0.0)
    assert frame["strike_usd"][0] == 0.0
    assert found.deltas[0] == pytest.approx(0.0, abs=1.0)  # a free share knows no rates


def test_limits_and_paths() -> None:
    """A free share is worth its price; a share that does not move is worth what is left above the strike; paths agree."""
    frame, market = warrant_frame(6), book_market()
    found = price_book({KIND: frame}, market).results
    assert found["method"].unique().to_list() == ["closed_form"]
    odds = frame["gate_odds"].fill_null(1.0).to_numpy()
    free = frame["strike_usd"].to_numpy() == 0.0
    whole = (frame["shares"].to_numpy() * odds * 164.67)[free]
    assert found["value"].to_numpy()[free] == pytest.approx(whole, rel=1e-12)
    still = market.evolve(equity={"AMD": market.equity["AMD"].evolve(volatility=0.0)})
    calm = price_book({KIND: frame}, still).results["value"].to_numpy()
    assert calm[free] == pytest.approx(whole, rel=1e-12)
    assert (calm <= found["value"].to_numpy() * (1.0 + 1e-12)).all()
    paths = price_book({KIND: frame[1:2].with_columns(pl.lit("monte_carlo").alias("method"))}, market, paths=1024).results
    assert abs(paths["value"][0] - found["value"][1]) <= MC_SIGMAS * paths["standard_error"][0]
