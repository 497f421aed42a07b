"""Market keys: one name for the same thing in terms, markets, shocks, sensitivities and failures.

`rates:USD-SOFR`, `credit:META`, `equity:AMD`, `rent:H100:1y`, `resale:H100`, `power:US`, `milestone:deliveries`,
`event:change_of_control:amd`, `belief`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

KINDS = ("rates", "credit", "equity", "rent", "resale", "power", "milestone", "event", "belief")
"""Kinds of market key, in the order in which they are listed."""
# no dots: a name is one step of a dotted path
_NAME = r"[A-Za-z0-9][A-Za-z0-9_\-]{0,63}"
_EVENT = rf"(?:cancellation|change_of_control|termination):{_NAME}"
_KEY = rf"belief|event:{_EVENT}|(?:rates|credit|equity|resale|power|milestone):{_NAME}|rent:{_NAME}(?::{_NAME})?"


@dataclass(frozen=True, slots=True)
class Matches:
    """A text that matches a pattern as a whole; `pattern` serves the models and, by the column, the frames of books."""

    pattern: str
    expected: str

    def __call__(self, text: str) -> str:
        """The text, if it matches."""
        if re.fullmatch(self.pattern, text):
            return text
        raise PydanticCustomError("bad_text", "{expected}", {"expected": self.expected})


MarketKey = Annotated[str, AfterValidator(Matches(_KEY, "a market key such as equity:AMD, rates:USD-SOFR, credit:META or rent:H100:1y"))]
"""A market key as text."""
Name = Annotated[str, AfterValidator(Matches(_NAME, "a short name of letters, digits, '-' and '_'"))]
"""The id of a party, contract, milestone or curve."""
RentName = Annotated[
    str, AfterValidator(Matches(rf"{_NAME}(?::{_NAME})?", "a model such as H100, or a model and a basis such as H100:contract-1y"))
]
"""What a rent key names: a model of accelerator, or a model and a basis."""
EventName = Annotated[str, AfterValidator(Matches(_EVENT, "an event and a party such as change_of_control:amd"))]
"""What an event key names: the event, and the party of the deal to which it happens. Defaults are credits, not events."""


def kind_of(key: str) -> str:
    """The kind of a key: `kind_of("equity:AMD")` is 'equity'."""
    return key.split(":", 1)[0]


def name_of(key: str) -> str:
    """What the key names: `name_of("rent:H100:1y")` is 'H100:1y'."""
    return key.split(":", 1)[1] if ":" in key else ""


def key_of_kind(kind: str, key: str) -> bool:
    """Whether `key` is of that kind."""
    return kind_of(key) == kind
