"""A few stated scenarios, as data. They are sizes to look at, not forecasts."""

from __future__ import annotations

from dataclasses import dataclass

from curves.credit_quotes import ProxyCredit
from curves.lookup import market_keys
from curves.market import Market
from curves.scenarios.scenario import Move, MoveKind, Scenario
from instruments.events import Delay
from instruments.ground.keys import kind_of, name_of

STATED = "stated shock, not a forecast"
"""The source of a size that nobody measured."""


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
    source: str = STATED
    """Where its size comes from."""


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
    Template(
        "rents -45 %",
        "rents fall as far as the H100 index has fallen from a peak",
        (("rent", "", "scale", 0.547),),
        source="largest drawdown of the H100 rental index, September 2024 to August 2026: -45.3 % (filing, second-hand)",
    ),
    Template(
        "rents +38 %",
        "compute is short again",
        (("rent", "", "scale", 1.38),),
        source="one-year H100 contract, October 2025 to March 2026: 1.70 to 2.35 USD (press)",
    ),
    Template(
        "a launch",
        "a new generation steps every incumbent rent down by 0.22 in logarithms, and used prices with it",
        (("rent", "", "scale", 0.8025), ("resale", "new_usd", "scale", 0.8025)),
        source="-0.22 log points for each generation launch, abstract of https://ssrn.com/abstract=6926798 (filing, second-hand)",
    ),
    Template(
        "credit of the winter of 2025",
        "spreads widen as CoreWeave's did in two months",
        (("credit", "", "shift", 0.0275),),
        source="five-year CDS of CoreWeave, 368 bp on 2025-10-06 to 643 bp on 2025-12-05 (press)",
    ),
    Template(
        "power +50 %",
        "electricity costs half as much again",
        (("power", "", "scale", 1.5),),
    ),
    Template(
        "used market dries up",
        "half the depth, used prices a quarter lower",
        (("resale", "depth_units", "scale", 0.5), ("resale", "new_usd", "scale", 0.75)),
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
    return Scenario(label=template.label, why=template.why, source=template.source, moves=moves, events=events)


def _on_proxy(market: Market, key: str) -> bool:
    return kind_of(key) == "credit" and isinstance(market.credit[name_of(key)], ProxyCredit)
