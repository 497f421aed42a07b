"""Finding quotes by market key, and errors that say what the market has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from curves.arrays import bad_argument
from curves.market import Market
from instruments.ground.errors import MarketError
from instruments.ground.keys import kind_of, name_of
from instruments.ground.messages import problem

T = TypeVar("T")
USUAL_RATES = "rates:USD-SOFR"
"""The discount curve that is meant where a market has several and none is named."""


def market_keys(market: Market) -> tuple[str, ...]:
    """Every market key that has quotes of its own, by kind and in the order of the market."""
    return (
        *(f"rates:{name}" for name in market.rates),
        *(f"credit:{name}" for name in market.credit),
        *(f"equity:{name}" for name in market.equity),
        *(f"rent:{name}" for name in market.rent),
        *(f"resale:{name}" for name in market.resale),
        *(f"power:{name}" for name in market.power),
        *(f"milestone:{name}" for name in market.milestones),
        *(f"event:{name}" for name in market.events),
        *(("belief",) if market.belief else ()),
    )


def block_of(market: Market, key: str, kind: str, blocks: Mapping[str, T]) -> T:
    """The quotes behind `key`.

    Raises:
        InputError: the key is of another kind.
        MarketError: the market has no such key; the message lists what it has (of this kind, if any).
    """
    if kind_of(key) != kind:
        raise bad_argument("market", "key", key, f"a key of the kind {kind}", f"write {kind}:NAME")
    name = name_of(key)
    if name not in blocks:
        raise missing_key(market, key)
    return blocks[name]


def missing_key(market: Market, key: str) -> MarketError:
    """The error for a key that the market has not."""
    keys = market_keys(market)
    same_kind = tuple(known for known in keys if kind_of(known) == kind_of(key))
    return MarketError(problem("missing_key", subject="market", field=key, key=key, choices=same_kind or keys))


def default_rates_key(market: Market) -> str:
    """The discount curve that serves where none is named: the only one, else `rates:USD-SOFR`.

    Raises:
        MarketError: several curves, and none of that name.
    """
    names = tuple(market.rates)
    if len(names) == 1:
        return f"rates:{names[0]}"
    if name_of(USUAL_RATES) in market.rates:
        return USUAL_RATES
    raise missing_key(market, USUAL_RATES)
