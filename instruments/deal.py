"""A deal: parties, milestones, contracts, and the position at a date."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from instruments.assets.fleet import GpuFleet
from instruments.checks import check_deal
from instruments.contracts.compute_derivatives import RentKey
from instruments.contracts.families import Contract
from instruments.contracts.loan_parts import LoanPosition
from instruments.contracts.staged_parts import StagedPosition
from instruments.contracts.warrant import WarrantPosition
from instruments.ground.base import FrozenDict, FrozenMap, Many, Terms
from instruments.ground.keys import MarketKey, Name, key_of_kind
from instruments.ground.provenance import Basis, Provenance, ProvenanceTable
from instruments.ground.units import NonNegative, Positive, PositiveUsd
from instruments.limits import LimitText

Role = Literal["lender", "borrower", "operator", "customer", "guarantor", "vendor", "issuer", "holder", "investor", "vehicle"]
"""What a party is in a deal; limits may name a role instead of a party."""


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
    accrues_from: dt.date | None = None
    """Date from which the count runs evenly between the dates of the plan, as revenue does; null: it steps on those dates, and a level
    between two of them counts with the later one."""
    price_per_unit_usd: PositiveUsd | None = None
    """What the buyer pays per unit: with it, value per unit is shown as a share of the hardware's price."""
    buyer: Name | None = None
    """Party whose default stops further deliveries."""
    rent: MarketKey | None = None
    """Compute price that deliveries move with, by the market's correlation of the two: `rent:H100`."""

    @model_validator(mode="after")
    def _follows_a_rent(self) -> Self:
        if self.rent is not None and not key_of_kind("rent", self.rent):
            raise PydanticCustomError("broken_rule", "deliveries move with a rent such as rent:H100", {"path": "rent"})
        return self

    @model_validator(mode="after")
    def _rises(self) -> Self:
        dates = sorted(self.plan)
        levels = [self.plan[date] for date in dates]
        if any(later <= earlier for earlier, later in pairwise(levels)):
            raise PydanticCustomError("broken_rule", "the plan must rise: each later date needs a higher level", {"path": "plan"})
        if self.accrues_from is not None and self.accrues_from >= dates[0]:
            raise PydanticCustomError("broken_rule", "the count starts before the first date of the plan", {"path": "accrues_from"})
        return self

    def planned_date(self, level: float) -> dt.date:
        """Date on which the plan reaches a level, at most its last one."""
        dates = sorted(self.plan)
        at = next(index for index, date in enumerate(dates) if self.plan[date] >= level)
        if self.accrues_from is None:
            return dates[at]
        start, below = (self.accrues_from, 0.0) if at == 0 else (dates[at - 1], self.plan[dates[at - 1]])
        share = (level - below) / (self.plan[dates[at]] - below)
        return start + dt.timedelta(days=round(share * (dates[at] - start).days))


class Position(Terms):
    """What has happened up to `as_of`. Empty for a new deal."""

    milestones: FrozenMap[Name, NonNegative] = FrozenDict()
    """Level reached by each milestone."""
    contracts: FrozenMap[Name, WarrantPosition] = FrozenDict()
    """Position of each warrant."""
    facilities: FrozenMap[Name, LoanPosition] = FrozenDict()
    """Position of each loan."""
    staged: FrozenMap[Name, StagedPosition] = FrozenDict()
    """Position of each staged equity commitment."""
    fixings: FrozenMap[RentKey, FrozenMap[dt.date, Positive]] = FrozenDict()
    """Index of rents to its fixings by day, as far as a month that is being averaged has run: USD per hour."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing has happened yet."""
        tables = (self.milestones, self.contracts, self.facilities, self.staged, self.fixings)
        return not any(tables)


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
    limits: Annotated[Many[LimitText], Field(max_length=50)] = ()
    """What must not be: `lender.expected_loss_rate > 0.02`. `stress` holds them against the base and every scenario."""
    provenance: ProvenanceTable = ProvenanceTable(default=Provenance(basis=Basis.DERIVED, why="built in code"))
    """Where the terms come from."""

    @model_validator(mode="after")
    def _names_resolve(self) -> Self:
        check_deal(self)
        return self
