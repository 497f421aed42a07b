"""Checks of staged equity across the parts of its deal: parties, milestones, prices per unit, dates, position."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic_core import PydanticCustomError

from instruments.checks.names import known, rule
from instruments.checks.warrants import check_condition
from instruments.conditions import legs_of
from instruments.contracts.staged import StagedEquity, stages_of
from instruments.contracts.staged_parts import PerUnit, ShareOfPrice, StagedPosition, UnitsAmount

if TYPE_CHECKING:
    from instruments.deal import Deal

ROUND_REL = 1e-12
"""A position may differ from its tranche by rounding."""


def check_staged(deal: Deal, place: str, contract: StagedEquity) -> None:
    """Names and dates of a staged commitment, of its amounts and of every leg of its triggers."""
    known(contract.investor, "party", f"{place}.investor", deal.parties)
    known(contract.issuer, "party", f"{place}.issuer", deal.parties)
    if contract.end <= deal.as_of:
        raise rule(f"{place}.end", f"the long-stop date {contract.end} must be after the deal's date {deal.as_of}")
    if contract.ladder is not None:
        _check_units(deal, f"{place}.ladder", contract.ladder.milestone, contract.ladder.per_unit)
    for index, tranche in enumerate(contract.tranches):
        where = f"{place}.tranches.{index}"
        check_condition(deal, f"{where}.condition", tranche.condition)
        if isinstance(tranche.amount, UnitsAmount):
            _check_units(deal, f"{where}.amount", tranche.amount.milestone, tranche.amount.per_unit)


def _check_units(deal: Deal, place: str, milestone: str, per_unit: PerUnit) -> None:
    known(milestone, "milestone", f"{place}.milestone", deal.milestones)
    if isinstance(per_unit, ShareOfPrice) and deal.milestones[milestone].price_per_unit_usd is None:
        raise rule(f"{place}.per_unit", f"a share of the price needs milestones.{milestone}.price_per_unit_usd")


def check_staged_positions(deal: Deal) -> None:
    """The positions of staged commitments speak of their tranches."""
    for name, position in deal.position.staged.items():
        place = f"position.staged.{name}"
        known(name, "contract", place, deal.contracts)
        contract = deal.contracts[name]
        if not isinstance(contract, StagedEquity):
            raise rule(place, f"'{name}' is no staged equity")
        _check_position(deal, place, contract, position)


def _check_position(deal: Deal, place: str, contract: StagedEquity, position: StagedPosition) -> None:
    stages = stages_of(contract, deal.milestones)
    for field in ("drawn_usd", "drawn_shares"):
        given = getattr(position, field)
        if given and len(given) != len(stages):
            raise rule(f"{place}.{field}", f"one number per tranche: {len(stages)}, not {len(given)}")
    for index, (drawn, stage) in enumerate(zip(position.drawn_usd, stages, strict=False)):
        if drawn > stage.amount_usd * (1.0 + ROUND_REL):
            raise rule(f"{place}.drawn_usd.{index}", f"{drawn:g} is above the tranche's {stage.amount_usd:g} USD")
    legs = tuple(f"{i}.{path}".rstrip(".") for i, stage in enumerate(stages) for path, _ in legs_of(stage.condition))
    for index, path in enumerate(position.latched):
        if path not in legs:
            raise PydanticCustomError(
                "unknown_name",
                "{value} is no such {what}",
                {"path": f"{place}.latched.{index}", "value": path, "what": "leg", "choices": legs},
            )
