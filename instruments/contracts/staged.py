"""Staged equity: money promised to a firm in tranches, each against new shares, each behind a trigger.

The figure in the headline, what is owed, what is likely and what was paid are four numbers; `Stage` and the measures keep them apart.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from instruments.conditions import Group, Leg, MilestoneReached
from instruments.contracts.staged_parts import PerUnit, PriceRule, StagedLadder, StagedTranche, Standing, StopRight, UnitsAmount, UsdPerUnit
from instruments.ground.base import Many, Terms
from instruments.ground.keys import MarketKey, Name

if TYPE_CHECKING:
    from instruments.deal import Milestone


class StagedEquity(Terms):
    """An investor pays for new shares of the issuer in tranches, as triggers come."""

    kind: Literal["staged_equity"] = "staged_equity"
    investor: Name
    """Party that pays."""
    issuer: Name
    """Party whose shares these are; its default ends the draws."""
    underlying: MarketKey
    """The share: `equity:OPENAI`, per share or the whole firm as one share."""
    share_class: str = ""
    """Label of the class: 'Series C preferred'. Preferences are not valued."""
    end: dt.date
    """Long-stop date: triggers that come later release nothing."""
    closing_months: Annotated[int, Field(ge=0, le=24)] = 0
    """Months from the trigger to the payment."""
    investor_stop: StopRight | None = None
    """The investor's right to stop; null is none."""
    issuer_stop: StopRight | None = None
    """The issuer's right to refuse; null is none."""
    tranches: Annotated[Many[StagedTranche], Field(max_length=1000)] = ()
    """The tranches, where they are written out."""
    ladder: StagedLadder | None = None
    """The tranches, where they follow a milestone's plan."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if bool(self.tranches) == (self.ladder is not None):
            raise PydanticCustomError("broken_rule", "give tranches or a ladder, and only one of them", {"path": "tranches"})
        if self.investor == self.issuer:
            raise PydanticCustomError("broken_rule", "investor and issuer must be two parties", {"path": "issuer"})
        for side in ("investor_stop", "issuer_stop"):
            right: StopRight | None = getattr(self, side)
            if right is not None and right.notice_months > self.closing_months:
                raise PydanticCustomError(
                    "broken_rule", "notice cannot be longer than the months to closing", {"path": f"{side}.notice_months"}
                )
        standings = [tranche.standing for tranche in self.tranches] if self.ladder is None else [self.ladder.standing]
        if "non_binding" in standings and (self.investor_stop is None or self.issuer_stop is None):
            text = "a non-binding tranche needs investor_stop and issuer_stop: say what each side would put up with"
            raise PydanticCustomError("broken_rule", "{text}", {"path": "investor_stop", "text": text})
        return self


@dataclass(frozen=True, slots=True)
class Stage:
    """One tranche in its deal: its amount as the plan and the price per unit have it today."""

    label: str
    amount_usd: float
    condition: Leg | Group
    price: PriceRule
    standing: Standing
    milestone: str | None
    """Milestone whose units it pays for, if any."""
    units: float
    """Units that it pays for; 0 without a milestone."""


def stages_of(contract: StagedEquity, milestones: Mapping[str, Milestone]) -> tuple[Stage, ...]:
    """The tranches with their amounts, those of a ladder made from its milestone's plan; tranches above the cap are cut or left out."""
    if contract.ladder is None:
        return tuple(_written(index, tranche, milestones) for index, tranche in enumerate(contract.tranches))
    ladder = contract.ladder
    milestone = milestones[ladder.milestone]
    left = float("inf") if ladder.cap_usd is None else ladder.cap_usd
    found: list[Stage] = []
    before = 0.0
    for level in (milestone.plan[date] for date in sorted(milestone.plan)):
        amount = min(usd_of(ladder.per_unit, level - before, milestone), left)
        if amount > 0.0:
            condition = MilestoneReached(milestone=ladder.milestone, at_least=level)
            label = f"{level:g} {milestone.unit}"
            found.append(Stage(label, amount, condition, ladder.price, ladder.standing, ladder.milestone, level - before))
        left -= amount
        before = level
    return tuple(found)


def _written(index: int, tranche: StagedTranche, milestones: Mapping[str, Milestone]) -> Stage:
    label, amount = tranche.label or f"tranche {index + 1}", tranche.amount
    if not isinstance(amount, UnitsAmount):
        return Stage(label, amount.usd, tranche.condition, tranche.price, tranche.standing, None, 0.0)
    usd = usd_of(amount.per_unit, amount.units, milestones[amount.milestone])
    return Stage(label, usd, tranche.condition, tranche.price, tranche.standing, amount.milestone, amount.units)


def usd_of(per_unit: PerUnit, units: float, milestone: Milestone) -> float:
    """USD for so many units; the milestone must have a price where the amount is a share of it (`instruments.checks` sees to it)."""
    if isinstance(per_unit, UsdPerUnit):
        return per_unit.usd * units
    return per_unit.share * (milestone.price_per_unit_usd or 0.0) * units
