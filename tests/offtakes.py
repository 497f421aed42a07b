"""Small stand-alone offtakes for tests: one deal in round numbers and its market."""

from __future__ import annotations

import datetime as dt
from typing import Any

from curves import Market
from instruments import Deal
from pricing.registry import Settings, Task
from tests.facilities import market as facility_market

AS_OF = dt.date(2026, 3, 31)
END = dt.date(2027, 9, 30)
HOURS = 730.5
UNITS = 100.0


def market(**changes: Any) -> Market:
    """Flat curves; rents start at 3 and fall by 10 % a year; only the payer can default."""
    tables: dict[str, Any] = {
        "correlation": {},
        "credit": {"PAYER": {"kind": "hazard", "hazard": 0.05}, "PARENT": {"kind": "hazard", "hazard": 0.0}},
    }
    return facility_market(**(tables | changes))


def thin_rent(**changes: Any) -> dict[str, Any]:
    """The rent table with some numbers changed."""
    base = {"kind": "thin_rent", "spot_usd_per_hour": 3.0, "growth": -0.1, "volatility": 0.4, "relet_months": 2, "relet_utilisation": 0.8}
    return {"GPU": base | changes}


def deal(*, parties: dict[str, Any] | None = None, cohorts: list[dict[str, Any]] | None = None, **changes: Any) -> Deal:
    """A hundred units at 3 USD an hour for eighteen months; `changes` to the offtake."""
    offtake: dict[str, Any] = {
        "kind": "offtake", "customer": "payer", "provider": "cloud", "fleet": "fleet", "price_usd_per_hour": 3.0, "end": END,
        "substitute": {"odds": 0.0, "delay_months": 0, "interim_share": 0.0, "cost_usd_per_unit": 0.0},
    }  # fmt: skip
    placed = [{"label": "a", "units": UNITS, "cost_usd": 4e6, "funding": dt.date(2025, 12, 31), "acceptance": AS_OF}]
    fleet: dict[str, Any] = {
        "owner": "cloud", "operator": "cloud", "vendor": "maker", "model": "GPU", "kw_per_unit": 1.5, "rent": "rent:GPU",
        "resale": "resale:GPU", "accounting": {"life_years": 6.0},
        "site": {"power": "power:US", "pue": 1.2, "colocation_usd_per_kw_month": 150.0},
        "cohorts": cohorts or placed,
    }  # fmt: skip
    return Deal.model_validate(
        {
            "id": "small",
            "as_of": AS_OF,
            "parties": parties or {"cloud": {"credit": "credit:PARENT"}, "payer": {"credit": "credit:PAYER"}, "maker": {}},
            "assets": {"fleet": fleet},
            "contracts": {"offtake": offtake | changes},
        }
    )


def task(given: Deal, on: Market | None = None, *, measures: tuple[str, ...] | None = None, paths: int = 4096, threads: int = 1) -> Task:
    """The offtake of a deal, to be priced."""
    settings = Settings(paths=paths, threads=threads, measures=None if measures is None else frozenset(measures))
    return Task(deal=given, contract_id="offtake", contract=given.contracts["offtake"], market=on or market(), settings=settings)
