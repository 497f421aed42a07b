"""The array lane of loans on their borrower's credit: planned flows at a constant recovery, as `pricing.schedules.loan.scheduled_value`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curves import DiscountCurve, SurvivalCurve, default_rates_key, discount_curve, survival_curve
from curves.market import Market
from instruments.contracts.loan import SHARES_ABS
from instruments.contracts.loan_parts import Amortisation, Floating
from pricing.books.columns import EPOCH
from pricing.books.lanes.base import (
    Array,
    LaneValues,
    Refusal,
    Whole,
    column,
    keys_without,
    month_index,
    not_after,
    number,
    only,
    texts,
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
SCHEDULES = {"annuity": 1, "straight": 1, "bullet": 0, "depreciated": 2}
"""Schedules of the lane, as the kernel numbers them."""
ANNUITY_RATE = float(Amortisation.model_fields["annuity_rate"].default)
LIFE_YEARS = float(Amortisation.model_fields["life_years"].default)
USUAL_INDEX = str(Floating.model_fields["index"].default)
NO_CREDIT = ""
NUMBERS = (
    ("floating.share", 0.0),
    ("floating.margin", 0.0),
    ("fixed.share", 0.0),
    ("fixed.rate", 0.0),
    ("commitment_usd", 0.0),
    ("amortisation.annuity_rate", ANNUITY_RATE),
    ("amortisation.balloon", 0.0),
    ("amortisation.life_years", LIFE_YEARS),
)
"""Columns of numbers, in the order of a loan's terms, and what stands where none is given."""
ONE = np.zeros(1, dtype=np.int32)
"""The place of every row where all have the same text."""
D = TypeVar("D", np.float64, np.int32)
INDEX = "__index"
FLOATING = ("floating.share", "floating.margin", "floating.floor")
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


class LoanColumns(NamedTuple):
    """The same before rows are put together: the columns of a book where they lie. One cell stands for the same in every row."""

    numbers: tuple[Array, ...]
    """[row] each, in the order of a loan's terms: shares, margin, rates, amount, balloon, life."""
    start: NDArray[np.int32]
    """[row] days since 1970."""
    maturity: NDArray[np.int32]
    kind: NDArray[np.int32]
    """[row] codes of schedules."""
    index: NDArray[np.int32]
    """[row] codes of rates."""
    credit: NDArray[np.int32]
    """[row] codes of credits."""
    steps: Whole
    """1 where a column has a cell for each row, 0 where it has one: numbers, kind, index, credit."""
    calendar: NDArray[np.int32]
    """[day from `first_day`] which month it is in, the first payment's 0."""
    first_day: int
    as_of: int
    schedules: Whole
    """[code] kind of schedule."""
    rated: NDArray[np.bool_]
    """[code] whether the schedule has a rate."""
    credits: int
    """How many codes of credits there are: pair = index x credits + credit."""
    recoveries: Array
    """[pair]"""


class LoanLane:
    """The lane of loans without collateral."""

    method = "schedule"
    party = "lender"

    def fit(self, frame: pl.DataFrame, market: Market) -> list[Refusal]:
        """Rows whose curves are there and whose maturity lies ahead."""
        indices, at = _indices(frame)
        places = at if at.size == frame.height else np.broadcast_to(at, (frame.height,))
        return [
            *keys_without(indices, places, lambda key: discount_curve(market, key or default_rates_key(market)), "floating.index"),
            *unknown_keys(frame, "borrower.credit", lambda key: survival_curve(market, key)),
            not_after(frame, "maturity", market.as_of, "maturity must be after the market's date"),
        ]

    def domain(self, frame: pl.DataFrame, market: Market) -> pl.Series:
        """Term loans by a level, bullet or depreciated schedule whose shares add up and whose dates are in order."""
        from pricing.kernels.loans import loan_fits  # compiled where it is used

        apart = column(frame, "lender", "lender") != column(frame, "borrower", "borrower")
        # a column is named, as a rule without one has no height of its own
        rule = pl.col("maturity").is_not_null() & only(frame, KNOWN) & apart
        others = frame.select(rule.fill_null(False).alias("fits"))["fits"].to_numpy()
        kinds, _ = found = texts(frame, "amortisation.kind", "annuity")
        columns = _columns(frame, market, found, ([""], ONE), ([NO_CREDIT], ONE), np.ones(1))
        last = columns.first_day + columns.calendar.size
        ends = (np.diff(_month_of(np.arange(columns.first_day, last + 1))) != 0).astype(np.uint8)
        planned = np.array([kind in SCHEDULES for kind in kinds], dtype=np.uint8)
        out = np.empty(frame.height, dtype=np.bool_)
        loan_fits(columns, ends, planned, SHARES_ABS, out)
        return pl.Series(out & others)

    def values(self, frame: pl.DataFrame, market: Market) -> LaneValues:
        """Values to the lender before what was lent already."""
        from pricing.kernels.loans import loan_book  # compiled where it is used

        columns, pairs = loan_columns(frame, market)
        tables, _, life = pair_tables(market.as_of, [curves_of(market, keys) for keys in pairs], _months(columns))
        out = np.empty(frame.height)
        loan_book(columns, tables, life, out)
        return LaneValues(out, NOTE)


def loan_book_values(arrays: LoanArrays) -> Array:
    """Value of every loan to its lender, USD, [row]."""
    from pricing.kernels.loans import loan_values  # compiled where it is used

    out = np.empty(len(arrays.terms))
    loan_values(arrays.terms, arrays.ints, arrays.tables, arrays.days, arrays.life, out)
    return out


def loan_arrays(frame: pl.DataFrame, market: Market) -> LoanArrays:
    """The lane's rows put together, and the market's curves on the month ends that they need."""
    from pricing.kernels.loans import loan_rows  # compiled where it is used

    columns, pairs = loan_columns(frame, market)
    tables, days, life = pair_tables(market.as_of, [curves_of(market, keys) for keys in pairs], _months(columns))
    terms, ints = np.empty((frame.height, 10)), np.empty((frame.height, 7), dtype=np.int64)
    loan_rows(columns, terms, ints)
    return LoanArrays(terms, ints, tables, days, life, pairs)


def loan_columns(frame: pl.DataFrame, market: Market) -> tuple[LoanColumns, tuple[tuple[str, str], ...]]:
    """Columns of the lane's rows as the kernel reads them, and the keys of the pairs of curves that some row needs."""
    indices, credits = _indices(frame), texts(frame, "borrower.credit", NO_CREDIT)
    keys = tuple((index or default_rates_key(market), credit) for index in indices[0] for credit in credits[0])
    recoveries = np.array([survival_curve(market, credit).recovery if credit else 1.0 for _, credit in keys])
    kinds = texts(frame, "amortisation.kind", "annuity")
    return _columns(frame, market, kinds, indices, credits, recoveries), keys


Texts = tuple[list[str], NDArray[np.int32]]


def _columns(frame: pl.DataFrame, market: Market, kinds: Texts, indices: Texts, credits: Texts, recoveries: Array) -> LoanColumns:
    start, maturity = (frame[name].to_physical().to_numpy() for name in ("amortisation.start", "maturity"))
    first_day = min(int(start.min(initial=0)), int(maturity.min(initial=0)))
    last_day = max(int(start.max(initial=0)), int(maturity.max(initial=0)))
    calendar = _month_of(np.arange(first_day, last_day + 1)) - month_index(month_ends(market.as_of, 1)[0])
    numbers = tuple(_fixed(number(frame, name, default, once=True)) for name, default in NUMBERS)
    rows = (*numbers, kinds[1], indices[1], credits[1])
    return LoanColumns(
        numbers=numbers,
        start=_fixed(start),
        maturity=_fixed(maturity),
        kind=_fixed(kinds[1]),
        index=_fixed(indices[1]),
        credit=_fixed(credits[1]),
        steps=np.array([int(one.size == frame.height) for one in rows]),
        calendar=calendar.astype(np.int32),
        first_day=first_day,
        as_of=(market.as_of - EPOCH).days,
        schedules=np.array([SCHEDULES.get(kind, 0) for kind in kinds[0]], dtype=np.int64),
        rated=np.array([kind == "annuity" for kind in kinds[0]]),
        credits=len(credits[0]),
        recoveries=recoveries,
    )


def _months(columns: LoanColumns) -> int:
    """Most months of a loan."""
    last = int(columns.maturity.max(initial=columns.first_day))
    return max(int(columns.calendar[last - columns.first_day]) + 1, 1)


def _month_of(days: NDArray[np.int64]) -> Whole:
    """Months since January 1970."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _fixed(cells: NDArray[D]) -> NDArray[D]:
    """A column that nobody writes to: what polars lends is so, and the kernel is compiled for one sort."""
    found = np.ascontiguousarray(cells).view()
    found.setflags(write=False)
    return found


Pair = tuple[DiscountCurve, SurvivalCurve | None]


def _indices(frame: pl.DataFrame) -> Texts:
    """Rates at which rows are discounted, '' for the market's default, and the place of each row's among them, or one place for all."""
    if "floating.index" in frame.columns:
        return texts(_indexed(frame), INDEX)
    parts = [name for name in FLOATING if name in frame.columns]
    if not parts:
        return [""], ONE
    if any(frame[name].null_count() == 0 for name in parts):
        return [USUAL_INDEX], ONE
    floats = frame.select(pl.any_horizontal(pl.col(name).is_not_null() for name in parts).alias("floats"))["floats"]
    return ["", USUAL_INDEX], floats.to_numpy().astype(np.int32)


def curves_of(market: Market, keys: tuple[str, str]) -> Pair:
    """The curves of a pair."""
    return discount_curve(market, keys[0]), survival_curve(market, keys[1]) if keys[1] else None


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
