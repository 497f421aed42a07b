"""Small margin loans and markets, built in code."""

from __future__ import annotations

from typing import Any

import numpy as np

from curves import Market
from instruments.contracts.coupons import FixedCoupon
from instruments.contracts.margin_loan import MarginLoan
from pricing.mechanics.margin_loan import MarginRolled, roll_margin_loan
from pricing.schedules.margin_loan import MarginPlan, resolve_margin_loan
from pricing.strategies.margin_loans import AS_OF, SHARES, margin_deal

MATURITY = AS_OF.replace(month=7, day=1)
YEAR = 252


def loan(**changes: Any) -> MarginLoan:
    """50 m USD on a million shares at 100 USD, fixed 6 %, half a year, interest at maturity, nothing watched."""
    base: dict[str, Any] = {
        "lender": "bank", "borrower": "owner", "underlying": "equity:SHR", "shares": SHARES, "amount_usd": 5e7,
        "coupon": FixedCoupon(rate=0.06), "interest_months": 12, "maturity": MATURITY,
    }  # fmt: skip
    return MarginLoan(**(base | changes))


def market(*, volatility: float = 0.5, hazard: float = 0.0, correlation: float = 0.5, rate: float = 0.04) -> Market:
    return Market.model_validate(
        {
            "as_of": AS_OF,
            "rates": {"USD-SOFR": {"kind": "flat", "rate": rate}},
            "equity": {"SHR": {"spot_usd": 100.0, "volatility": volatility}},
            "credit": {"OWN": {"kind": "hazard", "hazard": hazard}},
            "correlation": {"equity:SHR|credit:OWN": correlation},
        }
    )


def plan_of(of: MarginLoan, on: Market | None = None) -> MarginPlan:
    return resolve_margin_loan(margin_deal(of), of, on or market(), "loan")


def by_hand(of: MarginLoan, prices: dict[int, float], *, default_day: int | None = None, on: Market | None = None) -> MarginRolled:
    """One path: 100 USD, from each of the days on the price that stands there."""
    plan = plan_of(of, on)
    closes = np.full((plan.drivers.grid.size, 1), 100.0)
    for day, price in prices.items():
        closes[day:] = price
    defaulted = np.array([closes.shape[0] if default_day is None else default_day])
    return roll_margin_loan(plan, closes, defaulted)


def random_closes(plan: MarginPlan, seed: int, paths: int = 64, volatility: float = 0.8) -> tuple[np.ndarray, np.ndarray]:
    """Closes and default days of a few wild paths."""
    random, days = np.random.default_rng(seed), plan.drivers.grid.size
    # drawn for a year, whatever the grid: the same paths for every loan
    steps = volatility / 16.0 * random.standard_normal((YEAR, paths)) - 0.3 * (random.random((YEAR, paths)) < 0.004)
    return 100.0 * np.exp(np.cumsum(steps, axis=0))[:days], random.integers(0, 4 * YEAR, paths)
