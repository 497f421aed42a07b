"""Numbers with a unit and a plausible range.

Rates, volatilities, spreads and recoveries are decimals everywhere. `pct(5.25)` and `bps(325)` exist so that nobody types
5.25 for 5.25 %. A value outside its plausible range is refused with a sentence that shows what it would mean; `allow_implausible`
(in a file: `allow_implausible = true` at its top) is the explicit override.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

MOST = 1e15
"""The largest amount, count or ratio that terms and quotes may hold: ten times the wealth of the world in dollars. What is larger is a
slip of the keyboard, and products of a few such numbers would leave the range of a float."""
MOST_EXPONENT = 20.0
"""The largest number to which a price may be raised."""
LIKELY_BPS = 20.0
"""A rate or spread of this size was more likely meant in basis points than in per cent."""
_override: ContextVar[bool] = ContextVar("allow_implausible", default=False)


def pct(percent: float) -> float:
    """Percent to decimal: `pct(5.25)` is 0.0525."""
    return percent / 100.0


def bps(basis_points: float) -> float:
    """Basis points to decimal: `bps(325)` is 0.0325."""
    return basis_points / 10_000.0


def bound(limit: object) -> str:
    """A bound in a message: 1e15, not 1e+15."""
    return f"{limit:g}".replace("e+", "e") if isinstance(limit, float) and abs(limit) >= 1e7 else str(limit)


@contextmanager
def allow_implausible(allow: bool = True) -> Iterator[None]:
    """Inside the block, values outside their plausible range are accepted (never NaN, a wrong type or more than `MOST`)."""
    token = _override.set(allow)
    try:
        yield
    finally:
        _override.reset(token)


@dataclass(frozen=True, slots=True)
class Plausible:
    """A plausible range, and how to show a value outside it."""

    low: float
    high: float
    what: str

    def __call__(self, value: float) -> float:
        """The value, if it is plausible or the override is set."""
        if self.low <= value <= self.high or (_override.get() and abs(value) <= MOST):
            return value
        hundredth = value / 100.0
        suggestion = f"did you mean {hundredth:g} (pct({value:g}) in Python)?" if self.low <= hundredth <= self.high else "check the unit"
        if self.high <= 1.0 and value >= LIKELY_BPS:
            percent = f"{hundredth:g} (pct({value:g}) in Python) or " if hundredth <= self.high else ""
            suggestion = f"did you mean {percent}{value / 10_000.0:g} (bps({value:g}))?"
        raise PydanticCustomError(
            "implausible",
            "{shown} is outside the plausible range {low} to {high}: {suggestion}",
            {
                "shown": f"{value * 100:g} % {self.what}".strip(),
                "low": f"{self.low:g}",
                "high": f"{self.high:g}",
                "suggestion": suggestion,
            },
        )


Rate = Annotated[float, AfterValidator(Plausible(-0.05, 1.0, "a year"))]
"""A yearly rate as a decimal: 0.0525 is 5.25 %."""
Spread = Annotated[float, AfterValidator(Plausible(-0.05, 1.0, "a year"))]
"""A yearly spread as a decimal."""
Volatility = Annotated[float, Field(ge=0), AfterValidator(Plausible(0.0, 3.0, "a year"))]
"""A yearly lognormal volatility as a decimal."""
Fraction = Annotated[float, Field(ge=0, le=1)]
"""A share between 0 and 1."""
Correlation = Annotated[float, Field(ge=-1, le=1)]
"""A correlation between -1 and 1."""
Number = Annotated[float, Field(ge=-MOST, le=MOST)]
"""A number of either sign, at most `MOST` in size."""
Positive = Annotated[float, Field(gt=0, le=MOST)]
"""A number above zero, at most `MOST`."""
NonNegative = Annotated[float, Field(ge=0, le=MOST)]
"""A number at or above zero, at most `MOST`."""
Usd = NonNegative
"""An amount in US dollars, not negative."""
PositiveUsd = Positive
"""An amount in US dollars, above zero."""
SignedUsd = Number
"""An amount in US dollars of either sign."""
Exponent = Annotated[float, Field(ge=0, le=MOST_EXPONENT)]
"""An elasticity or another power, at or above zero."""
