"""The condition language, as data: vesting, draws, covenants, triggers and guarantees are built from a few tagged terms.

A leg is a question about the state of the world on a day; `all`, `any` and `sequence` join legs. `meet` says how a leg counts:

- `latched`: once true, it stays true;
- `simultaneous`: it must be true on the day that counts;
- `at_date`: it is tested once, on the first day on which all other legs of its `all` hold.

The interpreter is `pricing.conditions`. Nothing here is code: a condition read from a file can only be one of these terms, or
name a condition that the user's own program has registered.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from instruments.events import EventKind
from instruments.ground.base import FrozenDict, FrozenJson, Many, Terms
from instruments.ground.keys import MarketKey, Name
from instruments.ground.units import Positive

Meet = Literal["latched", "simultaneous", "at_date"]
"""How a leg counts towards its parent."""


class Close(Terms):
    """The daily close."""

    kind: Literal["close"] = "close"


class Touch(Terms):
    """Any moment, watched continuously: the reading of closed forms, not of exchange closes."""

    kind: Literal["touch"] = "touch"


class Mean(Terms):
    """The simple mean of the last `days` closes, that day included."""

    kind: Literal["mean"] = "mean"
    days: Annotated[int, Field(ge=2, le=504)]
    """Business days in the window; before it is full, the test is false."""


class DaysOut(Terms):
    """At least `hits` of the last `days` closes."""

    kind: Literal["days_out"] = "days_out"
    hits: Annotated[int, Field(ge=1, le=504)]
    """How many closes must meet the target."""
    days: Annotated[int, Field(ge=1, le=504)]
    """Length of the window in business days."""

    @model_validator(mode="after")
    def _hits_fit(self) -> Self:
        if self.hits > self.days:
            raise PydanticCustomError("broken_rule", "hits must not exceed days")
        return self


Observation = Annotated[Close | Touch | Mean | DaysOut, Field(discriminator="kind")]
"""What is compared with a price target."""


class Bounded(Terms):
    """A leg with an upper or a lower bound, and only one of them."""

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        if (getattr(self, "at_least", None) is None) == (getattr(self, "at_most", None) is None):
            raise PydanticCustomError("broken_rule", "give at_least or at_most, and only one of them")
        return self


class PriceTarget(Bounded):
    """The observed price is at or above a target (`at_least`), or at or below one (`at_most`)."""

    kind: Literal["price"] = "price"
    of: MarketKey
    """Whose price: `equity:AMD` (USD per share) or `rent:H100` (USD per GPU-hour)."""
    at_least: Positive | None = None
    """Upper target."""
    at_most: Positive | None = None
    """Lower target."""
    observation: Observation = Close()
    """What is compared."""
    meet: Meet = "latched"
    """How the leg counts."""


class MilestoneReached(Terms):
    """A milestone of the deal has reached a level: so many gigawatts, dollars, sites."""

    kind: Literal["milestone"] = "milestone"
    milestone: Name
    """A name in the deal's `milestones`."""
    at_least: Positive
    """The level, in the milestone's unit."""
    meet: Meet = "latched"
    """How the leg counts."""


class RatioTest(Bounded):
    """A named measure of the deal (`dscr`, `ltv`, ...) is at or above, or at or below, a threshold."""

    kind: Literal["ratio"] = "ratio"
    measure: Name
    """Name of the measure, defined by the contract that tests it."""
    at_least: float | None = None
    """Lower bound of what passes."""
    at_most: float | None = None
    """Upper bound of what passes."""
    meet: Meet = "simultaneous"
    """How the leg counts."""


class DateReached(Terms):
    """A calendar date has come."""

    kind: Literal["date"] = "date"
    on: dt.date
    """True from this date on."""
    meet: Meet = "latched"
    """How the leg counts."""


class EventHappened(Terms):
    """An event has happened to a party: its default, say."""

    kind: Literal["event"] = "event"
    event: EventKind
    """Which event."""
    party: Name
    """To whom."""
    meet: Meet = "latched"
    """How the leg counts."""


class Custom(Terms):
    """A condition that the user's own program has registered under `name` (`pricing.register_condition`)."""

    kind: Literal["custom"] = "custom"
    name: Name
    """The registered name."""
    arguments: FrozenJson = FrozenDict()
    """Handed to the registered function."""
    meet: Meet = "latched"
    """How the leg counts."""


class AllOf(Terms):
    """Every leg counts. Not every leg can be `at_date`: the first day of the others would not exist."""

    kind: Literal["all"] = "all"
    legs: Annotated[Many[Condition], Field(min_length=1)]
    """The legs."""
    meet: Meet = "latched"
    """How the whole counts inside a larger condition."""

    @model_validator(mode="after")
    def _someone_leads(self) -> Self:
        if all(leg.meet == "at_date" for leg in self.legs):
            raise PydanticCustomError("broken_rule", "all legs are at_date: at least one must set the date")
        return self


class AnyOf(Terms):
    """At least one leg counts; a leg cannot be `at_date` here."""

    kind: Literal["any"] = "any"
    legs: Annotated[Many[Condition], Field(min_length=1)]
    """The legs."""
    meet: Meet = "latched"
    """How the whole counts inside a larger condition."""

    @model_validator(mode="after")
    def _no_at_date(self) -> Self:
        _refuse_at_date(self.kind, self.legs)
        return self


class Sequence(Terms):
    """The legs come true in this order; each is watched only from the day on which the one before it came true."""

    kind: Literal["sequence"] = "sequence"
    legs: Annotated[Many[Condition], Field(min_length=1)]
    """The legs, in order."""
    meet: Meet = "latched"
    """How the whole counts inside a larger condition."""

    @model_validator(mode="after")
    def _no_at_date(self) -> Self:
        _refuse_at_date(self.kind, self.legs)
        return self


def _refuse_at_date(kind: str, legs: tuple[Leg | Group, ...]) -> None:
    if any(leg.meet == "at_date" for leg in legs):
        raise PydanticCustomError("broken_rule", "a leg of '{kind}' cannot be at_date", {"kind": kind})


Leg = PriceTarget | MilestoneReached | RatioTest | DateReached | EventHappened | Custom
"""A condition without parts."""
Group = AllOf | AnyOf | Sequence
"""A condition made of conditions."""
Condition = Annotated[Leg | Group, Field(discriminator="kind")]
"""Any condition."""

AllOf.model_rebuild()
AnyOf.model_rebuild()
Sequence.model_rebuild()


def legs_of(condition: Leg | Group, path: str = "") -> tuple[tuple[str, Leg], ...]:
    """Every leaf of a condition with its path (`legs.0`, `legs.1.legs.0`), depth first."""
    if isinstance(condition, AllOf | AnyOf | Sequence):
        found: list[tuple[str, Leg]] = []
        for index, leg in enumerate(condition.legs):
            found.extend(legs_of(leg, f"{path}.legs.{index}" if path else f"legs.{index}"))
        return tuple(found)
    return ((path, condition),)
