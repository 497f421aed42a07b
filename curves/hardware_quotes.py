"""Quotes of hardware: resale by age with the launches to come, electricity forwards."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from curves.compute_quotes import GrowthQuote, PowerQuotes, ResaleQuotes
from curves.quotes import Block, ExponentQuote, NonNegativeQuote, PositiveQuote, Quote, Tenor, _lift, _within
from curves.rent_quotes import Launch
from instruments.ground.base import FrozenDict, FrozenMap
from instruments.ground.keys import Name
from instruments.ground.units import Fraction

ShareOfNewQuote = Annotated[Quote, BeforeValidator(_lift), _within(0.0, 2.0, "between 0 and 2, as a share of new", inclusive=False)]
"""A used price over a new one; above 1 in a shortage."""


class ResaleByAge(Block):
    """Used units: new price x share of new at that age x launches x (rent / forward rent)^elasticity; see `ResaleCurve`."""

    kind: Literal["resale_by_age"] = "resale_by_age"
    new_usd: PositiveQuote
    """Executed price of a unit new."""
    share_of_new: Annotated[FrozenMap[Tenor, ShareOfNewQuote], Field(min_length=1)]
    """Age to used price over new price."""
    decline: NonNegativeQuote
    """Yearly logarithmic decline beyond the oldest quoted age."""
    launches: FrozenMap[Name, Launch] = FrozenDict()
    """Launches to come, with the log jump of the used price at each."""
    rent_elasticity: ExponentQuote = Quote(value=1.0)
    """Power of the rent ratio: how resale moves with rents."""
    sale_cost: Fraction = 0.05
    """Testing, transport and brokerage, as a share of the price."""
    depth_units: PositiveQuote
    """Units that the market takes at unit impact."""
    impact: NonNegativeQuote
    """a: selling q units multiplies the price at the margin by e^{-a q / depth}."""


class PowerForwards(Block):
    """Electricity, USD per kWh: today, and forwards by tenor."""

    kind: Literal["power_forwards"] = "power_forwards"
    usd_per_kwh: NonNegativeQuote
    """Price today."""
    forwards: Annotated[FrozenMap[Tenor, NonNegativeQuote], Field(min_length=1)]
    """Tenor to the price then; straight lines between."""
    growth: GrowthQuote = Quote(value=0.0)
    """Yearly logarithmic growth beyond the last forward."""


ResaleBlock = Annotated[ResaleQuotes | ResaleByAge, Field(discriminator="kind")]
"""Any source of resale values."""
PowerBlock = Annotated[PowerQuotes | PowerForwards, Field(discriminator="kind")]
"""Any source of electricity prices."""
