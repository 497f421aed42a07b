"""Coupons of notes and loans: fixed, or a compounded overnight rate and a spread."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from instruments.ground.base import Terms
from instruments.ground.keys import MarketKey
from instruments.ground.units import Rate, Spread


class FixedCoupon(Terms):
    """A rate struck once."""

    kind: Literal["fixed"] = "fixed"
    rate: Rate
    """The coupon, a year."""


class FloatingCoupon(Terms):
    """The overnight rate, compounded over each period, and a spread."""

    kind: Literal["floating"] = "floating"
    spread: Spread
    """Added to the compounded rate, a year, ACT/360."""
    index: MarketKey = "rates:USD-SOFR"
    """The rate."""


Coupon = Annotated[FixedCoupon | FloatingCoupon, Field(discriminator="kind")]
"""Any coupon."""


def spread_of(coupon: FixedCoupon | FloatingCoupon) -> float:
    """What a fair margin moves: the spread of a floating coupon, the rate of a fixed one."""
    return coupon.rate if isinstance(coupon, FixedCoupon) else coupon.spread


def with_spread(coupon: FixedCoupon | FloatingCoupon, spread: float) -> FixedCoupon | FloatingCoupon:
    """The same coupon with another spread or rate."""
    return coupon.evolve(rate=spread) if isinstance(coupon, FixedCoupon) else coupon.evolve(spread=spread)
