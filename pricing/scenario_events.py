"""What the events of a scenario do to a deal and its market: delays move plans, a default gives a party a credit that ends on its date.

Events that change the terms of a contract or fleet are in `pricing.scenario_terms`, an early launch in `curves.scenarios.launching`.
"""

from __future__ import annotations

import datetime as dt

from curves import Market, Scenario
from curves.credit_quotes import DatedDefault
from curves.scenarios import with_early_launch
from instruments.deal import Deal, Milestone
from instruments.events import Delay, EarlyLaunch, Event
from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from instruments.ground.provenance import Basis
from pricing.scenario_terms import TermsEvent, changed_terms

SOURCE = "event of a scenario"
IN_A_YEAR = dt.timedelta(days=365)


def default_scenarios(deal: Deal, market: Market) -> tuple[Scenario, ...]:
    """The default, a year after the market's date, of every party of the deal that has a credit, one at a time."""
    return tuple(
        Scenario(
            label=f"{name} defaults in a year",
            why="one failure, for certain, at a date: what hangs on this party",
            source="stated shock, not a forecast",
            events=(Event(kind="default", party=name, on=market.as_of + IN_A_YEAR),),
        )
        for name, party in deal.parties.items()
        if party.credit is not None
    )


def after(deal: Deal, market: Market, scenario: Scenario) -> tuple[Deal, Market]:
    """The deal and the market under a scenario: its moves, then its events.

    Raises:
        MarketError, InputError: as `Scenario.apply`. PricingError: an event that is not modelled, or of nobody in the deal.
    """
    moved = scenario.apply(market)
    for event in scenario.events:
        if isinstance(event, Delay):
            deal = _delayed(deal, event, scenario.label)
        elif isinstance(event, EarlyLaunch):
            moved = with_early_launch(moved, event)
        elif isinstance(event, TermsEvent):
            deal = changed_terms(deal, event, scenario.label)
        elif event.kind == "default":
            deal, moved = _defaulted(deal, moved, event, scenario.label)
        else:
            why = f"a {event.kind} of {event.party} on {event.on} for certain is not modelled"
            raise PricingError(
                problem("unsupported", subject=scenario.label, field="events", why=why, remedy="give it a hazard in the market's events")
            )
    return deal, moved


def _defaulted(deal: Deal, market: Market, event: Event, label: str) -> tuple[Deal, Market]:
    """The party stands on a credit of its own that defaults on the date; who shares its old key, or a proxy of it, is not touched."""
    if event.party not in deal.parties:
        raise PricingError(
            problem("unknown_name", subject=label, field="events", value=event.party, what="party", choices=tuple(deal.parties))
        )
    name = f"{event.party[:40]}-default-{event.on.isoformat()}"
    block = DatedDefault(on=event.on, basis=Basis.ASSUMED, source=SOURCE, why=f"{event.party} defaults on {event.on}")
    party = deal.parties[event.party].evolve(credit=f"credit:{name}")
    parties = {key: party if key == event.party else other for key, other in deal.parties.items()}
    return deal.evolve(parties=parties), market.evolve(credit=dict(market.credit) | {name: block})


def _delayed(deal: Deal, event: Delay, label: str) -> Deal:
    """Dates of a plan that lie ahead move; those that have passed stay."""
    milestones = dict(deal.milestones)
    if event.milestone not in milestones:
        raise PricingError(
            problem("unknown_name", subject=label, field="events", value=event.milestone, what="milestone", choices=milestones)
        )
    milestones[event.milestone] = _later(milestones[event.milestone], event, deal.as_of, label)
    return deal.evolve(milestones=milestones)


def _later(milestone: Milestone, event: Delay, as_of: dt.date, label: str) -> Milestone:
    try:
        shift = dt.timedelta(days=round(event.years * 365))
        moved = [(date + shift if date > as_of else date, level) for date, level in sorted(milestone.plan.items())]
        if len(dict(moved)) < len(moved):
            raise ValueError("two levels on one date")
        return milestone.evolve(plan=dict(moved))
    except (OverflowError, ValueError) as error:  # a TermsError is a ValueError
        why = f"{event.milestone} cannot move by {event.years:g} years"
        raise PricingError(problem("unsupported", subject=label, field="events", why=why, remedy="choose a smaller delay")) from error
