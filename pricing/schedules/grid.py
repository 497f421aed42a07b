"""Monthly grids of payment dates at month ends."""

from __future__ import annotations

import calendar
import datetime as dt
import itertools

import numpy as np

from pricing.schedules.types import Floats


def month_end(year: int, month: int) -> dt.date:
    """Last day of a month; months beyond 12 run into later years."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def month_ends(as_of: dt.date, months: int) -> tuple[dt.date, ...]:
    """The next `months` month ends strictly after `as_of`."""
    first = 0 if month_end(as_of.year, as_of.month) > as_of else 1
    return tuple(month_end(as_of.year, as_of.month + first + index) for index in range(months))


def months_to(as_of: dt.date, last: dt.date) -> int:
    """Number of month ends after `as_of` up to and including `last`."""
    count = (last.year - as_of.year) * 12 + last.month - as_of.month
    first = 0 if month_end(as_of.year, as_of.month) > as_of else 1
    return max(0, count + (1 if month_end(last.year, last.month) == last else 0) - first)


def month_index(as_of: dt.date, date: dt.date) -> int:
    """Index on the grid of the first month end on or after `date`; -1 where `date` is not after `as_of`."""
    return -1 if date <= as_of else months_to(as_of, month_end(date.year, date.month)) - 1


def day_counts(as_of: dt.date, dates: tuple[dt.date, ...]) -> tuple[Floats, Floats]:
    """Years (ACT/365F) from `as_of` to each date, and days in each period."""
    ordinals = np.array([as_of.toordinal(), *(date.toordinal() for date in dates)], dtype=np.float64)
    return (ordinals[1:] - ordinals[0]) / 365.0, np.diff(ordinals)


def thirty_360(as_of: dt.date, dates: tuple[dt.date, ...]) -> Floats:
    """Year fractions of each period, 30/360 between month ends (a first stub counts its days)."""
    points = [as_of, *dates]
    return np.array([_thirty(start, end) / 360.0 for start, end in itertools.pairwise(points)])


def _thirty(start: dt.date, end: dt.date) -> int:
    days = [30 if date == month_end(date.year, date.month) else date.day for date in (start, end)]
    return 360 * (end.year - start.year) + 30 * (end.month - start.month) + days[1] - days[0]
