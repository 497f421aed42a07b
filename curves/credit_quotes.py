"""Quotes of credit: swaps by spread or upfront, loan and bond spreads, a hazard, a proxy, a rating."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from curves.quotes import AnyQuote, Block, CdsTenor, HazardQuote, PositiveQuote, Quote, SpreadQuote, _lift, _within
from instruments.ground.base import FrozenMap
from instruments.ground.keys import MarketKey
from instruments.ground.units import Fraction, Rate

ArbitragePolicy = Literal["refuse", "floor", "keep"]
"""A quote that needs a hazard below 0: `refuse` raises and names it; `floor` takes a hazard of 0 there, and the curve no longer
reprices that quote; `keep` takes the negative hazard, the curve reprices every quote, and survival rises there. A quote so high that
not even certain default reprices it is refused under every policy."""
Rating = Literal["AAA", "AA", "A", "BBB", "BB", "B", "CCC"]
"""A rating without notches."""
UpfrontQuote = Annotated[Quote, BeforeValidator(_lift), _within(-0.5, 1.0, "between -0.5 and 1: a share of notional, 0.2 is 20 points")]
"""An upfront payment as a share of notional."""


class CdsQuotes(Block):
    """Par spreads of credit default swaps, by tenor."""

    kind: Literal["cds"] = "cds"
    quotes: Annotated[FrozenMap[CdsTenor, SpreadQuote], Field(min_length=1)]
    """Tenor to par spread; years, or months in multiples of three."""
    recovery: Fraction = 0.4
    """Recovery rate that the spreads assume."""
    policy: ArbitragePolicy = "refuse"
    """What to do with a quote that no hazard at or above 0 reprices."""


class CdsUpfrontQuotes(Block):
    """Upfronts of credit default swaps with a standard running coupon, by tenor: how distressed names are quoted."""

    kind: Literal["cds_upfront"] = "cds_upfront"
    quotes: Annotated[FrozenMap[CdsTenor, UpfrontQuote], Field(min_length=1)]
    """Tenor to what the buyer of protection pays now, as a share of notional; negative where the coupon is too high."""
    coupon: Annotated[Rate, Field(gt=0)] = 0.05
    """Running coupon: 0.05 for high yield, 0.01 for investment grade."""
    recovery: Fraction = 0.4
    """Recovery rate that the quotes assume."""
    policy: ArbitragePolicy = "refuse"
    """What to do with a quote that no hazard at or above 0 reprices."""


class DebtSpreadQuotes(Block):
    """Spreads of loans or bonds over the discount curve, by tenor."""

    kind: Literal["debt_spread"] = "debt_spread"
    form: Literal["floating", "z_spread"]
    """`floating`: margin over the curve's own rate of a loan or note that trades at `price`. `z_spread`: spread over zero rates at which
    the promised cash of a bond with `coupon` has its price."""
    quotes: Annotated[FrozenMap[CdsTenor, SpreadQuote], Field(min_length=1)]
    """Tenor to spread; quarterly payments back from the maturity."""
    price: Annotated[float, Field(gt=0, le=2)] = 1.0
    """Price of the floating note, as a share of its face: 0.98 for a discount of two points."""
    coupon: Rate = 0.0
    """Yearly coupon of the bond."""
    recovery: Fraction = 0.4
    """Of face, at default."""
    policy: ArbitragePolicy = "refuse"
    """What to do with a quote that no hazard at or above 0 reprices."""


class RatingCredit(Block):
    """The fallback for a name without quotes: historical default odds of its rating, times a multiple for the price of risk."""

    kind: Literal["rating"] = "rating"
    rating: Rating
    """Its rating."""
    risk_multiple: PositiveQuote
    """Pricing hazard over historical hazard; a choice, so it needs a range where the block is assumed."""
    recovery: Fraction = 0.4
    """Recovery rate of its claims."""


class FlatHazard(Block):
    """One hazard rate for all dates."""

    kind: Literal["hazard"] = "hazard"
    hazard: HazardQuote
    """The rate."""
    recovery: Fraction = 0.4
    """Recovery rate of its claims."""


class DatedDefault(Block):
    """Default on a stated date, for certain: what an event of a scenario makes of a credit."""

    kind: Literal["dated_default"] = "dated_default"
    on: dt.date
    """No default before this date, none without it after; on or before the market's date it comes on the day after that one."""
    recovery: Fraction = 0.4
    """Recovery rate of its claims."""


class ProxyCredit(Block):
    """Another name's credit, with an add-on to its spreads: for a private name without quotes of its own."""

    kind: Literal["proxy"] = "proxy"
    proxy: MarketKey
    """Whose credit: `credit:CRWV`."""
    spread_add_bps: Annotated[AnyQuote, _within(-10_000.0, 100_000.0, "between -10000 and 100000")]
    """Added to every spread of the proxy, in basis points."""


CreditBlock = Annotated[
    CdsQuotes | CdsUpfrontQuotes | DebtSpreadQuotes | RatingCredit | FlatHazard | DatedDefault | ProxyCredit, Field(discriminator="kind")
]
"""Any source of a survival curve."""
