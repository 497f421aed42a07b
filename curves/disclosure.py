"""What a market must say about itself: stale and soft quotes, proxies, overrides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from curves.credit_quotes import ProxyCredit
from curves.lookup import market_keys
from curves.market import PAIR_MARK, Market
from curves.model_warnings import model_warnings
from curves.quotes import Block, Quote, steps_of
from instruments.ground.keys import kind_of
from instruments.ground.provenance import SOFT, Basis, Range

TABLES = {
    "rates": "rates",
    "credit": "credit",
    "equity": "equity",
    "rent": "rent",
    "resale": "resale",
    "power": "power",
    "milestones": "milestone",
    "events": "event",
}
"""Table of the market to the kind of its keys."""
MOST_LISTED = 3
"""More soft quotes than this in one block are counted, not listed."""


@dataclass(frozen=True, slots=True)
class LocatedQuote:
    """A quote and where it stands."""

    steps: tuple[str, ...]
    """From the market down: ('equity', 'AMD', 'volatility')."""
    quote: Quote
    """The quote."""
    basis: Basis
    """Its own basis, else that of its block; a correlation without one is derived."""
    why: str
    """Why this basis: its own word, else that of its block."""
    given: bool = True
    """False where it stands at the default of its field: a choice of the model, not of a source."""

    @property
    def path(self) -> str:
        """Dotted path: 'equity.AMD.volatility'."""
        return ".".join(self.steps)

    @property
    def range(self) -> Range | None:
        """Low and high of what it could be, where stated."""
        return self.quote.range


def blocks(market: Market) -> Iterator[tuple[tuple[str, ...], str, Block]]:
    """Every block with its steps and its market key (empty for `real_world`)."""
    for table, kind in TABLES.items():
        for name, block in getattr(market, table).items():
            yield (table, name), f"{kind}:{name}", block
    if market.belief:
        yield ("belief",), "belief", market.belief
    if market.real_world:
        yield ("real_world",), "", market.real_world


def all_quotes(market: Market) -> tuple[LocatedQuote, ...]:
    """Every quote of a market, those at their default included, in the order of the file."""
    found: list[LocatedQuote] = []
    for steps, _, block in blocks(market):
        given = {path for path, _ in block.given_quotes()}
        for path, quote in block.all_quotes():
            found.append(LocatedQuote((*steps, *steps_of(path)), quote, quote.basis or block.basis, quote.why or block.why, path in given))
    found += [
        LocatedQuote(("correlation", pair), quote, quote.basis or Basis.DERIVED, quote.why) for pair, quote in market.correlation.items()
    ]
    return tuple(found)


def soft_quotes(market: Market) -> tuple[LocatedQuote, ...]:
    """Every quote that was given and is assumed or weak: what the exposure table varies.

    A quote without a basis takes that of its block. An assumed quote always has a range (the market refuses it without); a weak
    one may have none. Quotes at the default of their field (a dividend yield of 0) are no figures of the block and are left out.
    """
    return tuple(quote for quote in all_quotes(market) if quote.given and quote.basis in SOFT)


def market_warnings(market: Market) -> tuple[str, ...]:
    """Sentences about what a value on this market rests on, in the order of the market.

    They say: quotes seen on another day than `as_of`; proxies with their add-on; assumed and weak quotes; the plausibility
    override; correlations with a key that the market has no quotes for (a misspelt key would otherwise count as uncorrelated).
    """
    said: list[str] = []
    if market.allow_implausible:
        said.append("allow_implausible is set: values outside their plausible range are accepted")
    soft = soft_quotes(market)
    for steps, key, block in blocks(market):
        name = key or ".".join(steps)
        if block.observed is not None and block.observed != market.as_of:
            days = (market.as_of - block.observed).days
            said.append(f"{name}: quotes of {block.observed}, {abs(days)} days {'before' if days > 0 else 'after'} {market.as_of}")
        if isinstance(block, ProxyCredit):
            add = block.spread_add_bps
            span = f" (range {add.range[0]:+g} to {add.range[1]:+g})" if add.range else ""
            said.append(f"{name}: no quotes of its own, stands on {block.proxy} {add.value:+g} bp{span}")
        said += _softness(name, [quote for quote in soft if quote.steps[: len(steps)] == steps])
    said += _softness("correlation", [quote for quote in soft if quote.steps[0] == "correlation"])
    said += model_warnings(market)
    known = market_keys(market)
    for pair in market.correlation:
        for key in pair.split(PAIR_MARK):
            if kind_of(key) in TABLES.values() and key not in known:
                said.append(f"correlation.{pair}: the market has no quotes for {key}")
    return tuple(said)


def _softness(name: str, quotes: list[LocatedQuote]) -> Iterator[str]:
    for basis in (Basis.WEAK, Basis.ASSUMED):
        same = [quote for quote in quotes if quote.basis is basis]
        if len(same) > MOST_LISTED:
            yield f"{name}: {len(same)} {basis} quotes"
        else:
            yield from (f"{quote.path}: {basis}, {quote.quote.value:g}{_span(quote)}" for quote in same)


def _span(quote: LocatedQuote) -> str:
    return f" (range {quote.range[0]:g} to {quote.range[1]:g})" if quote.range else ""
