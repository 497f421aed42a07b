"""Deltas of whole books against bump and reprice, and against a parallel move."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from curves import Move, Scenario, all_quotes, with_quote
from instruments.ground.errors import InputError
from pricing.books.deltas import BookDeltas, book_deltas
from pricing.books.lanes.chains import credit_chain, factors_of
from pricing.books.pricer import price_book
from tests.books import FRAMES, book_market, loan_frame

STEP = 1e-6


def test_loan_deltas_are_those_of_bump_and_reprice() -> None:
    frame, market = loan_frame(60), book_market()
    found = book_deltas(frame, "loan", market)
    assert found.method == "adjoint"
    assert found.values == pytest.approx(price_book({"loan": frame}, market).results["value"].to_numpy(), rel=1e-13)
    notional = frame["commitment_usd"].to_numpy()
    quotes = {one.path: one.quote.value for one in all_quotes(market)}
    for at, path in enumerate(found.factors):
        up, down = (
            price_book({"loan": frame}, with_quote(market, path, quotes[path] + sign * STEP)).results["value"].to_numpy()
            for sign in (1.0, -1.0)
        )
        # rounding of a difference of two values of the size of the notional over a step of 1e-6, and the accuracy of a bootstrap
        assert found.deltas[:, at] / notional == pytest.approx((up - down) / (2.0 * STEP) / notional, abs=2e-7, rel=1e-6)


def test_the_deltas_of_a_curve_add_up_to_a_parallel_move() -> None:
    frame, market = loan_frame(40, 11), book_market()
    found = book_deltas(frame, "loan", market)
    rates = [at for at, path in enumerate(found.factors) if path.startswith("rates.USD-SOFR")]
    step = 1e-6
    up, down = (
        price_book(
            {"loan": frame}, Scenario(label="x", moves=(Move(key="rates:USD-SOFR", kind="shift", amount=sign * step),)).apply(market)
        )
        .results["value"]
        .to_numpy()
        for sign in (1.0, -1.0)
    )
    notional = frame["commitment_usd"].to_numpy()
    assert found.deltas[:, rates].sum(axis=1) / notional == pytest.approx((up - down) / (2 * step) / notional, abs=1e-6)


def test_what_a_loan_does_not_depend_on_has_no_delta() -> None:
    frame = loan_frame(30).with_columns(pl.lit("credit:LAB").alias("borrower.credit"))
    found = book_deltas(frame, "loan", book_market())
    others = [at for at, path in enumerate(found.factors) if path.startswith(("credit.NEO", "credit.BIG", "rates.USD-FLAT"))]
    assert np.all(found.deltas[:, others] == 0.0)
    assert np.all(found.deltas[:, found.factors.index("credit.LAB.hazard")] != 0.0)


def test_the_chain_of_par_spreads_is_that_of_bumped_bootstraps() -> None:
    market = book_market()
    kept = market.evolve(credit={**market.credit, "NEO": market.credit["NEO"].evolve(policy="floor")})
    closed, bumped = credit_chain(market, "credit:NEO"), credit_chain(kept, "credit:NEO")
    assert factors_of(market) == factors_of(kept)
    assert closed == pytest.approx(bumped, abs=1e-6 * float(np.abs(closed).max()))


@pytest.mark.parametrize("kind", [kind for kind in FRAMES if kind != "loan"])
def test_other_lanes_are_bumped(kind: str) -> None:
    frame, market = FRAMES[kind](6), book_market()
    found: BookDeltas = book_deltas(frame, kind, market)
    assert found.method == "bump"
    assert found.table.columns == ["row", "value", *found.factors]
    assert found.table["row"].to_list() == [1, 2, 3, 4, 5, 6]
    rates = [at for at, path in enumerate(found.factors) if path.startswith("rates.USD-SOFR")]
    moved = Scenario(label="x", moves=(Move(key="rates:USD-SOFR", kind="shift", amount=1e-6),)).apply(market)
    step = price_book({kind: frame}, moved).results["value"].to_numpy() - found.values
    scale = np.abs(found.values).max()
    assert found.deltas[:, rates].sum(axis=1) * 1e-6 / scale == pytest.approx(step / scale, abs=1e-9)


def test_rows_that_no_lane_prices_are_left_out() -> None:
    frame = loan_frame(5).with_columns(pl.Series("method", [None, "quantlib", None, None, None]))
    frame = frame.with_columns(pl.when(pl.int_range(pl.len()) == 3).then(-1.0).otherwise(pl.col("commitment_usd")).alias("commitment_usd"))
    assert book_deltas(frame, "loan", book_market()).rows == (1, 3, 5)
    with pytest.raises(InputError, match="hurdle_warrant"):
        book_deltas(frame, "notes", book_market())


@pytest.mark.parametrize("kind", ["loan", "offtake"])
def test_a_delta_by_name_is_a_column_of_the_whole(kind: str) -> None:
    found = book_deltas(FRAMES[kind](20), kind, book_market())
    assert found.deltas.shape == (20, len(found.factors))
    for at, factor in enumerate(found.factors):
        assert found.by(factor).tolist() == found.deltas[:, at].tolist() == found.table[factor].to_list()


def test_only_the_quotes_behind_a_row_are_kept() -> None:
    found = book_deltas(loan_frame(50), "loan", book_market())
    kept = {found.factors[at] for at in found.active.ravel() if at >= 0}
    assert kept >= {factor for factor in found.factors if np.any(found.by(factor) != 0.0)}
    assert "rates.USD-FLAT.rate" not in kept  # no loan is discounted at it
    for places in found.active:
        assert len({found.factors[at].split(".")[1] for at in places if at >= 0 and found.factors[at].startswith("credit.")}) <= 1


def test_a_delta_by_an_unknown_quote_is_refused() -> None:
    with pytest.raises(InputError, match=r"credit\.NEO"):
        book_deltas(loan_frame(5), "loan", book_market()).by("credit.NEO.hazard")
