"""The premium calendar of standard credit default swaps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from curves.arrays import DAYS_PER_YEAR, ArrayRecord, FloatArray, IntArray, bad_argument, read_only, read_only_int
from curves.tenors import MONTHS_PER_UNIT, add_months

PAYMENT_DAY = 20
QUARTER, HALF_YEAR = 3, 6
DAYS_PER_ACCRUAL_YEAR = 360.0
ACCRUAL_PER_YEAR = DAYS_PER_YEAR / DAYS_PER_ACCRUAL_YEAR
"""ACT/360 year fractions per ACT/365F year."""
ONE_DAY_ACCRUAL = 1.0 / DAYS_PER_ACCRUAL_YEAR
"""The last period also counts its last day; the rebate also counts the trade date (standard contract)."""


@dataclass(frozen=True, slots=True, eq=False)
class CdsSchedule(ArrayRecord):
    """Premium periods of a ladder of swaps that share their dates, in ACT/365F years from the valuation date.

    The first period starts at or before 0; the premium accrued since then, the trade date included, is given back at 0: quotes are
    clean.
    """

    starts_years: FloatArray
    """Start of each period [period]; the first is 0 or below."""
    ends_years: FloatArray
    """End and payment of each period [period]."""
    last_periods: IntArray
    """Index of the last period of each swap [quote], strictly rising."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts_years", read_only(self.starts_years))
        object.__setattr__(self, "ends_years", read_only(self.ends_years))
        object.__setattr__(self, "last_periods", read_only_int(self.last_periods))
        ends, starts, last = self.ends_years, self.starts_years, self.last_periods
        joined = starts.shape == ends.shape and starts.size > 0 and np.array_equal(starts[1:], ends[:-1])
        if not joined or starts[0] > 0.0 or ends[0] <= 0.0 or not bool((np.diff(ends) > 0.0).all()):
            raise bad_argument("cds_schedule", "ends_years", ends, "periods that join and rise, the first one running at 0", "sort them")
        if not last.size or int(last[0]) < 0 or int(last[-1]) >= ends.size or not bool((np.diff(last) > 0).all()):
            raise bad_argument("cds_schedule", "last_periods", last, "rising indices of periods", "two quotes end on the same date?")

    @property
    def maturities_years(self) -> FloatArray:
        """Maturity of each swap [quote]."""
        return self.ends_years[self.last_periods]


def cds_maturity(as_of: dt.date, tenor: str) -> dt.date:
    """Maturity of a standard swap traded on `as_of`: 20 June or 20 December plus the tenor (the half-yearly roll since 2015).

    Args:
        as_of: trade date; from 20 March the June date counts, from 20 September the December date.
        tenor: years, or months that are a multiple of three.

    Raises:
        InputError: another tenor.

    Example:
        >>> cds_maturity(dt.date(2025, 10, 3), "5Y")
        datetime.date(2030, 12, 20)
    """
    months = int(tenor[:-1]) * MONTHS_PER_UNIT.get(tenor[-1], 0)
    if months == 0 or months % QUARTER:
        raise bad_argument("credit", "tenor", tenor, "years, or months in multiples of three", "CDS end in June or December plus that")
    roll = _quarter_day(as_of)
    if roll.month % HALF_YEAR == 0:
        roll = add_months(roll, -QUARTER)
    return add_months(roll, QUARTER + months)


def cds_schedule(as_of: dt.date, tenors: Sequence[str]) -> CdsSchedule:
    """The quarterly periods of standard swaps, up to the longest.

    Model: periods end on 20 March, June, September and December, not moved off weekends; the first one starts on the last such
    date at or before `as_of`; protection runs from `as_of` to the end of the maturity date.

    Args:
        as_of: valuation date.
        tenors: [quote], in order of maturity; see `cds_maturity`.

    Raises:
        InputError: a tenor that is not allowed, out of order, or given twice (12M and 1Y).
    """
    maturities = [cds_maturity(as_of, tenor) for tenor in tenors]
    days = [_quarter_day(as_of)]
    while days[-1] < max(maturities, default=days[0]):
        days.append(add_months(days[-1], QUARTER))
    years = np.array([(day - as_of).days for day in days], dtype=np.float64) / DAYS_PER_YEAR
    last = np.array([days.index(maturity) - 1 for maturity in maturities], dtype=np.int64)
    return CdsSchedule(years[:-1], years[1:], last)


def _quarter_day(date: dt.date) -> dt.date:
    """The last 20 March, June, September or December at or before a date."""
    month = dt.date(date.year, date.month, 1)
    back = date.month % QUARTER
    if back == 0 and date.day < PAYMENT_DAY:
        back = QUARTER
    return add_months(month, -back).replace(day=PAYMENT_DAY)
