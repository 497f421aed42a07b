"""What is wrong with terms that were built in Python, in the words that files get."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.errors import PydanticUserError

from instruments.ground.errors import Problem, TermsError
from instruments.ground.located import Located, dotted, located, written
from instruments.ground.messages import nearest
from instruments.ground.places import Place
from instruments.ground.schemas import choices, model_schema
from instruments.ground.translate import translated

OVERRIDE_IN_A_FILE, OVERRIDE = "set allow_implausible = true at the top of the file", "build it inside `with allow_implausible():`"
"""How a file and a script override a plausible range."""


def _part(context: dict[str, Any], place: Place) -> Located:
    name = context["class_name"]
    hint = "leave it out" if place.value is None else f"give {name}(...) or its fields in a dict"
    return located("wrong_type", place.steps, value=written(place.value), expected=f"a {name}", hint=hint)


def _enum(context: dict[str, Any], place: Place) -> Located:
    options = tuple(f"{context['class']}.{name.upper()}" for name in choices(place.schema))
    if not options:
        return located("wrong_type", place.steps, value=written(place.value), expected=f"a {context['class']}", hint="give one")
    close = nearest(f"{context['class']}.{place.value}".upper(), [option.upper() for option in options])
    meant = next((option for option in options if option.upper() == close), "")
    suggestion = f"did you mean {meant}?" if meant else "use one of them"
    return located("bad_choice", place.steps, value=written(place.value), choices=options, suggestion=suggestion)


def _date(_: dict[str, Any], place: Place) -> Located:
    expected = "a date such as datetime.date(2025, 10, 3)"
    try:
        meant = repr(dt.date.fromisoformat(str(place.value)[:10]))
    except ValueError:
        meant = "datetime.date(year, month, day)"
    return located("wrong_type", place.steps, value=written(place.value), expected=expected, hint=f"give {meant}")


IN_PYTHON = {"model_type": _part, "is_instance_of": _enum, "date_type": _date}
"""Kinds of error that a file does not know or words in its own way."""


def refusal(error: ValidationError, model: type[Any], given: Any) -> TermsError:
    """The error to raise where terms cannot be built: one problem per mistake, each named by the class and its dotted field.

    Args:
        error: what pydantic raised. model: what was to be built. given: what it was built of; terms that are ready may be among it.
    """
    try:
        schema = model_schema(model, model.__name__)
    except PydanticUserError:  # a field without a form in JSON: the words do without the schema
        schema = dict[str, Any]()
    found = translated(error, schema, plain(given), IN_PYTHON)
    return TermsError(*dict.fromkeys(_of_the_class(one, model.__name__) for one in found))


def _of_the_class(one: Located, name: str) -> Problem:
    field = dotted(one.steps) or one.problem.field
    return replace(one.problem, subject=name, field=field, remedy=one.problem.remedy.replace(OVERRIDE_IN_A_FILE, OVERRIDE))


def plain(value: Any) -> Any:
    """Terms as the tables of a file, at every depth; other values stay what they are."""
    if isinstance(value, BaseModel):
        return {info.alias or name: plain(getattr(value, name)) for name, info in type(value).model_fields.items()}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value
