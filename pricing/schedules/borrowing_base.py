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
from pricing.paths.deal_world import shared_world
from pricing.paths.facility import FacilityModel, shocks_of
from pricing.paths.month_days import month_days
from pricing.paths.monthly_belief import monthly_belief
from pricing.paths.rates import rate_model, rate_paths
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
    model: FacilityModel
    """Rent, credits of borrower and obligors, and what moves them."""
    index_moves: bool
    """Whether the index is the curve whose short rate moves the paths."""
    borrower: str | None
    obligors: tuple[str | None, ...]
    """Credit key of each asset's obligor; None never fails."""

    @property
    def keys(self) -> tuple[str, ...]:
        """Credit keys of borrower and obligors."""
        return self.model.credits

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
    own = (*((terms.rent,) if terms.rent is not None else ()), *keys)
    model = FacilityModel(
        rent_key=terms.rent or "rent",
        volatility=volatility,
        elasticity=1.0,
        years=years,
        credits=keys,
        survival=np.array([survival_curve(market, key).survival(years) for key in keys]).reshape(len(keys), len(dates)),
        correlation=matrix,
        customer=None,
        operator=None,
        guarantor=None,
        contract_id=contract_id,
        cohorts=0,
        substitute_odds=0.0,
        bad_act_odds=0.0,
        delay_odds=0.0,
        shared=shared_world(deal, market, own),
        days=month_days(deal, market),
        rates=rate_model(deal, market, default_rates_key(market), own, years),
        belief=monthly_belief(market, {terms.rent: volatility} if terms.rent is not None else {}, keys),
    )
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
        model=model,
        index_moves=model.rates is not None and not isinstance(terms.coupon, FixedCoupon) and terms.coupon.index == model.rates.key,
        borrower=credits[terms.borrower],
        obligors=tuple(credits[asset.obligor] for asset in terms.assets),
    )


@dataclass(frozen=True)
class BasePaths:
    """One block."""

    ratio: Floats
    """Rents over their forward [time, path]."""
    failed: Ints
    """Month of default of each credit [credit, path]."""
    factors: Floats | None
    """Discount factors along the short rate [time, path]; None: rates stay at their forwards."""


def base_paths(plan: BasePlan, seed: int, block: int) -> BasePaths:
    """One block of the revolver's world: the deal's, with breaks of belief and a short rate where the market has them.

    The demand that a break leaves is not read: what counts is assets, not what is let by the day.
    """
    shocks = shocks_of(plan.model, seed, block)
    factors = rate_paths(plan.model.rates, seed, block)[0] if plan.model.rates is not None else None
    return BasePaths(shocks.ratio, shocks.months, factors)
