"""A hurdle warrant in one flat row: shares earned when the share price has reached a target and, perhaps, a delivery has been made.

The full `warrant` has lists of tranches and trees of conditions; this is the form that most rows of a warrant book need.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from instruments.conditions import AllOf, DateReached, Leg, MilestoneReached, PriceTarget
from instruments.contracts.warrant import Tranche, Warrant
from instruments.deal import Deal, Milestone, Party
from instruments.ground.base import Terms
from instruments.ground.keys import MarketKey, Name, key_of_kind
from instruments.ground.units import Positive, Usd
from instruments.observations import Close, Touch


class HurdleWarrant(Terms):
    """One row of a warrant book."""

    kind: Literal["hurdle_warrant"] = "hurdle_warrant"
    underlying: MarketKey
    """The share: `equity:AMD`."""
    shares: Positive
    """Shares in all."""
    strike_usd: Usd
    """Price per share on exercise."""
    target_usd: Positive | None = None
    """Share price that must have been reached; null is none."""
    expiry: dt.date
    """Last day."""
    observation: Literal["touch", "close"] = "touch"
    """Whether the target counts at any moment or at the close of a day."""
    milestone: Name | None = None
    """Delivery that must have been made; null is none."""
    planned_delivery: dt.date | None = None
    """When it is planned."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not key_of_kind("equity", self.underlying):
            raise PydanticCustomError(
                "bad_text", "a share such as equity:AMD", {"path": "underlying", "expected": "a share such as equity:AMD"}
            )
        if (self.milestone is None) != (self.planned_delivery is None):
            text = "milestone and planned_delivery go together"
            raise PydanticCustomError("broken_rule", "{text}", {"path": "milestone", "text": text})
        return self


def deal_of(record: dict[str, Any], as_of: dt.date) -> Deal:
    """One hurdle warrant as a deal of its own; a row without any condition vests on the deal's date."""
    legs: list[Leg] = []
    milestones: dict[str, Milestone] = {}
    if record["target_usd"] is not None:
        observation = Touch() if (record["observation"] or "touch") == "touch" else Close()
        legs.append(PriceTarget(of=record["underlying"], at_least=record["target_usd"], observation=observation))
    if record["milestone"] is not None:
        milestones[record["milestone"]] = Milestone(unit="delivery", plan={record["planned_delivery"]: 1.0})
        legs.append(MilestoneReached(milestone=record["milestone"], at_least=1.0))
    warrant = Warrant(
        issuer="issuer",
        holder="holder",
        underlying=record["underlying"],
        shares=record["shares"],
        strike_usd=record["strike_usd"],
        expiry=record["expiry"],
        tranches=(Tranche(shares=record["shares"], condition=AllOf(legs=tuple(legs)) if legs else DateReached(on=as_of)),),
    )
    parties = {"issuer": Party(equity=record["underlying"]), "holder": Party()}
    return Deal(id=record["id"], as_of=as_of, parties=parties, milestones=milestones, contracts={"contract": warrant})
