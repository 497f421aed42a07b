"""Margin loans: money lent against pledged shares, watched by loan to value, sold out when it is too high."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from instruments.contracts.coupons import Coupon
from instruments.ground.base import Terms
from instruments.ground.keys import MarketKey, Name
from instruments.ground.units import Fraction, NonNegative, Positive, PositiveUsd

Days = Annotated[int, Field(ge=0, le=504)]
"""Business days."""


class Marking(Terms):
    """How the lender comes to know the price: each close of a listed share, a round or an appraisal of an unlisted one."""

    every_days: Annotated[int, Field(ge=1, le=504)] = 1
    """Business days from one mark to the next."""
    lag_days: Days = 0
    """Business days until a mark is known; what is known is the price of that many days before."""


class LtvTriggers(Terms):
    """Loan to value, marked, at which the lender calls and sells; the opening ratio must stand below them all."""

    call: Positive
    """From here on a margin call stands; below it the call lapses."""
    restore: Positive
    """Ratio to which a call must be answered."""
    liquidation: Positive
    """From here on the shares are sold without waiting."""
    cure_days: Days = 2
    """Business days to answer a call."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.restore <= self.call <= self.liquidation:
            raise PydanticCustomError("broken_rule", "the ratios must rise: restore, call, liquidation", {"path": "call"})
        return self


class TopUp(Terms):
    """What answers a margin call, while the borrower is alive."""

    source: Literal["none", "cash", "shares"] = "none"
    """`cash` pays principal back; `shares` pledges more; `none` leaves the call unanswered."""
    most_usd: PositiveUsd | None = None
    """Most cash in all; null has no limit but the borrower's life."""
    most_shares: NonNegative = 0.0
    """Most shares that can be added in all."""


class ShareSale(Terms):
    """How pledged shares are sold out, and what that does to their price."""

    lag_days: Days = 1
    """Business days from the trigger to the first sale; 0 sells at the very close that triggers."""
    shares_per_day: Positive | None = None
    """Most shares a day, such as a share of the traded volume; null sells all at once."""
    depth_shares: Positive | None = None
    """Depth M of the market; null is a market without impact."""
    impact: NonNegative = 0.0
    """a: after Q shares the price has fallen by the factor e^(-a Q / M)."""
    cost: Fraction = 0.0
    """Brokers' and placement cost, and the discount of a block, as a share of the price."""


class MarginLoan(Terms):
    """A loan on shares: drawn before `as_of`, interest by period, repaid at maturity.

    Marked loan to value is (balance + accrued interest) / (shares x mark). At the borrower's default, at a trigger, or unpaid at maturity
    the shares are sold; with recourse the borrower owes the rest.
    """

    kind: Literal["margin_loan"] = "margin_loan"
    lender: Name
    """Who lends."""
    borrower: Name
    """Who pledges."""
    underlying: MarketKey
    """The share: `equity:AMD`. For an unlisted one the market holds an assumed price with a range."""
    shares: Positive
    """Shares pledged."""
    amount_usd: PositiveUsd
    """Principal outstanding."""
    coupon: Coupon
    """What it pays; fixed is ACT/360 here too."""
    interest_months: Annotated[int, Field(ge=1, le=60)] = 3
    """Months between interest payments; the last one is at maturity."""
    maturity: dt.date
    """When it is due."""
    triggers: LtvTriggers | None = None
    """Null: nothing is watched before maturity."""
    marking: Marking = Marking()
    """How the price is known."""
    top_up: TopUp = TopUp()
    """What answers a call."""
    sale: ShareSale = ShareSale()
    """How shares are sold."""
    recourse: bool = False
    """Whether the borrower owes what the sale leaves unpaid. Without it the borrower hands the shares over at maturity where they are worth
    less than the claim."""
    recourse_lag_days: Days = 21
    """Business days from the last sale to the borrower's payment."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.lender == self.borrower:
            raise PydanticCustomError("broken_rule", "lender and borrower must be two parties", {"path": "borrower"})
        if self.triggers is None and self.top_up.source != "none":
            raise PydanticCustomError("broken_rule", "a top-up answers a call: give triggers", {"path": "top_up"})
        days = self.sale_days
        if days > 504:
            raise PydanticCustomError(
                "broken_rule", "selling out would take {days} business days, at most 504", {"path": "sale.shares_per_day", "days": days}
            )
        return self

    @property
    def most_shares(self) -> float:
        """Shares pledged and those that a top-up can add."""
        return self.shares + (self.top_up.most_shares if self.top_up.source == "shares" else 0.0)

    @property
    def sale_days(self) -> int:
        """Business days that selling everything takes."""
        speed = self.sale.shares_per_day
        return 1 if speed is None else max(1, -int(-self.most_shares // speed))
