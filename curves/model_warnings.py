"""What a market says about choices of model: what rests on a convention and not on a quote."""

from __future__ import annotations

from collections.abc import Iterator

from curves.credit.ratings import SOURCE
from curves.credit_quotes import CdsQuotes, CdsUpfrontQuotes, DebtSpreadQuotes, RatingCredit
from curves.equity.correlation import correlation_repair
from curves.market import Market
from curves.rate_quotes import OisQuotes
from curves.rent_quotes import TwoFactorRent


def model_warnings(market: Market) -> Iterator[str]:
    """Sentences in the order of the market: shifted curves, policies, ratings, volatilities, wedges, repairs."""
    for name, rates in market.rates.items():
        if isinstance(rates, OisQuotes) and rates.shift_bps.value:
            span = rates.shift_bps.range
            between = f" (range {span[0]:+g} to {span[1]:+g})" if span else ""
            yield f"rates:{name}: every quote is shifted by {rates.shift_bps.value:+g} bp{between}: an assumption, not a curve of the day"
    for name, credit in market.credit.items():
        if isinstance(credit, CdsQuotes | CdsUpfrontQuotes | DebtSpreadQuotes) and credit.policy != "refuse":
            effect = "a quote may not be repriced" if credit.policy == "floor" else "survival may rise"
            yield f"credit:{name}: policy '{credit.policy}' for quotes with arbitrage: {effect}"
        if isinstance(credit, RatingCredit):
            yield f"credit:{name}: no quotes, historical odds of {credit.rating} times {credit.risk_multiple.value:g}; {SOURCE}"
        if isinstance(credit, DebtSpreadQuotes):
            yield f"credit:{name}: from debt spreads, which also pay for liquidity: hazards are an upper estimate"
    for name, share in market.equity.items():
        if share.term_volatility or share.surface:
            one = f"engines that take one volatility use {share.volatility.value:g}, not the surface"
            yield f"equity:{name}: {one}; method local_volatility takes it"
    for name, rent in market.rent.items():
        if isinstance(rent, TwoFactorRent) and rent.terms:
            yield f"rent:{name}: access wedge fixed at {rent.access_wedge.value:g}: it is not identified apart from the risk premium"
    change = correlation_repair(market)
    if change:
        yield f"correlation: contradictory, repaired: a listed correlation moves by up to {change:.3f}"
