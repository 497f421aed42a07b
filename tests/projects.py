"""Small projects and their markets; worlds drawn at hand, so that a property looks at a few dozen wild paths."""

from __future__ import annotations

from typing import Any

import numpy as np

from curves import Market
from instruments import Design, ForcedSale, Plant, Project, Substitute
from pricing.laws.project_runs import Booked
from pricing.paths.world import World
from pricing.risk.transfer.operations import Operations, operate
from pricing.risk.transfer.setup import Setup, set_up
from pricing.strategies.projects import AS_OF, COST, project_of

NEVER_FAILS = {"TEN": 0.0, "OPR": 0.0, "VND": 0.0}


def plant(**changes: Any) -> Plant:
    """One unit of 100 USD for a year, contract for all of it at 15 USD a month, no running cost."""
    base: dict[str, Any] = {
        "operator": "operator", "customer": "tenant", "vendor": "vendor", "units": 1.0, "cost_usd": COST, "months": 12,
        "contract_months": 12, "contract_usd_per_hour": 15.0 / 730.0, "running_usd_per_unit_hour": 0.0, "rent": "rent:X",
        "resale": "resale:X", "substitute": Substitute(odds=1.0, delay_months=0, interim_share=1.0, cost_usd_per_unit=0.0),
    }  # fmt: skip
    return Plant(**(base | changes))


def project(designs: dict[str, Design], rules: ForcedSale | None = None, **changes: Any) -> Project:
    return project_of(designs, plant=plant(**changes), enforcement=rules)


def market(
    *,
    hazards: dict[str, float] | None = None,
    rate: float = 0.0,
    rent: float = 0.02,
    growth: float = 0.0,
    volatility: float = 0.0,
    new_usd: float = 40.0,
    decline: float = 0.0,
    sale_cost: float = 0.0,
    impact: float = 0.0,
    correlation: dict[str, float] | None = None,
    share_volatility: float = 0.4,
) -> Market:
    """Flat rates and hazards; hardware that is worth 40 USD used, whatever its age; nobody fails unless asked for."""
    found = NEVER_FAILS | (hazards or {})
    return Market.model_validate(
        {
            "as_of": AS_OF,
            "rates": {"USD-SOFR": {"kind": "flat", "rate": rate}},
            "credit": {name: {"kind": "hazard", "hazard": hazard} for name, hazard in found.items()},
            "equity": {name: {"spot_usd": 100.0, "volatility": share_volatility} for name in ("OPR", "VND")},
            "rent": {"X": {"kind": "thin_rent", "spot_usd_per_hour": rent, "growth": growth, "volatility": volatility}},
            "resale": {
                "X": {
                    "kind": "thin_resale", "new_usd": new_usd, "decline": decline, "sale_cost": sale_cost, "depth_units": 1.0,
                    "impact": impact, "rent_elasticity": 1.0,
                }
            },
            "correlation": correlation or {},
        }
    )  # fmt: skip


def wild_operations(setup: Setup, seed: int, paths: int = 48) -> Operations:
    """Paths on which everything happens: defaults in any month or never, rents and shares that halve and double."""
    rng = np.random.default_rng(seed)
    size = (setup.total, paths)
    rents = setup.forward_rent[:, None] * np.exp(np.cumsum(rng.normal(0.0, 0.3, size), axis=0))
    closes = {"rent:X": rents}
    for share in setup.drivers.shares:
        closes[share.key] = share.spot * np.exp(np.cumsum(rng.normal(0.0, 0.25, size), axis=0))
    defaulted = {}
    for credit in setup.drivers.credits:
        months = rng.integers(0, setup.months, paths)
        defaulted[credit.key] = np.where(rng.random(paths) < 0.5, months, setup.total).astype(np.int64)
    for share, credit in setup.drivers.issuers.items():
        closes[share] = np.where(np.arange(setup.total)[:, None] < defaulted[credit], closes[share], 0.0)
    world = World(setup.drivers.grid, closes, {}, {}, {}, {}, defaulted)
    return operate(setup, world, rng.random(paths) < setup.substitute.odds)


def booked(of: Project, on: Market, seed: int = 0, design: str = "other") -> tuple[Booked, Booked, Operations]:
    """All equity and another design of a project on the same wild paths."""
    setup = set_up(of, on)
    operations = wild_operations(setup, seed)
    return Booked(setup, of.designs["all_equity"], operations), Booked(setup, of.designs[design], operations), operations
