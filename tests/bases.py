"""Small borrowing bases and markets, built in code."""

from __future__ import annotations

from typing import Any

import numpy as np

from curves import Market
from instruments.contracts.borrowing_base import BaseAsset, BaseClass, BaseEnforcement, BorrowingBase
from instruments.contracts.coupons import FixedCoupon
from pricing.mechanics.borrowing_base import BaseRolled, roll_borrowing_base
from pricing.schedules.borrowing_base import BasePlan, resolve_borrowing_base
from pricing.strategies.borrowing_bases import AS_OF, base_deal

NEVER = 999


def market(*, borrower: float = 0.1, obligors: float = 0.1, volatility: float = 0.4, correlation: float = 0.4) -> Market:
    return Market.model_validate(
        {
            "as_of": AS_OF,
            "rates": {"USD-SOFR": {"kind": "flat", "rate": 0.04}},
            "credit": {
                "CLD": {"kind": "hazard", "hazard": borrower},
                "ONE": {"kind": "hazard", "hazard": obligors},
                "TWO": {"kind": "hazard", "hazard": obligors},
            },
            "rent": {
                "GPU": {
                    "kind": "thin_rent",
                    "spot_usd_per_hour": 2.0,
                    "growth": -0.2,
                    "volatility": volatility,
                    "relet_months": 3,
                    "relet_utilisation": 0.8,
                }
            },
            "correlation": {"rent:GPU|credit:CLD": correlation},
        }
    )


def base(**changes: Any) -> BorrowingBase:
    """80 m drawn of 100 m at 6 % for six months, on 100 m of leases advanced at 80 % that stand still."""
    defaults: dict[str, Any] = {
        "lender": "bank", "borrower": "cloud", "commitment_usd": 1e8, "drawn_usd": 8e7, "coupon": FixedCoupon(rate=0.06),
        "maturity": AS_OF.replace(month=7), "classes": (BaseClass(label="leases", advance_rate=0.8, most_age_months=60),),
        "assets": (
            BaseAsset(label="one", asset_class="leases", obligor="first", value_usd=6e7, months=480),
            BaseAsset(label="two", asset_class="leases", obligor="second", group="labs", value_usd=4e7, months=480),
        ),
        "usage": 0.0, "enforcement": BaseEnforcement(liquidation=0.5, lag_months=1),
    }  # fmt: skip
    return BorrowingBase(**(defaults | changes))


def plan_of(of: BorrowingBase, on: Market | None = None) -> BasePlan:
    return resolve_borrowing_base(base_deal(of), of, on or market(), "revolver")


def by_hand(of: BorrowingBase, *, ratio: list[float] | None = None, **failed: int) -> BaseRolled:
    """One path: rents over their forward by month, and months of default by credit (`CLD`, `ONE`, `TWO`)."""
    plan = plan_of(of)
    rents = np.array([*(ratio or [1.0]), *[(ratio or [1.0])[-1]] * len(plan.dates)])[: len(plan.dates), None]
    months = np.array([[failed.get(key.removeprefix("credit:"), NEVER)] for key in plan.keys], dtype=np.int64).reshape(len(plan.keys), 1)
    return roll_borrowing_base(plan, rents, months)


def wild(plan: BasePlan, seed: int, paths: int = 48) -> tuple[np.ndarray, np.ndarray]:
    """Rents and defaults of a few wild paths."""
    random = np.random.default_rng(seed)
    steps = 0.25 * random.standard_normal((60, paths))
    return np.exp(np.cumsum(steps, axis=0))[: len(plan.dates)], random.integers(0, 40, (3, paths))[: len(plan.keys)]
