"""Quotes of shares: spot, volatility (flat, by term, by strike and expiry), carry, count; and the belief that they share."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from curves.quotes import (
    AnyQuote,
    Block,
    HazardQuote,
    LogVolatilityQuote,
    PositiveQuote,
    Quote,
    RateQuote,
    Tenor,
    VolatilityQuote,
    YearsQuote,
    _lift,
    _within,
)
from instruments.ground.base import FrozenDict, FrozenMap
from instruments.ground.keys import MarketKey, key_of_kind
from instruments.ground.units import MOST

_POINT = re.compile(r"[1-9][0-9]{0,2}[DWMY]@[0-9]+(\.[0-9]+)?")


def _check_point(text: str) -> str:
    if _POINT.fullmatch(text) and 0.0 < float(text.split("@")[1]) <= MOST:
        return text
    raise PydanticCustomError("bad_text", "an expiry and a strike in USD, such as 1Y@200")


SurfacePoint = Annotated[str, AfterValidator(_check_point)]
"""Expiry and strike: '1Y@200'."""
LogJumpQuote = Annotated[Quote, BeforeValidator(_lift), _within(-5.0, 5.0, "between -5 and 5")]
"""A jump of a logarithm."""
OddsQuote = Annotated[Quote, BeforeValidator(_lift), _within(0.0, 1.0, "between 0 and 1")]
"""A probability."""
MultipleQuote = Annotated[Quote, BeforeValidator(_lift), _within(1.0, 1e3, "between 1 and 1000")]
"""What something is multiplied by."""
KeptQuote = Annotated[Quote, BeforeValidator(_lift), _within(0.0, 1.0, "between 0 and 1, as a share that is kept")]
"""What is left of something."""


class EquityQuotes(Block):
    """A share: spot, volatility, carry, count."""

    spot_usd: PositiveQuote
    """Price of one share."""
    volatility: VolatilityQuote
    """Flat lognormal volatility: what engines use that take one number."""
    term_volatility: FrozenMap[Tenor, VolatilityQuote] = FrozenDict()
    """Expiry to at-the-money volatility; total variance runs straight between them."""
    surface: FrozenMap[SurfacePoint, VolatilityQuote] = FrozenDict()
    """Expiry and strike to volatility, the same strikes at every expiry: '1Y@200' = 0.5."""
    dividend_yield: RateQuote = Quote(value=0.0)
    """Continuous dividend yield."""
    borrow_rate: RateQuote = Quote(value=0.0)
    """Cost of borrowing the share; it adds to the dividend yield in the drift."""
    shares_outstanding: PositiveQuote | None = None
    """Share count, for dilution."""
    reaction_usd: AnyQuote | None = None
    """Change of the close on the day on which the deal became known, USD a share: shown beside the change that would pay for it."""

    @model_validator(mode="after")
    def _one_volatility(self) -> Self:
        if self.term_volatility and self.surface:
            raise PydanticCustomError("broken_rule", "give a term structure or a surface of volatility, not both", {"path": "surface"})
        strikes: dict[str, set[str]] = {}
        for point in self.surface:
            expiry, strike = point.split("@")
            strikes.setdefault(expiry, set()).add(strike)
        if len({frozenset(found) for found in strikes.values()}) > 1:
            raise PydanticCustomError("broken_rule", "every expiry of a surface needs the same strikes", {"path": "surface"})
        return self


class BeliefQuotes(Block):
    """A belief that holds shares and rents up together, and can break: one jump for all at a random time.

    Quoted volatilities are totals: what the jump explains is taken out of the diffusion, so that total variance stays. So is credit: what
    breaks explain of a survival curve is taken out of its other hazard.
    """

    intensity: HazardQuote
    """Breaks per year."""
    jumps: Annotated[FrozenMap[MarketKey, LogJumpQuote], Field(min_length=1)]
    """Market key to the mean log jump of its price when the belief breaks."""
    jump_volatility: LogVolatilityQuote = Quote(value=0.0)
    """Standard deviation of the log jump, the same for all."""
    defaults: FrozenMap[MarketKey, OddsQuote] = FrozenDict()
    """Credit key to the odds that its entity defaults when the belief breaks."""
    hazard_multiples: FrozenMap[MarketKey, MultipleQuote] = FrozenDict()
    """Credit key to what the hazard of its entity, breaks apart, is multiplied by at every break it survives."""
    demand_kept: KeptQuote = Quote(value=1.0)
    """Share of the demand for capacity that is left after a break, of what there was before it."""
    refinancing_shut_years: YearsQuote = Quote(value=0.0)
    """Years after a break in which nothing can be refinanced."""

    @model_validator(mode="after")
    def _credits_default(self) -> Self:
        for table, keys in (("defaults", self.defaults), ("hazard_multiples", self.hazard_multiples)):
            for key in keys:
                if not key_of_kind("credit", key):
                    raise PydanticCustomError("broken_rule", "credits default: write credit:NAME", {"path": f"{table}.{key}"})
        return self
