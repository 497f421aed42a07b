"""The array lane of capacity backstops with a flat floor and share: a strip of options, as the engine `closed_form`."""

from __future__ import annotations

import numpy as np
import polars as pl

from curves import rent_curve, survival_curve
from curves.market import Market
from pricing.books.lanes.base import (
    LaneValues,
    Refusal,
    codes,
    column,
    days,
    is_month_end,
    month_index,
    months,
    number,
    only,
    undiscounted,
    unknown_keys,
    whole,
)
from pricing.books.lanes.grid import forwards, months_grid, survivals, volatilities
from pricing.formulas.support import black_put
from pricing.schedules.grid import month_ends

KNOWN = frozenset(
    [
        *("id", "kind", "method", "guarantor", "guarantor.credit", "operator", "operator.credit", "rent", "units", "utilisation"),
        *("start", "months", "floor_usd_per_hour.0", "guarantor_share.0", "payment_lag_months"),
    ]
)
LAG_MONTHS = 1
NOTE = "special case: guarantor and operator independent of rents and of each other; no close-out"


class BackstopLane:
    """The lane of capacity backstops."""

    method = "closed_form"
    party = "operator"

    def fit(self, frame: pl.DataFrame, market: Market) -> list[Refusal]:
        """Rows whose curves are there."""
        return [
            *undiscounted(frame, market),
            *unknown_keys(frame, "guarantor.credit", lambda key: survival_curve(market, key)),
            *unknown_keys(frame, "operator.credit", lambda key: survival_curve(market, key)),
            *unknown_keys(frame, "rent", lambda key: rent_curve(market, key)),
        ]

    def domain(self, frame: pl.DataFrame, market: Market) -> pl.Series:
        """Backstops that start on a month end on or after the market's date."""
        fits = (
            only(frame, KNOWN)
            & is_month_end("start")
            & (pl.col("start") >= market.as_of)
            & (column(frame, "guarantor", "guarantor") != column(frame, "operator", "operator"))
            & pl.col("rent").str.starts_with("rent:")
        )
        return frame.select(fits.fill_null(False).alias("fits"))["fits"]

    def values(self, frame: pl.DataFrame, market: Market) -> LaneValues:
        """Values to the operator, month after month over all rows."""
        start = months(days(frame, "start")) - month_index(month_ends(market.as_of, 1)[0]) + 1
        term, lag = whole(frame, "months"), whole(frame, "payment_lag_months", LAG_MONTHS)
        grid = months_grid(market, int((start + term + lag).max(initial=1)))
        rents, rent = codes(frame, "rent")
        forward, last = forwards(market, rents, grid), start + term + lag
        volatility = volatilities(market, rents, rent, last, grid)
        (g_keys, g), (o_keys, o) = codes(frame, "guarantor.credit"), codes(frame, "operator.credit")
        guarantor, operator = survivals(market, g_keys, grid)[0], survivals(market, o_keys, grid)[0]
        # one firm behind both names fails once
        same = np.array([[a == b and a != "" for b in o_keys] for a in g_keys])[g, o]
        floor, theta = number(frame, "floor_usd_per_hour.0"), number(frame, "guarantor_share.0")
        units = number(frame, "units") * number(frame, "utilisation", 1.0)
        total = np.zeros(frame.height)
        for month in range(1, int(term.max(initial=0)) + 1):
            live = np.flatnonzero(month <= term)
            row, pay = start[live] + month, start[live] + month + lag[live]
            f, d, k = forward[rent[live], row], grid.discount[pay], floor[live]
            alive = guarantor[g[live], pay] * np.where(same[live], 1.0, operator[o[live], pay])
            put = black_put(forward=f, strike=k, deviation=volatility[live] * np.sqrt(grid.years[row]), discount=d)
            hours = units[live] * grid.days[row] * 24.0
            total[live] += hours * alive * (put - theta[live] * (put + d * (f - k)))
        return LaneValues(total, NOTE)
