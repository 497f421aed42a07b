"""Small staged commitments and markets, built in code: two years of months, so that a block of paths costs milliseconds."""

from __future__ import annotations

import datetime as dt
from typing import Any

from curves import Market
from instruments import (
    Deal,
    FixedAmount,
    FixedPrice,
    Milestone,
    MilestoneReached,
    Party,
    Position,
    StagedEquity,
    StagedPosition,
    StagedTranche,
    StopRight,
)
from pricing.registry import Settings, Task

AS_OF = dt.date(2025, 9, 22)
END = dt.date(2027, 9, 30)
PLAN = {dt.date(2026, 3, 31): 1.0, dt.date(2026, 10, 31): 2.0}
SHARE = "equity:LAB"
STOP = StopRight()


def market(**changes: Any) -> Market:
    """A firm worth 100 a share, 1,000 shares, volatility 60 %, flat 4 %; tables are replaced whole."""
    share = {"spot_usd": 100.0, "volatility": 0.6, "shares_outstanding": 1000.0} | changes.pop("share", {})
    base: dict[str, Any] = {
        "as_of": AS_OF,
        "rates": {"USD": {"kind": "flat", "rate": 0.04}},
        "equity": {"LAB": share},
        "milestones": {"sites": {"clock_volatility": 0.3, "cancellation_hazard": 0.1}},
        "credit": {"LAB": {"kind": "hazard", "hazard": 0.05}},
    }
    return Market.model_validate(base | changes)


def tranche(level: float | None = 1.0, **changes: Any) -> StagedTranche:
    """1,000 USD at 100 a share, released by a level of the plan."""
    terms: dict[str, Any] = {"amount": FixedAmount(usd=1000.0), "price": FixedPrice(usd_per_share=100.0)}
    if level is not None:
        terms["condition"] = MilestoneReached(milestone="sites", at_least=level)
    return StagedTranche(**(terms | changes))


def deal(
    *tranches: StagedTranche,
    plan: dict[dt.date, float] | None = None,
    price_per_unit_usd: float | None = 3500.0,
    credit: bool = True,
    drawn: StagedPosition | None = None,
    reached: float = 0.0,
    **terms: Any,
) -> Deal:
    """An investor, a lab, sites as milestone; `terms` are the contract's."""
    staged = StagedEquity(**({"investor": "maker", "issuer": "lab", "underlying": SHARE, "end": END, "tranches": tranches} | terms))
    position = Position(staged={} if drawn is None else {"stake": drawn}, milestones={"sites": reached} if reached else {})
    return Deal(
        id="staged",
        as_of=AS_OF,
        parties={"maker": Party(), "lab": Party(equity=SHARE, credit="credit:LAB" if credit else None)},
        milestones={"sites": Milestone(unit="GW", plan=plan or PLAN, price_per_unit_usd=price_per_unit_usd, buyer="lab")},
        contracts={"stake": staged},
        position=position,
    )


def task(made: Deal, at: Market | None = None, *, paths: int = 4096, seed: int = 0, threads: int = 1, **settings: Any) -> Task:
    """The contract as an engine sees it."""
    chosen = Settings(paths=paths, seed=seed, threads=threads, **settings)
    return Task(deal=made, contract_id="stake", contract=made.contracts["stake"], market=at or market(), settings=chosen)
