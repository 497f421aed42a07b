"""The market snapshot: quotes by key at one valuation date. Changed only by making another."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from curves.compute_quotes import PowerQuotes, RentQuotes, ResaleQuotes
from curves.quotes import CorrelationQuote, CreditBlock, EquityQuotes, MilestoneQuotes, ProxyCredit, RatesBlock, RealWorld
from instruments.ground.base import FrozenDict, FrozenMap, Terms
from instruments.ground.keys import Name


class Market(Terms):
    """What the market says on one date.

    Quotes are data; curves are built from them on demand, by `discount_curve`, `survival_curve` and the other functions of
    `curves`, and remembered by value.
    """

    schema_version: Literal[1] = Field(default=1, alias="schema")
    """Version of the file format."""
    as_of: dt.date
    """Valuation date."""
    allow_implausible: bool = False
    """Accept values outside their plausible range."""
    rates: Annotated[FrozenMap[Name, RatesBlock], Field(min_length=1)]
    """Curve name to quotes: 'USD-SOFR'."""
    credit: FrozenMap[Name, CreditBlock] = FrozenDict()
    """Name of the entity to its credit quotes."""
    equity: FrozenMap[Name, EquityQuotes] = FrozenDict()
    """Ticker to quotes."""
    rent: FrozenMap[Name, RentQuotes] = FrozenDict()
    """Model of accelerator to hourly rent: `rent:GB300`."""
    resale: FrozenMap[Name, ResaleQuotes] = FrozenDict()
    """Model of accelerator to resale values."""
    power: FrozenMap[Name, PowerQuotes] = FrozenDict()
    """Region to electricity."""
    milestones: FrozenMap[Name, MilestoneQuotes] = FrozenDict()
    """Milestone name to how deliveries run."""
    correlation: FrozenMap[str, CorrelationQuote] = FrozenDict()
    """'equity:AMD|milestone:deliveries' to correlation; a pair that is not listed is uncorrelated."""
    real_world: RealWorld | None = None
    """Real-world drifts, if any."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for name, block in self.credit.items():
            if isinstance(block, ProxyCredit):
                target = block.proxy.removeprefix("credit:")
                if target not in self.credit or isinstance(self.credit[target], ProxyCredit):
                    raise PydanticCustomError(
                        "broken_rule",
                        f"the proxy {block.proxy} must be a credit in this market that is not itself a proxy",
                        {"path": f"credit.{name}.proxy"},
                    )
        for pair in self.correlation:
            ends = pair.split("|")
            if len(ends) != 2 or ends[0] == ends[1]:
                raise PydanticCustomError("broken_rule", "a pair is written equity:AMD|milestone:deliveries", {"path": f"correlation.{pair}"})
            if "|".join(reversed(ends)) in self.correlation:
                raise PydanticCustomError("broken_rule", "the pair is given twice, once in each order", {"path": f"correlation.{pair}"})
        return self
