"""Market keys: one name for the same thing in terms, markets, shocks, sensitivities and failures.

`rates:USD-SOFR`, `credit:META`, `equity:AMD`, `rent:H100:1y`, `resale:H100`, `power:US`, `milestone:deliveries`,
`event:change_of_control:amd`, `belief`.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

KINDS = ("rates", "credit", "equity", "rent", "resale", "power", "milestone", "event", "belief")
"""Kinds of market key, in the order in which they are listed."""
# no dots: a name is one step of a dotted path
_NAME = r"[A-Za-z0-9][A-Za-z0-9_\-]{0,63}"
_EVENT = rf"(?:cancellation|change_of_control|termination):{_NAME}"
_KEY = re.compile(rf"belief|event:{_EVENT}|(?:rates|credit|equity|resale|power|milestone):{_NAME}|rent:{_NAME}(?::{_NAME})?")


def _check_key(text: str) -> str:
    if _KEY.fullmatch(text):
        return text
    raise PydanticCustomError("bad_text", "a market key such as equity:AMD, rates:USD-SOFR, credit:META or rent:H100:1y")


def _check_name(text: str) -> str:
    if re.fullmatch(_NAME, text):
        return text
    raise PydanticCustomError("bad_text", "a short name of letters, digits, '-' and '_'")


MarketKey = Annotated[str, AfterValidator(_check_key)]
"""A market key as text."""
Name = Annotated[str, AfterValidator(_check_name)]
"""The id of a party, contract, milestone or curve."""


def _check_rent_name(text: str) -> str:
    if re.fullmatch(rf"{_NAME}(?::{_NAME})?", text):
        return text
    raise PydanticCustomError("bad_text", "a model such as H100, or a model and a basis such as H100:contract-1y")


RentName = Annotated[str, AfterValidator(_check_rent_name)]
"""What a rent key names: a model of accelerator, or a model and a basis."""


def _check_event_name(text: str) -> str:
    if re.fullmatch(_EVENT, text):
        return text
    raise PydanticCustomError("bad_text", "an event and a party such as change_of_control:amd")


EventName = Annotated[str, AfterValidator(_check_event_name)]
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
