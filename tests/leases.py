"""Small leases for tests: one deal in round numbers, its market."""

from __future__ import annotations

import datetime as dt
from typing import Any

from curves import Market
from instruments import Deal

AS_OF = dt.date(2026, 3, 31)


def market(**changes: Any) -> Market:
    """Flat curves; a site whose rent and value hardly fall, a fleet whose do; `changes` replace whole tables."""
    tables: dict[str, Any] = {
        "rates": {"USD-SOFR": {"kind": "flat", "rate": 0.04}},
        "credit": {
            "TENANT": {"kind": "hazard", "hazard": 0.05, "recovery": 0.3},
            "MAKER": {"kind": "hazard", "hazard": 0.02, "recovery": 0.4},
        },
        "rent": {
            "GPU": {
                "kind": "thin_rent", "spot_usd_per_hour": 3.0, "growth": -0.15, "volatility": 0.4, "relet_months": 2,
                "relet_utilisation": 0.8,
            },
            "CAMPUS": {"kind": "thin_rent", "spot_usd_per_hour": 0.2, "growth": 0.0, "volatility": 0.2, "relet_months": 3},
        },
        "resale": {
            "GPU": {"kind": "thin_resale", "new_usd": 50_000.0, "decline": 0.3, "depth_units": 1e6, "impact": 0.0, "sale_cost": 0.05},
            "CAMPUS": {"kind": "thin_resale", "new_usd": 12_000.0, "decline": 0.03, "depth_units": 1e9, "impact": 0.0, "sale_cost": 0.02},
        },
        "power": {"US": {"kind": "thin_power", "usd_per_kwh": 0.08}},
        "correlation": {"rent:GPU|credit:TENANT": 0.5, "rent:GPU|credit:MAKER": 0.5, "credit:TENANT|credit:MAKER": 0.4},
    }  # fmt: skip
    return Market.model_validate({"as_of": AS_OF} | tables | changes)


FLEET: dict[str, Any] = {
    "owner": "spv", "operator": "tenant", "vendor": "maker", "model": "GPU", "kw_per_unit": 1.5, "rent": "rent:GPU", "resale": "resale:GPU",
    "attrition": 0.02, "accounting": {"life_years": 6.0},
    "site": {"power": "power:US", "pue": 1.2, "colocation_usd_per_kw_month": 150.0, "upkeep_usd_per_unit_month": 100.0},
    "cohorts": [
        {"label": "a", "units": 1000.0, "cost_usd": 50e6, "funding": dt.date(2026, 6, 30), "acceptance": dt.date(2026, 6, 30)},
    ],
}  # fmt: skip
LEASE: dict[str, Any] = {
    "kind": "lease", "lessor": "spv", "lessee": "tenant", "asset": {"kind": "fleet", "fleet": "fleet"}, "price_usd": 50e6,
    "seller": "maker", "start": dt.date(2026, 6, 30), "term_months": 36, "rent": {"kind": "level", "usd_per_month": 1.25e6},
}  # fmt: skip


def deal(*, guarantee: dict[str, Any] | None = None, backstop: dict[str, Any] | None = None, **changes: Any) -> Deal:
    """One lease of a fleet; `changes` to the lease; a guarantee by the maker, or a capacity backstop, where given."""
    contracts: dict[str, Any] = {"lease": LEASE | changes}
    if guarantee is not None:
        contracts["support"] = {"kind": "lease_guarantee", "guarantor": "maker", "lease": "lease"} | guarantee
    if backstop is not None:
        contracts["floor"] = {
            "kind": "capacity_backstop", "guarantor": "maker", "operator": "tenant", "rent": "rent:GPU", "units": 1000.0,
            "start": AS_OF, "months": 24, "floor_usd_per_hour": {"0": 2.0}, "guarantor_share": {"0": 0.5},
        } | backstop  # fmt: skip
    return Deal.model_validate(
        {
            "id": "small", "as_of": AS_OF,
            "parties": {"spv": {}, "tenant": {"credit": "credit:TENANT"}, "maker": {"credit": "credit:MAKER"}},
            "assets": {"fleet": FLEET},
            "contracts": contracts,
        }
    )  # fmt: skip
