"""A launch that comes early: what it does to the quotes of a rent or of used units."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np

from curves.arrays import DAYS_PER_YEAR
from curves.compute.build import rent_curve
from curves.hardware_quotes import ResaleByAge
from curves.lookup import missing_key
from curves.market import Market
from curves.quotes import Quote
from curves.rent_quotes import Launch, TwoFactorRent
from curves.scenarios.moves import moved_market
from curves.scenarios.scenario import Move
from curves.tenors import add_tenor, years_between
from instruments.events import EarlyLaunch
from instruments.ground.errors import InputError
from instruments.ground.keys import kind_of, name_of
from instruments.ground.messages import problem

STEPS_PER_YEAR = 52
"""Grid on which means of forwards are taken."""


def with_early_launch(market: Market, event: EarlyLaunch) -> Market:
    """The market in which the next launch of a key comes earlier.

    Model: the nearest launch of the block moves to `years` earlier, at the earliest to the day after the market's date. Quoted forwards
    follow: each is scaled by the ratio of the model's forwards after and before, so that only dates between the new and the old launch
    fall; of quoted term rates the same ratio is averaged over the term, undiscounted. A block without a launch holds its launches in its
    growth or decline: there the whole curve steps by `jump` today, which is the larger shock, since nothing is taken off later.

    Raises:
        MarketError: the market has no such key. InputError: the key is neither a rent nor a used price.
    """
    table, name = kind_of(event.key), name_of(event.key)
    if table not in ("rent", "resale"):
        why = "launches step rents and used prices"
        raise InputError(problem("bad_quote", subject="scenario", field="events.key", value=event.key, why=why, remedy="name one of these"))
    blocks = getattr(market, table)
    if name not in blocks:
        raise missing_key(market, event.key)
    block = blocks[name]
    earlier = _earlier(block.launches, market.as_of, event.years) if isinstance(block, TwoFactorRent | ResaleByAge) else None
    if earlier is None:
        field = "" if table == "rent" else "new_usd"
        return moved_market(market, Move(key=event.key, field=field, kind="scale", amount=float(np.exp(event.jump))))
    moved = market.evolve(**{table: dict(blocks) | {name: block.evolve(launches=earlier)}})
    return _requoted(market, moved, name) if isinstance(block, TwoFactorRent) else moved


def _earlier(launches: Mapping[str, Launch], as_of: dt.date, years: float) -> dict[str, Launch] | None:
    """The launches with the nearest one brought forward; None where none is to come."""
    ahead = {name: launch.expected for name, launch in launches.items() if launch.expected > as_of}
    if not ahead:
        return None
    first = min(ahead, key=lambda name: ahead[name])
    day = max(ahead[first] - dt.timedelta(days=round(years * DAYS_PER_YEAR)), as_of + dt.timedelta(days=1))
    return dict(launches) | {first: launches[first].evolve(expected=day)}


def _requoted(base: Market, moved: Market, name: str) -> Market:
    """The moved market with forwards and term rates that know the new date."""
    block = moved.rent[name]
    assert isinstance(block, TwoFactorRent)
    key = f"rent:{name}"
    plain = [_without_quotes(market, name) for market in (base, moved)]
    before, after = (rent_curve(market, key) for market in plain)

    def forward(tenor: str, quote: Quote) -> Quote:
        at = years_between(base.as_of, add_tenor(base.as_of, tenor))
        return quote.evolve(value=quote.value * float(after.model_forward(at) / before.model_forward(at)))

    def term(tenor: str, quote: Quote) -> Quote:
        until = years_between(base.as_of, add_tenor(base.as_of, tenor))
        at = np.linspace(0.0, until, max(2, round(until * STEPS_PER_YEAR)))
        was = rent_curve(base, key).forward(at)
        ratio = after.model_forward(at) / before.model_forward(at)
        return quote.evolve(value=quote.value * float(np.trapezoid(was * ratio, at) / np.trapezoid(was, at)))

    forwards = {tenor: forward(tenor, quote) for tenor, quote in block.forwards.items()}
    terms = {tenor: term(tenor, quote) for tenor, quote in block.terms.items()}
    return moved.evolve(rent=dict(moved.rent) | {name: block.evolve(forwards=forwards, terms=terms)})


def _without_quotes(market: Market, name: str) -> Market:
    return market.evolve(rent=dict(market.rent) | {name: market.rent[name].evolve(forwards={}, terms={})})
