"""Parts of an offtake that stands on its own: prepayment, service levels, rights to leave, what follows its end or a default."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from instruments.ground.base import FrozenDict, FrozenMap, Terms
from instruments.ground.units import Fraction, NonNegative, Usd

Exercise = Literal["economic", "optimal", "first_date", "never"]
"""How a right to leave is used. `economic`: at the first date on which leaving saves money at that day's forward rents; `optimal`: by
least squares on simulated paths, fitted on one set of paths and used on another; `first_date`: as soon as it may; `never`."""


class Prepayment(Terms):
    """Money paid ahead: the provider owes capacity for it until it has burned off."""

    share: Annotated[float, Field(gt=0, le=1)]
    """Of the headline value: every hour to the end of the contract at its full price."""
    paid: Literal["at_signing", "at_funding", "at_acceptance"] = "at_signing"
    """When. `at_signing`: at the valuation date; a facility takes it on the first payment date and keeps each cohort's part on an account
    until the cohort is bought. `at_funding`, `at_acceptance`: each cohort's part when it is bought, or accepted; in a facility only."""
    burn_off: Literal["pro_rata", "first_months"] = "pro_rata"
    """`pro_rata`: the same share of every month's rent is paid by it; `first_months`: the first rents, until it is used up."""
    refund: Fraction = 0.0
    """Share of what is left that is paid back when somebody leaves on notice, or at the end. After the customer's default it is
    forfeited; after the operator's failure it is a claim in full, in a facility behind the loan."""


class ServiceLevel(Terms):
    """Promised availability, credits below it, and suspension after a run of failures; and the odds of outages, which are assumed.

    A month is good (full availability) or has an outage; runs of outages follow a chain of two states.
    """

    promised: Annotated[float, Field(gt=0, le=1)]
    """Share of hours promised: 0.99."""
    credit_per_point: NonNegative
    """Credit for each percentage point below it, as a share of the month's rent: 0.05."""
    cap: Fraction = 1.0
    """Most that is credited, as a share of the month's rent."""
    outage_odds_per_month: Annotated[float, Field(ge=0, lt=1)]
    """Chance that a good month is followed by one with an outage."""
    repeat_odds: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Chance that an outage goes on for another month; null is the same chance as after a good month."""
    outage_availability: Fraction
    """Share of hours available in a month with an outage; below the promised level."""
    suspend_after_months: Annotated[int, Field(ge=1, le=24)] | None = None
    """Consecutive months with an outage from which on no rent is due until service is back; null is never."""

    @model_validator(mode="after")
    def _fails(self) -> Self:
        if self.outage_availability >= self.promised:
            raise PydanticCustomError(
                "broken_rule",
                "{text}",
                {
                    "path": "outage_availability",
                    "text": f"an outage leaves {self.outage_availability:g}, which keeps the promise of {self.promised:g}",
                },
            )
        return self


class Termination(Terms):
    """What leaving costs the side that leaves, paid on the day of the notice."""

    share_of_remaining: Fraction = 0.0
    """Share of the full rents after the last day of service, not discounted."""
    schedule_usd: FrozenMap[dt.date, Usd] = FrozenDict()
    """Date to amount: owed for a notice on that date or later, until the next date. Before the first date nothing."""


class Cancellation(Terms):
    """One side's right to leave on notice, and how it is used."""

    first_notice: dt.date
    """First day on which notice may be given; on later days it is looked at on month ends."""
    last_notice: dt.date | None = None
    """Last day; null is the end of the contract."""
    notice_days: Annotated[int, Field(ge=0, le=1830)] = 0
    """Days from notice to the last day of service; rent is due for them, by the day in the last month."""
    after_outage_months: Annotated[int, Field(ge=0, le=24)] = 0
    """Condition: so many consecutive months with an outage have gone before. Needs `service`; 0 is no condition."""
    termination: Termination = Termination()
    """What it costs."""
    switching_cost_usd_per_unit: NonNegative = 0.0
    """What leaving costs beside it, per unit contracted at the notice: moving, software, idle weeks. No party of the deal receives it."""
    exercise: Exercise = "economic"
    """How it is used: behaviour, not wording."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last_notice is not None and self.last_notice < self.first_notice:
            text = f"the last day for notice {self.last_notice} comes before the first {self.first_notice}"
            raise PydanticCustomError("broken_rule", "{text}", {"path": "last_notice", "text": text})
        return self


class StepIn(Terms):
    """The customer runs the fleet itself where the operator fails and nobody replaces it."""

    rent_share: Fraction
    """Share of the rent that it goes on paying, after its own cost of running the fleet."""


class Rollover(Terms):
    """After its end the contract may go on, month by month, at the rent of the day."""

    odds: Fraction
    """Chance that the customer stays, if nobody has left or failed before."""
    months: Annotated[int, Field(ge=1, le=120)]
    """How long."""
    rent_share: Annotated[float, Field(ge=0, le=2)] = 1.0
    """Rent paid as a share of the rent of the day."""


class AfterDefault(Terms):
    """What follows the customer's default: a claim, and capacity let again."""

    claim_share: Fraction = 0.0
    """Share of the full rents still to come that the provider may claim; paid at the customer's recovery rate."""
    relet_months: Annotated[int, Field(ge=0, le=24)] | None = None
    """Months without revenue before the capacity is let again, also after somebody leaves; null is the market's own."""
    relet_utilisation: Fraction | None = None
    """Share of hours let afterwards; null is the market's own."""
