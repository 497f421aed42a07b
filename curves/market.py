"""The market snapshot: quotes by key at one valuation date. Changed only by making another."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, TypeAdapter, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from curves.credit_quotes import CreditBlock, ProxyCredit
from curves.equity_quotes import BeliefQuotes, EquityQuotes
from curves.hardware_quotes import PowerBlock, ResaleBlock
from curves.quotes import Block, CorrelationQuote, EventQuotes, MilestoneQuotes, RealWorld
from curves.rate_quotes import OisQuotes, RatesBlock
from curves.rent_quotes import RentBlock
from instruments.ground.base import FrozenDict, FrozenMap, Terms
from instruments.ground.keys import EventName, MarketKey, Name, RentName
from instruments.ground.provenance import Basis

PAIR_MARK = "|"
"""Between the two market keys of a correlation."""
_MARKET_KEY: TypeAdapter[str] = TypeAdapter(MarketKey)


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
    rent: FrozenMap[RentName, RentBlock] = FrozenDict()
    """Model of accelerator, or model and basis, to hourly rent: `rent:GB300`, `rent:H100:contract-1y`."""
    resale: FrozenMap[Name, ResaleBlock] = FrozenDict()
    """Model of accelerator to resale values."""
    power: FrozenMap[Name, PowerBlock] = FrozenDict()
    """Region to electricity."""
    milestones: FrozenMap[Name, MilestoneQuotes] = FrozenDict()
    """Milestone name to how deliveries run."""
    events: FrozenMap[EventName, EventQuotes] = FrozenDict()
    """Event and party to how likely it is: 'change_of_control:amd'."""
    correlation: FrozenMap[str, CorrelationQuote] = FrozenDict()
    """'equity:AMD|milestone:deliveries' to correlation; a pair that is not listed is uncorrelated."""
    repair_correlation: bool = False
    """Replace contradictory correlations by the nearest possible ones, and say by how much; otherwise they are refused."""
    belief: BeliefQuotes | None = None
    """A belief that shares and rents have in common, if any."""
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
                        "the proxy {proxy} must be a credit in this market that is not itself a proxy",
                        {"path": f"credit.{name}.proxy", "proxy": block.proxy},
                    )
        for name, rates in self.rates.items():
            later = [day for day in rates.fixings if day > self.as_of] if isinstance(rates, OisQuotes) else []
            if later:
                raise PydanticCustomError(
                    "broken_rule",
                    "a fixing of {day} is later than the market's own date",
                    {"path": f"rates.{name}.fixings", "day": min(later).isoformat()},
                )
        for pair in self.correlation:
            ends = pair.split(PAIR_MARK)
            if len(ends) != 2 or ends[0] == ends[1] or not all(_is_key(end) for end in ends):
                raise PydanticCustomError(
                    "broken_rule",
                    "a pair is two market keys, written equity:AMD|milestone:deliveries",
                    {"path": f"correlation.{pair}"},
                )
            if PAIR_MARK.join(reversed(ends)) in self.correlation:
                raise PydanticCustomError("broken_rule", "the pair is given twice, once in each order", {"path": f"correlation.{pair}"})
        return self

    @model_validator(mode="after")
    def _assumed_quotes_have_ranges(self) -> Self:
        for table in ("rates", "credit", "equity", "rent", "resale", "power", "milestones", "events"):
            for name, block in getattr(self, table).items():
                _refuse_bare_assumptions(f"{table}.{name}", block)
        if self.belief:
            _refuse_bare_assumptions("belief", self.belief)
        if self.real_world:
            _refuse_bare_assumptions("real_world", self.real_world)
        return self


def _is_key(text: str) -> bool:
    try:
        _MARKET_KEY.validate_python(text)
    except ValidationError:
        return False
    return True


def _refuse_bare_assumptions(path: str, block: Block) -> None:
    """In an assumed block every quote that was given, and has no basis of its own, needs a range; defaults (a yield of 0) do not."""
    if block.basis is not Basis.ASSUMED:
        return
    for quote_path, quote in block.given_quotes():
        if quote.basis is None and quote.range is None:
            raise PydanticCustomError(
                "assumed_without_range", "an assumed quote needs a range or alternatives", {"path": f"{path}.{quote_path}"}
            )
