"""Tenors and year fractions without a calendar: pure date arithmetic."""

from __future__ import annotations

import datetime as dt
from calendar import monthrange

from curves.arrays import DAYS_PER_YEAR

MONTHS_PER_UNIT = {"M": 1, "Y": 12}
DAYS_PER_UNIT = {"D": 1, "W": 7}


def add_months(start: dt.date, months: int) -> dt.date:
    """The same day `months` later, or the last day of that month where it is shorter."""
    year, month0 = divmod(start.year * 12 + start.month - 1 + months, 12)
    return dt.date(year, month0 + 1, min(start.day, monthrange(year, month0 + 1)[1]))


def add_tenor(start: dt.date, tenor: str) -> dt.date:
    """The unadjusted date a tenor after `start`.

    Args:
        start: any date.
        tenor: a whole number and D, W, M or Y, as `curves.quotes.Tenor` checks it.

    Example:
        >>> add_tenor(dt.date(2025, 1, 31), "1M")
        datetime.date(2025, 2, 28)
    """
    count, unit = int(tenor[:-1]), tenor[-1]
    if unit in DAYS_PER_UNIT:
        return start + dt.timedelta(days=count * DAYS_PER_UNIT[unit])
    return add_months(start, count * MONTHS_PER_UNIT[unit])


def years_between(start: dt.date, end: dt.date) -> float:
    """ACT/365F years from `start` to `end`; negative where `end` is earlier.

    Example:
        >>> years_between(dt.date(2025, 10, 3), dt.date(2026, 10, 3))
        1.0
    """
    return (end - start).days / DAYS_PER_YEAR
