"""Events as data: what can happen to a party or a delivery, told apart from moves of the market."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from instruments.ground.base import Terms
from instruments.ground.keys import Name

EventKind = Literal["default", "change_of_control", "termination", "cancellation"]
"""What can happen to a party (`cancellation`: of the deliveries it owes or takes)."""


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
    years: float
    """How much later, in years; negative is earlier."""
