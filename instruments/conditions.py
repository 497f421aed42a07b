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
from instruments.ground.base import FrozenDict, FrozenJson, FrozenMap, Many, Terms
from instruments.ground.keys import MarketKey, Name
from instruments.ground.units import Number, Positive, PositiveUsd
from instruments.observations import Close, Observation, Touch

Meet = Literal["latched", "simultaneous", "at_date"]
"""How a leg counts towards its parent."""


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


class MarketCap(Bounded):
    """The market capitalisation, price times share count, is at or above a target (`at_least`), or at or below one (`at_most`)."""

    kind: Literal["market_cap"] = "market_cap"
    of: MarketKey
    """Whose: `equity:CBRS`."""
    at_least: PositiveUsd | None = None
    """Upper target, USD."""
    at_most: PositiveUsd | None = None
    """Lower target, USD."""
    share_count: Positive | None = None
    """Shares that the test counts; null takes the market's count of outstanding shares, which then stays."""
    observation: Observation = Close()
    """What of the price is compared."""
    meet: Meet = "latched"
    """How the leg counts."""


class RelativePerformance(Bounded):
    """A share has grown, since its base date, by so many times as much as others have.

    The ratio compared is (S_t / S_base) over the equal-weighted mean of (B_t / B_base) of the others: 1 is as they did.
    """

    kind: Literal["relative_performance"] = "relative_performance"
    of: MarketKey
    """Whose: `equity:AMD`."""
    against: Annotated[Many[MarketKey], Field(min_length=1, max_length=20)]
    """The others: one index or peer, or several with the same weight at the base date."""
    at_least: Positive | None = None
    """Least ratio."""
    at_most: Positive | None = None
    """Largest ratio."""
    base_usd: FrozenMap[MarketKey, PositiveUsd] = FrozenDict()
    """Price of each at the base date; one that is not listed starts at the market's spot."""
    observation: Observation = Close()
    """What of the ratio is compared; `touch` is refused, since two prices together have no exact watch between closes."""
    meet: Meet = "latched"
    """How the leg counts."""

    @model_validator(mode="after")
    def _comparable(self) -> Self:
        if isinstance(self.observation, Touch):
            raise PydanticCustomError("broken_rule", "a ratio of two prices cannot be watched by touch: use close, mean, vwap or days_out")
        if self.of in self.against or len(set(self.against)) < len(self.against):
            raise PydanticCustomError("broken_rule", "a share is compared with others, each named once", {"path": "against"})
        strangers = sorted(set(self.base_usd) - {self.of, *self.against})
        if strangers:
            raise PydanticCustomError("broken_rule", "{key} is not compared here", {"path": "base_usd", "key": strangers[0]})
        return self


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
    at_least: Number | None = None
    """Lower bound of what passes."""
    at_most: Number | None = None
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


Leg = PriceTarget | MarketCap | RelativePerformance | MilestoneReached | RatioTest | DateReached | EventHappened | Custom
"""A condition without parts."""
Group = AllOf | AnyOf | Sequence
"""A condition made of conditions."""
Condition = Annotated[Leg | Group, Field(discriminator="kind")]
"""Any condition."""
PriceLeg = PriceTarget | MarketCap | RelativePerformance
"""A leg that looks at prices day by day."""

AllOf.model_rebuild()
AnyOf.model_rebuild()
Sequence.model_rebuild()


def keys_of(leg: PriceLeg) -> tuple[MarketKey, ...]:
    """Market keys whose prices a leg looks at, its own first."""
    return (leg.of, *leg.against) if isinstance(leg, RelativePerformance) else (leg.of,)


def legs_of(condition: Leg | Group, path: str = "") -> tuple[tuple[str, Leg], ...]:
    """Every leaf of a condition with its path (`legs.0`, `legs.1.legs.0`), depth first."""
    if isinstance(condition, AllOf | AnyOf | Sequence):
        found: list[tuple[str, Leg]] = []
        for index, leg in enumerate(condition.legs):
            found.extend(legs_of(leg, f"{path}.legs.{index}" if path else f"legs.{index}"))
        return tuple(found)
    return ((path, condition),)
