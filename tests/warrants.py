"""Small warrants and markets, built in code: short expiries, so that a block of paths costs milliseconds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import numpy as np

from curves import Market
from instruments import Deal, Warrant
from instruments.conditions import AllOf, MilestoneReached, PriceTarget
from instruments.contracts.warrant import Tranche
from instruments.deal import Milestone, Party, Position
from instruments.observations import Close, Mean, Touch
from pricing import Settings, Task
from pricing.engines.warrant_setup import WarrantRun, prepare

AS_OF = dt.date(2025, 10, 3)
SHARE = "equity:AMD"
EXPIRY = dt.date(2026, 3, 31)
PLAN = {dt.date(2025, 12, 1): 1.0, dt.date(2026, 1, 20): 2.0, dt.date(2026, 3, 2): 3.0}


def observed(days: int | str) -> Close | Mean | Touch:
    return Touch() if days == "touch" else Close() if days == 1 else Mean(days=int(days))


def price_leg(target: float, *, days: int | str = 1, meet: str = "latched", of: str = SHARE) -> PriceTarget:
    return PriceTarget(of=of, at_least=target, observation=observed(days), meet=meet)


def milestone_leg(level: float, *, meet: str = "latched", milestone: str = "deliveries") -> MilestoneReached:
    return MilestoneReached(milestone=milestone, at_least=level, meet=meet)


def both(target: float, level: float, *, days: int | str = 1, price_meet: str = "latched", stone_meet: str = "latched") -> AllOf:
    return AllOf(legs=(milestone_leg(level, meet=stone_meet), price_leg(target, days=days, meet=price_meet)))


def market(**changes: Any) -> Market:
    """Spot 100, volatility 50 %, flat 3.7 %; `correlation`, `credit`, `milestones`, ... replace whole tables."""
    share = {"spot_usd": 100.0, "volatility": 0.5} | changes.pop("share", {})
    base: dict[str, Any] = {
        "as_of": AS_OF,
        "rates": {"USD": {"kind": "flat", "rate": 0.037}},
        "equity": {"AMD": share},
        "milestones": {"deliveries": {"clock_volatility": 0.25}},
    }
    return Market.model_validate(base | changes)


def coupled_market(**changes: Any) -> Market:
    """The same with a buyer's credit, a hazard of cancellation, and correlations."""
    tables = {
        "credit": {"BUY": {"kind": "hazard", "hazard": 0.4}},
        "milestones": {"deliveries": {"clock_volatility": 0.25, "cancellation_hazard": 0.2}},
        "correlation": {f"{SHARE}|milestone:deliveries": 0.5, f"{SHARE}|credit:BUY": 0.4, "milestone:deliveries|credit:BUY": 0.3},
    }
    return market(**(tables | changes))


def deal(
    conditions: Iterable[Any],
    *,
    shares: float = 10.0,
    strike_usd: float = 0.0,
    expiry: dt.date = EXPIRY,
    exercise: str = "at_expiry",
    plan: dict[dt.date, float] | None = None,
    milestones: dict[str, Milestone] | None = None,
    buyer: bool = False,
    position: Position | None = None,
    as_of: dt.date = AS_OF,
    terms: dict[str, Any] | None = None,
    **others: Any,
) -> Deal:
    """A deal with one warrant; `buyer` gives the deliveries a buyer that can default, `terms` are further fields of the warrant."""
    tranches = tuple(Tranche(shares=shares, condition=condition) for condition in conditions)
    warrant = Warrant(
        issuer="vendor",
        holder="buyer",
        underlying=SHARE,
        shares=shares * len(tranches),
        strike_usd=strike_usd,
        expiry=expiry,
        exercise=exercise,
        tranches=tranches,
        **(terms or {}),
    )
    stone = Milestone(unit="GW", plan=PLAN if plan is None else plan, buyer="buyer" if buyer else None)
    return Deal(
        id="small",
        as_of=as_of,
        parties={"vendor": Party(equity=SHARE), "buyer": Party(credit="credit:BUY" if buyer else None)},
        milestones={"deliveries": stone} if milestones is None else milestones,
        contracts={"warrant": warrant},
        position=position or Position(),
        **others,
    )


def ladder_of(
    days: int | str = 1, *, price_meet: str = "latched", stone_meet: str = "latched", targets: Iterable[float] = (103.0, 110.0, 120.0)
) -> list[AllOf]:
    """Three rising tranches of a price and a delivery each."""
    return [both(target, k + 1.0, days=days, price_meet=price_meet, stone_meet=stone_meet) for k, target in enumerate(targets)]


def task(of: Deal, on: Market, **settings: Any) -> Task:
    return Task(deal=of, contract_id="warrant", contract=of.contracts["warrant"], market=on, settings=Settings(**({"paths": 1} | settings)))


def run_of(of: Deal, on: Market, **settings: Any) -> WarrantRun:
    return prepare(task(of, on, **settings))


def sigmas(found: float, error: float, expected: float) -> float:
    """Distance in standard errors; rounding alone counts as none."""
    return 0.0 if np.isclose(found, expected, rtol=1e-12) else abs(found - expected) / error
