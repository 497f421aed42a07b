"""Leases: operating and finance, sale and leaseback, of a fleet or of a site."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from instruments.contracts.lease_parts import (
    EarlyTermination,
    LeasedAsset,
    Phase,
    PurchaseOption,
    Remarketing,
    Renewal,
    RentSchedule,
    ResidualRule,
    ReturnConditions,
)
from instruments.ground.base import Many, Terms
from instruments.ground.keys import Name
from instruments.ground.units import PositiveUsd, Usd

SHARES_ABS = 1e-9
"""Shares of phases must add up to one within this."""


class Lease(Terms):
    """The lessor buys an asset and lets it; the lessee pays rent by the month and gives the asset back, buys it or goes on.

    Where `seller` is the lessee it is a sale and leaseback. A lessee in default before a phase starts never starts it.
    """

    kind: Literal["lease"] = "lease"
    lessor: Name
    """Who owns the asset and is paid."""
    lessee: Name
    """Who pays; its party's credit decides when it no longer does."""
    asset: LeasedAsset
    """What is let."""
    price_usd: PositiveUsd
    """What the lessor pays for the asset: its fair value at the start unless `value_usd` says otherwise."""
    value_usd: PositiveUsd | None = None
    """Fair value at the start, where the price differs from it."""
    seller: Name | None = None
    """Who is paid for the asset; null is the outside world. The lessee: a sale and leaseback."""
    start: dt.date
    """Month end on which the first phase is handed over and paid for."""
    term_months: Annotated[int, Field(ge=1, le=480)]
    """Months of the first term, of each phase."""
    phases: Annotated[Many[Phase], Field(max_length=40)] = ()
    """Parts with dates of their own; empty is the whole at the start."""
    rent: RentSchedule
    """Rent of the whole asset."""
    timing: Literal["advance", "arrears"] = "advance"
    """Rent at the beginning or at the end of each month."""
    running_costs: Literal["lessee", "lessor"] = "lessee"
    """Who bears power, space and upkeep: the lessee (triple net) or the lessor (gross)."""
    deposit_usd: Usd = 0.0
    """Cash that the lessor holds without interest: the first to bear what the lessee does not pay."""
    renewal: Renewal | None = None
    """Options to go on."""
    early_termination: EarlyTermination | None = None
    """Right to leave early."""
    purchase_option: PurchaseOption | None = None
    """Right to buy at the end."""
    return_conditions: ReturnConditions = ReturnConditions()
    """Duties on return."""
    residual: ResidualRule = ResidualRule()
    """What the lessor counts on."""
    remarketing: Remarketing = Remarketing()
    """After the lessee's default."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.lessor == self.lessee:
            raise _rule("lessee", "lessor and lessee must be two parties")
        if (self.start + dt.timedelta(days=1)).day != 1:
            raise _rule("start", f"start {self.start} must be a month end, as the payment dates are")
        total = sum(phase.share for phase in self.phases)
        if self.phases and abs(total - 1.0) > SHARES_ABS:
            raise _rule("phases", f"the shares of the phases add up to {total:g}: they must add up to 1")
        labels = [phase.label for phase in self.phases]
        if len(set(labels)) != len(labels):
            raise _rule("phases", "two phases carry the same label")
        if self.early_termination is not None and self.early_termination.first_month >= self.term_months:
            raise _rule("early_termination.first_month", f"must come before the term ends after {self.term_months} months")
        return self

    @property
    def is_sale_and_leaseback(self) -> bool:
        """Whether the lessee sold the asset to the lessor."""
        return self.seller == self.lessee

    @property
    def parts(self) -> tuple[Phase, ...]:
        """The phases, one for a lease without any."""
        return self.phases or (Phase(label="whole", share=1.0),)


def _rule(path: str, text: str) -> PydanticCustomError:
    return PydanticCustomError("broken_rule", "{text}", {"path": path, "text": text})
