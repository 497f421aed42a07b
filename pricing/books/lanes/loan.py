"""The array lane of loans on their borrower's credit: planned flows at a constant recovery, as `pricing.schedules.loan.scheduled_value`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curves import DiscountCurve, SurvivalCurve, default_rates_key, discount_curve, survival_curve
from curves.market import Market
from instruments.contracts.loan import SHARES_ABS
from instruments.contracts.loan_parts import Amortisation, Floating
from pricing.books.lanes.base import (
    EPOCH,
    Array,
    LaneValues,
    Refusal,
    Whole,
    codes,
    column,
    days as days_of,
    is_month_end,
    month_index,
    months,
    not_after,
    number,
    only,
    unknown_keys,
)
from pricing.schedules.grid import day_counts, month_ends, thirty_360

KNOWN = frozenset(
    [
        "id",
        "kind",
        "method",
        "lender",
        "borrower",
        "commitment_usd",
        "maturity",
        "amortisation.kind",
        "amortisation.start",
        "amortisation.annuity_rate",
        "amortisation.balloon",
        "amortisation.life_years",
        "floating.share",
        "floating.index",
        "floating.margin",
        "floating.floor",
        "fixed.share",
        "fixed.rate",
        "borrower.credit",
        "lender.credit",
        "lender.equity",
        "borrower.equity",
    ]
)
SCHEDULES = ("annuity", "straight", "bullet", "depreciated")
ANNUITY_RATE = float(Amortisation.model_fields["annuity_rate"].default)
LIFE_YEARS = float(Amortisation.model_fields["life_years"].default)
USUAL_INDEX = str(Floating.model_fields["index"].default)
NO_CREDIT = ""
D = TypeVar("D", np.float64, np.int64)
INDEX = "__index"
FLOATING = ("floating.share", "floating.margin", "floating.floor")
BLOCK = 8192
"""Rows that are put together at a time."""
NOTE = "planned flows on the borrower's credit, constant recovery"


@dataclass(frozen=True)
class LoanArrays:
    """Loans and curves as the kernel reads them."""

    terms: Array
    """[row, 10]"""
    ints: Whole
    """[row, 7]"""
    tables: Array
    """[pair, time, 6]"""
    days: Whole
    """[time] of each month."""
    life: Whole
    """[time] days from the market's date."""
    pairs: tuple[tuple[str, str], ...]
    """[pair] keys of the discount curve and of the credit, '' where nobody fails."""


@dataclass(frozen=True)
class LoanColumns:
    """The same before rows are put together: columns of terms and of whole numbers, [row] each."""

    terms: tuple[Array | float, ...]
    ints: tuple[Whole, ...]
    pairs: tuple[tuple[str, str], ...]
    months: int
    """Most months of a loan."""


class LoanLane:
    """The lane of loans without collateral."""

    method = "schedule"
    party = "lender"

    def fit(self, frame: pl.DataFrame, market: Market) -> list[Refusal]:
        """Rows whose curves are there and whose maturity lies ahead."""
        return [
            *unknown_keys(
                _indexed_once(frame), INDEX, lambda key: discount_curve(market, key or default_rates_key(market)), "floating.index"
            ),
            *unknown_keys(frame, "borrower.credit", lambda key: survival_curve(market, key)),
            not_after(frame, "maturity", market.as_of, "maturity must be after the market's date"),
        ]

    def domain(self, frame: pl.DataFrame, market: Market) -> pl.Series:
        """Term loans by a level, bullet or depreciated schedule whose shares add up and whose dates are in order."""
        shares = column(frame, "floating.share", 0.0) + column(frame, "fixed.share", 0.0)
        kind, start = column(frame, "amortisation.kind", "annuity"), pl.col("amortisation.start")
        balloon = (column(frame, "amortisation.balloon", 0.0) == 0.0) | kind.is_in(["annuity", "straight"])
        apart = column(frame, "lender", "lender") != column(frame, "borrower", "borrower")
        fits = (
            only(frame, KNOWN)
            & ((shares - 1.0).abs() <= SHARES_ABS)
            & kind.is_in(list(SCHEDULES))
            & balloon
            & (start <= pl.col("maturity"))
            & is_month_end("maturity")
            & apart
        )
        return frame.select(fits.fill_null(False).alias("fits"))["fits"]

    def values(self, frame: pl.DataFrame, market: Market) -> LaneValues:
        """Values to the lender before what was lent already; rows are put together in blocks that stay in the processor's cache."""
        from pricing.kernels.loans import loan_values  # compiled where it is used

        columns = loan_columns(frame, market)
        tables, days, life = pair_tables(market.as_of, [curves_of(market, keys) for keys in columns.pairs], columns.months)
        terms, ints, out = np.empty((BLOCK, 10)), np.empty((BLOCK, 7), dtype=np.int64), np.empty(frame.height)
        for low in range(0, frame.height, BLOCK):
            rows = slice(low, min(low + BLOCK, frame.height))
            size = rows.stop - low
            filled(terms[:size], *(one if isinstance(one, float) else one[rows] for one in columns.terms))
            filled(ints[:size], *(one[rows] for one in columns.ints))
            loan_values(terms[:size], ints[:size], tables, days, life, out[rows])
        return LaneValues(out, NOTE)


def loan_book_values(arrays: LoanArrays) -> Array:
    """Value of every loan to its lender, USD, [row]."""
    from pricing.kernels.loans import loan_values  # compiled where it is used

    out = np.empty(len(arrays.terms))
    loan_values(arrays.terms, arrays.ints, arrays.tables, arrays.days, arrays.life, out)
    return out


def loan_arrays(frame: pl.DataFrame, market: Market) -> LoanArrays:
    """The lane's rows put together, and the market's curves on the month ends that they need."""
    columns = loan_columns(frame, market)
    tables, days, life = pair_tables(market.as_of, [curves_of(market, keys) for keys in columns.pairs], columns.months)
    terms = filled(np.empty((frame.height, 10)), *columns.terms)
    return LoanArrays(terms, filled(np.empty((frame.height, 7), dtype=np.int64), *columns.ints), tables, days, life, columns.pairs)


def loan_columns(frame: pl.DataFrame, market: Market) -> LoanColumns:
    """Columns of the lane's rows, in the order of the kernel."""
    keys, place, recovery = _pairs(frame, market)
    first_month = month_index(month_ends(market.as_of, 1)[0])
    began = days_of(frame, "amortisation.start")
    start, end = months(began), months(days_of(frame, "maturity"))
    left = end - first_month + 1
    schedules, kind = codes(frame, "amortisation.kind", "annuity")
    by_kind = np.array([{"annuity": 1, "straight": 1, "depreciated": 2}.get(name, 0) for name in schedules], dtype=np.int64)
    is_annuity = np.array([name == "annuity" for name in schedules])
    rate = number(frame, "amortisation.annuity_rate", ANNUITY_RATE) / 12.0 * is_annuity[kind]
    terms = (
        number(frame, "floating.share"),
        number(frame, "floating.margin"),
        number(frame, "fixed.share"),
        number(frame, "fixed.rate"),
        number(frame, "commitment_usd"),
        rate,
        number(frame, "amortisation.balloon"),
        number(frame, "amortisation.life_years", LIFE_YEARS),
        recovery,
        0.0,
    )
    ints = (
        left,
        np.maximum(start - first_month, 0),
        np.maximum(first_month - start, 0),
        end - start + 1,
        by_kind[kind],
        place,
        (market.as_of - EPOCH).days - began,
    )
    return LoanColumns(terms, ints, keys, int(left.max(initial=1)))


def filled(table: NDArray[D], *columns: NDArray[D] | float) -> NDArray[D]:
    """A table [row, column] from its columns."""
    for at, one in enumerate(columns):
        table[:, at] = one
    return table


Pair = tuple[DiscountCurve, SurvivalCurve | None]


def _pairs(frame: pl.DataFrame, market: Market) -> tuple[tuple[tuple[str, str], ...], Whole, Array]:
    """Keys of the pairs of curves that some row needs, the pair of each row, and its recovery."""
    indices, at = _indices(frame)
    credits, of = codes(frame, "borrower.credit", NO_CREDIT)
    keys = tuple((index or default_rates_key(market), credit) for index in indices for credit in credits)
    place = at * len(credits) + of
    recoveries = [survival_curve(market, credit).recovery if credit else 1.0 for _, credit in keys]
    return keys, place, np.array(recoveries)[place]


def _indices(frame: pl.DataFrame) -> tuple[list[str], Whole]:
    """Rates at which rows are discounted, '' for the market's default, and the place of each row's among them."""
    if "floating.index" in frame.columns:
        return codes(_indexed(frame), INDEX)
    parts = [name for name in FLOATING if name in frame.columns]
    if not parts:
        return [""], np.zeros(frame.height, dtype=np.int64)
    if any(frame[name].null_count() == 0 for name in parts):
        return [USUAL_INDEX], np.zeros(frame.height, dtype=np.int64)
    floats = frame.select(pl.any_horizontal(pl.col(name).is_not_null() for name in parts).alias("floats"))["floats"]
    return ["", USUAL_INDEX], floats.to_numpy().astype(np.int64)


def curves_of(market: Market, keys: tuple[str, str]) -> Pair:
    """The curves of a pair."""
    return discount_curve(market, keys[0]), survival_curve(market, keys[1]) if keys[1] else None


def _indexed_once(frame: pl.DataFrame) -> pl.DataFrame:
    """The rate of each row as a column, a constant where every row has the same."""
    indices, _ = _indices(frame) if "floating.index" not in frame.columns else ([], None)
    return frame.with_columns(pl.lit(indices[0]).alias(INDEX)) if len(indices) == 1 else _indexed(frame)


def _indexed(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with the rate that each row is discounted at: its floating part's, '' for the market's default."""
    parts = [name for name in (*FLOATING, "floating.index") if name in frame.columns]
    floats = pl.any_horizontal(pl.col(name).is_not_null() for name in parts) if parts else pl.lit(False)
    return frame.with_columns(pl.when(floats).then(column(frame, "floating.index", USUAL_INDEX)).otherwise(pl.lit("")).alias(INDEX))


def pair_tables(as_of: dt.date, pairs: list[Pair], count: int) -> tuple[Array, Whole, Whole]:
    """The kernel's tables [pair, time, 6], the length of each month and the days to its end [time]."""
    dates = month_ends(as_of, count)
    years, length = day_counts(as_of, dates)
    start = np.concatenate([[0.0], years[:-1]])
    middle = start + np.floor(length / 2.0) / 365.0
    thirty = thirty_360(as_of, dates)
    tables = np.empty((len(pairs), count, 6))
    for row, (rates, credit) in enumerate(pairs):
        d0, d, mid = rates.discount(start), rates.discount(years), rates.discount(middle)
        s0, s = (credit.survival(start), credit.survival(years)) if credit else (np.ones(count), np.ones(count))
        ds = d * s
        tables[row] = np.stack([ds, ds * (d0 / d - 1.0), ds * (length / 360.0), ds * thirty, mid * s0, mid * s], axis=1)
    return tables, length.astype(np.int64), np.cumsum(length).astype(np.int64)
