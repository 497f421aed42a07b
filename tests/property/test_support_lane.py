"""The lane of guarantees of leases is the closed form on its whole domain, and what lies outside is what the engines say."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, strategies as st

from curves import Market, Move, Scenario, all_quotes, with_quote
from instruments.ground.errors import GpufinError
from instruments.ground.tolerances import MC_SIGMAS, ORACLE_REL
from pricing import price
from pricing.books.deltas import book_deltas
from pricing.books.kinds import kinds, row_deal
from pricing.books.lanes.support import SupportLane
from pricing.books.pricer import price_book
from tests.books import AS_OF, book_market, record, support_frame

KIND = "lease_guarantee"
STARTS = ("2025-10-31", "2026-02-28", "2027-12-31")
CREDITS = (None, "credit:NEO", "credit:LAB", "credit:BIG")
ODD: list[dict[str, Any]] = [
    {"phases": [{"label": "a", "share": 1.0}]}, {"deposit_usd": 1e6}, {"renewal": {"count": 1, "months": 12}},
    {"rent": {"kind": "stepped", "usd_per_month": {"0": 2.4e5}}}, {"start": "2025-09-30"}, {"start": "2026-02-27"}, {"lessee": "lessor"},
    {"lessor": "guarantor"}, {"lessee": "nobody"}, {"term_months": 12.0}, {"term_months": 0}, {"timing": None}, {"residual": {"share": {}}},
    {"residual": {"kind": "share"}}, {"price_usd": True}, {"price_usd": 1e12}, {"extra": 1}, {"seller": None}, {"phases": []},
    {"return_conditions": {"cost_usd": 1e5}}, {"asset": {"kind": "fleet", "fleet": "fleet"}},
]  # fmt: skip
"""Changes to a lease that the lane leaves to the models, or may take where they say nothing."""


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    """A guarantee with its lease, any terms that the lane reads."""
    term, rent = draw(st.integers(1, 120)), draw(st.sampled_from([1e5, 3e5]))
    share = draw(st.sampled_from([None, 0.0, 0.4]))
    residual = {"kind": draw(st.sampled_from(["market", "none"]))} if share is None else {"kind": "share", "share": share}
    lease = {
        "kind": "lease", "lessor": "lessor", "lessee": "tenant", "price_usd": rent * term * draw(st.floats(0.5, 1.0)),
        "asset": {"kind": "site", "units": draw(st.sampled_from([1.0, 500.0])), "life_years": 30.0, "rent": "rent:CAMPUS",
                  "resale": draw(st.sampled_from(["resale:CAMPUS", "resale:THIN"]))},
        "start": draw(st.sampled_from(STARTS)), "term_months": term, "residual": residual,
        "rent": draw(st.sampled_from([{"kind": "level", "usd_per_month": rent},
                                      {"kind": "escalator", "usd_per_month": rent, "yearly_increase": 0.04}])),
        "timing": draw(st.sampled_from(["advance", "arrears"])),
        "remarketing": {"choice": draw(st.sampled_from(["best", "sell"])), "repossession_months": draw(st.integers(0, 30)),
                        "recourse": draw(st.sampled_from(["full", "asset"]))},
    }  # fmt: skip
    credit = draw(st.sampled_from(CREDITS))
    form = draw(st.sampled_from(["residual_value", "first_loss", "lease_backstop", "payment"]))
    first = draw(st.integers(0, 60))
    row = {
        "id": "row", "method": draw(st.sampled_from([None, "closed_form"])), "guarantor.credit": draw(st.sampled_from(CREDITS)),
        "lease": "lease", "cover.form": form, "first_month": first, "last_month": draw(st.none() | st.integers(first, 150)),
        "payment_lag_months": draw(st.integers(0, 36)),
        "deal": json.dumps({"contracts": {"lease": lease}, "parties": {"lessor": {}, "tenant": {"credit": credit} if credit else {}}}),
    }  # fmt: skip
    if form in ("first_loss", "lease_backstop"):
        row["cover.share"] = draw(st.floats(0.0, 1.0))
    if form in ("residual_value", "first_loss"):
        row["cover.measured"] = draw(st.sampled_from(["market_value", "recovery"]))
        for month in draw(st.lists(st.sampled_from([0, 1, 7, 60, 119, 120]), min_size=1, unique=True)):
            row[f"cover.threshold_usd.{month}"] = draw(st.floats(0.0, 2e7))
    return row


def lane_market() -> Market:
    """The market of books, with an asset whose sale moves its price and whose value follows rents by a power."""
    market = book_market()
    thin = market.resale["CAMPUS"].evolve(impact=0.5, depth_units=500.0, rent_elasticity=1.6)
    return market.evolve(resale={**market.resale, "THIN": thin})


def frame_of(row: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame({name: [cell] for name, cell in row.items()}, infer_schema_length=None)


def by_engine(row: dict[str, Any], market: Market) -> tuple[str, float] | None:
    """Party and value of the closed form, the way a loop over deals has it; None where it is refused."""
    try:
        deal = row_deal(kinds()[KIND], {name: cell for name, cell in row.items() if cell is not None}, AS_OF)
        found = price(deal, market, method=row["method"] or "closed_form", measures=("value",)).row("value", contract="contract")
    except GpufinError:
        return None
    assert found.value is not None
    return found.party or "", found.value


@given(rows())
def test_a_row_of_the_lane_is_worth_what_the_closed_form_says(row: dict[str, Any]) -> None:
    market = lane_market()
    expected = by_engine(row, market)
    if SupportLane().domain(frame_of(row), market)[0]:
        found = SupportLane().values(frame_of(row), market)
        if expected is None:  # no implicit rate: the book asks the engine, which says so
            assert np.isnan(found.values[0])
        else:
            assert (found.parties or [""])[0] == expected[0]
            assert found.values[0] == pytest.approx(expected[1], rel=ORACLE_REL, abs=1e-6)
    else:
        assert row["method"] is None, "a row that asks for the closed form of plain terms is the lane's"


@given(rows(), st.sampled_from(ODD))
def test_a_row_outside_is_what_the_loop_over_deals_makes_of_it(row: dict[str, Any], change: dict[str, Any]) -> None:
    deal = json.loads(row["deal"])
    deal["contracts"]["lease"] |= change
    row |= {"method": "closed_form", "deal": json.dumps(deal)}
    market = lane_market()
    expected = by_engine(row, market)
    if expected is None:
        assert not _priced(row, market)
    else:
        found = price_book({KIND: frame_of(row)}, market)
        assert found.failures.is_empty()
        assert found.results["value"][0] == pytest.approx(expected[1], rel=ORACLE_REL, abs=1e-6)


def _priced(row: dict[str, Any], market: Market) -> bool:
    """Whether a book with one good row beside gives a value to this one, which nobody can price."""
    good = record(support_frame(1), 0) | {"id": "good"}
    found = price_book({KIND: pl.concat([frame_of(row), frame_of(good)], how="diagonal_relaxed")}, market)
    assert found.failures["row"].unique().to_list() == [1]
    assert found.failures.select((pl.col("reason") != "") & (pl.col("remedy") != "")).to_series().all()
    return found.results["row"].to_list() != [2]


TEXTS = [
    "{", "[]", "{}", "5", "1e999", "[" * 400, '{"é": 1}', '{"a": "\\ud800"}',
    '{"contracts": {"lease": 1}}',
    '{"contracts": {"lease": {"kind": "lease"}}}',
    '{"contracts": {}, "parties": {"lessor": 1}}',
    '{"contracts": {"lease": {"kind": "loan"}}, "parties": {}}',
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_that_is_no_deal_is_a_failure(text: str) -> None:
    row = record(support_frame(1), 0) | {"deal": text}
    assert not _priced(row, book_market())


@given(st.permutations(range(10)))
@example([9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
def test_order_and_company_never_matter(order: list[int]) -> None:
    frame, market = support_frame(10), book_market()
    whole = price_book({KIND: frame}, market).results
    turned = price_book({KIND: frame[order]}, market).results
    assert turned["value"].to_list() == whole["value"].to_numpy()[order].tolist()
    assert price_book({KIND: frame[order[:1]]}, market).results["value"][0] == whole["value"][order[0]]


def test_deltas_are_those_of_bumped_engines_and_add_up() -> None:
    frame, market = support_frame(5).with_columns(pl.lit("closed_form").alias("method")), book_market()
    found, step = book_deltas(frame, KIND, market), 1e-5
    quotes = {one.path: one.quote.value for one in all_quotes(market)}
    for path in ("rates.USD-SOFR.quotes.5Y", "credit.LAB.hazard", "credit.BIG.hazard", "credit.NEO.quotes.3Y"):
        up, down = (with_quote(market, path, quotes[path] + sign * step) for sign in (1.0, -1.0))
        for index in range(frame.height):
            high, low = (by_engine(record(frame, index), moved) for moved in (up, down))
            assert high is not None
            assert low is not None
            slope = (high[1] - low[1]) / (2.0 * step)
            assert found.deltas[index, found.factors.index(path)] == pytest.approx(slope, rel=1e-6, abs=1.0)
    rates = [at for at, path in enumerate(found.factors) if path.startswith("rates.USD-SOFR")]
    moved = [Scenario(label="x", moves=(Move(key="rates:USD-SOFR", kind="shift", amount=sign * step),)).apply(market) for sign in (1, -1)]
    high, low = (price_book({KIND: frame}, one).results["value"].to_numpy() for one in moved)
    # the sum of many bumps against one of all: second order in the step
    assert found.deltas[:, rates].sum(axis=1) == pytest.approx((high - low) / (2.0 * step), rel=1e-4, abs=1.0)


def test_rows_without_a_method_agree_with_paths() -> None:
    """Where the lane answers for the default engine, the simulation of the whole lease says the same."""
    frame, market = support_frame(10)[:4], book_market()
    lane = price_book({KIND: frame}, market).results
    paths = price_book({KIND: frame.with_columns(pl.lit("simulation").alias("method"))}, market, paths=8192).results
    gap = np.abs(lane["value"].to_numpy() - paths["value"].to_numpy())
    assert lane["method"].unique().to_list() == ["closed_form"]
    assert (gap <= MC_SIGMAS * paths["standard_error"].to_numpy()).all()


def test_rows_without_a_method_stay_with_paths_where_the_closed_form_leaves_something_out() -> None:
    frame, market = support_frame(4), book_market()
    tied = market.evolve(correlation={"rent:CAMPUS|credit:BIG": 0.3})
    assert SupportLane().domain(frame, market).to_list() == [True, True, True, True]
    assert SupportLane().domain(frame, tied).to_list() == [False, True, False, True]  # guarantor of every other row
    kept = frame.with_columns(pl.col("deal").str.replace('"sell"', '"relet"'))
    assert SupportLane().domain(kept, market).to_list() == [True, True, False, False]  # thresholds look at the term's end alone
    assert SupportLane().domain(kept.with_columns(pl.lit("closed_form").alias("method")), tied).all()


def test_limits() -> None:
    """A lessee that cannot fail, a guarantor that has, a market value that does not move, a threshold at nothing."""
    frame, market = support_frame(20).with_columns(pl.lit("closed_form").alias("method")), book_market()
    forms, base = frame["cover.form"].to_numpy(), price_book({KIND: frame}, market).results["value"].to_numpy()
    assert (base[~np.isin(forms, ["residual_value", "first_loss"])] > 0.0).any()
    safe = frame.with_columns(pl.col("deal").str.replace_all(r'"tenant": \{"credit": "[^"]*"\}', '"tenant": {}'))
    values = price_book({KIND: safe}, market).results["value"].to_numpy()
    assert (values[~np.isin(forms, ["residual_value", "first_loss"])] == 0.0).all()
    doomed = market.evolve(credit={**market.credit, "BIG": market.credit["BIG"].evolve(hazard=4000.0)})
    sure = price_book({KIND: frame.with_columns(pl.lit(None, dtype=pl.String).alias("guarantor.credit"))}, market).results["value"]
    gone = price_book({KIND: frame.with_columns(pl.lit("credit:BIG").alias("guarantor.credit"))}, doomed).results["value"]
    assert gone.to_numpy() == pytest.approx(0.4 * sure.to_numpy(), rel=1e-12)
    still = market.evolve(rent={**market.rent, "CAMPUS": market.rent["CAMPUS"].evolve(volatility=0.0)})
    for index in range(5):
        expected = by_engine(record(frame, index), still)
        assert expected is not None
        assert price_book({KIND: frame[index]}, still).results["value"][0] == pytest.approx(expected[1], rel=ORACLE_REL, abs=1e-6)
    empty = frame.with_columns(pl.when(pl.col("^cover.threshold_usd.*$").is_not_null()).then(0.0).name.keep())
    nothing = price_book({KIND: empty}, market).results["value"].to_numpy()
    assert (nothing[np.isin(forms, ["residual_value", "first_loss"])] == 0.0).all()


def test_a_lease_on_the_markets_date_and_one_under_way() -> None:
    frame = support_frame(3).with_columns(pl.lit("closed_form").alias("method"))
    market = book_market().evolve(as_of=dt.date(2025, 10, 31))
    assert SupportLane().domain(frame[:1], market).all()
    late = price_book({KIND: frame}, book_market().evolve(as_of=dt.date(2026, 1, 31)))
    assert late.failures["row"].unique().to_list() == [1]
