"""Scenarios before they know a deal or a market: what the shipped library is made of."""

from __future__ import annotations

import json
import math
import tomllib
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import Field

from curves.credit_quotes import ProxyCredit
from curves.lookup import market_keys
from curves.market import Market
from curves.scenarios.scenario import Move, MoveKind, Scenario
from instruments.events import Delay
from instruments.ground.base import Many, Terms
from instruments.ground.keys import kind_of, name_of
from instruments.ground.provenance import Basis
from instruments.ground.units import Number

HappeningKind = Literal["default", "delay", "late_acceptance", "late_start", "withdrawal", "refinancing_shut", "early_launch"]
"""What may happen; the names of `instruments.events`."""


class MoveTemplate(Terms):
    """A move of every key that fits a pattern."""

    keys: Annotated[str, Field(min_length=1)]
    """Pattern of market keys: `rent:*`, `rent:H100*`. A credit on a proxy moves with its proxy and is left out."""
    field: str = ""
    """As in `Move`."""
    kind: MoveKind
    """As in `Move`."""
    amount: Number
    """As in `Move`."""


class HappeningTemplate(Terms):
    """An event for everything in a deal that it can happen to."""

    kind: HappeningKind
    """What happens."""
    role: str = ""
    """`default`: to every party in this role that has a credit. `late_acceptance`: where it is the vendor's."""
    years: Number = 0.0
    """`default`, and `late_acceptance` where above 0: years from the market's date. `delay`: years later. `refinancing_shut`: how long.
    `early_launch`: how much earlier."""
    months: int = 0
    """`late_acceptance`, `late_start`: how much later."""
    jump: Number = 0.0
    """`early_launch`: log jump where the market writes no launch."""


class Template(Terms):
    """One entry of the library."""

    label: str
    """Name in tables, by which it is called."""
    why: str
    """What it stands for."""
    source: str
    """Where its size comes from."""
    basis: Basis
    """How good the source is."""
    standard: bool = False
    """Whether it is part of the standard table, which knows the market only."""
    belief: bool = False
    """Whether keys with a jump in the market's `belief` move by that jump in place of `moves`."""
    moves: Many[MoveTemplate] = ()
    """Market moves."""
    happenings: Many[HappeningTemplate] = ()
    """Events."""
    together: Many[str] = ()
    """Labels of entries that happen at once, in this order; then there are no moves and happenings of its own."""


class _LibraryFile(Terms):
    """What `library.toml` holds."""

    scenarios: Annotated[Many[Template], Field(min_length=1)]
    """The entries, in the order in which they are shown."""


@lru_cache(maxsize=1)
def library() -> tuple[Template, ...]:
    """The shipped library, in the order in which it is shown."""
    text = files("curves.scenarios").joinpath("library.toml").read_text(encoding="utf-8")
    return _LibraryFile.model_validate_json(json.dumps(tomllib.loads(text))).scenarios


def standard_scenarios(market: Market) -> tuple[Scenario, ...]:
    """The standard part of the library, written out for the keys of one market.

    A template is left out where the market has nothing that it moves. A name that stands on a proxy moves with its proxy and
    is not moved a second time. Milestones are those with quotes of their own.
    """
    found = (_standard(template, market) for template in library() if template.standard)
    return tuple(scenario for scenario in found if scenario.moves or scenario.events)


def _standard(template: Template, market: Market) -> Scenario:
    late = [happening.years for happening in template.happenings if happening.kind == "delay"]
    events = tuple(Delay(milestone=name, years=years) for years in late for name in market.milestones)
    return bare(template).evolve(moves=moves_of(template, market), events=events)


def bare(template: Template) -> Scenario:
    """Label, reason and source without anything that moves."""
    return Scenario(label=template.label, why=template.why, source=template.source, basis=template.basis)


def moves_of(template: Template, market: Market) -> tuple[Move, ...]:
    """The moves of a template, for every key of the market that fits."""
    keys = [key for key in market_keys(market) if not _on_proxy(market, key)]
    broken = _belief_moves(market) if template.belief else {}
    plain = [
        Move(key=key, field=move.field, kind=move.kind, amount=move.amount)
        for move in template.moves
        for key in keys
        if fnmatchcase(key, move.keys) and key not in broken
    ]
    return (*broken.values(), *plain)


def _belief_moves(market: Market) -> dict[str, Move]:
    """The jumps of the market's own belief, once, today."""
    jumps = market.belief.jumps if market.belief else {}
    fields = {"equity": "spot_usd", "rent": "", "resale": "new_usd"}
    return {
        key: Move(key=key, field=fields[kind_of(key)], kind="scale", amount=math.exp(quote.value))
        for key, quote in jumps.items()
        if kind_of(key) in fields and key in market_keys(market)
    }


def _on_proxy(market: Market, key: str) -> bool:
    return kind_of(key) == "credit" and isinstance(market.credit[name_of(key)], ProxyCredit)
