"""From pydantic's errors to the catalogue: each in the words of the file, at its place in the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from instruments.ground.errors import InputError
from instruments.ground.located import Located, located, written
from instruments.ground.messages import CATALOGUE, printable, suggest
from instruments.ground.places import Place, inside, place_of
from instruments.ground.schemas import choices
from instruments.ground.steps import MISSING, Steps, at
from instruments.ground.units import bound

Translation = Callable[[dict[str, Any], Place], Located]
"""From the context of an error and its place to the problem."""
MOST_TRANSLATED = 1000
"""Errors beyond this number are not translated; only ten are shown."""

_EXPECTED = {
    "float": "a number",
    "int": "a whole number",
    "string": "text",
    "bool": "true or false",
    "dict": "a table",
    "model": "a table",
    "tuple": "a list",
    "list": "a list",
    "date": "a date such as 2025-10-03",
}
_BOUNDS = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "at or above"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "at or below"),
}


def translated(
    error: ValidationError, root: dict[str, Any], document: Any, special: Mapping[str, Translation] = MappingProxyType({})
) -> list[Located]:
    """Every error of a failed validation as a problem at its place in the document.

    Args:
        error: what pydantic raised.
        root: JSON Schema of the model.
        document: the plain data that was validated.
        special: by kind of error, words that go before those of files.
    """
    found: list[Located] = []
    for details in error.errors(include_url=False)[:MOST_TRANSLATED]:
        place = place_of(root, document, details["loc"])
        if not _echo(details, place):
            found.append(_translate(details, root, place, special))
    return list(dict.fromkeys(found))


def _echo(details: ErrorDetails, place: Place) -> bool:
    """A list one of whose items is refused counts as empty in pydantic: the item's own error says it all."""
    return (
        details["type"] == "too_short" and isinstance(place.value, list) and len(place.value) >= details.get("ctx", {}).get("min_length", 0)
    )


def _translate(details: ErrorDetails, root: dict[str, Any], place: Place, special: Mapping[str, Translation]) -> Located:
    kind, context = details["type"], details.get("ctx", {})
    if isinstance(inner := context.get("error"), InputError):  # terms that a validator built
        return Located(place.steps, inner.problems[0])
    if isinstance(context.get("path"), str):
        place = inside(root, place, context["path"])
    if kind in special:
        return special[kind](context, place)
    if kind in CATALOGUE:
        return _own(details, place)
    if kind in _BOUNDS:
        name, word = _BOUNDS[kind]
        limit = context.get(name)
        if word in ("below", "at or below") and isinstance(place.value, (int, float)) and place.value / 100.0 <= float(str(limit)) < 2.0:
            return _at(place, "a_percentage", expected=f"{word} {limit}", meant=f"{place.value / 100.0:g}")
        return _at(place, "out_of_range", expected=f"{word} {bound(context.get(name))}")
    translate = _TRANSLATIONS.get(kind)
    if translate is not None:
        return translate(context, place)
    base = kind.split("_", 1)[0]
    if base in _EXPECTED and kind.endswith(("_type", "_parsing", "_inexact", "_from_float", "_parsing_size", "_attributes_type")):
        return _wrong_type(_EXPECTED[base], place)
    return _at(place, "rejected", why=printable(details["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")))


def _at(place: Place, code: str, **details: object) -> Located:
    shown = "" if place.value is MISSING or place.on_key or isinstance(place.value, (dict, list)) else written(place.value)
    return located(code, place.steps, value=shown, **details)


def _own(details: ErrorDetails, place: Place) -> Located:
    """An error that a model of ours raised: the context fills the entry, its text what the context lacks."""
    code, context = details["type"], details.get("ctx", {})
    wanted = CATALOGUE[code].details() - {"field", "subject", "value"}
    spare = {"remedy": "correct the terms", "hint": "rename it" if place.on_key else "correct it"}
    filled = {name: context.get(name, spare.get(name, details["msg"])) for name in wanted}
    return _at(_within_quote(place, context), code, **filled)


def _within_quote(place: Place, context: dict[str, Any]) -> Place:
    """Which number of a quote's table is meant: its value or an end of its range."""
    if not isinstance(place.value, dict) or not ("found" in context or {"low", "high"} <= context.keys()):
        return place
    ends: tuple[Steps, ...] = (("value",), ("range", 0), ("range", 1))
    for steps in ends:
        number = at(place.value, steps)
        if isinstance(number, (int, float)) and (
            number == context["found"] if "found" in context else not float(context["low"]) <= number <= float(context["high"])
        ):
            return Place((*place.steps, *steps), number, {}, place.schema)
    return place


def _missing(_: dict[str, Any], place: Place) -> Located:
    if place.steps and isinstance(place.steps[-1], int):
        wanted = len(place.holder.get("prefixItems", ())) or "more"
        return located("bad_length", place.steps[:-1], expected=f"{wanted} entries")
    return _at(place, "missing_field")


def _unknown_field(_: dict[str, Any], place: Place) -> Located:
    return _at(place, "unknown_field", suggestion=suggest(str(place.steps[-1]), tuple(place.holder.get("properties", ()))))


def _bad_choice(context: dict[str, Any], place: Place) -> Located:
    options = choices(place.schema) or (str(context.get("expected", "the known values")),)
    return _at(place, "bad_choice", choices=options, suggestion=suggest(str(place.value), options))


def _bad_kind(context: dict[str, Any], place: Place) -> Located:
    options = choices(place.schema)
    name = str(place.schema.get("discriminator", {}).get("propertyName", "kind"))
    holder = place.value if isinstance(place.value, dict) else {}
    tag = Place((*place.steps, name), holder.get(name, MISSING), {}, place.schema)
    if tag.value is MISSING:
        return _at(tag, "missing_kind", choices=options)
    return _at(tag, "bad_choice", choices=options, suggestion=suggest(str(tag.value), options))


def _length(context: dict[str, Any], place: Place) -> Located:
    least, most = context.get("min_length"), context.get("max_length")
    bound = f"at least {least}" if least is not None else f"at most {most}"
    if isinstance(place.value, str):
        return _at(place, "bad_text", expected=f"{bound} characters long", hint="correct the text")
    return _at(place, "bad_length", expected=f"{bound} {'entry' if bound[-2:] == ' 1' else 'entries'}")


def _not_finite(_: dict[str, Any], place: Place) -> Located:
    return _at(place, "not_finite")


def _wrong_type(expected: str, place: Place) -> Located:
    if expected == "a table" and "prefixItems" not in place.schema and "value" in place.schema.get("properties", {}):
        expected = "a number, or a table with a value"
    return located(
        "wrong_type",
        place.steps,
        value="" if place.value is MISSING else written(place.value),
        expected=expected,
        hint=_hint(expected, place.value),
    )


def _hint(expected: str, value: object) -> str:
    """What to do about a value of the wrong type."""
    if "number" in expected:
        if isinstance(value, bool):
            return "true and false are not numbers"
        if isinstance(value, str):
            return _number_hint(value)
        if isinstance(value, float):
            return f"write {round(value)}"
    if value is None:
        return "leave the entry out, or give a value"
    if expected == "text":
        return "put it in quotes" if not isinstance(value, (dict, list)) else "give one text in quotes"
    if expected == "a list":
        return "put it in [ ]"
    if expected == "true or false":
        return "write true or false, without quotes"
    if expected.startswith("a date"):
        return "write year-month-day with two digits for month and day"
    return f"give {expected}"


_UNIT = r"%|bps?|k|thousand|mn?|mio|million|bn|billion"
_AMOUNT = re.compile(rf"(?:USD|\$)?\s*(-?[\d,_' ]*\d(?:\.\d+)?)\s*({_UNIT})?\s*(?:USD|\$)?", re.IGNORECASE)
_SCALES = {"%": 0.01, "b": 1e-4, "k": 1e3, "t": 1e3, "m": 1e6}


def _number_hint(text: str) -> str:
    """How the number that a text means is written: '5.25 %' is 0.0525, '40m' is 40000000."""
    try:
        float(text)
    except ValueError:
        match = _AMOUNT.fullmatch(text.strip())
        if match is None:
            return "write a number without quotes"
        unit = (match[2] or "").lower()
        scale = 1e9 if unit in ("bn", "billion") else _SCALES.get(unit[:1], 1.0)
        number = float(re.sub(r"[,_' ]", "", match[1])) * scale
        return f"did you mean {number:.12g}?"
    return "drop the quotes"


_TRANSLATIONS: dict[str, Translation] = {
    "missing": _missing,
    "extra_forbidden": _unknown_field,
    "literal_error": _bad_choice,
    "enum": _bad_choice,
    "union_tag_invalid": _bad_kind,
    "union_tag_not_found": _bad_kind,
    "too_short": _length,
    "too_long": _length,
    "string_too_short": _length,
    "string_too_long": _length,
    "finite_number": _not_finite,
}
