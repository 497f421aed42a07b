"""Quotes of shares: spot, volatility, carry, count."""

from __future__ import annotations

from curves.quotes import Block, PositiveQuote, Quote, RateQuote, VolatilityQuote


class EquityQuotes(Block):
    """A share: spot, volatility, carry, count."""

    spot_usd: PositiveQuote
    """Price of one share."""
    volatility: VolatilityQuote
    """Flat lognormal volatility."""
    dividend_yield: RateQuote = Quote(value=0.0)
    """Continuous dividend yield."""
    borrow_rate: RateQuote = Quote(value=0.0)
    """Cost of borrowing the share; it adds to the dividend yield in the drift."""
    shares_outstanding: PositiveQuote | None = None
    """Share count, for dilution."""
