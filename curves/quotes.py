"""Quotes with their provenance: what a market snapshot is made of. No curve is built here."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, GetJsonSchemaHandler, model_serializer, model_validator
from pydantic_core import CoreSchema, PydanticCustomError

from instruments.ground.base import FrozenMap, Terms
from instruments.ground.keys import Name
from instruments.ground.provenance import Basis, Range
from instruments.ground.units import MOST, MOST_EXPONENT, Number, Plausible, bound

AT_MOST = f"at most {bound(MOST)}"


class Quote(Terms):
    """A number with what is known about it. A bare number stands for a quote that shares the provenance of its block."""

    value: Number
    """The number."""
    range: Range | None = None
    """Low and high of what it could be; required where `basis` is assumed."""
    basis: Basis | None = None
    """How good it is; null means as its block."""
    source: str = ""
    """Where it is from."""
    why: str = ""
    """Why this basis."""

    @model_validator(mode="after")
    def _assumed_has_a_range(self) -> Self:
        if self.basis is Basis.ASSUMED and self.range is None:
            raise PydanticCustomError("assumed_without_range", "an assumed quote needs a range")
        return self

    @model_serializer(mode="wrap")
    def _short(self, handler: Any) -> Any:
        full = handler(self)
        return self.value if self.range is None and self.basis is None and not self.source and not self.why else full

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "number"}, handler(schema)]}


def _lift(value: Any) -> Any:
    """A bare number becomes a quote; `true`, text and NaN stay what they are and are refused by the strict field."""
    return {"value": value} if isinstance(value, (int, float, str)) else value


def _within(low: float, high: float, what: str, *, inclusive: bool = True) -> AfterValidator:
    def check(quote: Quote) -> Quote:
        for number in (quote.value, *(quote.range or ())):
            if not (low <= number <= high) or (not inclusive and number == low):
                raise PydanticCustomError("out_of_range", "{what}", {"what": what, "found": number})
        return quote

    return AfterValidator(check)


def _plausible(low: float, high: float) -> AfterValidator:
    test = Plausible(low, high, "a year")

    def check(quote: Quote) -> Quote:
        for number in (quote.value, *(quote.range or ())):
            test(number)
        return quote

    return AfterValidator(check)


AnyQuote = Annotated[Quote, BeforeValidator(_lift)]
"""Any finite number."""
RateQuote = Annotated[Quote, BeforeValidator(_lift), _plausible(-0.05, 1.0)]
"""A yearly rate as a decimal."""
SpreadQuote = Annotated[Quote, BeforeValidator(_lift), _within(0.0, 100.0, "at or above 0 and at most 100"), _plausible(0.0, 1.0)]
"""A yearly credit spread as a decimal."""
HazardQuote = Annotated[Quote, BeforeValidator(_lift), _within(0.0, 1e6, f"at or above 0 and at most {bound(1e6)}")]
"""A yearly hazard rate (default intensity); it may be far above 1 for a distressed name."""
VolatilityQuote = Annotated[Quote, BeforeValidator(_lift), _within(0.0, 1e3, "at or above 0 and at most 1000"), _plausible(0.0, 3.0)]
"""A yearly lognormal volatility as a decimal."""
PositiveQuote = Annotated[Quote, BeforeValidator(_lift), _within(0.0, MOST, f"above 0 and {AT_MOST}", inclusive=False)]
"""A number above zero."""
NonNegativeQuote = Annotated[Quote, BeforeValidator(_lift), _within(0.0, MOST, f"at or above 0 and {AT_MOST}")]
"""A number at or above zero."""
ExponentQuote = Annotated[Quote, BeforeValidator(_lift), _within(0.0, MOST_EXPONENT, f"between 0 and {MOST_EXPONENT:g}, as a power")]
"""A power to which a ratio of prices is raised."""
LogQuote = Annotated[Quote, BeforeValidator(_lift), _within(-10.0, 10.0, "between -10 and 10, in logarithms")]
"""A deviation or drift in logarithms."""
LogVolatilityQuote = Annotated[Quote, BeforeValidator(_lift), _within(0.0, 5.0, "between 0 and 5, in logarithms")]
"""Standard deviation of a log jump."""
YearsQuote = Annotated[Quote, BeforeValidator(_lift), _within(0.0, 100.0, "between 0 and 100 years")]
"""A span of years."""
CorrelationQuote = Annotated[Quote, BeforeValidator(_lift), _within(-1.0, 1.0, "between -1 and 1")]
"""A correlation."""

_TENOR = re.compile(r"[1-9][0-9]{0,2}[DWMY]")
_CDS_TENOR = re.compile(r"[1-9][0-9]{0,2}[MY]")


def _check_tenor(text: str) -> str:
    if _TENOR.fullmatch(text):
        return text
    raise PydanticCustomError("bad_text", "a tenor such as 1W, 3M or 5Y")


Tenor = Annotated[str, AfterValidator(_check_tenor)]
"""A tenor: 1W, 3M, 5Y."""


def _check_cds_tenor(text: str) -> str:
    if _CDS_TENOR.fullmatch(text) and (text[-1] == "Y" or int(text[:-1]) % 3 == 0):
        return text
    raise PydanticCustomError("bad_text", "a CDS tenor such as 6M or 5Y: years, or months in multiples of three")


CdsTenor = Annotated[str, AfterValidator(_check_cds_tenor)]
"""A tenor with a standard CDS maturity: 6M, 5Y."""


class Block(Terms):
    """What quotes of one block share: when they were seen, and how good they are."""

    observed: dt.date | None = None
    """Date of the quotes, where it is not the market's own date."""
    basis: Basis = Basis.DERIVED
    """How good they are."""
    source: str = ""
    """Where they are from."""
    why: str = ""
    """Why this basis."""

    def given_quotes(self) -> tuple[tuple[str, Quote], ...]:
        """Quotes with their path in the block (`volatility`, `quotes.5Y`), without those that stand at their default.

        A default is told by its value, so that a market says the same after a round trip through its file.
        """
        fields = type(self).model_fields
        return tuple(pair for name in fields if getattr(self, name) != fields[name].default for pair in self._under(name))

    def all_quotes(self) -> tuple[tuple[str, Quote], ...]:
        """The same with those at their default, in the order of the fields."""
        return tuple(pair for name in type(self).model_fields for pair in self._under(name))

    def _under(self, name: str) -> tuple[tuple[str, Quote], ...]:
        return tuple(_quotes_in(name, getattr(self, name)))


def _quotes_in(path: str, value: object) -> Iterator[tuple[str, Quote]]:
    if isinstance(value, Quote):
        yield path, value
    elif isinstance(value, Mapping):
        for label, item in value.items():
            yield from _quotes_in(f"{path}.{label}", item)
    elif isinstance(value, Terms):
        for name in type(value).model_fields:
            yield from _quotes_in(f"{path}.{name}", getattr(value, name))


def steps_of(path: str) -> tuple[str, ...]:
    """The steps of a path inside a block; the point of a decimal number ('surface.1Y@202.5') is no step."""
    return tuple(re.split(r"\.(?![0-9]+$)", path))


class MilestoneQuotes(Block):
    """How deliveries run against their plan.

    The plan's clock c_t = t + v W_t runs on its own Brownian motion; a milestone planned for t_k is reached when c first reaches
    t_k, so its mean date is t_k and its variance v^2 t_k. A cancellation stops the clock for good.
    """

    clock_volatility: NonNegativeQuote
    """v, in square roots of a year: 0.3 gives a milestone planned for year 4 a standard deviation of 0.6 years."""
    cancellation_hazard: HazardQuote = Quote(value=0.0)
    """Yearly intensity with which deliveries stop for good, on top of the buyer's default."""


class EventQuotes(Block):
    """How likely an event of a party is: a Poisson time with constant intensity, independent of prices."""

    hazard: HazardQuote
    """Yearly intensity."""


class RealWorld(Block):
    """What real-world odds need, and the pricing measure does not say. Absent: such odds are refused, never guessed."""

    equity_drift: FrozenMap[Name, RateQuote]
    """Expected yearly growth of the share's log price plus half its variance, by share name: 'AMD'."""
