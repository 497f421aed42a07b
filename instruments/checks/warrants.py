"""Checks of a warrant across the parts of its deal: parties, milestones, dates, and what its position speaks of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic_core import PydanticCustomError

from instruments.checks.names import known, rule
from instruments.conditions import EventHappened, MilestoneReached, PriceTarget, legs_of
from instruments.contracts.warrant import Warrant, WarrantPosition
from instruments.ground.keys import key_of_kind
from instruments.observations import Touch

if TYPE_CHECKING:
    from instruments.conditions import Group, Leg
    from instruments.deal import Deal


def check_warrant(deal: Deal, place: str, contract: Warrant) -> None:
    """Names and dates of a warrant, and of every leg of its conditions."""
    known(contract.issuer, "party", f"{place}.issuer", deal.parties)
    known(contract.holder, "party", f"{place}.holder", deal.parties)
    if contract.expiry <= deal.as_of:
        raise rule(f"{place}.expiry", f"expiry {contract.expiry} must be after the deal's date {deal.as_of}")
    for where, condition in contract.conditions:
        check_condition(deal, f"{place}.{where}", condition)
    if contract.floor is not None and contract.floor.on <= deal.as_of:
        raise rule(f"{place}.floor.on", f"the floor of {contract.floor.on} is past at the deal's date {deal.as_of}: leave it out")


def check_condition(deal: Deal, place: str, condition: Leg | Group) -> None:
    """Every milestone and party that a condition names is the deal's, and no level lies above the plan."""
    for leg_path, leg in legs_of(condition):
        where = ".".join(part for part in (place, leg_path) if part)
        if isinstance(leg, MilestoneReached):
            known(leg.milestone, "milestone", f"{where}.milestone", deal.milestones)
            last = max(deal.milestones[leg.milestone].plan.values())
            if leg.at_least > last:
                raise rule(f"{where}.at_least", f"level {leg.at_least:g} is above the last level {last:g} of the plan")
        elif isinstance(leg, PriceTarget) and isinstance(leg.observation, Touch) and key_of_kind("rent", leg.of):
            raise rule(f"{where}.observation", "a rent index is published once a day: watch its close, a mean or days out, not a touch")
        elif isinstance(leg, EventHappened):
            known(leg.party, "party", f"{where}.party", deal.parties)


def check_position(contract: Warrant, position: WarrantPosition, place: str) -> None:
    """The position of a contract speaks of its tranches and legs."""
    exercised = position.exercised_shares
    if exercised and len(exercised) != len(contract.every_tranche):
        raise rule(f"{place}.exercised_shares", f"one number per tranche: {len(contract.every_tranche)}, not {len(exercised)}")
    for index, (done, tranche) in enumerate(zip(exercised, contract.every_tranche, strict=False)):
        if not 0.0 <= done <= tranche.shares:
            raise rule(f"{place}.exercised_shares.{index}", f"{done:g} is not between 0 and the tranche's {tranche.shares:g} shares")
    legs = [
        ".".join(part for part in (str(index), path) if part)
        for index, tranche in enumerate(contract.every_tranche)
        for path, _ in legs_of(tranche.condition)
    ]
    for field in ("latched", "lapsed"):
        for index, path in enumerate(getattr(position, field)):
            if path not in legs:
                raise PydanticCustomError(
                    "unknown_name",
                    "{value} is no such {what}",
                    {"path": f"{place}.{field}.{index}", "value": path, "what": "leg", "choices": tuple(legs)},
                )
