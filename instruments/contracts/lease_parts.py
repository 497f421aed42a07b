"""Parts of a lease: what is let, for which rent, what its tenant may choose, and what follows its end."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from instruments.ground.base import FrozenMap, Terms
from instruments.ground.keys import MarketKey, Name, key_of_kind
from instruments.ground.units import Fraction, NonNegative, Positive, PositiveUsd, Rate, Usd


class LeasedFleet(Terms):
    """A fleet of the deal, whole: its cost, resale, rent and running costs are read off the fleet."""

    kind: Literal["fleet"] = "fleet"
    fleet: Name
    """An asset of the deal."""


class LeasedSite(Terms):
    """A site, or a part of one, by its capacity: halls and power without the accelerators."""

    kind: Literal["site"] = "site"
    units: Positive
    """Capacity in kW: the unit of its market rent and resale value."""
    life_years: Annotated[float, Field(gt=0, le=60)]
    """Useful life in years."""
    rent: MarketKey
    """What an hour of one kW fetches when it is let again: `rent:CAMPUS`."""
    resale: MarketKey
    """What one kW of a used site fetches: `resale:CAMPUS`."""
    running_usd_per_unit_month: NonNegative = 0.0
    """Upkeep, tax, insurance and staff, USD per kW and month."""

    @model_validator(mode="after")
    def _keys_fit(self) -> Self:
        for field in ("rent", "resale"):
            if not key_of_kind(field, getattr(self, field)):
                raise PydanticCustomError("bad_text", "a {kind} key such as {kind}:CAMPUS", {"path": field, "kind": field})
        return self


LeasedAsset = Annotated[LeasedFleet | LeasedSite, Field(discriminator="kind")]
"""What is let."""


class LevelRent(Terms):
    """The same rent every month."""

    kind: Literal["level"] = "level"
    usd_per_month: PositiveUsd
    """Rent of the whole asset, USD a month."""


class SteppedRent(Terms):
    """A rent that steps at stated months."""

    kind: Literal["stepped"] = "stepped"
    usd_per_month: Annotated[FrozenMap[str, Usd], Field(min_length=1)]
    """Months since the start, from '0' on, to the rent from then: {0 = 5e6, 24 = 6e6}."""

    @model_validator(mode="after")
    def _months(self) -> Self:
        check_months("usd_per_month", self.usd_per_month, from_zero=True)
        return self


class EscalatingRent(Terms):
    """A rent that grows by a fixed rate at each anniversary."""

    kind: Literal["escalator"] = "escalator"
    usd_per_month: PositiveUsd
    """Rent of the first year, USD a month."""
    yearly_increase: Rate
    """Growth at each anniversary: 0.03 is 3 %."""


RentSchedule = Annotated[LevelRent | SteppedRent | EscalatingRent, Field(discriminator="kind")]
"""Rent over the first term."""


class Cheaper(Terms):
    """The tenant takes the road that is cheaper for it, looking at forward rents from the path's rent on."""

    kind: Literal["cheaper"] = "cheaper"
    switching_cost_usd: Usd = 0.0
    """What leaving costs it: moving, downtime. It stays until a market rent is this much cheaper over the term ahead."""


class Odds(Terms):
    """The tenant decides by chance, whatever rents do."""

    kind: Literal["odds"] = "odds"
    odds: Fraction
    """Chance of a yes at each date."""


Choice = Annotated[Cheaper | Odds, Field(discriminator="kind")]
"""How a tenant decides: `odds` 1 is a stated yes, 0 a stated no."""


class Renewal(Terms):
    """Options to go on after the first term."""

    count: Annotated[int, Field(ge=1, le=40)]
    """How many times."""
    months: Annotated[int, Field(ge=1, le=240)]
    """Months of each."""
    rent: Literal["same", "market"] = "same"
    """`same`: the schedule goes on (a level or stepped rent stays, an escalator grows). `market`: the rent of the day, then level."""
    rent_factor: Positive = 1.0
    """Times that rent."""
    choice: Choice = Cheaper()
    """When the lessee renews."""


class EarlyTermination(Terms):
    """The lessee's right to end the lease before its term."""

    first_month: Annotated[int, Field(ge=1, le=600)]
    """Months since the start before which it cannot leave."""
    every_months: Annotated[int, Field(ge=1, le=120)] = 12
    """Months between dates on which it may."""
    fee_months: NonNegative = 0.0
    """Fee in months of the rent then."""
    fee_share: Fraction = 0.0
    """Fee as a share of the rents left in the term, undiscounted; added to the other."""
    choice: Choice = Cheaper()
    """When it leaves."""


class PurchaseOption(Terms):
    """The lessee's right to buy the asset at the end of a term."""

    kind: Literal["nominal", "fixed", "fair_market"]
    """`nominal`: for one dollar. `fixed`: at `price_usd`. `fair_market`: at the market value of the day, worth nothing by itself."""
    price_usd: PositiveUsd | None = None
    """Price of a fixed option, for the whole asset."""
    odds: Fraction = 0.0
    """Chance that a lessee buys at fair market value rather than give back."""

    @model_validator(mode="after")
    def _price_where_fixed(self) -> Self:
        if (self.kind == "fixed") != (self.price_usd is not None):
            raise PydanticCustomError("broken_rule", "a fixed option has a price_usd, the others none", {"path": "price_usd"})
        return self


class ReturnConditions(Terms):
    """What the lessee must do on return: conditions precedent of residual guarantees."""

    cost_usd: Usd = 0.0
    """Deinstallation, testing, freight, data wipe, of the whole asset; the lessor bears it after the lessee's default."""
    met_odds: Fraction = 1.0
    """Chance that a solvent lessee meets them."""
    lessor_cures: bool = True
    """Whether the lessor may meet them itself after the lessee's default, at its own cost."""


class ResidualRule(Terms):
    """What the lessor counts on at the end of the first term: it enters the implicit rate and what is owed on default."""

    kind: Literal["market", "share", "none"] = "market"
    """`market`: the forward value; `share`: a share of the price paid; `none`: the rents pay for everything."""
    share: Fraction | None = None
    """Share of the price."""

    @model_validator(mode="after")
    def _share_where_named(self) -> Self:
        if (self.kind == "share") != (self.share is not None):
            raise PydanticCustomError("broken_rule", "a residual by share has a share, the others none", {"path": "share"})
        return self


class Remarketing(Terms):
    """What the lessor does after the lessee's default."""

    repossession_months: Annotated[int, Field(ge=0, le=36)] = 3
    """Months from default until it has the asset back; rents fall due and stay unpaid until then."""
    choice: Literal["best", "relet", "sell"] = "best"
    """Let again to the end of the running term and sell then, sell at once, or whichever is worth more by forwards."""
    idle_cost_share: Fraction = 0.5
    """Share of the running costs that an idle asset still costs."""
    recourse: Literal["full", "asset"] = "full"
    """`full`: the lessee's estate owes the rest and pays its recovery rate; `asset`: the lessor has the asset and the deposit alone."""


class Phase(Terms):
    """A part of the asset that is handed over on its own date, for the whole term from then."""

    label: Name
    """Short name."""
    share: Annotated[float, Field(gt=0, le=1)]
    """Share of the asset, its price and its rent."""
    delay_months: Annotated[int, Field(ge=0, le=240)] = 0
    """Months after the lease's start."""


def check_months(field: str, table: dict[str, float], *, from_zero: bool = False) -> None:
    """Keys must be whole months. Raises where they are not, or where the table must begin at 0 and does not."""
    plain = all(key.isdigit() and len(key) <= 3 and str(int(key)) == key for key in table)
    if not plain or (from_zero and "0" not in table):
        first = ", among them 0" if from_zero else ""
        text = f"keys are whole months since the start{first}: {{0 = 5e6, 24 = 6e6}}"
        raise PydanticCustomError("broken_rule", "{text}", {"path": field, "text": text})


def by_month(table: dict[str, float]) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Months and amounts of a table, in order of month."""
    months = sorted(int(key) for key in table)
    return tuple(months), tuple(table[str(month)] for month in months)
