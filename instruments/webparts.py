"""Parts of a web: entities and their balance sheets, edges with layer, schedule and status, perimeters, dependencies of value."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from instruments.contracts.families import Contract
from instruments.ground.base import FrozenDict, FrozenMap, Many, Terms
from instruments.ground.keys import MarketKey, Name
from instruments.ground.provenance import Provenance, Range
from instruments.ground.units import Fraction, NonNegative, PositiveUsd, Usd

Outside = Literal["customers", "equity", "lenders", "state", "suppliers", "insiders"]
"""What kind of outsider: new external cash is told apart by it."""
Layer = Literal["cash", "in_kind", "claim", "equity", "contingent", "mark"]
"""What moves: only cash enters flow measures; a claim is owed from payer to payee; a mark is a price, not a payment."""
EdgeKind = Literal[
    "equity_investment",
    "equity_holding",
    "equity_in_kind",
    "fund_commitment",
    "acquisition",
    "secondary_sale",
    "asset_sale",
    "loan",
    "debt",
    "repayment",
    "distribution",
    "purchase_commitment",
    "purchase",
    "sales",
    "costs",
    "lease",
    "revenue_share",
    "in_kind_supply",
    "guarantee",
    "warrant",
]
"""What the edge is. `sales` and `costs` join the web to the outside."""
REVENUE = frozenset({"purchase_commitment", "purchase", "sales", "lease", "revenue_share"})
"""Kinds that are revenue of the payee."""
Status = Literal[
    "closed",
    "partly_closed",
    "outstanding",
    "issued",
    "binding",
    "cancellable",
    "reported",
    "announced",
    "unvested",
    "contingent",
    "in_talks",
    "memorandum",
    "stalled",
    "cancelled",
    "superseded",
]
"""How far the edge has come."""
GONE = frozenset({"in_talks", "memorandum", "stalled", "cancelled", "superseded"})
"""Not, or no longer, agreed: kept for the headline ladder, left out of a current picture."""


class Once(Terms):
    """All on one date."""

    kind: Literal["once"] = "once"
    on: dt.date
    """When."""


class Level(Terms):
    """Evenly between two dates."""

    kind: Literal["level"] = "level"
    start: dt.date
    """First day."""
    end: dt.date
    """Day after the last."""

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.end <= self.start:
            raise PydanticCustomError("broken_rule", "the end must come after the start", {"path": "end"})
        return self


class Spread(Terms):
    """Evenly from a date over a length that is not known."""

    kind: Literal["spread"] = "spread"
    start: dt.date
    """First day."""
    years: Range
    """Shortest and longest length, in years, above 0."""

    @model_validator(mode="after")
    def _positive(self) -> Self:
        if self.years[0] <= 0:
            raise PydanticCustomError("broken_rule", "a length must be above 0 years", {"path": "years"})
        return self


class Listed(Terms):
    """Stated amounts by date."""

    kind: Literal["listed"] = "listed"
    amounts_usd: Annotated[FrozenMap[dt.date, Usd], Field(min_length=1)]
    """Date to USD."""


Schedule = Annotated[Once | Level | Spread | Listed, Field(discriminator="kind")]
"""When the money moves."""


class TradedAsset(Terms):
    """Something that several entities hold and can sell, at an impact on its price."""

    name: str = ""
    """Full name, for tables."""
    outstanding_usd: PositiveUsd
    """Value of all of it at the start, USD."""
    share_sold: Annotated[Fraction, Field(gt=0)]
    """Depth quote: selling this share of all of it ..."""
    price_fall: Annotated[Fraction, Field(lt=1)]
    """... moves the price by this much."""
    provenance: Provenance
    """Basis and source of size and depth."""


class Balance(Terms):
    """An entity's own balance sheet, without its stakes and claims in the web (those are edges)."""

    cash_usd: Usd
    """Cash and other assets that keep their value, USD."""
    franchise_usd: Usd
    """What its business is worth beside its holdings, USD; it moves with belief."""
    belief_share: Fraction = 1.0
    """Elasticity of the business's value to belief, between 0 (none) and 1 (in proportion)."""
    traded_usd: FrozenMap[Name, Usd] = FrozenDict()
    """Traded asset to what it holds of it at the start, USD."""
    outside_debt_usd: Usd = 0.0
    """Debts to outsiders that are not edges, USD."""
    margin_debt_usd: Usd = 0.0
    """Part of the outside debt that is secured on traded assets, USD."""
    ltv_limit: Annotated[Fraction, Field(gt=0)] = 1.0
    """Margin debt over traded assets at which it is called; 1 is never before the cover is gone."""
    ltv_target: Annotated[Fraction, Field(lt=1)] = 0.0
    """Where a call brings it back to."""
    capital_ratio: NonNegative = 0.0
    """Required equity over traded assets; below it traded assets are sold. 0 is none."""
    provenance: Provenance
    """Basis and source of the sheet."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.margin_debt_usd > self.outside_debt_usd:
            raise PydanticCustomError("broken_rule", "margin debt is part of outside_debt_usd", {"path": "margin_debt_usd"})
        if self.ltv_target >= self.ltv_limit:
            raise PydanticCustomError("broken_rule", "ltv_target must be below ltv_limit", {"path": "ltv_target"})
        return self


class Entity(Terms):
    """A firm, vehicle or fund, or a group of outsiders."""

    name: str = ""
    """Full name, for tables."""
    outside: Outside | None = None
    """None: inside the web. Else a group of outsiders; outsiders stay apart, so that the outside does not close circles."""
    equity: MarketKey | None = None
    """Its share: `equity:AMD`."""
    credit: MarketKey | None = None
    """Its credit: `credit:OPENAI`."""
    balance: Balance | None = None
    """Its own balance sheet; with one it takes part in contagion."""


class Edge(Terms):
    """Money, claims, shares or promises that go from one entity to another."""

    payer: Name = Field(alias="from")
    """Who pays, owes, gives or promises; of `equity_holding` the holder."""
    payee: Name = Field(alias="to")
    """Who receives; of `equity_holding` the issuer."""
    kind: EdgeKind
    """What it is."""
    layer: Layer
    """What moves."""
    what: str = ""
    """The instrument, in words."""
    headline_usd: Usd | None = None
    """Largest amount that was announced, USD; None is not known."""
    firm_usd: Usd | None = None
    """Unconditional amount at signing, USD."""
    paid_usd: Usd | None = None
    """Moved to date, USD."""
    range_usd: Range | None = None
    """What an amount that is not known could be, USD."""
    schedule: Schedule | None = None
    """When the money moves; None: on the day of announcement."""
    trigger: str = ""
    """What has to happen first, in words."""
    status: Status | None = None
    """How far it has come; needed for any amount."""
    announced: dt.date | None = None
    """When it became known."""
    announced_about: bool = False
    """Whether the date is approximate."""
    within: Name | None = None
    """Edge that contains this one: the two are not added."""
    stake: Fraction | None = None
    """Share of the payee's equity that the payer holds through this edge."""
    covers: Name | None = None
    """Of a guarantee: the entity whose debts to outsiders it covers in contagion, up to the headline."""
    secured_on: Many[str] = ()
    """What a claim is secured on: ids of other edges, or names of assets."""
    contract: Contract | None = None
    """The edge as a contract of the library, priced by its engine."""
    provenance: Provenance | None = None
    """Basis and source; None: the web's default."""

    @model_validator(mode="after")
    def _amounts_in_order(self) -> Self:
        if self.payer == self.payee:
            raise PydanticCustomError("broken_rule", "an edge joins two entities", {"path": "to"})
        for name in ("firm_usd", "paid_usd"):
            amount = getattr(self, name)
            if amount is not None and self.headline_usd is not None and amount > self.headline_usd:
                raise PydanticCustomError("broken_rule", "must not exceed headline_usd", {"path": name})
        if self.range_usd is not None and self.range_usd[0] < 0:
            raise PydanticCustomError("out_of_range", "must be at or above 0", {"path": "range_usd", "expected": "at or above 0"})
        return self

    @property
    def has_figure(self) -> bool:
        """Whether any figure is given."""
        return any(amount is not None for amount in (self.headline_usd, self.firm_usd, self.paid_usd))

    @property
    def has_amount(self) -> bool:
        """Whether its size is known: nothing paid so far says nothing about it."""
        return self.headline_usd is not None or bool(self.firm_usd) or bool(self.paid_usd)

    @property
    def is_current(self) -> bool:
        """Whether it belongs to a current picture."""
        return self.status not in GONE


class Perimeter(Terms):
    """A consolidation choice."""

    why: str
    """What the choice stands for."""
    consolidate: FrozenMap[Name, Name] = FrozenDict()
    """Entity to the entity whose books take it in; flows between them vanish."""
    outside: Many[Name] = ()
    """Entities that this perimeter counts as outsiders."""


class Dependency(Terms):
    """How far one entity's value falls when another's does."""

    on: Name
    """Whose fall."""
    of: Name
    """Who falls with it."""
    channel: Literal["revenue", "stake", "supply"]
    """Revenue share x multiple, stake / net asset value, or share of supply x elasticity."""
    share: Range
    """Low and high: share of revenue, stake over net asset value, or share of supply; at or above 0."""
    multiple: Range = (1.0, 1.0)
    """Low and high: relative fall of value per relative loss of that share; at or above 0."""
    provenance: Provenance
    """Basis and source of share and multiple."""

    @model_validator(mode="after")
    def _positive(self) -> Self:
        for name, pair in (("share", self.share), ("multiple", self.multiple)):
            if pair[0] < 0:
                raise PydanticCustomError("out_of_range", "must be at or above 0", {"path": name, "expected": "at or above 0"})
        return self


class Period(Terms):
    """The period over which flows are counted."""

    start: dt.date
    """First day."""
    end: dt.date
    """Day after the last."""

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.end <= self.start:
            raise PydanticCustomError("broken_rule", "the end must come after the start", {"path": "end"})
        return self
