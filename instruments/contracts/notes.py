"""Notes on a pool: assets with obligors, classes of notes, fees, accounts, and the order in which they are paid."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from instruments.contracts.coupons import Coupon
from instruments.ground.base import Many, Terms
from instruments.ground.keys import MarketKey, Name, key_of_kind
from instruments.ground.units import Fraction, NonNegative, Positive, PositiveUsd, Rate, Spread, Usd
from instruments.priority import Order


class PoolHardware(Terms):
    """Hardware behind a line, sold when an obligor fails: what comes back then is a price of the same path."""

    units: Positive
    """Units behind the whole line, all obligors together; an obligor's share of them is sold at its default."""
    rent: MarketKey
    """Whose paths move the price of a used unit: `rent:H100`."""
    resale: MarketKey
    """Price of a used unit: `resale:H100`."""
    age_years: NonNegative = 0.0
    """Age on the deal's date."""

    @model_validator(mode="after")
    def _keys_fit(self) -> Self:
        for field in ("rent", "resale"):
            if not key_of_kind(field, getattr(self, field)):
                raise PydanticCustomError("bad_text", "a {kind} key such as {kind}:H100", {"path": field, "kind": field})
        return self


class PoolAsset(Terms):
    """A line of the pool: equal leases or loans to obligors of one kind, that pay each month."""

    label: Name
    """Short name."""
    balance_usd: PositiveUsd
    """Outstanding, all obligors together."""
    count: Annotated[int, Field(ge=1, le=1000)] = 1
    """Obligors, equal in size."""
    coupon: Rate
    """Yearly rate, a twelfth each month."""
    months: Annotated[int, Field(ge=1, le=480)]
    """Months to the last payment."""
    amortisation: Literal["level", "linear", "bullet"] = "level"
    """`level`: equal payments; `linear`: equal principal; `bullet`: all at the end."""
    credit: MarketKey
    """Credit of each obligor: `credit:META`."""
    loading: Fraction = 0.45
    """Loading on the common factor: two obligors of one kind have this squared as asset correlation."""
    group: Name | None = None
    """Obligors that share a factor of their own: one sector, one customer behind them."""
    group_loading: Fraction = 0.0
    """Loading on the group's factor."""
    recovery: Annotated[float, Field(gt=0, lt=1)] = 0.4
    """Mean recovery of the defaulted balance; not looked at where hardware is sold."""
    recovery_slope: NonNegative = 0.0
    """How much recovery falls with the factor: Phi(a + slope x factor), a set so that its mean stays. With `defaults = "copula"` only."""
    hardware: PoolHardware | None = None
    """What is sold at a default, in place of the stated recovery."""

    @model_validator(mode="after")
    def _room(self) -> Self:
        if self.loading**2 + self.group_loading**2 > 1.0:
            raise PydanticCustomError("broken_rule", "the squares of the loadings must not add up to more than 1", {"path": "loading"})
        if self.group is None and self.group_loading > 0.0:
            raise PydanticCustomError("broken_rule", "a group loading needs a group", {"path": "group"})
        return self


class NoteClass(Terms):
    """A class of notes; the list of classes goes from senior to junior."""

    label: Name
    """Its name in the order of payments."""
    balance_usd: PositiveUsd
    """Outstanding."""
    coupon: Coupon
    """What it pays each month: fixed 30/360, floating ACT/360."""
    holder: Name
    """Party that holds it."""


class NoteFee(Terms):
    """A fee or cost of each month."""

    label: Name
    """Its name in the order of payments."""
    payee: Name
    """Party that gets it."""
    rate: Spread = 0.0
    """Of the performing pool at the start of the month, a year."""
    monthly_usd: Usd = 0.0
    """And an amount each month."""


class NoteAccount(Terms):
    """A reserve or trap account of the issuer."""

    label: Name
    """Its name in the order of payments."""
    opening_usd: Usd = 0.0
    """What lies in it."""
    target_share: Fraction = 0.0
    """Target as a share of the notes outstanding, all classes."""
    floor_usd: Usd = 0.0
    """And no less than this, while notes are outstanding."""


class Notes(Terms):
    """Classes of notes paid from one pool, month by month, in one order; pool, classes, fees and accounts stand as of the deal's date."""

    kind: Literal["notes"] = "notes"
    issuer: Name
    """The vehicle."""
    residual_holder: Name
    """Who gets what is released, and may call."""
    pool: Annotated[Many[PoolAsset], Field(min_length=1, max_length=500)]
    """The assets."""
    defaults: Literal["copula", "market"] = "copula"
    """`copula`: by one static factor of the pool's own; `market`: on the paths of the market, correlated with its rents by its table."""
    common_factor: MarketKey | None = None
    """With `market`: the price that is every obligor's common factor, as `rent:H100`; None takes each line's own credit."""
    recovery_lag_months: Annotated[int, Field(ge=0, le=60)] = 6
    """Months from default to the recovery's cash."""
    classes: Annotated[Many[NoteClass], Field(min_length=1, max_length=20)]
    """Senior to junior."""
    fees: Annotated[Many[NoteFee], Field(max_length=20)] = ()
    """Fees and costs."""
    accounts: Annotated[Many[NoteAccount], Field(max_length=10)] = ()
    """Reserves and traps."""
    order: Order
    """The priority of payments; it ends with a release."""
    legal_final: dt.date
    """When every class is due in full; accounts are emptied into the pot then."""

    @property
    def balance_usd(self) -> float:
        """All classes together."""
        return sum(each.balance_usd for each in self.classes)
