"""Borrowing-base revolvers: what may be drawn follows a base of eligible assets, counted again and again."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from instruments.contracts.coupons import Coupon
from instruments.ground.base import Many, Terms
from instruments.ground.keys import MarketKey, Name
from instruments.ground.units import Exponent, Fraction, PositiveUsd, Spread, Usd


class BaseClass(Terms):
    """A class of assets: what share of it is lent, and when it no longer counts."""

    label: Name
    """Its name."""
    advance_rate: Fraction
    """Share of the eligible value that is lent."""
    most_age_months: Annotated[int, Field(ge=0, le=600)] | None = None
    """Older assets do not count; null is no limit."""


class BaseAsset(Terms):
    """A line of the base: leases or receivables of one obligor, or the machines behind them."""

    label: Name
    """Its name."""
    asset_class: Name
    """A class of the base."""
    obligor: Name
    """Party that pays; its default makes the asset ineligible at once."""
    group: Name | None = None
    """Obligors that count together."""
    investment_grade: bool = False
    """How its obligor is rated: what is not counts towards the limit on sub-investment-grade assets."""
    value_usd: PositiveUsd
    """Value now."""
    age_months: Annotated[int, Field(ge=0, le=600)] = 0
    """Age now."""
    months: Annotated[int, Field(ge=1, le=480)]
    """The value runs off evenly over these months, besides what rents do to it."""
    rent_elasticity: Exponent = 0.0
    """By how many per cent the value moves when rents move by one; 0 is a fixed contract."""
    recovery: Fraction = 0.3
    """Share of the value that the asset of a failed obligor still brings in enforcement."""


class ConcentrationLimit(Terms):
    """No more than a share of all eligible value may be of one kind; what exceeds it does not count, each asset of the kind alike."""

    by: Literal["obligor", "group", "sub_investment_grade"]
    """`obligor` and `group` hold each of them to the limit."""
    most: Fraction
    """Share of all eligible value, before limits."""
    only: Name | None = None
    """Hold one obligor or group alone to this limit; null is every one of them."""


class BaseEnforcement(Terms):
    """What follows an event of default."""

    liquidation: Fraction = 0.7
    """Share of the value of good assets that a sale brings."""
    lag_months: Annotated[int, Field(ge=0, le=60)] = 6
    """Months until it is paid."""


class BorrowingBase(Terms):
    """A revolver: drawn up to the lesser of commitment and base.

    Base = sum over assets of advance rate x eligible value within limits, less reserves. Availability is what may be drawn in all, excess
    availability what is not drawn of it. A deficiency (drawn above availability) on a test date is prepaid when the grace is over, or ends
    in enforcement.
    """

    kind: Literal["borrowing_base"] = "borrowing_base"
    lender: Name
    """Who lends."""
    borrower: Name
    """Who draws."""
    commitment_usd: PositiveUsd
    """Most that is lent."""
    drawn_usd: Usd
    """Drawn now."""
    coupon: Coupon
    """On what is drawn; fixed 30/360, floating ACT/360."""
    undrawn_fee: Spread = 0.0
    """On what is not, a year, ACT/360."""
    maturity: dt.date
    """When everything is due: the month end on or after it."""
    classes: Annotated[Many[BaseClass], Field(min_length=1, max_length=50)]
    """Classes of assets."""
    assets: Annotated[Many[BaseAsset], Field(min_length=1, max_length=500)]
    """The base."""
    limits: Annotated[Many[ConcentrationLimit], Field(max_length=50)] = ()
    """Concentration limits."""
    reserves_usd: Usd = 0.0
    """Taken off the base."""
    rent: MarketKey | None = None
    """Rents that move the values: `rent:H100`."""
    test_months: Annotated[int, Field(ge=1, le=12)] = 1
    """Months from one counting of the base to the next."""
    grace_months: Annotated[int, Field(ge=0, le=12)] = 0
    """Months from a deficiency to its prepayment."""
    deficiency: Literal["prepay", "enforce"] = "prepay"
    """`prepay`: a living borrower finds the cash; `enforce`: a vehicle that has none defaults."""
    usage: Fraction = 1.0
    """On each test date the borrower draws until this share of availability is used."""
    enforcement: BaseEnforcement = BaseEnforcement()
    """After an event of default."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.lender == self.borrower:
            raise PydanticCustomError("broken_rule", "lender and borrower must be two parties", {"path": "borrower"})
        if self.drawn_usd > self.commitment_usd:
            raise PydanticCustomError("broken_rule", "no more than the commitment can be drawn", {"path": "drawn_usd"})
        if self.rent is None and any(asset.rent_elasticity > 0.0 for asset in self.assets):
            raise PydanticCustomError("broken_rule", "values that follow rents need a rent key", {"path": "rent"})
        return self
