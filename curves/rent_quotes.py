"""Quotes of compute: one model of accelerator, one index, one basis; two factors, launches, forwards or term rates."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from curves.compute_quotes import GrowthQuote, RentQuotes
from curves.quotes import (
    Block,
    CorrelationQuote,
    LogQuote,
    LogVolatilityQuote,
    PositiveQuote,
    Quote,
    Tenor,
    VolatilityQuote,
    YearsQuote,
    _lift,
    _within,
)
from instruments.ground.base import FrozenDict, FrozenMap, Terms
from instruments.ground.keys import Name
from instruments.ground.units import Fraction

LogJumpQuote = Annotated[Quote, BeforeValidator(_lift), _within(-3.0, 3.0, "between -3 and 3")]
"""A jump of a logarithm."""
SpeedQuote = Annotated[Quote, BeforeValidator(_lift), _within(1e-3, 50.0, "between 0.001 and 50")]
"""A speed of mean reversion per year: ln 2 over it is the half-life."""
ShareQuote = Annotated[Quote, BeforeValidator(_lift), _within(0.0, 0.95, "between 0 and 0.95")]
"""A share of a price."""
MOST_LAUNCHES = 10
"""An option sums over every pattern of launches: 2^10 of them."""


class Launch(Terms):
    """One launch of a newer generation, and what it does to the rent of this one."""

    expected: dt.date
    """Centre of the window, or the mean of an exponential delay."""
    window_years: YearsQuote = Quote(value=0.0)
    """Uniform: the launch falls between expected - window and expected + window. Exponential: it falls after expected - window, with
    this mean delay. 0 is a certain date."""
    delay: Literal["uniform", "exponential"] = "uniform"
    """Law of the date. A window that runs at the market's date is taken given that the launch has not happened."""
    jump_mean: LogJumpQuote
    """Mean of the log jump; -0.22 has been measured for an incumbent; no sign is built in."""
    jump_volatility: LogVolatilityQuote = Quote(value=0.0)
    """Standard deviation of the log jump."""


class TwoFactorRent(Block):
    """Rent of one unit for one hour: ln P = f(t) + x + y + jumps; see `curves.compute.RentCurve`.

    Quotes of several indices or bases are never put into one block: make one block for each, `rent:H100:contract-1y`.
    """

    kind: Literal["two_factor"] = "two_factor"
    index: Annotated[str, Field(min_length=1)]
    """Which price this is: index or provider, and its basis (spot, on demand, one-year contract). One only."""
    spot_usd_per_hour: PositiveQuote
    """The index today."""
    forwards: FrozenMap[Tenor, PositiveQuote] = FrozenDict()
    """Financial forwards: tenor to the price for that point in time. Exactly repriced."""
    terms: FrozenMap[Tenor, PositiveQuote] = FrozenDict()
    """Term rental rates: tenor to one price for every hour until then. Exactly repriced. Give forwards or terms, not both."""
    payment: Literal["even", "prepaid"] = "even"
    """How term rates are paid: evenly over the term, or all at its start."""
    access_wedge: ShareQuote = Quote(value=0.0)
    """Share of a term-implied forward, in the long run, that pays for access and not for price: c in c T / (T + a)."""
    access_wedge_years: PositiveQuote = Quote(value=1.0)
    """a: the term at which half of the wedge is reached."""
    growth: GrowthQuote = Quote(value=0.0)
    """mu*: drift of the long-term level under the pricing measure. Where forwards or terms are quoted, they decide instead."""
    mean_reversion: SpeedQuote
    """kappa: speed at which the short-term deviation dies out, per year."""
    short_volatility: VolatilityQuote
    """s_x: volatility of the short-term deviation."""
    long_volatility: VolatilityQuote
    """s_y: volatility of the long-term level."""
    factor_correlation: CorrelationQuote = Quote(value=0.0)
    """rho between the two."""
    short_deviation: LogQuote = Quote(value=0.0)
    """x_0: how far the spot stands above its long-term level, in logarithms."""
    short_premium: LogQuote = Quote(value=0.0)
    """lambda_x: drift that the pricing measure takes off the short-term deviation, per year."""
    real_world_growth: GrowthQuote | None = None
    """mu: drift of the long-term level in the real world; without it real-world rents are refused, never guessed."""
    launches: FrozenMap[Name, Launch] = FrozenDict()
    """Launches to come, by name; independent of each other."""
    relet_months: Annotated[int, Field(ge=0, le=24)] = 3
    """Months without revenue before a fleet is let again."""
    relet_utilisation: Fraction = 0.7
    """Share of hours let afterwards."""

    @model_validator(mode="after")
    def _one_source_of_forwards(self) -> Self:
        if self.forwards and self.terms:
            raise PydanticCustomError("broken_rule", "give forwards or terms, not both: their wedge is not identified", {"path": "terms"})
        if len(self.launches) > MOST_LAUNCHES:
            raise PydanticCustomError(
                "broken_rule", "at most {most} launches: keep the nearest", {"path": "launches", "most": MOST_LAUNCHES}
            )
        return self


RentBlock = Annotated[RentQuotes | TwoFactorRent, Field(discriminator="kind")]
"""Any source of a rent curve."""
