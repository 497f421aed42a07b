"""Limits as text: `lender.expected_loss_rate > 0.02`. A closed little language: who, what, which side, how much; nothing is evaluated.

What stands on the left of a limit is read off a result; the limit is broken where the sentence is true.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from instruments.ground.errors import InputError
from instruments.ground.messages import problem

Side = Literal[">", ">=", "<", "<="]
"""Which side of the number breaks the limit."""
FORM = "lender.expected_loss_rate > 0.02: a party or a role, a dot, a measure, one of > >= < <=, a number"
_LIMIT = re.compile(
    r"\s*([A-Za-z0-9][A-Za-z0-9_\-]{0,63})\s*\.\s*([a-z][a-z0-9_]{0,63})\s*(>=|<=|>|<)\s*([+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?)\s*"
)


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit taken apart."""

    who: str
    """Party id or role."""
    measure: str
    """Name of a measure."""
    side: Side
    """Which side of the number is forbidden."""
    number: float
    """In the measure's unit; rates and fractions as decimals."""

    @property
    def above(self) -> bool:
        """Whether large values break it."""
        return self.side in (">", ">=")

    def broken_by(self, value: float) -> bool:
        """Whether a value breaks the limit."""
        return {">": value > self.number, ">=": value >= self.number, "<": value < self.number, "<=": value <= self.number}[self.side]

    def excess(self, value: float) -> float:
        """How far a value lies on the forbidden side of the number: above 0 beyond it, below 0 inside; in the measure's unit."""
        return value - self.number if self.above else self.number - value

    def __str__(self) -> str:
        return f"{self.who}.{self.measure} {self.side} {self.number:.15g}"


def parse_limit(text: str) -> Limit:
    """A limit from its text.

    Raises:
        InputError: the text is no limit; the message shows the form.

    Example:
        >>> parse_limit("lender.expected_loss_rate > 0.02").broken_by(0.03)
        True
    """
    found = _LIMIT.fullmatch(text)
    if found is None:
        raise InputError(problem("bad_option", subject="limit", value=text, expected=FORM, hint="write it like the example"))
    who, measure, side, number = found.groups()
    return Limit(who, measure, side, float(number))  # pyrefly: ignore[bad-argument-type]  # the pattern allows nothing else


def _check(text: str) -> str:
    if _LIMIT.fullmatch(text) is None:
        raise PydanticCustomError("bad_text", "{expected}", {"expected": FORM, "hint": "write it like the example"})
    return text


LimitText = Annotated[str, AfterValidator(_check)]
"""The text of a limit, checked for its form; who and what it names is checked against a deal."""
