"""A project: hardware with one contract, what follows when somebody fails, the ways to finance it, and who stands behind each holder."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from instruments.contracts.offtake import Substitute
from instruments.deal import Party
from instruments.financing import SHARES_ABS, Design, Funding, InvestorCohort, Months
from instruments.ground.base import FrozenDict, FrozenMap, Many, Terms
from instruments.ground.keys import MarketKey, Name, key_of_kind
from instruments.ground.provenance import Basis, Provenance, ProvenanceTable
from instruments.ground.units import Fraction, NonNegative, Positive, PositiveUsd

BUYERS_OF_HARDWARE, BUYERS_OF_SHARES = "hardware_buyers", "share_buyers"
"""Holders that no party stands for: who buys what is sold in a hurry."""
RESERVED = frozenset({BUYERS_OF_HARDWARE, BUYERS_OF_SHARES, "project", "market", "site", "brokers", "hardware_maker", "nobody"})
"""Names of the ledger that no party may bear."""


class Plant(Terms):
    """Accelerators bought today and in service from today, under one take-or-pay contract, let again afterwards, sold used at the end."""

    operator: Name
    """Who runs it."""
    customer: Name
    """Who pays under the contract."""
    vendor: Name
    """Who sells the hardware."""
    units: Positive
    """Accelerators."""
    cost_usd: PositiveUsd
    """Paid for all of them today."""
    months: Annotated[int, Field(ge=1, le=180)]
    """Life of the project, after which the hardware is sold used."""
    contract_months: Months
    """Months of the contract."""
    contract_usd_per_hour: NonNegative
    """Price per unit and hour under it."""
    running_usd_per_unit_hour: NonNegative
    """Power, site and upkeep of a unit in service."""
    idle_cost_share: Fraction = 0.5
    """Of running cost, while the hardware stands idle."""
    rent: MarketKey
    """What an hour fetches without the contract; the quotes hold idle months before letting again, and utilisation."""
    resale: MarketKey
    """What a used unit fetches; the quotes hold the cost of a sale, depth and impact."""
    substitute: Substitute
    """What follows the operator's default."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.contract_months > self.months:
            raise PydanticCustomError("broken_rule", "the contract outlives the project", {"path": "contract_months"})
        for field, kind in (("rent", "rent"), ("resale", "resale")):
            if not key_of_kind(kind, getattr(self, field)):
                raise PydanticCustomError("bad_text", "a {kind} key such as {kind}:GB300", {"path": field, "kind": kind})
        return self


class ForcedSale(Terms):
    """What secured creditors do when they are not paid."""

    grace_months: Annotated[int, Field(ge=0, le=24)] = 2
    """Month ends in a row with something unpaid that are forgiven."""
    repossession_months: Annotated[int, Field(ge=0, le=24)] = 3
    """Months from then to the first sale: the hardware stands idle."""
    lots: Annotated[int, Field(ge=1, le=24)] = 4
    """Equal lots, one a month."""
    cost_usd_per_unit: NonNegative = 0.0
    """Repossession, removal, test and transport."""
    choice: Literal["sell", "better"] = "better"
    """`sell`: always; `better`: only where the sale is worth at least as much to the creditors as letting the hardware again, both as
    estimated at forward rents from the rent of the day, and both at most their claim."""
    discount_lost_share: Fraction = 0.5
    """Share of the discount of a quick sale that is lost because its buyers have less use for the hardware; the rest is their gain."""


class Project(Terms):
    """One project, many financings."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    """Version of the file format."""
    id: Name
    """Short name."""
    name: str = ""
    """Title for people."""
    as_of: dt.date
    """Date of the terms."""
    allow_implausible: bool = False
    """Accept values outside their plausible range."""
    parties: Annotated[FrozenMap[Name, Party], Field(min_length=1)]
    """Holder classes and firms: id to party. A party without a credit does not default."""
    plant: Plant
    """What is built and how it earns."""
    enforcement: ForcedSale = ForcedSale()
    """What follows a missed payment."""
    designs: Annotated[FrozenMap[Name, Design], Field(min_length=1, max_length=40)]
    """The financings by name."""
    dial: Many[Name] = ()
    """Designs in order, from the least to the most financialised."""
    ownership: FrozenMap[Name, FrozenMap[Name, Fraction]] = FrozenDict()
    """Holder to its ultimate holders in shares that add up to one; a holder without a row is its own."""
    cohorts: FrozenMap[Name, InvestorCohort] = FrozenDict()
    """Ultimate holders who came in at a stated price."""
    funding: Funding | None = None
    """For the benefit side."""
    provenance: ProvenanceTable = ProvenanceTable(default=Provenance(basis=Basis.DERIVED, why="built in code"))
    """Where the terms come from."""

    @model_validator(mode="after")
    def _names_resolve(self) -> Self:
        for name in self.parties:
            if name in RESERVED:
                raise PydanticCustomError("broken_rule", "the name is taken: call the party otherwise", {"path": f"parties.{name}"})
        plant = self.plant
        for role in ("operator", "customer", "vendor"):
            self._known(getattr(plant, role), f"plant.{role}")
        for label, design in self.designs.items():
            self._check_design(f"designs.{label}", design)
        for step, label in enumerate(self.dial):
            if label not in self.designs:
                raise _unknown(f"dial.{step}", label, "design", tuple(self.designs))
        for holder, row in self.ownership.items():
            if holder not in (BUYERS_OF_HARDWARE, BUYERS_OF_SHARES):
                self._known(holder, f"ownership.{holder}")
            if abs(sum(row.values()) - 1.0) > SHARES_ABS:
                raise PydanticCustomError("broken_rule", "the shares of a holder must add up to 1", {"path": f"ownership.{holder}"})
        for label, cohort in self.cohorts.items():
            self._known(cohort.company, f"cohorts.{label}.company")
            if not any(label in row for row in self.ownership.values()):
                raise PydanticCustomError("broken_rule", "no row of the ownership map names this cohort", {"path": f"cohorts.{label}"})
        return self

    def _check_design(self, place: str, design: Design) -> None:
        for where, party in design.named():
            self._known(party, f"{place}.{where}")
        for name, tranche in design.tranches.items():
            if tranche.months > self.plant.months:
                raise PydanticCustomError("broken_rule", "the debt outlives the project", {"path": f"{place}.tranches.{name}.months"})
        for part in ("warrants", "prepayment", "margin_loan"):
            found = getattr(design, part)
            if found is not None and found.months > self.plant.months:
                raise PydanticCustomError("broken_rule", "it outlives the project", {"path": f"{place}.{part}.months"})
        if design.lease is not None and design.lease.rent_months > self.plant.months:
            raise PydanticCustomError("broken_rule", "it outlives the project", {"path": f"{place}.lease.rent_months"})
        if design.warrants is not None and self.parties[design.warrants.issuer].equity is None:
            raise PydanticCustomError("broken_rule", "the issuer of warrants needs an equity key", {"path": f"{place}.warrants.issuer"})
        if design.margin_loan is not None and self.parties[self.plant.operator].equity is None:
            raise PydanticCustomError("broken_rule", "shares are pledged: the operator needs an equity key", {"path": "plant.operator"})

    def _known(self, name: str, path: str) -> None:
        if name not in self.parties:
            raise _unknown(path, name, "party", tuple(self.parties))

    def holders(self) -> tuple[str, ...]:
        """Every holder class in the order of the file, then the buyers of what is sold."""
        named = {name for design in self.designs.values() for name in design.holders()} | {self.plant.customer}
        return (*(name for name in self.parties if name in named), BUYERS_OF_HARDWARE, BUYERS_OF_SHARES)


def _unknown(path: str, name: str, what: str, choices: tuple[str, ...]) -> PydanticCustomError:
    return PydanticCustomError("unknown_name", "{value} is no such {what}", {"path": path, "value": name, "what": what, "choices": choices})
