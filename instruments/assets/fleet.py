"""A fleet of accelerators: cohorts bought and accepted together, the site they stand in, the schedule they are booked on."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from instruments.ground.base import Many, Terms
from instruments.ground.keys import MarketKey, Name, key_of_kind
from instruments.ground.units import Fraction, NonNegative, Positive, PositiveUsd, Usd


class Accounting(Terms):
    """How the owner books the hardware: cost less straight-line depreciation from acceptance, never below salvage."""

    method: Literal["straight_line"] = "straight_line"
    """Equal amounts every month."""
    life_years: Annotated[float, Field(gt=0, le=20)]
    """Useful life in years."""
    salvage: Fraction = 0.0
    """Share of cost at which depreciation stops."""


class Site(Terms):
    """Where the fleet stands, and what it costs to keep it there."""

    power: MarketKey
    """Price of electricity: `power:US`."""
    pue: Annotated[float, Field(ge=1, le=3)]
    """Power drawn by the site per unit of power drawn by the hardware."""
    colocation_usd_per_kw_month: NonNegative
    """Rent of the hall, USD per kW of hardware power a month."""
    upkeep_usd_per_unit_month: NonNegative = 0.0
    """Staff, spares, network and insurance, USD per unit a month."""

    @model_validator(mode="after")
    def _key_fits(self) -> Self:
        if not key_of_kind("power", self.power):
            raise PydanticCustomError("bad_text", "a power key such as power:US", {"path": "power"})
        return self


class Cohort(Terms):
    """Units that are paid for, delivered and accepted together."""

    label: Name
    """Short name."""
    units: Positive
    """Accelerators."""
    cost_usd: PositiveUsd
    """Purchase and installation of all its units."""
    funding: dt.date
    """When it is paid for."""
    acceptance: dt.date
    """When the customer is planned to accept it: revenue and site costs run from the month after."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.acceptance < self.funding:
            raise PydanticCustomError(
                "broken_rule", "cohort '{label}': acceptance must not come before funding", {"label": self.label, "path": "acceptance"}
            )
        return self


class GpuFleet(Terms):
    """Accelerators owned by one vehicle and run by one operator."""

    kind: Literal["gpu_fleet"] = "gpu_fleet"
    owner: Name
    """The vehicle that owns it."""
    operator: Name
    """Who runs it: the vehicle's parent, with a credit of its own."""
    vendor: Name
    """Who is paid for the hardware."""
    model: str
    """What it is: 'GB300'."""
    kw_per_unit: Positive
    """Power drawn per unit with its share of the rack, kW, before PUE."""
    rent: MarketKey
    """What an hour fetches when it is let again: `rent:GB300`, USD per unit-hour."""
    resale: MarketKey
    """What a used unit fetches: `resale:GB300`."""
    site: Site
    """Where it stands."""
    cohorts: Annotated[Many[Cohort], Field(min_length=1, max_length=60)]
    """The deliveries."""
    attrition: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the units lost for good each year of service."""
    accounting: Accounting
    """The book schedule."""
    retirement_years: Annotated[float, Field(gt=0, le=30)] = 8.0
    """Age beyond which no income is counted."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        labels = [cohort.label for cohort in self.cohorts]
        if len(set(labels)) != len(labels):
            raise PydanticCustomError("broken_rule", "two cohorts carry the same label", {"path": "cohorts"})
        for field, kind, example in (("rent", "rent", "rent:GB300"), ("resale", "resale", "resale:GB300")):
            if not key_of_kind(kind, getattr(self, field)):
                raise PydanticCustomError("bad_text", "a {kind} key such as {example}", {"path": field, "kind": kind, "example": example})
        return self

    @property
    def cost_usd(self) -> Usd:
        """Purchase and installation of all cohorts, USD."""
        return sum(cohort.cost_usd for cohort in self.cohorts)
