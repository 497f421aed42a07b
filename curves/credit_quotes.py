"""Quotes of credit: swaps by spread or upfront, loan and bond spreads, a hazard, a proxy, a rating."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from curves.quotes import AnyQuote, Block, CdsTenor, HazardQuote, SpreadQuote, _within
from instruments.ground.base import FrozenMap
from instruments.ground.keys import MarketKey
from instruments.ground.units import Fraction


class CdsQuotes(Block):
    """Par spreads of credit default swaps, by tenor."""

    kind: Literal["cds"] = "cds"
    quotes: Annotated[FrozenMap[CdsTenor, SpreadQuote], Field(min_length=1)]
    """Tenor to par spread; years, or months in multiples of three."""
    recovery: Fraction = 0.4
    """Recovery rate that the spreads assume."""


class FlatHazard(Block):
    """One hazard rate for all dates."""

    kind: Literal["hazard"] = "hazard"
    hazard: HazardQuote
    """The rate."""
    recovery: Fraction = 0.4
    """Recovery rate of its claims."""


class ProxyCredit(Block):
    """Another name's credit, with an add-on to its spreads: for a private name without quotes of its own."""

    kind: Literal["proxy"] = "proxy"
    proxy: MarketKey
    """Whose credit: `credit:CRWV`."""
    spread_add_bps: Annotated[AnyQuote, _within(-10_000.0, 100_000.0, "between -10000 and 100000")]
    """Added to every spread of the proxy, in basis points."""


CreditBlock = Annotated[CdsQuotes | FlatHazard | ProxyCredit, Field(discriminator="kind")]
"""Any source of a survival curve."""
