"""A web: entities, dated edges between them with layer, schedule, status and provenance, perimeters, dependencies of value.

An amount that is not known is an interval, never zero; an amount without status and source is refused.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from instruments.deal import Milestone
from instruments.ground.base import FrozenDict, FrozenMap, Many, Terms
from instruments.ground.keys import Name
from instruments.ground.provenance import Basis, Provenance
from instruments.ground.units import Fraction, NonNegative, PositiveUsd
from instruments.webcheck import check_closed_groups, check_names, check_ownership, check_pledges
from instruments.webparts import (
    GONE,
    REVENUE,
    Balance,
    Dependency,
    Edge,
    EdgeKind,
    Entity,
    Layer,
    Level,
    Listed,
    Once,
    Outside,
    Perimeter,
    Period,
    Schedule,
    Spread,
    Status,
    TradedAsset,
)

__all__ = [
    "Balance",
    "Dependency",
    "Edge",
    "EdgeKind",
    "Entity",
    "GONE",
    "Layer",
    "Level",
    "Listed",
    "Once",
    "Outside",
    "Perimeter",
    "Period",
    "REVENUE",
    "Schedule",
    "Spread",
    "Status",
    "TradedAsset",
    "Web",
]


class Web(Terms):
    """Entities + dated edges + perimeters, with provenance."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    """Version of the file format."""
    id: Name
    """Short name."""
    name: str = ""
    """Title for people."""
    as_of: dt.date
    """Date to which amounts paid are counted."""
    period: Period
    """Flows are cash in this period."""
    allow_implausible: bool = False
    """Accept values outside their plausible range."""
    balance: Literal["stated", "derived"] = "derived"
    """`stated`: every node balances as written, or the web is refused. `derived`: gaps are paid by or to the outside, marked as derived."""
    unknown_at_most_usd: PositiveUsd | None = None
    """What an amount without a figure and without a range of its own is at most, over its whole life, USD."""
    entities: Annotated[FrozenMap[Name, Entity], Field(min_length=1)]
    """Id to entity."""
    edges: FrozenMap[Name, Edge] = FrozenDict()
    """Id to edge."""
    perimeters: FrozenMap[Name, Perimeter] = FrozenDict()
    """Name to consolidation choice; `as_listed` is always there."""
    knock_outs: FrozenMap[Name, Many[Name]] = FrozenDict()
    """Name to edges that are replaced by outside money, both ways, to see what they carry."""
    assets: FrozenMap[Name, TradedAsset] = FrozenDict()
    """Traded assets that balance sheets speak of."""
    default_cost: Fraction = 0.0
    """Share of a defaulter's assets and receipts that is lost."""
    belief_feedback: NonNegative = 0.0
    """How far belief falls after a date, per share of all equity lost on it."""
    dependencies: Many[Dependency] = ()
    """Value matrix, entry by entry."""
    milestones: FrozenMap[Name, Milestone] = FrozenDict()
    """Milestones that contracts on edges speak of."""
    provenance: Provenance | None = None
    """Default for edges without their own."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check_names(self)
        for edge_id, edge in self.edges.items():
            self._check_amount(edge_id, edge)
        check_ownership(self)
        check_pledges(self)
        if self.balance == "stated":
            check_closed_groups(self)
        return self

    def _check_amount(self, edge_id: str, edge: Edge) -> None:
        source = self.provenance_of(edge)
        if edge.has_figure and edge.status is None:
            raise PydanticCustomError("no_status", "an amount needs a status", {"path": f"edges.{edge_id}.status"})
        if edge.has_figure and (source is None or not (source.source or source.basis in (Basis.ASSUMED, Basis.DERIVED))):
            raise PydanticCustomError("no_source", "an amount needs a source", {"path": f"edges.{edge_id}.provenance"})
        counted = edge.is_current and edge.layer == "cash"
        if counted and not edge.has_amount and edge.range_usd is None and self.unknown_at_most_usd is None:
            raise PydanticCustomError("no_bound", "an unknown amount is an interval, never zero", {"path": f"edges.{edge_id}.range_usd"})

    def provenance_of(self, edge: Edge) -> Provenance | None:
        """The edge's own provenance, else the web's default."""
        return edge.provenance or self.provenance
