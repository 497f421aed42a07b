"""Notes resolved: monthly grid, planned flows of each line of the pool, coupon rates of each class."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from curves import Market, default_rates_key, discount_curve, resale_curve, survival_curve
from instruments.contracts.coupons import FixedCoupon
from instruments.contracts.notes import Notes, PoolAsset
from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.paths.market_pool import MarketPool, resolve_market_pool
from pricing.paths.pool import PoolLine
from pricing.schedules.grid import day_counts, month_ends, months_to, thirty_360
from pricing.schedules.types import Floats


@dataclass(frozen=True)
class HardwarePlan:
    """Hardware behind a line at forward rents."""

    rent: str
    resale: str
    units: float
    unit_usd: Floats
    """Of a used unit, net of the cost of selling it [time]."""
    elasticity: float
    """Power of the path's rent over its forward."""
    impact: float
    """Price impact of a unit sold, of all that the pool sells in a month."""


@dataclass(frozen=True)
class NotesPlan:
    """What the mechanics need; T months to the legal final."""

    notes: Notes
    dates: tuple[dt.date, ...]
    years: Floats
    discount: Floats
    lines: tuple[PoolLine, ...]
    opening: Floats
    """Balance of each line at the start of each month if nobody defaults [line, time]."""
    interest: Floats
    """[line, time]"""
    principal: Floats
    """[line, time]"""
    rates: Floats
    """Coupon of each class over each month, as a fraction of its balance [class, time]."""
    hardware: tuple[HardwarePlan | None, ...]
    """Behind each line [line]."""
    market_pool: MarketPool | None
    """With `defaults = "market"`."""


def resolve_notes(notes: Notes, market: Market, contract_id: str) -> NotesPlan:
    """Resolve notes on a market.

    Raises:
        InputError: the pool runs beyond the legal final, or that lies behind the market's date. MarketError: a quote is missing.
    """
    count = months_to(market.as_of, notes.legal_final)
    longest = max(asset.months for asset in notes.pool) + notes.recovery_lag_months
    if count < longest:
        raise InputError(
            problem(
                "out_of_range",
                subject=contract_id,
                field="legal_final",
                value=notes.legal_final.isoformat(),
                expected=f"at least {longest} month ends after {market.as_of}: the longest asset and its recovery",
            )
        )
    dates = month_ends(market.as_of, count)
    years, days = day_counts(market.as_of, dates)
    flows = [line_flows(asset, count) for asset in notes.pool]
    rates = np.empty((len(notes.classes), count))
    for index, each in enumerate(notes.classes):
        if isinstance(each.coupon, FixedCoupon):
            rates[index] = each.coupon.rate * thirty_360(market.as_of, dates)
        else:
            curve = discount_curve(market, each.coupon.index).discount(np.concatenate([[0.0], years]))
            rates[index] = curve[:-1] / curve[1:] - 1.0 + each.coupon.spread * days / 360.0
    discount = discount_curve(market, default_rates_key(market)).discount(years)
    return NotesPlan(
        notes=notes,
        dates=dates,
        years=years,
        discount=discount,
        lines=tuple(_line(asset, market, years) for asset in notes.pool),
        opening=np.array([opening for opening, _, _ in flows]),
        interest=np.array([interest for _, interest, _ in flows]),
        principal=np.array([principal for _, _, principal in flows]),
        rates=rates,
        hardware=tuple(_hardware(asset, market, years) for asset in notes.pool),
        market_pool=resolve_market_pool(notes, market, dates, years, discount) if notes.defaults == "market" else None,
    )


def _hardware(asset: PoolAsset, market: Market, years: Floats) -> HardwarePlan | None:
    if (terms := asset.hardware) is None:
        return None
    curve = resale_curve(market, terms.resale)
    unit = curve.value(terms.age_years + years, years) * (1.0 - curve.sale_cost)
    return HardwarePlan(terms.rent, terms.resale, terms.units, unit, curve.rent_elasticity, curve.impact / curve.depth_units)


def _line(asset: PoolAsset, market: Market, years: Floats) -> PoolLine:
    odds = survival_curve(market, asset.credit).default_probability(years)
    return PoolLine(asset.label, asset.count, odds, asset.loading, asset.group, asset.group_loading, asset.recovery, asset.recovery_slope)


def line_flows(asset: PoolAsset, count: int) -> tuple[Floats, Floats, Floats]:
    """Balance at the start of each month, interest and principal of a line if nobody defaults, [time] each, USD."""
    months = np.arange(count)
    rate, term = asset.coupon / 12.0, asset.months
    left = np.maximum(term - np.arange(count + 1), 0)
    if asset.amortisation == "bullet":
        balance = np.where(left > 0, 1.0, 0.0)
    elif asset.amortisation == "linear" or rate == 0.0:
        balance = left / term
    else:
        balance = -np.expm1(-left * np.log1p(rate)) / -np.expm1(-term * np.log1p(rate))
    balance = balance * asset.balance_usd
    return balance[:-1], balance[:-1] * rate, np.where(months < term, balance[:-1] - balance[1:], 0.0)
