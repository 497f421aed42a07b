"""The catalogue of laws: every family's own, and those of all deals.

A law is a sentence, its domain, and a check, which looks at one deal on one market and returns None where the law holds, else what broke
it. A law that is true only under conditions says so in `applies`; one stated too widely would be a defect of the catalogue, not of the
deal. A family adds its `LAWS` below. Laws of projects look at one project on one market, laws of webs at one web; they have lists of
their own.
"""

from __future__ import annotations

from typing import TypeVar

from curves import Market
from instruments.deal import Deal
from instruments.files import dumps_json, model_from_text
from instruments.ground.errors import InputError
from instruments.ground.messages import problem, suggest
from pricing.laws import (
    borrowing_bases,
    compute_derivatives,
    conditions,
    covenants,
    facility,
    joint,
    leases,
    margin_loans,
    moving_rates,
    notes,
    offtake,
    paths,
    prepayment,
    projects,
    risk,
    staged,
    warrants,
    waterfall,
    webs,
    world,
)
from pricing.laws.law import Law, ProjectLaw, WebLaw, outcome_of, remembered, value_row
from pricing.registry import Settings


def _round_trip(deal: Deal, market: Market, settings: Settings) -> str | None:
    again = model_from_text(dumps_json(deal), Deal, kind="deal", language="json")
    if again != deal:
        return "the deal read back from its JSON is another"
    for name in deal.contracts:
        first, second = (
            value_row(remembered(deal, market, settings, name)).value,
            value_row(outcome_of(again, market, settings, name)).value,
        )
        if first != second:
            return f"{name}: worth {first!r} as built and {second!r} after JSON out and in"
    return None


LAWS: tuple[Law, ...] = (
    *warrants.LAWS,
    *conditions.LAWS,
    *facility.LAWS,
    *waterfall.LAWS,
    *covenants.LAWS,
    *prepayment.LAWS,
    *risk.LAWS,
    *staged.LAWS,
    *compute_derivatives.LAWS,
    *offtake.LAWS,
    *margin_loans.LAWS,
    *notes.LAWS,
    *borrowing_bases.LAWS,
    *leases.LAWS,
    *paths.LAWS,
    *joint.LAWS,
    *world.LAWS,
    *moving_rates.LAWS,
    Law(
        "json_round_trip",
        "a deal written to JSON and read again has the same price, to the last bit",
        "all deals",
        lambda _: True,
        _round_trip,
    ),
)
"""Every shipped law of deals."""
PROJECT_LAWS: tuple[ProjectLaw, ...] = projects.LAWS
"""Every shipped law of projects."""
WEB_LAWS: tuple[WebLaw, ...] = webs.LAWS
"""Every shipped law of webs."""
L = TypeVar("L", Law, WebLaw, ProjectLaw)


def chosen_laws(names: tuple[str, ...] | None) -> tuple[Law, ...]:
    """The laws of deals of these names, all for None. Raises InputError for an unknown name."""
    return _chosen(names, LAWS)


def chosen_web_laws(names: tuple[str, ...] | None) -> tuple[WebLaw, ...]:
    """The same of webs."""
    return _chosen(names, WEB_LAWS)


def chosen_project_laws(names: tuple[str, ...] | None) -> tuple[ProjectLaw, ...]:
    """The same of projects."""
    return _chosen(names, PROJECT_LAWS)


def _chosen(names: tuple[str, ...] | None, laws: tuple[L, ...]) -> tuple[L, ...]:
    known = {law.name: law for law in laws}
    for name in names or ():
        if name not in known:
            raise InputError(problem("bad_choice", subject="laws", value=name, choices=known, suggestion=suggest(name, known)))
    return laws if names is None else tuple(known[name] for name in names)
