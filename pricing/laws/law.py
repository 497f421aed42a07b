"""What a law is, and what the checks of every family share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from curves import Market
from instruments.deal import Deal
from instruments.project import Project
from instruments.web import Web
from pricing.registry import Outcome, Settings, Task, find_engine
from pricing.results import Row

SUM_REL = 1e-9
"""Two ways of adding the same simulated numbers, relative."""
Check = Callable[[Deal, Market, Settings], str | None]


@dataclass(frozen=True, slots=True)
class Law:
    """A law as data with its check."""

    name: str
    sentence: str
    domain: str
    applies: Callable[[Deal], bool]
    check: Check
    markets: int = 1000
    """Markets that a search tries at most: fewer where one check walks thousands of paths by the slow road."""


@dataclass(frozen=True, slots=True)
class ProjectLaw:
    """The same of a project under its financings."""

    name: str
    sentence: str
    domain: str
    applies: Callable[[Project], bool]
    check: Callable[[Project, Market, Settings], str | None]
    markets: int = 1000
    """Markets that a search tries at most."""


@dataclass(frozen=True, slots=True)
class WebLaw:
    """The same of a web: no market, a state of its balance sheets is what a search tries."""

    name: str
    sentence: str
    domain: str
    applies: Callable[[Web], bool]
    check: Callable[[Web], str | None]
    states: int = 40
    """States of the web that a search tries at most."""


@lru_cache(maxsize=128)
def remembered(deal: Deal, market: Market, settings: Settings, contract_id: str) -> Outcome:
    """An outcome, kept: several laws look at the same deal on the same markets."""
    return outcome_of(deal, market, settings, contract_id)


def outcome_of(deal: Deal, market: Market, settings: Settings, contract_id: str) -> Outcome:
    """One contract by its default engine."""
    contract = deal.contracts[contract_id]
    return find_engine(type(contract), None).engine(
        Task(deal=deal, contract_id=contract_id, contract=contract, market=market, settings=settings)
    )


def value_row(outcome: Outcome) -> Row:
    """The headline: value of the whole contract to its first party."""
    return next(row for row in outcome.rows if row.measure == "value" and row.part is None)


def small(settings: Settings) -> Settings:
    """Settings for checks inside a search: one block, value alone."""
    return replace(settings, paths=1, measures=frozenset({"value"}))
