"""The array lane of leases of a site: the first term as a bond on the lessee's credit, as the engine `schedule`."""

from __future__ import annotations

import numpy as np
import polars as pl

from curves import rent_curve, resale_curve, survival_curve
from curves.market import Market
from pricing.books.lanes.base import (
    Array,
    LaneValues,
    Refusal,
    Whole,
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
from pricing.books.lanes.grid import Months, months_grid, survivals
from pricing.schedules.grid import month_ends

KNOWN = frozenset(
    [
        *("id", "kind", "method", "lessor", "lessee", "lessee.credit", "price_usd", "start", "term_months", "timing"),
        *("asset.kind", "asset.units", "asset.life_years", "asset.rent", "asset.resale", "asset.running_usd_per_unit_month"),
        *("rent.kind", "rent.usd_per_month", "rent.yearly_increase", "residual.kind", "residual.share"),
    ]
)
NOTE = "special case: first term as a bond on the lessee's credit, constant recovery; no choices, nothing beyond the plan"
LEVEL = ("level", "escalator")


class LeaseLane:
    """The lane of leases of sites, in one phase and without options."""

    method = "schedule"
    party = "lessor"

    def fit(self, frame: pl.DataFrame, market: Market) -> list[Refusal]:
        """Rows whose curves are there."""
        return [
            *undiscounted(frame, market),
            *unknown_keys(frame, "lessee.credit", lambda key: survival_curve(market, key)),
            *unknown_keys(frame, "asset.rent", lambda key: rent_curve(market, key)),
            *unknown_keys(frame, "asset.resale", lambda key: resale_curve(market, key)),
        ]

    def domain(self, frame: pl.DataFrame, market: Market) -> pl.Series:
        """Sites let for a level or escalating rent, from a month end on or after the market's date."""
        share = column(frame, "residual.share", None)
        by_share = column(frame, "residual.kind", "market") == "share"
        given = share.is_not_null() if "residual.share" in frame.columns else pl.lit(False)
        fits = (
            only(frame, KNOWN)
            & (column(frame, "asset.kind", "") == "site")
            & column(frame, "rent.kind", "").is_in(list(LEVEL))
            & is_month_end("start")
            & (pl.col("start") >= market.as_of)
            & (column(frame, "lessor", "lessor") != column(frame, "lessee", "lessee"))
            & (by_share == given)
        )
        return frame.select(fits.fill_null(False).alias("fits"))["fits"]

    def values(self, frame: pl.DataFrame, market: Market) -> LaneValues:
        """Values to the lessor; not a number where no rate amortises the price: the engine says why."""
        from pricing.kernels.leases import lease_values  # compiled where it is used

        start = handovers(frame, market)
        grid = months_grid(market, int((start + whole(frame, "term_months")).max(initial=1)))
        keys, credit = codes(frame, "lessee.credit")
        survival, recovery = survivals(market, keys, grid)
        terms, ints = lease_arrays(frame, market, grid, start, credit, recovery[credit])
        out = np.empty(frame.height)
        lease_values(terms, ints, grid.discount, grid.middle, grid.thirty, survival, out)
        return LaneValues(out, NOTE)


def handovers(frame: pl.DataFrame, market: Market) -> Whole:
    """Rows of the grid on which leases start [row]."""
    return months(days(frame, "start")) - month_index(month_ends(market.as_of, 1)[0]) + 1


def lease_arrays(frame: pl.DataFrame, market: Market, grid: Months, start: Whole, credit: Whole, recovery: Array) -> tuple[Array, Whole]:
    """Terms [row, 5] and whole numbers [row, 4] as `pricing.kernels.leases` reads them; `recovery` [row] of the lessees."""
    term = whole(frame, "term_months")
    timing, paid = codes(frame, "timing", "advance")
    advance = np.array([name == "advance" for name in timing])[paid]
    residual = _residuals(frame, market, grid, start, term)
    rent = (number(frame, "rent.usd_per_month"), number(frame, "rent.yearly_increase"))
    terms = np.stack([number(frame, "price_usd"), *rent, residual, recovery], axis=1)
    return terms, np.stack([start, term, advance.astype(np.int64), credit], axis=1)


def _residuals(frame: pl.DataFrame, market: Market, grid: Months, start: Whole, term: Whole) -> Array:
    """What the lessor counts on at the end of each term, USD [row]."""
    rules, rule = codes(frame, "residual.kind", "market")
    keys, place = codes(frame, "asset.resale")
    ordinals = np.array([date.toordinal() for date in grid.dates], dtype=np.float64)
    age = (ordinals[start + term] - ordinals[start]) / 365.0
    forward = np.zeros(frame.height)
    for number_, key in enumerate(keys):
        mine = place == number_
        curve = resale_curve(market, key)
        forward[mine] = number(frame, "asset.units")[mine] * curve.value(age[mine], grid.years[(start + term)[mine]])
    found = {"market": forward, "share": number(frame, "residual.share") * number(frame, "price_usd"), "none": np.zeros(frame.height)}
    return np.choose(rule, [found[name] for name in rules]) if len(rules) > 1 else found[rules[0]]
