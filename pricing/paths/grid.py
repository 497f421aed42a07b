"""The days on which a world is looked at."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from curves import Market, business_days, business_times, default_rates_key, discount_curve

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """The days on which the world is looked at: business days after `start`, up to and with the last."""

    start: dt.date
    dates: tuple[dt.date, ...]
    times: Array
    steps: Array
    discounts: Array
    """Discount factor at each day."""

    @property
    def size(self) -> int:
        """Number of days."""
        return len(self.dates)

    @cached_property
    def ordinals(self) -> NDArray[np.int64]:
        """The days as ordinals, for comparing whole columns of dates."""
        return np.array([date.toordinal() for date in self.dates], dtype=np.int64)


def daily_grid(market: Market, end: dt.date) -> Grid:
    """Business days of New York from the market's date to `end`, which counts whether or not it is one."""
    times = business_times(market.as_of, end)
    discounts = discount_curve(market, default_rates_key(market)).discount(times)
    return Grid(market.as_of, business_days(market.as_of, end), times, np.diff(times, prepend=0.0), discounts)


def grid_of(as_of: dt.date, dates: tuple[dt.date, ...], years: NDArray[np.floating], discounts: NDArray[np.floating]) -> Grid:
    """A grid on the days of somebody's plan: month ends, say.

    Args:
        as_of: the market's date. dates: after it, rising. years: ACT/365F from it [day]. discounts: [day].
    """
    times = np.asarray(years, dtype=np.float64)
    return Grid(as_of, dates, times, np.diff(times, prepend=0.0), np.asarray(discounts, dtype=np.float64))
