"""Take-or-pay contracts for capacity, and what happens to them when their operator fails."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from instruments.contracts.offtake_parts import AfterDefault, Cancellation, Prepayment, Rollover, ServiceLevel, StepIn
from instruments.ground.base import FrozenDict, FrozenMap, Terms
from instruments.ground.keys import Name
from instruments.ground.units import Fraction, NonNegative, Positive, PositiveUsd


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
    """A customer pays for capacity whether it uses it or not.

    An offtake on which a loan of the deal rests is priced in that facility's simulation, which knows the terms up to `substitute`. One
    that stands alone may use all of them.
    """

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
    price_steps_usd_per_hour: FrozenMap[dt.date, PositiveUsd] = FrozenDict()
    """Date to the price from that date on; before the first date `price_usd_per_hour`. Stand-alone only, as all that follows."""
    escalator_per_year: Annotated[float, Field(gt=-0.5, lt=0.5)] = 0.0
    """Growth of the price at each anniversary of the deal's date: 0.02 is 2 %."""
    capacity_units: FrozenMap[dt.date, NonNegative] = FrozenDict()
    """Date to the units contracted from that date on: a ramp. Where given it replaces the fleet's acceptance dates and losses."""
    minimum_take: Fraction = 1.0
    """Share of the month's rent that is due in any case; the rest is taken only in months when the rent of the day is above the price."""
    prepayment: Prepayment | None = None
    """Money paid ahead; facilities know it too."""
    service: ServiceLevel | None = None
    """Promised availability."""
    customer_may_leave: Cancellation | None = None
    """The customer's right to leave."""
    provider_may_leave: Cancellation | None = None
    """The provider's right to leave."""
    step_in: StepIn | None = None
    """The customer's right to run the fleet after the operator's default."""
    rollover: Rollover | None = None
    """What may follow the end."""
    after_default: AfterDefault = AfterDefault()
    """What follows the customer's default, or somebody's leaving."""
    capacity_cost_usd_per_hour: NonNegative = 0.0
    """What an hour of a unit costs the provider to run: it lets capacity again only above it, and weighs it when it thinks of leaving."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for side in ("customer_may_leave", "provider_may_leave"):
            right = getattr(self, side)
            if right is None:
                continue
            if right.first_notice >= self.end:
                text = f"notice from {right.first_notice} on comes after the contract's end {self.end}"
                raise PydanticCustomError("broken_rule", "{text}", {"path": f"{side}.first_notice", "text": text})
            if right.after_outage_months and self.service is None:
                text = "a right to leave after outages needs service terms"
                raise PydanticCustomError("broken_rule", "{text}", {"path": f"{side}.after_outage_months", "text": text})
        for field in ("price_steps_usd_per_hour", "capacity_units"):
            late = [date for date in getattr(self, field) if date > self.end]
            if late:
                text = f"{late[0]} is after the contract's end {self.end}"
                raise PydanticCustomError("broken_rule", "{text}", {"path": field, "text": text})
        if self.capacity_units and not any(self.capacity_units.values()):
            raise PydanticCustomError("broken_rule", "{text}", {"path": "capacity_units", "text": "no unit is contracted at any date"})
        return self


ALONE = (
    "price_steps_usd_per_hour", "escalator_per_year", "capacity_units", "minimum_take", "service", "customer_may_leave",
    "provider_may_leave", "step_in", "rollover", "after_default", "capacity_cost_usd_per_hour",
)  # fmt: skip
"""Terms that only an offtake on its own may use: a facility's simulation does not know them."""


def alone_only(offtake: Offtake) -> tuple[str, ...]:
    """The terms of `ALONE` that an offtake really uses."""
    fields = Offtake.model_fields
    return tuple(name for name in ALONE if getattr(offtake, name) != fields[name].default)
