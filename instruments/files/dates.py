"""Pydantic reads the text "0" as the first day of 1970, even in strict JSON; a date in a file is written as a date."""

from __future__ import annotations

import re
from typing import Any

from instruments.ground.located import Located, located, written
from instruments.ground.places import Place, step_down
from instruments.ground.schemas import resolved
from instruments.ground.steps import child

_NUMERIC = re.compile(r'"\s*[+-]?\d[\d.]*\s*"')


def numbers_for_dates(root: dict[str, Any], document: Any, text: bytes) -> list[Located]:
    """Texts such as "86400" that stand where a date belongs, as keys or values."""
    found: list[Located] = []
    if _NUMERIC.search(text.decode()):  # rare: only then is the document searched
        _search(root, Place((), document, root, {}), found)
    return found


def _search(root: dict[str, Any], place: Place, found: list[Located]) -> None:
    tag = place.schema.get("discriminator")
    if tag:
        mapping = tag["mapping"]
        chosen = mapping.get(child(place.value, tag["propertyName"]))
        place = Place(place.steps, place.value, resolved(root, {"$ref": chosen}) if chosen else {}, place.holder)
    if isinstance(place.value, str):
        if place.schema.get("format") == "date":
            _refuse(place, place.value, found)
    elif isinstance(place.value, dict):
        dated = place.schema.get("propertyNames", {}).get("format") == "date"
        for name in place.value:
            under = step_down(root, place, name)
            if dated:
                _refuse(under, name, found)
            _search(root, under, found)
    elif isinstance(place.value, list):
        for index in range(len(place.value)):
            _search(root, step_down(root, place, index), found)


def _refuse(place: Place, text: str, found: list[Located]) -> None:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        hint = "write year-month-day with two digits for month and day"
        found.append(located("wrong_type", place.steps, value=written(text), expected="a date such as 2025-10-03", hint=hint))
