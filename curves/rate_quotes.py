"""Quotes of interest rates: swaps on SOFR with their fixings, Treasury par yields, one flat rate."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from curves.quotes import Block, Quote, RateQuote, Tenor, _lift, _plausible, _within
from instruments.ground.base import FrozenDict, FrozenMap
from instruments.ground.units import Rate

ShiftQuote = Annotated[Quote, BeforeValidator(_lift), _within(-2_000.0, 2_000.0, "between -2000 and 2000")]
"""A parallel shift in basis points."""
RateVolatilityQuote = Annotated[Quote, BeforeValidator(_lift), _within(0.0, 1e3, "at or above 0"), _plausible(0.0, 0.05)]
"""Volatility of the short rate as a decimal: 0.01 is 100 basis points per square root of a year."""
ReversionQuote = Annotated[Quote, BeforeValidator(_lift), _within(0.0, 100.0, "between 0 and 100")]
"""A yearly speed of mean reversion."""


class CurveQuotes(Block):
    """What every source of a curve has beside its quotes: how its short rate moves (`curves.rates.ShortRate`)."""

    volatility: RateVolatilityQuote = Quote(value=0.0)
    """Of the short rate, per square root of a year; 0 keeps rates at their forwards."""
    mean_reversion: ReversionQuote = Quote(value=0.0)
    """Speed at which the short rate comes back to its curve, per year; 0 is none."""


class OisQuotes(CurveQuotes):
    """Par rates of overnight-indexed swaps (annual, ACT/360, two days to settle and two to pay), by tenor."""

    kind: Literal["ois"] = "ois"
    quotes: Annotated[FrozenMap[Tenor, RateQuote], Field(min_length=1)]
    """Tenor to par rate."""
    shift_bps: ShiftQuote = Quote(value=0.0)
    """Added to every quote, in basis points: for a curve of another day that is known to stand elsewhere by now. It is an assumption."""
    fixings: FrozenMap[dt.date, Rate] = FrozenDict()
    """Published overnight rates by the day they accrue from: history, which no scenario moves."""

    def par_rates(self) -> dict[str, float]:
        """Tenor to the rate that the curve must reprice: quote plus shift."""
        return {tenor: quote.value + self.shift_bps.value / 1e4 for tenor, quote in self.quotes.items()}


class TreasuryQuotes(CurveQuotes):
    """Par yields of Treasury securities, semi-annual bond basis, by tenor (constant maturities)."""

    kind: Literal["treasury"] = "treasury"
    quotes: Annotated[FrozenMap[Tenor, RateQuote], Field(min_length=1)]
    """Tenor to par yield. Up to 6M a bill with simple interest, beyond it a multiple of six months."""


class FlatRate(CurveQuotes):
    """One continuously compounded zero rate (ACT/365F) for all dates."""

    kind: Literal["flat"] = "flat"
    rate: RateQuote
    """The rate."""


RatesBlock = Annotated[OisQuotes | TreasuryQuotes | FlatRate, Field(discriminator="kind")]
"""Any source of a discount curve."""
