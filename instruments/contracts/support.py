"""Support that a stronger firm gives outside a facility: guarantees of leases in their forms, and floors under the price of capacity."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from instruments.conditions import Condition, DateReached, EventHappened, legs_of
from instruments.contracts.lease_parts import check_months
from instruments.ground.base import FrozenMap, Many, Terms
from instruments.ground.keys import MarketKey, Name, key_of_kind
from instruments.ground.units import Fraction, NonNegative, Positive, PositiveUsd, Usd

Trigger = Literal["end", "non_renewal", "early_exit", "default"]
"""What must happen for a claim: the last term runs out, the lessee does not renew, it leaves early, it defaults."""


class Escrow(Terms):
    """Cash set aside for the beneficiary: it pays before the guarantor does, and what is left goes back at the end."""

    amount_usd: PositiveUsd
    """Paid in at the start of the lease."""
    funded_by: Name
    """Who pays it in and gets back the rest."""


class ThresholdCover(Terms):
    """What residual forms share: a threshold G over time, the value V that is held against it, and what makes a claim."""

    threshold_usd: Annotated[FrozenMap[str, Usd], Field(min_length=1)]
    """Months since the start to G, straight lines between, nothing after the last: {0 = 28e9, 192 = 10e9}. Of the whole asset."""
    measured: Literal["market_value", "recovery"] = "market_value"
    """V: market value on the day, or what the lessor can expect of letting again or selling, net."""
    triggers: Many[Trigger] = ("end", "non_renewal", "early_exit")
    """What makes a claim."""

    @model_validator(mode="after")
    def _months(self) -> Self:
        check_months("threshold_usd", self.threshold_usd)
        return self


class Residual(ThresholdCover):
    """Residual value guarantee: min(cap, max(0, G(T) - V(T))), G falling over time."""

    form: Literal["residual_value"]
    """The form."""


class FirstLoss(ThresholdCover):
    """First-loss share: min(share x G, max(0, G - V))."""

    form: Literal["first_loss"]
    """The form."""
    share: Fraction
    """Share of G."""


class LeaseBackstop(Terms):
    """Lease backstop: max(0, share x lease outstanding - recovery on the asset) after the lessee's default."""

    form: Literal["lease_backstop"]
    """The form."""
    share: Fraction
    """Share of what is outstanding: rents left and planned residual at the implicit rate."""
    step_in: bool = False
    """Whether the guarantor may pay in full and take the asset over, where letting it again is worth more than selling it."""


class PaymentCover(Terms):
    """Payment guarantee: what the lessee still owes after deposit, asset and its own estate."""

    form: Literal["payment"]
    """The form."""


class LeaseGuarantee(Terms):
    """A guarantee of one lease for its lessor; its form says what is owed.

    Payment comes `payment_lag_months` after the claim, and the guarantor must be alive then: one in default pays its recovery rate.
    """

    kind: Literal["lease_guarantee"] = "lease_guarantee"
    guarantor: Name
    """Who pays."""
    lease: Name
    """The contract guaranteed."""
    cover: Annotated[Residual | FirstLoss | LeaseBackstop | PaymentCover, Field(discriminator="form")]
    """What is owed."""
    cap_usd: PositiveUsd | None = None
    """Most that it pays in all, over all phases; null is no limit."""
    cap_falls_with_rent: bool = False
    """Whether the cap falls as the lease's outstanding amount does."""
    first_month: Annotated[int, Field(ge=0, le=600)] = 0
    """Months since a phase's start before which nothing is owed."""
    last_month: Annotated[int, Field(ge=0, le=600)] | None = None
    """Months since a phase's start after which nothing is owed; null is no end."""
    needs_return_conditions: bool = False
    """Whether the lease's return conditions must have been met."""
    springs: Condition | None = None
    """A springing guarantee: it exists only once this has happened (events and dates)."""
    release_odds_per_year: Fraction = 0.0
    """Chance a year that it falls away for good, by a better rating of the lessee say; drawn independently of everything else."""
    payment_lag_months: Annotated[int, Field(ge=0, le=36)] = 3
    """Months from claim to payment."""
    escrow: Escrow | None = None
    """What pays first."""
    indemnitor: Name | None = None
    """Who owes the guarantor what it has paid; in default it pays its recovery rate."""
    fee_usd: Usd = 0.0
    """Paid to the guarantor by the lessor at the lease's start, in cash."""
    premium: Name | None = None
    """A warrant of the deal that the guarantor receives for it: its value is shown beside."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.springs is not None and any(not isinstance(leg, DateReached | EventHappened) for _, leg in legs_of(self.springs)):
            raise _rule("springs", "a springing guarantee waits for events and dates; other legs are not watched in a lease")
        if self.last_month is not None and self.last_month < self.first_month:
            raise _rule("last_month", "must not come before first_month")
        if self.cap_falls_with_rent and self.cap_usd is None:
            raise _rule("cap_usd", "a cap that falls needs a first amount")
        return self


class CapacityBackstop(Terms):
    """A floor under the price of unsold capacity against a share of what it earns above: max(R, f) - theta max(R - f, 0) an hour.

    Settled monthly while both sides are alive; the guarantor pays f - R below the floor and receives theta (R - f) above it.
    """

    kind: Literal["capacity_backstop"] = "capacity_backstop"
    guarantor: Name
    """Who pays below the floor."""
    operator: Name
    """Who is paid below it, and shares what is above."""
    rent: MarketKey
    """The price: `rent:GB300`, USD per unit-hour."""
    units: Positive
    """Units of capacity."""
    utilisation: Fraction = 1.0
    """Share of hours settled."""
    start: dt.date
    """Hours count from the day after."""
    months: Annotated[int, Field(ge=1, le=240)]
    """Months, settled at month ends."""
    floor_usd_per_hour: Annotated[FrozenMap[str, NonNegative], Field(min_length=1)]
    """Months since the start to the floor f, straight lines between, flat after the last."""
    guarantor_share: Annotated[FrozenMap[str, Fraction], Field(min_length=1)]
    """Months since the start to theta, straight lines between, flat after the last."""
    payment_lag_months: Annotated[int, Field(ge=0, le=24)] = 1
    """Months from a month's end to its settlement: who is alive then counts."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check_months("floor_usd_per_hour", self.floor_usd_per_hour, from_zero=True)
        check_months("guarantor_share", self.guarantor_share, from_zero=True)
        if self.guarantor == self.operator:
            raise _rule("operator", "guarantor and operator must be two parties")
        if not key_of_kind("rent", self.rent):
            raise PydanticCustomError("bad_text", "a rent key such as rent:GB300", {"path": "rent"})
        if (self.start + dt.timedelta(days=1)).day != 1:
            raise _rule("start", f"start {self.start} must be a month end, as the settlement dates are")
        return self


def _rule(path: str, text: str) -> PydanticCustomError:
    return PydanticCustomError("broken_rule", "{text}", {"path": path, "text": text})
