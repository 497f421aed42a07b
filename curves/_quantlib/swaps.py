"""Dates of swaps on SOFR and of overnight compounding, from QuantLib's calendar of the SOFR fixing days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import QuantLib as ql

from curves._quantlib.ois import PAYMENT_LAG_DAYS, SETTLEMENT_DAYS
from curves._quantlib.session import from_ql, session, to_ql
from curves.arrays import IntArray, bad_argument, read_only_int


@lru_cache(maxsize=256)
def swap_dates(as_of: dt.date, tenors: Sequence[str]) -> tuple[tuple[IntArray, IntArray, IntArray], ...]:
    """For each tenor: day numbers after `as_of` at which the annual periods start [period], end [period] and pay [period]."""
    with session(as_of):
        found = []
        calendar, zero = ql.UnitedStates(ql.UnitedStates.SOFR), to_ql(as_of).serialNumber()
        start = calendar.advance(calendar.adjust(to_ql(as_of)), SETTLEMENT_DAYS, ql.Days)
        for tenor in tenors:
            end = start + ql.Period(tenor)
            schedule = ql.Schedule(
                start, end, ql.Period(ql.Annual), calendar, ql.ModifiedFollowing, ql.ModifiedFollowing, ql.DateGeneration.Backward, False
            )
            days = np.array([date.serialNumber() - zero for date in schedule.dates()], dtype=np.int64)
            paid = [calendar.advance(date, PAYMENT_LAG_DAYS, ql.Days).serialNumber() - zero for date in schedule.dates()[1:]]
            found.append((read_only_int(days[:-1]), read_only_int(days[1:]), read_only_int(np.array(paid, dtype=np.int64))))
    return tuple(found)


@lru_cache(maxsize=1024)
def overnight_days(
    start: dt.date, end: dt.date, lookback_days: int, shifted: bool
) -> tuple[tuple[dt.date, ...], tuple[dt.date, ...], IntArray]:
    """The days of one interest period that compounds the overnight rate.

    Returns:
        Day from which each rate accrues [day], the business day after it [day] (where that rate ends), and the calendar days for which
        the rate counts [day]: those of the interest period, or with an observation shift those of the observed days.
    """
    if end <= start:
        raise bad_argument("compounding", "end", end.isoformat(), f"after {start}", "exchange the dates")
    with session(start):
        calendar = ql.UnitedStates(ql.UnitedStates.SOFR)
        first, last = to_ql(start), to_ql(end)
        if not (calendar.isBusinessDay(first) and calendar.isBusinessDay(last)):
            raise bad_argument("compounding", "start", f"{start} to {end}", "two SOFR fixing days", "adjust the interest period")
        accrual = [
            *(date for date in calendar.businessDayList(first, last)),
        ]
        seen = [calendar.advance(date, -lookback_days, ql.Days) for date in accrual]
        after = [calendar.advance(date, 1, ql.Days) for date in seen[:-1]]
        counted = seen if shifted else accrual
        weights = np.diff(np.array([date.serialNumber() for date in counted], dtype=np.int64))
        return tuple(from_ql(date) for date in seen[:-1]), tuple(from_ql(date) for date in after), read_only_int(weights)


def sofr_day(date: dt.date, days: int = 0) -> dt.date:
    """The SOFR fixing day at or after a date, moved by a number of such days."""
    with session(date):
        calendar = ql.UnitedStates(ql.UnitedStates.SOFR)
        return from_ql(calendar.advance(calendar.adjust(to_ql(date)), days, ql.Days))
