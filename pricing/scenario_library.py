"""The scenario library written out for a deal and its market: by name, with a reason where an entry moves nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from curves import Market, Scenario, market_keys, standard_scenarios
from curves.arrays import DAYS_PER_YEAR
from curves.scenarios.scenario import Happening
from curves.scenarios.templates import HappeningTemplate, Template, bare, library, moves_of
from instruments.contracts.lease import Lease
from instruments.contracts.loan import Loan
from instruments.contracts.offtake import Offtake
from instruments.contracts.staged import StagedEquity
from instruments.deal import Deal
from instruments.events import Delay, EarlyLaunch, Event, LateAcceptance, LateStart, RefinancingShut, Withdrawal
from instruments.ground.errors import InputError
from instruments.ground.keys import kind_of
from instruments.ground.messages import problem
from pricing.scenario_events import default_scenarios

SETS = ("library", "standard", "defaults")
"""Names that stand for several scenarios."""
WANTED = {
    "default": "no party in the role of {role} that has a credit",
    "delay": "no milestone",
    "late_acceptance": "no cohort to be accepted later",
    "late_start": "no lease to start, no offtake with a ramp ahead",
    "withdrawal": "no staged equity",
    "refinancing_shut": "no loan with a right to prepay",
    "early_launch": "no rent and no used price",
}
"""What a deal lacks where a happening finds nothing."""


@dataclass(frozen=True, slots=True)
class Written:
    """Scenarios that move something in a deal, and why others of those asked for do not."""

    scenarios: tuple[Scenario, ...]
    notes: tuple[str, ...] = ()
    """What this deal and market have nothing for, one sentence for each reason."""


def named_scenarios(names: str | Iterable[str], deal: Deal, market: Market) -> tuple[Scenario, ...]:
    """Scenarios by name, written out for a deal and its market.

    Args:
        names: labels of the library ('export ban'), or a set: 'library' is every entry; 'standard' those that need a market only;
            'defaults' the failure of each party of the deal with a credit, one at a time.
        deal, market: whose parties, contracts and keys they are made for.

    Returns:
        Those that move something; an entry of a set that finds nothing in this deal is left out.

    Raises:
        InputError: no such name, or nothing of what was asked for finds anything in this deal and market.

    Example:
        >>> from instruments import load_deal
        >>> from curves import load_market
        >>> at = "examples/coreweave_ddtl4"
        >>> [move.key for move in named_scenarios("power spike", load_deal(at), load_market(at))[0].moves]
        ['power:US']
    """
    return written(names, deal, market).scenarios


def written(names: str | Iterable[Scenario | str], deal: Deal, market: Market) -> Written:
    """As `named_scenarios`, with notes on entries that find nothing, and scenarios left as they are. Raises as `named_scenarios`."""
    asked: list[Scenario | str] = [names] if isinstance(names, str) else list(names)
    entries = [entry for each in asked for entry in ([(each, "")] if isinstance(each, Scenario) else _entries(each, deal, market))]
    found = dict.fromkeys(scenario for scenario, why in entries if not why)
    idle: dict[str, list[str]] = {}
    for scenario, why in entries:
        if why:
            idle.setdefault(why, []).append(f"'{scenario.label}'")
    notes = tuple(f"nothing in this deal for {', '.join(dict.fromkeys(labels))}: {why}" for why, labels in idle.items())
    if asked and not found:
        why = "; ".join(notes) or "this deal and market have nothing that it moves"
        raise InputError(
            problem("bad_option", subject="scenarios", value=", ".join(map(str, asked)), expected="something to move", hint=why)
        )
    return Written(tuple(found), notes)


def _entries(name: str, deal: Deal, market: Market) -> Iterator[tuple[Scenario, str]]:
    if name == "defaults":
        yield from ((scenario, "") for scenario in default_scenarios(deal, market))
    elif name == "standard":
        yield from ((scenario, "") for scenario in standard_of(deal, market))
    else:
        chosen = library() if name == "library" else (_template(name),)
        for template in chosen:
            scenario = written_out(template, deal, market)
            yield scenario, "" if scenario.moves or scenario.events else missing(template, market)


def standard_of(deal: Deal, market: Market) -> tuple[Scenario, ...]:
    """The standard scenarios, without delays of milestones that the market quotes and the deal lacks, and without what is then empty."""
    fitting = (
        scenario.evolve(events=tuple(e for e in scenario.events if not isinstance(e, Delay) or e.milestone in deal.milestones))
        for scenario in standard_scenarios(market)
    )
    return tuple(scenario for scenario in fitting if scenario.moves or scenario.events)


def _template(name: str) -> Template:
    entries = {template.label: template for template in library()}
    if name not in entries:
        choices = (*SETS, *entries)
        raise InputError(problem("unknown_name", subject="scenarios", value=name, what="scenario in the library", choices=choices))
    return entries[name]


def written_out(template: Template, deal: Deal, market: Market) -> Scenario:
    """One entry for a deal and its market; without moves and events where they have nothing for it."""
    if template.together:
        joined = Scenario(label=template.label)
        for label in template.together:
            joined = joined.then(written_out(_template(label), deal, market), label=template.label)
        return joined.evolve(why=template.why, source=template.source, basis=template.basis)
    events = tuple(event for happening in template.happenings for event in _events(happening, deal, market))
    return bare(template).evolve(moves=moves_of(template, market), events=events)


def missing(template: Template, market: Market) -> str:
    """What the deal or its market lacks for an entry."""
    keys = market_keys(market)
    patterns = [move.keys for move in template.moves if not any(fnmatchcase(key, move.keys) for key in keys)]
    lacks = [f"no {pattern} in the market" for pattern in dict.fromkeys(patterns)]
    lacks += [WANTED[happening.kind].format(role=happening.role) for happening in template.happenings]
    return ", ".join(lacks) or "none of its parts applies"


def _events(happening: HappeningTemplate, deal: Deal, market: Market) -> Iterator[Happening]:
    on = market.as_of + dt.timedelta(days=round(happening.years * DAYS_PER_YEAR))
    match happening.kind:
        case "default":
            failing = (name for name, party in deal.parties.items() if happening.role in party.roles and party.credit is not None)
            yield from (Event(kind="default", party=name, on=on) for name in failing)
        case "delay":
            ahead = (name for name, milestone in deal.milestones.items() if max(milestone.plan) > deal.as_of)
            yield from (Delay(milestone=name, years=happening.years) for name in ahead)
        case "late_acceptance":
            yield from _late_cohorts(happening, deal, on)
        case "late_start":
            waiting = (name for name, contract in deal.contracts.items() if _starts_later(contract, deal.as_of))
            yield from (LateStart(contract=name, months=happening.months) for name in waiting)
        case "withdrawal":
            letters = (name for name, contract in deal.contracts.items() if isinstance(contract, StagedEquity) and _is_soft(contract))
            yield from (Withdrawal(contract=name) for name in letters)
        case "refinancing_shut":
            loans = (name for name, contract in deal.contracts.items() if isinstance(contract, Loan) and contract.prepayment is not None)
            yield from (RefinancingShut(contract=name, until=on) for name in loans)
        case "early_launch":
            keys = (key for key in market_keys(market) if kind_of(key) in ("rent", "resale"))
            yield from (EarlyLaunch(key=key, years=happening.years, jump=happening.jump) for key in keys)


def _late_cohorts(happening: HappeningTemplate, deal: Deal, on: dt.date) -> Iterator[LateAcceptance]:
    after = on if happening.years > 0.0 else None
    for name, fleet in deal.assets.items():
        fits = happening.role != "vendor" or "vendor" in deal.parties[fleet.vendor].roles
        if fits and any(cohort.acceptance > (after or deal.as_of) for cohort in fleet.cohorts):
            yield LateAcceptance(asset=name, months=happening.months, after=after)


def _starts_later(contract: object, as_of: dt.date) -> bool:
    if isinstance(contract, Lease):
        return contract.start > as_of
    return isinstance(contract, Offtake) and any(date > as_of for date in contract.capacity_units)


def _is_soft(contract: StagedEquity) -> bool:
    return contract.ladder is not None or any(tranche.standing != "firm" for tranche in contract.tranches)
