"""A few stated scenarios, as data. They are sizes to look at, not forecasts."""

from __future__ import annotations

from dataclasses import dataclass

from curves.credit_quotes import ProxyCredit
from curves.lookup import market_keys
from curves.market import Market
from curves.scenarios.scenario import Move, MoveKind, Scenario
from instruments.events import Delay
from instruments.ground.keys import kind_of, name_of


@dataclass(frozen=True, slots=True)
class Template:
    """A scenario before it knows its market: each move is made for every key of its kind."""

    label: str
    """Name in tables."""
    why: str
    """What it stands for."""
    moves: tuple[tuple[str, str, MoveKind, float], ...] = ()
    """Kind of key, field, how, amount."""
    delay_years: float = 0.0
    """Every milestone is late by this."""


LIBRARY = (
    Template("shares -50 %", "every share halves at once", (("equity", "spot_usd", "scale", 0.5),)),
    Template("shares +50 %", "every share gains half", (("equity", "spot_usd", "scale", 1.5),)),
    Template("volatility +10 points", "shares swing more", (("equity", "volatility", "shift", 0.10),)),
    Template("rates +100 bp", "every quoted rate one point higher", (("rates", "", "shift", 0.01),)),
    Template("rates -100 bp", "every quoted rate one point lower", (("rates", "", "shift", -0.01),)),
    Template("credit +300 bp", "every customer and borrower is trusted less", (("credit", "", "shift", 0.03),)),
    Template("deliveries one year late", "power, chips or money are missing", delay_years=1.0),
    Template(
        "demand fades",
        "shares halve, credit widens by 300 bp, deliveries are a year late",
        (("equity", "spot_usd", "scale", 0.5), ("credit", "", "shift", 0.03)),
        delay_years=1.0,
    ),
)
"""The templates, in the order in which they are shown."""


def standard_scenarios(market: Market) -> tuple[Scenario, ...]:
    """The library, written out for the keys of one market.

    A template is left out where the market has nothing that it moves. A name that stands on a proxy moves with its proxy and
    is not moved a second time. Milestones are those with quotes of their own.
    """
    found = (_written_out(template, market) for template in LIBRARY)
    return tuple(scenario for scenario in found if scenario.moves or scenario.events)


def _written_out(template: Template, market: Market) -> Scenario:
    keys = [key for key in market_keys(market) if not _on_proxy(market, key)]
    moves = tuple(
        Move(key=key, field=field, kind=how, amount=amount)
        for kind, field, how, amount in template.moves
        for key in keys
        if kind_of(key) == kind
    )
    late = market.milestones if template.delay_years else ()
    events = tuple(Delay(milestone=name, years=template.delay_years) for name in late)
    return Scenario(label=template.label, why=template.why, source="stated shock, not a forecast", moves=moves, events=events)


def _on_proxy(market: Market, key: str) -> bool:
    return kind_of(key) == "credit" and isinstance(market.credit[name_of(key)], ProxyCredit)
