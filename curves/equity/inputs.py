"""What a pricing engine needs to know of one share."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from curves.lookup import block_of
from curves.market import Market


@dataclass(frozen=True, slots=True)
class EquityInputs:
    """A share as plain numbers.

    Model: flat lognormal volatility, no smile and no term structure; continuous dividends. The quoted spot already holds what the
    market expects of dilution and default.
    """

    key: str
    """Market key: 'equity:AMD'."""
    as_of: dt.date
    """Date of the spot."""
    spot_usd: float
    """Price of one share, above 0."""
    volatility: float
    """Per square root of a year, decimal."""
    dividend_yield: float
    """Dividend yield plus borrow rate, continuous, decimal a year: the whole difference between rate and drift."""
    shares_outstanding: float | None
    """Share count, or None where the market has none."""


def equity_inputs(market: Market, key: str) -> EquityInputs:
    """The inputs behind a key such as `equity:AMD`.

    Raises:
        InputError: the key is not of the kind `equity`.
        MarketError: the market has no such key; the message lists those it has.
    """
    quotes = block_of(market, key, "equity", market.equity)
    return EquityInputs(
        key=key,
        as_of=market.as_of,
        spot_usd=quotes.spot_usd.value,
        volatility=quotes.volatility.value,
        dividend_yield=quotes.dividend_yield.value + quotes.borrow_rate.value,
        shares_outstanding=quotes.shares_outstanding.value if quotes.shares_outstanding else None,
    )
