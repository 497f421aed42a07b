"""A deal: parties, milestones, contracts, and the position at a date."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from instruments.assets.fleet import GpuFleet
from instruments.conditions import EventHappened, MilestoneReached, legs_of
from instruments.contracts.guarantee import Guarantee
from instruments.contracts.loan import Loan
from instruments.contracts.loan_parts import LoanPosition
from instruments.contracts.offtake import Offtake
from instruments.contracts.warrant import Warrant, WarrantPosition
from instruments.deal_checks import check_assets, check_contract
from instruments.ground.base import FrozenDict, FrozenMap, Many, Terms
from instruments.ground.keys import MarketKey, Name
from instruments.ground.provenance import Basis, Provenance, ProvenanceTable
from instruments.ground.units import NonNegative, Positive, PositiveUsd

Role = Literal["lender", "borrower", "operator", "customer", "guarantor", "vendor", "issuer", "holder", "investor", "vehicle"]
"""What a party is in a deal; limits may name a role instead of a party."""
Contract = Annotated[Warrant | Loan | Offtake | Guarantee, Field(discriminator="kind")]
"""Every contract family."""


class Party(Terms):
    """A firm in the deal."""

    name: str = ""
    """Full name, for tables."""
    roles: Many[Role] = ()
    """Its parts in the deal."""
    equity: MarketKey | None = None
    """Its share: `equity:AMD`."""
    credit: MarketKey | None = None
    """Its credit: `credit:META`. Without one it does not default."""


class Milestone(Terms):
    """Something that is delivered over time: gigawatts, dollars of purchases."""

    unit: str
    """What is counted: 'GW'."""
    plan: Annotated[FrozenMap[dt.date, Positive], Field(min_length=1)]
    """Date to cumulative level: the expected schedule."""
    price_per_unit_usd: PositiveUsd | None = None
    """What the buyer pays per unit: with it, value per unit is shown as a share of the hardware's price."""
    buyer: Name | None = None
    """Party whose default stops further deliveries."""

    @model_validator(mode="after")
    def _rises(self) -> Self:
        dates = sorted(self.plan)
        levels = [self.plan[date] for date in dates]
        if any(later <= earlier for earlier, later in pairwise(levels)):
            raise PydanticCustomError("broken_rule", "the plan must rise: each later date needs a higher level", {"path": "plan"})
        return self


class Position(Terms):
    """What has happened up to `as_of`. Empty for a new deal."""

    milestones: FrozenMap[Name, NonNegative] = FrozenDict()
    """Level reached by each milestone."""
    contracts: FrozenMap[Name, WarrantPosition] = FrozenDict()
    """Position of each warrant."""
    facilities: FrozenMap[Name, LoanPosition] = FrozenDict()
    """Position of each loan."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing has happened yet."""
        return not self.milestones and not self.contracts and not self.facilities


class Deal(Terms):
    """Parties + milestones + contracts + position, with provenance."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    """Version of the file format."""
    id: Name
    """Short name."""
    name: str = ""
    """Title for people."""
    as_of: dt.date
    """Date of the terms and of the position."""
    allow_implausible: bool = False
    """Accept values outside their plausible range."""
    parties: FrozenMap[Name, Party]
    """Party id to party."""
    milestones: FrozenMap[Name, Milestone] = FrozenDict()
    """Milestone name to milestone."""
    assets: FrozenMap[Name, GpuFleet] = FrozenDict()
    """Asset id to asset."""
    contracts: Annotated[FrozenMap[Name, Contract], Field(min_length=1)]
    """Contract id to contract."""
    position: Position = Position()
    """Where the deal stands at `as_of`."""
    provenance: ProvenanceTable = ProvenanceTable(default=Provenance(basis=Basis.DERIVED, why="built in code"))
    """Where the terms come from."""

    @model_validator(mode="after")
    def _names_resolve(self) -> Self:
        check_assets(self)
        for contract_id, contract in self.contracts.items():
            if not isinstance(contract, Warrant):
                check_contract(self, contract_id, contract)
                continue
            place = f"contracts.{contract_id}"
            _known(self, contract.issuer, "party", f"{place}.issuer", self.parties)
            _known(self, contract.holder, "party", f"{place}.holder", self.parties)
            if contract.expiry <= self.as_of:
                raise _rule(f"{place}.expiry", f"expiry {contract.expiry} must be after the deal's date {self.as_of}")
            for index, tranche in enumerate(contract.tranches):
                for leg_path, leg in legs_of(tranche.condition):
                    where = ".".join(part for part in (f"{place}.tranches.{index}.condition", leg_path) if part)
                    if isinstance(leg, MilestoneReached):
                        _known(self, leg.milestone, "milestone", f"{where}.milestone", self.milestones)
                        last = max(self.milestones[leg.milestone].plan.values())
                        if leg.at_least > last:
                            raise _rule(f"{where}.at_least", f"level {leg.at_least:g} is above the last level {last:g} of the plan")
                    elif isinstance(leg, EventHappened):
                        _known(self, leg.party, "party", f"{where}.party", self.parties)
        for milestone_id, milestone in self.milestones.items():
            if milestone.buyer is not None:
                _known(self, milestone.buyer, "party", f"milestones.{milestone_id}.buyer", self.parties)
        for contract_id, position in self.position.contracts.items():
            _known(self, contract_id, "contract", f"position.contracts.{contract_id}", self.contracts)
            contract = self.contracts[contract_id]
            if not isinstance(contract, Warrant):
                raise _rule(f"position.contracts.{contract_id}", f"'{contract_id}' is no warrant: loans stand in position.facilities")
            _fits(contract, position, f"position.contracts.{contract_id}")
        for contract_id in self.position.facilities:
            _known(self, contract_id, "contract", f"position.facilities.{contract_id}", self.contracts)
            if not isinstance(self.contracts[contract_id], Loan):
                raise _rule(f"position.facilities.{contract_id}", f"'{contract_id}' is no loan")
        for milestone_id in self.position.milestones:
            _known(self, milestone_id, "milestone", f"position.milestones.{milestone_id}", self.milestones)
        return self


def _fits(contract: Warrant, position: WarrantPosition, place: str) -> None:
    """The position of a contract speaks of its tranches and legs."""
    exercised = position.exercised_shares
    if exercised and len(exercised) != len(contract.tranches):
        raise _rule(f"{place}.exercised_shares", f"one number per tranche: {len(contract.tranches)}, not {len(exercised)}")
    for index, (done, tranche) in enumerate(zip(exercised, contract.tranches, strict=False)):
        if not 0.0 <= done <= tranche.shares:
            raise _rule(f"{place}.exercised_shares.{index}", f"{done:g} is not between 0 and the tranche's {tranche.shares:g} shares")
    legs = [
        ".".join(part for part in (str(index), path) if part)
        for index, tranche in enumerate(contract.tranches)
        for path, _ in legs_of(tranche.condition)
    ]
    for index, path in enumerate(position.latched):
        if path not in legs:
            raise PydanticCustomError(
                "unknown_name",
                "{value} is no such {what}",
                {"path": f"{place}.latched.{index}", "value": path, "what": "leg", "choices": tuple(legs)},
            )


def _known(deal: Deal, name: str, what: str, path: str, names: object) -> None:
    if isinstance(names, dict) and name not in names:
        raise PydanticCustomError(
            "unknown_name", "{value} is no such {what}", {"path": path, "value": name, "what": what, "choices": tuple(names)}
        )


def _rule(path: str, text: str) -> PydanticCustomError:
    return PydanticCustomError("broken_rule", "{text}", {"path": path, "text": text})
