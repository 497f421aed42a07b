"""Month ends from the market's date as the lanes read them, and curves on them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from curves import default_rates_key, discount_curve, rent_curve, short_rate, survival_curve
from curves.market import Market
from instruments.ground.errors import GpufinError
from pricing.books.lanes.base import Array, Whole, month_index
from pricing.schedules.grid import day_counts, month_ends, thirty_360


@dataclass(frozen=True)
class Months:
    """Row 0 is the market's date, the others month ends; arrays [row]."""

    as_of: dt.date
    dates: tuple[dt.date, ...]
    years: Array
    days: Array
    """Length of the month that ends there."""
    thirty: Array
    discount: Array
    middle: Array
    """Discount factor of the month's middle day."""

    def row(self, months: Whole) -> Whole:
        """Rows of month ends given as months since 1970; 0 or below lies on the market's date or before it."""
        return months - month_index(self.dates[1]) + 1


def months_grid(market: Market, rows: int) -> Months:
    """The grid of `rows` month ends."""
    as_of, ends = market.as_of, month_ends(market.as_of, max(rows, 1))
    years, days = (np.asarray(part, dtype=np.float64) for part in day_counts(as_of, ends))
    curve = discount_curve(market, default_rates_key(market)).discount
    start = np.concatenate([[0.0], years[:-1]])
    first = np.zeros(1)
    return Months(
        as_of=as_of,
        dates=(as_of, *ends),
        years=np.concatenate([first, years]),
        days=np.concatenate([first, days]),
        thirty=np.concatenate([first, np.asarray(thirty_360(as_of, ends), dtype=np.float64)]),
        discount=curve(np.concatenate([first, years])),
        middle=np.concatenate([first, curve(start + np.floor(days / 2.0) / 365.0)]),
    )


def survivals(market: Market, keys: list[str], grid: Months) -> tuple[Array, Array]:
    """Survival [key, row] and recovery [key]; the empty key never defaults."""
    rows = [survival_curve(market, key).survival(grid.years) if key else np.ones(len(grid.years)) for key in keys]
    return np.array(rows), np.array([survival_curve(market, key).recovery if key else 1.0 for key in keys])


def forwards(market: Market, keys: list[str], grid: Months) -> Array:
    """Forward rents [key, row]."""
    return np.array([rent_curve(market, key).forward(grid.years) for key in keys])


def volatilities(market: Market, keys: list[str], rent: Whole, last: Whole, grid: Months) -> Array:
    """Yearly volatilities of rents up to a row each, the spread of the whole law there; `rent` [row] places among `keys`."""
    curves = [rent_curve(market, key) for key in keys]
    ends = np.unique(np.stack([rent, last]), axis=1).T
    found = {(int(r), int(t)): curves[r].standard_deviation(float(grid.years[t])) / float(np.sqrt(grid.years[t])) for r, t in ends}
    return np.array([found[int(r), int(t)] for r, t in zip(rent, last, strict=True)])


def rates_stand_still(market: Market) -> bool:
    """Whether the market has a curve that serves where none is named, and its rates stay at their forwards."""
    try:
        key = default_rates_key(market)
        discount_curve(market, key)
        return short_rate(market, key) is None
    except GpufinError:
        return False
