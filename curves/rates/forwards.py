"""Rates that loans pay: simple forwards, Term SOFR, and overnight SOFR compounded in arrears."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from curves.arrays import DAYS_PER_YEAR, FloatArray, bad_argument, read_only
from curves.lookup import block_of
from curves.market import Market
from curves.rate_quotes import OisQuotes
from curves.rates.build import discount_curve
from curves.rates.curve import DiscountCurve
from curves.tenors import add_months
from instruments.ground.errors import MarketError
from instruments.ground.messages import problem

DAYS_PER_ACCRUAL_YEAR = 360.0
FloorOn = Literal["day", "period"]
"""A floor acts on each overnight rate, or on the compounded rate of the period."""


@dataclass(frozen=True, slots=True)
class Compounded:
    """The compounded rate of one interest period, and how much of it is known already."""

    rate: float
    """Simple rate of the period, ACT/360, floor included."""
    accrued: float
    """rate x days / 360: interest per unit of principal."""
    days: int
    """Calendar days of the interest period."""
    fixed_share: float
    """Share of the observed days whose overnight rate is a published fixing; the rest is read off the curve."""
    daily_rates: FloatArray
    """The overnight rates used [day], floor included."""


def simple_forward(curve: DiscountCurve, start_years: npt.ArrayLike, end_years: npt.ArrayLike) -> FloatArray:
    """Simple forward rates, ACT/360, for a batch of periods: (D(start) / D(end) - 1) 360 / days.

    Args:
        curve: projects the rate.
        start_years, end_years: ACT/365F years, broadcast; 0 <= start < end.

    Raises:
        InputError: a period without length, or before the curve's date.
    """
    start, end = np.broadcast_arrays(np.asarray(start_years, dtype=np.float64), np.asarray(end_years, dtype=np.float64))
    if start.size and float((end - start).min()) <= 0.0:
        raise bad_argument(curve.key, "end_years", end, "after its start", "exchange the times")
    fraction = (end - start) * (DAYS_PER_YEAR / DAYS_PER_ACCRUAL_YEAR)
    return (curve.discount(start) / curve.discount(end) - 1.0) / fraction


def term_sofr(curve: DiscountCurve, start: dt.date, months: int, *, floor: float | None = None) -> float:
    """The forward-looking term rate that a loan fixes at the start of its interest period.

    Model: simple ACT/360 forward from two SOFR fixing days after `start` over `months` months, end on a fixing day, read off the
    overnight curve. Published Term SOFR is made from futures; its small basis to swaps is not modelled. A floor is intrinsic: the
    fixing cannot be below it, its time value is left out.

    Args:
        curve: the overnight curve.
        start: day of the fixing, at or after the curve's date.
        months: 1, 3, 6 or 12 as published; any other positive number is interpolated by the curve itself.
        floor: least rate, decimal.

    Raises:
        InputError: months not above 0, or a start before the curve.
    """
    if months <= 0:
        raise bad_argument(curve.key, "months", months, "above 0", "Term SOFR has 1, 3, 6 and 12 months")
    from curves._quantlib.swaps import sofr_day

    begin = sofr_day(start, 2)
    ends = sofr_day(add_months(begin, months))
    rate = float(simple_forward(curve, (begin - curve.as_of).days / DAYS_PER_YEAR, (ends - curve.as_of).days / DAYS_PER_YEAR))
    return rate if floor is None else max(rate, floor)


def compounded_rate(
    curve: DiscountCurve,
    start: dt.date,
    end: dt.date,
    *,
    fixings: Mapping[dt.date, float] | None = None,
    lookback_days: int = 0,
    observation_shift: bool = False,
    floor: float | None = None,
    floor_on: FloorOn = "day",
) -> Compounded:
    """Overnight SOFR compounded in arrears over one interest period.

    Model: product over the fixing days of the period of (1 + r_i n_i / 360), less 1, over the days that count / 360; interest is that
    rate x the days of the period. r_i is the rate of the day `lookback_days` fixing days earlier; n_i are the calendar days of the
    interest period, or with an observation shift those of the observed days. Rates of days before the curve's date must be among the
    fixings; a fixing given for the curve's own date is used, else it and all later ones are the curve's overnight forwards. The floor
    is intrinsic: no volatility of rates is in it.

    Args:
        curve: overnight curve.
        start, end: SOFR fixing days, start before end.
        fixings: published rates by the day from which they accrue.
        lookback_days: fixing days, at or above 0; loans have 5, bonds 2.
        observation_shift: weigh by the observed days.
        floor: least rate, decimal.
        floor_on: 'day' floors each overnight rate, as most loan agreements do; 'period' floors the result.

    Raises:
        InputError: dates that are not fixing days or not in order, a negative lookback.
        MarketError: a fixing before the curve's date is missing; its date is named.

    Limits: without lookback, floor and fixings the rate is the curve's simple forward from start to end. A floor far below changes
    nothing; one far above is the rate (compounded daily where it acts on the day).

    Checked against: tests/oracle/curves/test_rates_oracle.py (QuantLib's overnight-indexed coupon).
    """
    if lookback_days < 0:
        raise bad_argument(curve.key, "lookback_days", lookback_days, "at or above 0", "it counts fixing days back")
    from curves._quantlib.swaps import overnight_days

    seen, after, weights = overnight_days(start, end, lookback_days, observation_shift)
    known = fixings or {}
    published = np.array([day < curve.as_of or (day == curve.as_of and day in known) for day in seen])
    missing = [day for day, past in zip(seen, published.tolist(), strict=True) if past and day not in known]
    if missing:
        raise MarketError(
            problem("missing_fixing", subject=curve.key, field="fixings", day=missing[0].isoformat(), count=len(missing), place="the curve")
        )
    rates = np.array([known.get(day, 0.0) if past else 0.0 for day, past in zip(seen, published.tolist(), strict=True)])
    if not published.all():
        begins = np.array([(day - curve.as_of).days for day in seen], dtype=np.float64)[~published] / DAYS_PER_YEAR
        ends = np.array([(day - curve.as_of).days for day in after], dtype=np.float64)[~published] / DAYS_PER_YEAR
        rates[~published] = simple_forward(curve, begins, ends)
    if floor is not None and floor_on == "day":
        rates = np.maximum(rates, floor)
    days, observed = (end - start).days, int(weights.sum())
    growth = float(np.prod(1.0 + rates * weights / DAYS_PER_ACCRUAL_YEAR)) - 1.0
    rate = growth * DAYS_PER_ACCRUAL_YEAR / observed
    if floor is not None and floor_on == "period":
        rate = max(rate, floor)
    share = float(weights[published].sum()) / observed
    return Compounded(rate, rate * days / DAYS_PER_ACCRUAL_YEAR, days, share, read_only(rates))


def compounded_from_market(
    market: Market, key: str, start: dt.date, end: dt.date, *, lookback_days: int = 0, floor: float | None = None
) -> Compounded:
    """`compounded_rate` on the curve and the fixings behind a key such as `rates:USD-SOFR`; floor on each day, no shift."""
    block = block_of(market, key, "rates", market.rates)
    fixings = block.fixings if isinstance(block, OisQuotes) else {}
    return compounded_rate(discount_curve(market, key), start, end, fixings=fixings, lookback_days=lookback_days, floor=floor)
