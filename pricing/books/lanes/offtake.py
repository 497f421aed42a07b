"""The array lane of take-or-pay contracts over stated capacity: planned rents on the customer's credit, as the engine `schedule`."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from curves import survival_curve
from curves.market import Market
from pricing.books.lanes.base import (
    LaneValues,
    Refusal,
    codes,
    column,
    days,
    month_index,
    months,
    not_after,
    number,
    only,
    undiscounted,
    unknown_keys,
)
from pricing.books.lanes.grid import months_grid, survivals
from pricing.schedules.facility import HOURS_PER_MONTH
from pricing.schedules.grid import month_ends

KNOWN = frozenset(
    [
        *("id", "kind", "method", "customer", "customer.credit", "customer_class", "provider", "fleet", "price_usd_per_hour"),
        *("availability", "end", "escalator_per_year", "substitute.odds", "substitute.delay_months", "substitute.interim_share"),
        *("substitute.cost_usd_per_unit", "substitute.cost_uplift"),
    ]
)
CAPACITY = "capacity_units."
NOTE = "special case: planned rents on the customer's credit, no recovery; nobody leaves, no outage, the operator never fails"


class OfftakeLane:
    """The lane of offtakes whose capacity is given by date."""

    method = "schedule"
    party = "provider"

    def fit(self, frame: pl.DataFrame, market: Market) -> list[Refusal]:
        """Rows whose customer has a curve and whose end lies ahead."""
        return [
            *undiscounted(frame, market),
            *unknown_keys(frame, "customer.credit", lambda key: survival_curve(market, key)),
            not_after(frame, "end", market.as_of, "the contract must end after the market's date"),
        ]

    def domain(self, frame: pl.DataFrame, market: Market) -> pl.Series:
        """Plain take-or-pay: some capacity, none from a date after the end, a month end left."""
        ramp = [name for name in frame.columns if name.startswith(CAPACITY)]
        if not ramp:
            return pl.Series([False], dtype=pl.Boolean).new_from_index(0, frame.height)
        some = pl.any_horizontal((pl.col(name) > 0.0).fill_null(False) for name in ramp)
        late = pl.any_horizontal(pl.col(name).is_not_null() & (pl.col("end") < _date(name)) for name in ramp)
        first = month_ends(market.as_of, 1)[0]
        apart = column(frame, "customer", "customer") != column(frame, "provider", "provider")
        fits = only(frame, KNOWN | frozenset(ramp)) & some & ~late & (pl.col("end") >= first) & apart
        return frame.select(fits.fill_null(False).alias("fits"))["fits"]

    def values(self, frame: pl.DataFrame, market: Market) -> LaneValues:
        """Values to the provider, month after month over all rows."""
        ends = days(frame, "end")
        month = months(ends)
        is_end = (ends + 1).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) > month
        last = month - month_index(month_ends(market.as_of, 1)[0]) + np.where(is_end, 1, 0)
        grid = months_grid(market, int(last.max(initial=1)))
        keys, credit = codes(frame, "customer.credit")
        survival, _ = survivals(market, keys, grid)
        ramp = sorted(name for name in frame.columns if name.startswith(CAPACITY))
        cells = {name: frame[name].to_numpy().astype(np.float64) for name in ramp}
        growth = 1.0 + number(frame, "escalator_per_year")
        price = number(frame, "price_usd_per_hour") * number(frame, "availability", 1.0)
        signed = market.as_of + dt.timedelta(days=1)
        units, total, taken = np.zeros(frame.height), np.zeros(frame.height), 0
        for row in range(1, int(last.max(initial=0)) + 1):
            day = grid.dates[row - 1] + dt.timedelta(days=1)
            while taken < len(ramp) and _date(ramp[taken]) <= day:
                step = cells[ramp[taken]]
                units, taken = np.where(np.isnan(step), units, step), taken + 1
            full_years = max(day.year - signed.year - ((day.month, day.day) < (signed.month, signed.day)), 0)
            cash = price * growth**full_years * units * HOURS_PER_MONTH
            total += np.where(row <= last, grid.discount[row] * survival[credit, row] * cash, 0.0)
        return LaneValues(total, NOTE)


def _date(name: str) -> dt.date:
    return dt.date.fromisoformat(name.removeprefix(CAPACITY))
