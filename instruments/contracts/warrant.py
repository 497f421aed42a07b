"""Warrants that vest in tranches: shares for a customer or guarantor, each tranche behind a condition."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from instruments.conditions import AllOf, AnyOf, Condition, Group, Leg, MilestoneReached, Sequence, legs_of
from instruments.ground.base import FrozenDict, FrozenMap, Many, Terms
from instruments.ground.keys import MarketKey, Name
from instruments.ground.units import Fraction, Number, Positive, PositiveUsd, Usd

SHARES_REL = 1e-9
"""Tranches must add up to the headline share count to this relative accuracy (thirds of 160 million do not divide)."""


class Repeat(Terms):
    """A tranche that stands for many of equal size, each a step further along the milestone: one per 500 million of revenue."""

    count: Annotated[int, Field(ge=2, le=1000)]
    """How many."""
    level_step: Positive
    """Added to the level of the milestone leg from one to the next; the condition holds the first level."""


class Tranche(Terms):
    """Some of the shares, and what must happen before they can be exercised."""

    label: str = ""
    """Short name for tables."""
    shares: Positive
    """Number of shares, of all repeats together."""
    condition: Condition
    """When it vests."""
    repeat: Repeat | None = None
    """Stands for many tranches; null is one."""

    @model_validator(mode="after")
    def _one_level_to_raise(self) -> Self:
        stones = [leg for _, leg in legs_of(self.condition) if isinstance(leg, MilestoneReached)]
        if self.repeat is not None and len(stones) != 1:
            raise PydanticCustomError("broken_rule", "a repeated tranche needs one milestone leg, whose level rises", {"path": "repeat"})
        return self

    @property
    def every(self) -> tuple[Tranche, ...]:
        """The tranche, or each of those that it stands for."""
        if self.repeat is None:
            return (self,)
        step, count = self.repeat.level_step, self.repeat.count
        return tuple(
            Tranche(label=f"{self.label} {k + 1}".strip(), shares=self.shares / count, condition=_raised(self.condition, k * step))
            for k in range(count)
        )


def _raised(condition: Leg | Group, by: float) -> Leg | Group:
    if isinstance(condition, AllOf | AnyOf | Sequence):
        return condition.evolve(legs=tuple(_raised(leg, by) for leg in condition.legs))
    return condition.evolve(at_least=condition.at_least + by) if isinstance(condition, MilestoneReached) else condition


class Forfeiture(Terms):
    """What ends the warrant early: the end of a contract, a default, a change of control."""

    when: Condition
    """The first day on which this holds. What vests on that day has vested."""
    takes: Literal["unvested", "unexercised"] = "unvested"
    """`unvested`: tranches that have not vested by then; `unexercised`: these, and vested shares that have not been exercised."""


class ValueFloor(Terms):
    """The issuer tops the holder up in cash where the vested shares are worth less than a stated amount on a stated date."""

    amount_usd: PositiveUsd
    """Least value of the package."""
    on: dt.date
    """The date: shares are valued at that day's close less strike."""
    condition: Condition | None = None
    """What must hold by then for the floor to be owed; null is nothing."""


class Warrant(Terms):
    """A right to buy shares of the issuer, earned in tranches.

    A tranche that has vested is exercised by its holder at `expiry` (or when it vests: `exercise`) if the share is above the strike. At
    expiry that happens by itself: nothing vested lapses for want of a notice. A plain call is one tranche behind a date that has come; a
    penny or pre-funded warrant has a strike near nothing.
    """

    kind: Literal["warrant"] = "warrant"
    issuer: Name
    """Party whose shares these are."""
    holder: Name
    """Party that earns them."""
    underlying: MarketKey
    """The share: `equity:AMD`."""
    shares: Positive
    """Shares in all tranches together."""
    strike_usd: Usd
    """Price per share on exercise; 0 is a free share."""
    expiry: dt.date
    """Last day of vesting and exercise."""
    exercise: Literal["at_expiry", "at_vesting", "best"] = "at_expiry"
    """When vested shares are bought. `at_vesting` is worth more than `at_expiry` when dividends matter and the strike does not; `best`:
    the day a tranche vests its holder takes the better of exercising and keeping the call to expiry."""
    settlement: Literal["gross", "net"] = "gross"
    """Gross: cash for all shares. Net: n (1 - K/S) shares, no cash. Equal in value; they differ in dilution."""
    whole_shares: bool = False
    """Net settlement delivers whole shares of each tranche, and the fraction is lost."""
    dilution: Literal["in_spot", "after_vesting", "same_day"] = "in_spot"
    """How vested shares weigh on the price that hurdles see. `in_spot`: the quoted price holds what the market expects of it, and
    nothing is done twice. The others start from firm value, (V + w K) / (N + w) with w vested: from the day after vesting, or on the
    very day, where a hurdle that only its own vesting would break has no consistent state and is an error."""
    gate_odds: Fraction = 1.0
    """Odds, independent of all else, that conditions on exercise which the file cannot state are met; value counts that share."""
    price_paid_usd: Usd = 0.0
    """What the holder paid for the warrant at signing (pre-funded); shown against the value, not in it."""
    forfeiture: Forfeiture | None = None
    """What ends it early, if anything."""
    floor: ValueFloor | None = None
    """Least value of the package, if any."""
    tranches: Annotated[Many[Tranche], Field(min_length=1, max_length=1000)]
    """The tranches."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        total = sum(tranche.shares for tranche in self.tranches)
        if abs(total - self.shares) > SHARES_REL * self.shares:
            raise PydanticCustomError(
                "broken_rule",
                "the tranches hold {total} shares together, the warrant {shares}: they must be equal",
                {"path": "shares", "total": f"{total:,.0f}", "shares": f"{self.shares:,.0f}"},
            )
        if self.issuer == self.holder:
            raise PydanticCustomError("broken_rule", "issuer and holder must be two parties", {"path": "holder"})
        if self.floor is not None and self.floor.on > self.expiry:
            raise PydanticCustomError("broken_rule", "the floor is tested by expiry, not after it", {"path": "floor.on"})
        if self.exercise == "best" and self.forfeiture is not None and self.forfeiture.takes == "unexercised":
            text = "a holder who can lose vested shares does not wait: use exercise = 'at_vesting', or 'at_expiry' if they must"
            raise PydanticCustomError("broken_rule", "{text}", {"path": "exercise", "text": text})
        if self.floor is not None and self.gate_odds < 1.0:
            text = "a floor tops up what is exercised: state its condition instead of odds of a gate"
            raise PydanticCustomError("broken_rule", "{text}", {"path": "gate_odds", "text": text})
        if self.whole_shares and self.settlement == "gross":
            raise PydanticCustomError(
                "broken_rule", "gross settlement delivers every share: whole_shares goes with net", {"path": "whole_shares"}
            )
        return self

    @property
    def every_tranche(self) -> tuple[Tranche, ...]:
        """The tranches, each repeat on its own."""
        return tuple(one for tranche in self.tranches for one in tranche.every)

    @property
    def conditions(self) -> tuple[tuple[str, Leg | Group], ...]:
        """Every condition with its place in the warrant: the tranches' first (`tranches.0.condition`), then forfeiture and floor."""
        found: list[tuple[str, Leg | Group]] = [
            (f"tranches.{i}.condition", one.condition) for i, tranche in enumerate(self.tranches) for one in tranche.every
        ]
        if self.forfeiture is not None:
            found.append(("forfeiture.when", self.forfeiture.when))
        if self.floor is not None and self.floor.condition is not None:
            found.append(("floor.condition", self.floor.condition))
        return tuple(found)

    def bare_parties(self) -> dict[str, str | None]:
        """Its parties, each with the share that it needs."""
        return {self.issuer: self.underlying, self.holder: None}


class WarrantPosition(Terms):
    """Where a warrant stands at the deal's date."""

    latched: Many[str] = ()
    """Legs that have already come true: `0.legs.1` is the second leg of the first tranche."""
    lapsed: Many[str] = ()
    """Legs that can come true no more, as an at-date test that has failed; written as in `latched`."""
    exercised_shares: Annotated[Many[Number], Field(max_length=1000)] = ()
    """Shares already exercised, by tranche; empty is none."""
    closes: Many[Positive] = ()
    """Closes of the underlying before `as_of`, oldest first: what averaging windows still look back on."""
    peer_closes: FrozenMap[MarketKey, Many[Positive]] = FrozenDict()
    """The same of other shares that a condition compares it with."""

    @model_validator(mode="after")
    def _true_or_false(self) -> Self:
        both = sorted(set(self.latched) & set(self.lapsed))
        if both:
            raise PydanticCustomError(
                "broken_rule", "{leg} has latched and lapsed: it is one of the two", {"path": "lapsed", "leg": both[0]}
            )
        return self
