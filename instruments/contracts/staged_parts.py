"""The parts of a staged equity commitment: amounts, price rules, rights to stop."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from instruments.conditions import Condition
from instruments.ground.base import Many, Terms
from instruments.ground.keys import Name
from instruments.ground.units import NonNegative, Positive, PositiveUsd

Standing = Literal["firm", "conditional", "non_binding"]
"""Firm: owed whatever happens, on a date at the latest. Conditional: owed once the trigger comes, unless a written right stops it. Non
binding: a letter; each side proceeds only if it wants to."""


class UsdPerUnit(Terms):
    """A sum for each unit of the milestone."""

    kind: Literal["usd"] = "usd"
    usd: PositiveUsd
    """USD per unit: 10e9 a gigawatt."""


class ShareOfPrice(Terms):
    """A share of what a unit of the milestone costs its buyer; needs the milestone's `price_per_unit_usd`."""

    kind: Literal["share_of_price"] = "share_of_price"
    share: Positive
    """Amount per unit over price per unit."""


PerUnit = Annotated[UsdPerUnit | ShareOfPrice, Field(discriminator="kind")]
"""What a unit brings; it is computed again when the plan or the price per unit moves."""


class FixedAmount(Terms):
    """A sum of money."""

    kind: Literal["fixed"] = "fixed"
    usd: PositiveUsd
    """USD."""


class UnitsAmount(Terms):
    """Units of a milestone times what a unit brings."""

    kind: Literal["units"] = "units"
    milestone: Name
    """A name in the deal's `milestones`."""
    units: Positive
    """How many units it stands for, in the milestone's unit."""
    per_unit: PerUnit
    """What a unit brings."""


Amount = Annotated[FixedAmount | UnitsAmount, Field(discriminator="kind")]
"""Size of a tranche."""


class FixedPrice(Terms):
    """A price agreed at signing."""

    kind: Literal["fixed_price"] = "fixed_price"
    usd_per_share: PositiveUsd
    """USD per share, in the market's quotation of the share."""
    round_usd: PositiveUsd | None = None
    """All new money of the round at this price, this tranche's included: where it is given, the quote is the value before the round, and
    the new shares have a part in the money. Null: the quote holds the round already."""


class FixedValuation(Terms):
    """A value of the whole firm before the new money, agreed at signing; the market must give `shares_outstanding`.

    A private firm may be quoted whole: `spot_usd` is then its value and `shares_outstanding` is 1.
    """

    kind: Literal["fixed_valuation"] = "fixed_valuation"
    pre_money_usd: PositiveUsd
    """USD for all shares outstanding."""
    round_usd: PositiveUsd | None = None
    """As in a fixed price."""


class MarketPrice(Terms):
    """What the share is worth on the day of the draw, less a discount, and at most a cap."""

    kind: Literal["market"] = "market"
    discount: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Off the price of the day."""
    cap_usd_per_share: PositiveUsd | None = None
    """Highest price; null is none."""


class NextRoundPrice(Terms):
    """Money now, shares later: at the price of the next round, less a discount, and at most a cap (a note that converts)."""

    kind: Literal["next_round"] = "next_round"
    months: Annotated[int, Field(ge=1, le=60)]
    """Months from the draw to the round."""
    discount: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Off the price of the round."""
    cap_usd_per_share: PositiveUsd | None = None
    """Highest price; null is none."""


PriceRule = Annotated[FixedPrice | FixedValuation | MarketPrice | NextRoundPrice, Field(discriminator="kind")]
"""At what price shares are issued."""


class StopRight(Terms):
    """One side may stop a tranche that is not firm; later tranches are untouched.

    The investor stops where the shares are worth less than (1 - tolerance) x the amount, the issuer where they are worth more than
    (1 + tolerance) x the amount: tolerance is what a side puts up with for the sake of the business that the money brings.
    """

    tolerance: NonNegative = 0.0
    """Share of the amount; of an investor 1 or more never stops."""
    notice_months: Annotated[int, Field(ge=0, le=24)] = 0
    """How long before the draw the side must decide; at most the months to closing."""


class StagedTranche(Terms):
    """Some of the money, what releases it, and the price of its shares."""

    label: str = ""
    """Short name for tables."""
    amount: Amount
    """How much."""
    condition: Condition
    """What releases it."""
    price: PriceRule
    """At what price shares are issued."""
    standing: Standing = "conditional"
    """Whether it is owed."""

    @model_validator(mode="after")
    def _firm_is_dated(self) -> Self:
        if self.standing == "firm" and self.condition.kind != "date":
            raise PydanticCustomError(
                "broken_rule", "a firm tranche is released by a date alone; with any other trigger it is conditional", {"path": "standing"}
            )
        return self


class StagedLadder(Terms):
    """One tranche for each level of a milestone's plan: it follows the plan and the price per unit when they move."""

    milestone: Name
    """A name in the deal's `milestones`."""
    per_unit: PerUnit
    """What a unit brings."""
    cap_usd: PositiveUsd | None = None
    """Most of all tranches together; null is none."""
    price: PriceRule
    """At what price shares are issued."""
    standing: Literal["conditional", "non_binding"] = "conditional"
    """Whether the tranches are owed once released."""


class StagedPosition(Terms):
    """Where a staged commitment stands at the deal's date."""

    drawn_usd: Annotated[Many[NonNegative], Field(max_length=1000)] = ()
    """Paid so far, by tranche; empty is none."""
    drawn_shares: Annotated[Many[NonNegative], Field(max_length=1000)] = ()
    """Issued so far, by tranche; empty is what agreed prices give for `drawn_usd`, and none at prices of the day."""
    latched: Many[str] = ()
    """Legs that have already come true: `0.legs.1` is the second leg of the first tranche."""
