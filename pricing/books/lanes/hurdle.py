"""The array lane of a warrant book: all rows of one closed form in one call.

A row is in the lane's domain when it has no delivery leg, or one that is independent of its share and that nothing can stop. `touch` rows
are exact; `close` rows use the shift of Broadie, Glasserman and Kou and say so. The other rows go through the engines.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curves import Market, business_times, correlation_between, default_rates_key, discount_curve, equity_inputs
from curves.arrays import DAYS_PER_YEAR
from instruments.ground.errors import Problem
from instruments.ground.messages import problem
from pricing.books.lanes.base import LaneValues, Refusal, column, not_after, undiscounted
from pricing.formulas.hurdle import daily_watch, delivery_probability, touch_call_value
from pricing.formulas.vanilla import call_value

Array = NDArray[np.float64]
SHIFTED = "daily watch by the shift of Broadie, Glasserman and Kou"


class HurdleLane:
    """The lane of hurdle warrants."""

    method = "closed_form"
    party = "holder"

    def fit(self, frame: pl.DataFrame, market: Market) -> list[Refusal]:
        """Rows whose share, milestone and dates the market can serve."""
        found = undiscounted(frame, market)
        for field, prefix, names in (
            ("underlying", "", [f"equity:{n}" for n in market.equity]),
            ("milestone", "milestone:", market.milestones),
        ):
            have = [f"milestone:{name}" for name in names] if prefix else list(names)

            def missing(value: str, field: str = field, prefix: str = prefix, have: list[str] = have) -> Problem:
                return problem("missing_key", field=field, value=value, key=f"{prefix}{value}", choices=have)

            if field in frame.columns:
                unknown = frame[field].is_not_null() & ~frame[field].is_in(list(names))
                found.append(Refusal(unknown, field, missing))
        found.append(not_after(frame, "expiry", market.as_of, "expiry must be after the market's date"))
        if "planned_delivery" in frame.columns:
            remedy = "restate the plan, or leave both columns empty if it is delivered"
            rule = "is overdue or done: a delivery must be planned after the market's date"
            found.append(not_after(frame, "planned_delivery", market.as_of, rule, remedy))
        return found

    def domain(self, frame: pl.DataFrame, market: Market) -> pl.Series:
        """Rules across fields, and `in_lane`."""
        both = column(frame, "milestone").is_null() == column(frame, "planned_delivery").is_null()
        frame = _whole(frame)
        share = pl.col("underlying").str.starts_with("equity:")
        return in_lane(frame, market) & frame.select((both & share).alias("fits"))["fits"]

    def values(self, frame: pl.DataFrame, market: Market) -> LaneValues:
        """See `lane_values`."""
        return lane_values(_whole(frame), market)


def _whole(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with every column that this lane reads."""
    missing = {"target_usd": pl.Float64, "observation": pl.String, "milestone": pl.String, "planned_delivery": pl.Date}
    return frame.with_columns(pl.lit(None, dtype=kind).alias(name) for name, kind in missing.items() if name not in frame.columns)


def in_lane(frame: pl.DataFrame, market: Market) -> pl.Series:
    """Which rows the lane can price: strike at most the target; a delivery independent of the share and never stopped."""
    free = {
        (share, stone): correlation_between(market, share, f"milestone:{stone}") == 0.0
        and stone in market.milestones
        and market.milestones[stone].cancellation_hazard.value == 0.0
        for share, stone in frame.select("underlying", "milestone").unique().iter_rows()
        if stone is not None
    }
    independent = [stone is None or free[share, stone] for share, stone in frame.select("underlying", "milestone").iter_rows()]
    below = (pl.col("target_usd").is_null() | (pl.col("strike_usd") <= pl.col("target_usd"))).alias("below")
    return frame.select(below).to_series() & pl.Series(independent, dtype=pl.Boolean)


def lane_values(frame: pl.DataFrame, market: Market) -> LaneValues:
    """Price rows of the lane, all of them in one call."""
    years = _years(frame["expiry"], market.as_of)
    spots, volatilities, yields = _share_arrays(frame, market)
    rates = -np.log(discount_curve(market, default_rates_key(market)).discount(years)) / years
    target = frame["target_usd"].to_numpy().astype(np.float64)
    hurdle = np.isfinite(target)
    daily = (frame["observation"].fill_null("touch") == "close").to_numpy() & hurdle
    steps = _mean_steps(frame["expiry"], market.as_of)
    seen = np.where(daily, daily_watch(target=np.where(hurdle, target, 1.0), volatility=volatilities, step_years=steps), target)
    shared = {"spot": spots, "strike": frame["strike_usd"].to_numpy(), "volatility": volatilities, "years": years}
    carry = {"rate": rates, "dividend_yield": yields}
    # a hurdle already met leaves the plain call, and keeps the formula's strike-below-target rule
    barrier = np.where(hurdle, seen, np.maximum(spots, shared["strike"]))
    per_share = np.where(hurdle, touch_call_value(target=barrier, **shared, **carry), call_value(**shared, **carry))
    values = frame["shares"].to_numpy() * per_share * _delivered(frame, market, years)
    return LaneValues(values, [SHIFTED if flag else "exact for its model" for flag in daily])


def _years(dates: pl.Series, start: dt.date) -> Array:
    days = (dates - start).dt.total_days().to_numpy()
    return np.asarray(days / DAYS_PER_YEAR, dtype=np.float64)


def _share_arrays(frame: pl.DataFrame, market: Market) -> tuple[Array, Array, Array]:
    keys = frame["underlying"].unique().sort()
    inputs = {key: equity_inputs(market, key) for key in keys}
    place = {key: index for index, key in enumerate(keys)}
    index = frame["underlying"].replace_strict(place, return_dtype=pl.Int64).to_numpy()
    columns = np.array([(inputs[key].spot_usd, inputs[key].volatility, inputs[key].dividend_yield) for key in keys])
    return columns[index, 0], columns[index, 1], columns[index, 2]


def _mean_steps(expiries: pl.Series, start: dt.date) -> Array:
    """Mean length of a business-day step to each expiry, in years."""
    last = expiries.max()
    if not isinstance(last, dt.date):
        return np.zeros(len(expiries))
    years = _years(expiries, start)
    # half a day of slack: the same day gives the same float up to rounding
    counts = np.searchsorted(business_times(start, last), years + 0.5 / DAYS_PER_YEAR, side="right")
    return years / np.maximum(counts, 1)


def _delivered(frame: pl.DataFrame, market: Market, years: Array) -> Array:
    stones = frame["milestone"]
    volatility = np.array([0.0 if name is None else market.milestones[name].clock_volatility.value for name in stones])
    planned = np.nan_to_num(_years(frame["planned_delivery"], market.as_of), nan=0.0)
    odds = delivery_probability(planned_years=planned, horizon_years=years, clock_volatility=volatility)
    return np.where(stones.is_null().to_numpy(), 1.0, odds)
