"""Business days of New York, from QuantLib's calendar of the New York Stock Exchange."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import numpy as np
import QuantLib as ql

from curves._quantlib.session import from_ql, session, to_ql
from curves.arrays import DAYS_PER_YEAR, FloatArray, bad_argument, read_only


@lru_cache(maxsize=256)
def business_days(start: dt.date, end: dt.date) -> tuple[dt.date, ...]:
    """Trading days of New York after `start`, up to and with `end`.

    `end` is appended where it is not a trading day, so that a path always ends on its last date; `start` never belongs to them.
    Holidays to come are those known to QuantLib's rules; unscheduled closings are not foreseen.

    Args:
        start: the day before the first possible one.
        end: last day; `start` itself gives no days at all.

    Raises:
        InputError: `end` before `start`, or a year outside 1901 to 2199.

    Example:
        >>> business_days(dt.date(2025, 7, 3), dt.date(2025, 7, 8))
        (datetime.date(2025, 7, 7), datetime.date(2025, 7, 8))
    """
    if end < start:
        raise bad_argument("business_days", "end", end.isoformat(), f"at or after {start}", "exchange the dates")
    if end == start:
        return ()
    with session(start):
        listed = ql.UnitedStates(ql.UnitedStates.NYSE).businessDayList(to_ql(start + dt.timedelta(days=1)), to_ql(end))
        days = tuple(from_ql(date) for date in listed)
    return days if days and days[-1] == end else (*days, end)


@lru_cache(maxsize=1024)
def days_of_month(year: int, month: int) -> tuple[dt.date, ...]:
    """The trading days of New York in a calendar month: what a monthly mean is taken over."""
    first = dt.date(year, month, 1)
    with session(first):
        start = to_ql(first)
        listed = ql.UnitedStates(ql.UnitedStates.NYSE).businessDayList(start, ql.Date.endOfMonth(start))
        return tuple(from_ql(date) for date in listed)


@lru_cache(maxsize=256)
def business_times(start: dt.date, end: dt.date) -> FloatArray:
    """The same days as ACT/365F years after `start`: read-only [time], strictly rising, above 0."""
    ordinals = np.array([day.toordinal() for day in business_days(start, end)], dtype=np.float64)
    return read_only((ordinals - start.toordinal()) / DAYS_PER_YEAR)


def is_business_day(date: dt.date) -> bool:
    """Whether the New York Stock Exchange trades on that day."""
    with session(date):
        return bool(ql.UnitedStates(ql.UnitedStates.NYSE).isBusinessDay(to_ql(date)))


def next_business_day(date: dt.date) -> dt.date:
    """That day, or the first trading day after it."""
    with session(date):
        return from_ql(ql.UnitedStates(ql.UnitedStates.NYSE).adjust(to_ql(date), ql.Following))


def add_business_days(date: dt.date, days: int) -> dt.date:
    """The trading day `days` trading days later (earlier where negative)."""
    with session(date):
        return from_ql(ql.UnitedStates(ql.UnitedStates.NYSE).advance(to_ql(date), days, ql.Days))
