"""Quotes of compute and hardware: hourly rents, resale values, electricity. Thin markets: one factor, one lot price."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from curves.quotes import Block, ExponentQuote, NonNegativeQuote, PositiveQuote, Quote, VolatilityQuote, _lift, _within
from instruments.ground.units import Fraction

GrowthQuote = Annotated[Quote, BeforeValidator(_lift), _within(-3.0, 3.0, "between -3 and 3")]
"""A yearly logarithmic growth; rents and used hardware have fallen by 15 to 60 % a year, and risen by as much."""


class RentQuotes(Block):
    """Rent of one unit for one hour: forward F(t) = spot e^{growth t}, lognormal around it with one volatility."""

    kind: Literal["thin_rent"] = "thin_rent"
    spot_usd_per_hour: PositiveQuote
    """Rent today of a unit let again without a contract."""
    growth: GrowthQuote
    """Yearly logarithmic growth of the forward rent under the pricing measure."""
    volatility: VolatilityQuote
    """Flat lognormal volatility."""
    relet_months: Annotated[int, Field(ge=0, le=24)] = 3
    """Months without revenue before a fleet is let again."""
    relet_utilisation: Fraction = 0.7
    """Share of hours let afterwards."""


class ResaleQuotes(Block):
    """Used units: new price x e^{-decline x age} x (rent / forward rent)^elasticity, less cost, less the impact of size."""

    kind: Literal["thin_resale"] = "thin_resale"
    new_usd: PositiveQuote
    """Executed price of a unit new."""
    decline: NonNegativeQuote
    """Yearly logarithmic decline with age."""
    rent_elasticity: ExponentQuote = Quote(value=1.0)
    """Power of the rent ratio: how resale moves with rents."""
    sale_cost: Fraction = 0.05
    """Testing, transport and brokerage, as a share of the price."""
    depth_units: PositiveQuote
    """Units that the market takes at unit impact."""
    impact: NonNegativeQuote
    """a: selling q units multiplies the price at the margin by e^{-a q / depth}."""


class PowerQuotes(Block):
    """Electricity, USD per kWh, with a yearly growth."""

    kind: Literal["thin_power"] = "thin_power"
    usd_per_kwh: NonNegativeQuote
    """Price today."""
    growth: GrowthQuote = Quote(value=0.0)
    """Yearly logarithmic growth."""
