"""A borrowing base resolved: months, run-off of its values, rents and credits, coupon."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from curves import Market, correlation_matrix, default_rates_key, discount_curve, rent_curve, survival_curve
from instruments.contracts.borrowing_base import BorrowingBase
from instruments.contracts.coupons import FixedCoupon
from instruments.deal import Deal
from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.kernels.drivers import drive
from pricing.paths.credit import default_clock
from pricing.paths.deal_world import Shared, mixing, own_normals, shared_world
from pricing.paths.month_days import MonthDays, month_days
from pricing.paths.streams import BLOCK, generator
from pricing.schedules.grid import day_counts, month_end, month_ends, months_to, thirty_360
from pricing.schedules.types import Floats, Ints


@dataclass(frozen=True)
class BasePlan:
    """What the mechanics need; T months to maturity and on to the end of an enforcement."""

    terms: BorrowingBase
    dates: tuple[dt.date, ...]
    maturity: int
    """Month of maturity."""
    years: Floats
    discount: Floats
    accrual: Floats
    """Day-count fraction of the coupon."""
    index: Floats
    """Growth by the compounded index, less one; 0 for a fixed coupon."""
    undrawn: Floats
    """ACT/360 fraction."""
    values: Floats
    """Of each asset at month 0 (now) and each month end, rents on their forward [asset, time + 1]."""
    elasticity: Floats
    """[asset]"""
    keys: tuple[str, ...]
    """Credit keys of borrower and obligors."""
    survival: Floats
    """[credit, time]"""
    correlation: Floats
    """[rent and credits]"""
    volatility: float
    borrower: str | None
    obligors: tuple[str | None, ...]
    """Credit key of each asset's obligor; None never fails."""
    shared: Shared | None = None
    days: MonthDays | None = None
    """The deal's own mixing, where the contract's would differ from it."""

    @property
    def spread(self) -> float:
        """Spread, or fixed rate."""
        coupon = self.terms.coupon
        return coupon.rate if isinstance(coupon, FixedCoupon) else coupon.spread


def resolve_borrowing_base(deal: Deal, terms: BorrowingBase, market: Market, contract_id: str) -> BasePlan:
    """Resolve a revolver on a market.

    Raises:
        InputError: maturity is not after the market's date. MarketError: a quote is missing.
    """
    on = market.as_of
    if terms.maturity <= on:
        raise InputError(
            problem("out_of_range", subject=contract_id, field="maturity", value=terms.maturity.isoformat(), expected=f"after {on}")
        )
    last = months_to(on, month_end(terms.maturity.year, terms.maturity.month))
    dates = month_ends(on, last + terms.enforcement.lag_months)
    years, days = day_counts(on, dates)
    fixed = isinstance(terms.coupon, FixedCoupon)
    index = np.zeros(len(dates))
    if not isinstance(terms.coupon, FixedCoupon):
        curve = discount_curve(market, terms.coupon.index).discount(np.concatenate([[0.0], years]))
        index = curve[:-1] / curve[1:] - 1.0
    credits = {name: deal.parties[name].credit for name in (terms.borrower, *(asset.obligor for asset in terms.assets))}
    keys = tuple(dict.fromkeys(key for key in credits.values() if key is not None))
    elasticity = np.array([asset.rent_elasticity for asset in terms.assets])
    path, volatility = np.ones(len(dates) + 1), 0.0
    if terms.rent is not None:
        rents = rent_curve(market, terms.rent)
        path = rents.forward(np.concatenate([[0.0], years])) / float(rents.forward(np.zeros(1))[0])
        volatility = float(rents.standard_deviation(float(years[-1])) / np.sqrt(years[-1]))
    months = np.arange(len(dates) + 1)
    left = np.stack([np.maximum(1.0 - months / asset.months, 0.0) * asset.value_usd for asset in terms.assets])
    matrix = np.eye(1 + len(keys))
    if terms.rent is not None:
        matrix = np.asarray(correlation_matrix(market, (terms.rent, *keys)))
    elif keys:
        matrix[1:, 1:] = correlation_matrix(market, keys)
    return BasePlan(
        terms=terms,
        dates=dates,
        maturity=last - 1,
        years=years,
        discount=discount_curve(market, default_rates_key(market)).discount(years),
        accrual=thirty_360(on, dates) if fixed else days / 360.0,
        index=index,
        undrawn=days / 360.0,
        values=left * path ** elasticity[:, None],
        elasticity=elasticity,
        keys=keys,
        survival=np.array([survival_curve(market, key).survival(years) for key in keys]).reshape(len(keys), len(dates)),
        correlation=matrix,
        volatility=volatility,
        borrower=credits[terms.borrower],
        obligors=tuple(credits[asset.obligor] for asset in terms.assets),
        shared=shared_world(deal, market, (*((terms.rent,) if terms.rent is not None else ()), *keys)),
        days=month_days(deal, market),
    )


def base_paths(plan: BasePlan, seed: int, block: int) -> tuple[Floats, Ints]:
    """One block: rents over their forward [time, path], and the month of default of each credit [credit, path]."""
    months, credits = len(plan.dates), len(plan.keys)
    normals = own_normals((plan.terms.rent or "rent", *plan.keys), plan.shared, months, seed, block)
    uniforms = np.empty((credits, months, BLOCK))
    for index, key in enumerate(plan.keys):
        generator(seed, f"{key}/bridge", block).random(out=uniforms[index])
    clocks = np.array([default_clock(row) for row in plan.survival]).reshape(credits, months)
    mix = mixing(plan.correlation) if plan.shared is None else np.eye(credits + 1)
    ratio, _, failed = drive(normals, uniforms, mix, clocks, plan.volatility, plan.years, 1.0)
    for index, key in enumerate(plan.keys):
        if plan.days is not None and key in plan.days.both:
            shocks = np.einsum("f,ftp->tp", mix[1 + index], normals)
            failed[index] = plan.days.default_months(key, shocks, np.diff(clocks[index], prepend=0.0), seed, block)
    return ratio, failed
