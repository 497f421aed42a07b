"""Warrants that vest in tranches: shares for a customer or guarantor, each tranche behind a condition."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from instruments.conditions import Condition
from instruments.ground.base import Many, Terms
from instruments.ground.keys import MarketKey, Name
from instruments.ground.units import Positive, Usd

SHARES_REL = 1e-9
"""Tranches must add up to the headline share count to this relative accuracy (thirds of 160 million do not divide)."""


class Tranche(Terms):
    """Some of the shares, and what must happen before they can be exercised."""

    label: str = ""
    """Short name for tables."""
    shares: Positive
    """Number of shares."""
    condition: Condition
    """When it vests."""


class Warrant(Terms):
    """A right to buy shares of the issuer, earned in tranches.

    A tranche that has vested is exercised by its holder at `expiry` (or when it vests: `exercise`) if the share is above the strike.
    """

    kind: Literal["warrant"] = "warrant"
    issuer: Name
    """Party whose shares these are."""
    holder: Name
    """Party that earns them."""
    underlying: MarketKey
    """The share: `equity:AMD`."""
    shares: Positive
    """Shares in all tranches together."""
    strike_usd: Usd
    """Price per share on exercise; 0 is a free share."""
    expiry: dt.date
    """Last day of vesting and exercise."""
    exercise: Literal["at_expiry", "at_vesting"] = "at_expiry"
    """When vested shares are bought; the same value without dividends and strike, `at_vesting` is worth more when dividends matter."""
    settlement: Literal["gross", "net"] = "gross"
    """Gross: cash for all shares. Net: n (1 - K/S) shares, no cash. Equal in value; they differ in dilution."""
    tranches: Annotated[Many[Tranche], Field(min_length=1, max_length=1000)]
    """The tranches."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        total = sum(tranche.shares for tranche in self.tranches)
        if abs(total - self.shares) > SHARES_REL * self.shares:
            raise PydanticCustomError(
                "broken_rule",
                "the tranches hold {total} shares together, the warrant {shares}: they must be equal",
                {"path": "shares", "total": f"{total:,.0f}", "shares": f"{self.shares:,.0f}"},
            )
        if self.issuer == self.holder:
            raise PydanticCustomError("broken_rule", "issuer and holder must be two parties", {"path": "holder"})
        return self

    def bare_parties(self) -> dict[str, str | None]:
        """Its parties, each with the share that it needs."""
        return {self.issuer: self.underlying, self.holder: None}


class WarrantPosition(Terms):
    """Where a warrant stands at the deal's date."""

    latched: Many[str] = ()
    """Legs that have already come true: `0.legs.1` is the second leg of the first tranche."""
    exercised_shares: Annotated[Many[float], Field(max_length=1000)] = ()
    """Shares already exercised, by tranche; empty is none."""
    closes: Many[Positive] = ()
    """Closes of the underlying before `as_of`, oldest first: what averaging windows still look back on."""
