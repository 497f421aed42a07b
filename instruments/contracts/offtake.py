"""Take-or-pay contracts for capacity, and what happens to them when their operator fails."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from instruments.ground.base import Terms
from instruments.ground.keys import Name
from instruments.ground.units import Fraction, NonNegative, Positive


class Substitute(Terms):
    """What follows the operator's default: a replacement takes the contract over, or the customer ends it."""

    odds: Fraction
    """Chance that a replacement is found and the customer stays."""
    delay_months: Annotated[int, Field(ge=0, le=24)]
    """Months until the replacement runs the fleet, or the customer leaves."""
    interim_share: Fraction
    """Share of the contract's revenue earned in those months."""
    cost_usd_per_unit: NonNegative
    """Paid once, when the replacement starts."""
    cost_uplift: NonNegative = 0.0
    """Site costs afterwards, as a share on top of what they were."""


class Offtake(Terms):
    """A customer pays for capacity whether it uses it or not."""

    kind: Literal["offtake"] = "offtake"
    customer: Name
    """Who pays; its default ends the contract."""
    customer_class: str | None = None
    """Class of the customer in a loan's margin grid, such as 'investment_grade'."""
    provider: Name
    """The vehicle that owns the fleet and is paid."""
    fleet: Name
    """The asset that serves it."""
    price_usd_per_hour: Positive
    """USD per accepted unit and hour, for every hour until `end`."""
    availability: Fraction = 1.0
    """Share of hours paid for after service credits."""
    end: dt.date
    """Last day of the contract."""
    delay_odds_per_month: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Chance, for each cohort and each month, that acceptance slips by another month."""
    substitute: Substitute
    """What follows the operator's default."""
