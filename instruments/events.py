"""Events as data: what can happen to a party, a delivery or a contract, told apart from moves of the market."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from instruments.ground.base import Terms
from instruments.ground.keys import MarketKey, Name
from instruments.ground.units import Number

EventKind = Literal["default", "change_of_control", "termination", "cancellation"]
"""What can happen to a party (`cancellation`: of the deliveries it owes or takes)."""
LateMonths = Annotated[int, Field(ge=1, le=120)]
"""Whole months later."""


class Event(Terms):
    """Something that happens on a date, for certain: part of a scenario."""

    kind: EventKind
    """What happens."""
    party: Name
    """To whom."""
    on: dt.date
    """When."""


class Delay(Terms):
    """A milestone slips: every date of its plan after `as_of` moves later by `years`."""

    kind: Literal["delay"] = "delay"
    milestone: Name
    """Which milestone."""
    years: Number
    """How much later, in years; negative is earlier."""


class LateAcceptance(Terms):
    """The customer accepts later: cohorts of a fleet whose acceptance lies ahead; they are paid for when they were to be."""

    kind: Literal["late_acceptance"] = "late_acceptance"
    asset: Name
    """Which fleet."""
    months: LateMonths
    """How much later."""
    after: dt.date | None = None
    """Only cohorts that were to be accepted after this date; null is the deal's own date."""


class LateStart(Terms):
    """A lease that has not started starts later, for its whole term; of an offtake the dates ahead of its capacity ramp move."""

    kind: Literal["late_start"] = "late_start"
    contract: Name
    """Which lease or offtake."""
    months: LateMonths
    """How much later."""


class Withdrawal(Terms):
    """A staged commitment is withdrawn at the deal's date: what is firm, or released already, stays owed, the rest is never drawn."""

    kind: Literal["withdrawal"] = "withdrawal"
    contract: Name
    """Which staged equity."""


class RefinancingShut(Terms):
    """Nobody lends anew for a while: a right to prepay a loan out of a new one cannot be used until a date."""

    kind: Literal["refinancing_shut"] = "refinancing_shut"
    contract: Name
    """Which loan."""
    until: dt.date
    """First date on which somebody lends again."""


class EarlyLaunch(Terms):
    """The next launch of a newer generation comes earlier: rents and used prices fall earlier by its jump."""

    kind: Literal["early_launch"] = "early_launch"
    key: MarketKey
    """Which rent or used price: `rent:H100`, `resale:H100`."""
    years: Annotated[float, Field(gt=0, le=10)]
    """How much earlier; never before the day after the market's date."""
    jump: Annotated[float, Field(ge=-3, le=3)]
    """Log jump where the market writes no launch of its own: the whole curve then steps by it today."""
