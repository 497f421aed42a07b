"""File to model: text, plain data, canonical JSON, strict validation; every problem at its line."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from itertools import islice
from typing import Any, TypeVar

from pydantic import ValidationError

from instruments.files.dates import numbers_for_dates
from instruments.files.parsing import canonical, parse
from instruments.files.reading import decoded, read
from instruments.files.source import Language, Source
from instruments.ground.base import Terms
from instruments.ground.errors import InputError
from instruments.ground.located import Located
from instruments.ground.messages import printable, problem
from instruments.ground.schemas import model_schema
from instruments.ground.translate import MOST_TRANSLATED, translated
from instruments.ground.units import allow_implausible

MOST_NAMED = 6
T = TypeVar("T", bound=Terms)
Check = Callable[[T], Iterable[Located]]
"""Finds what is wrong with a model that is valid in itself."""


def load_model(path: str | os.PathLike[str], model: type[T], *, kind: str, check: Check[T] | None = None) -> T:
    """The model that a file holds.

    Args:
        path: a .toml or .json file, or a folder, which means its `<kind>.toml`.
        model: what to read.
        kind: 'deal', 'market': names the file in a folder, and the object in messages.
        check: further checks of the finished model.

    Raises:
        FileError: the file cannot be read, or is not TOML or JSON.
        InputError: it does not hold such a model; one problem per mistake, each with its line.
    """
    return _load(read(path, kind=kind), model, check)


def model_from_text(
    text: str, model: type[T], *, kind: str, language: Language = "toml", file: str = "", check: Check[T] | None = None
) -> T:
    """The model that a text holds; `file` is what messages call it. Raises as `load_model`."""
    source = Source(file or f"<{kind}>", kind, language, "")
    content = decoded(text.encode(errors="surrogatepass"), source)
    return _load(Source(source.file, kind, language, content), model, check)


def validated(model: type[T], document: dict[str, Any]) -> T:
    """A model from plain data; `allow_implausible` in the data counts. Raises `pydantic.ValidationError`."""
    return _validated(model, document, canonical(document))


def problems_of(error: ValidationError, model: type[T], document: dict[str, Any]) -> list[Located]:
    """The errors of `validated` in the words of the catalogue."""
    return translated(error, model_schema(model, model.__name__), document)


def _validated(model: type[T], document: dict[str, Any], text: bytes) -> T:
    with allow_implausible() if document.get("allow_implausible") is True else nullcontext():
        return model.model_validate_json(text)


def _load(source: Source, model: type[T], check: Check[T] | None) -> T:
    document = parse(source)
    text = canonical(document)
    try:
        loaded = _validated(model, document, text)
    except ValidationError as error:
        _refuse_another_kind(source, model, document)
        found = problems_of(error, model, document)
    else:
        found = numbers_for_dates(model_schema(model, model.__name__), document, text)
        found = found or list(islice(check(loaded), MOST_TRANSLATED) if check else ())
        if not found:
            return loaded
    source.refuse(found)


def _refuse_another_kind(source: Source, model: type[Terms], document: dict[str, Any]) -> None:
    """One sentence for a market where a deal was wanted, instead of a line for each of its tables.

    Raises:
        InputError: no required field of the model is there but its date and id, and some field is none of its own.
    """
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    wanted = [name for name, field in fields.items() if field.is_required() and name not in ("as_of", "id", "schema")]
    tables = [name for name, value in document.items() if name not in fields and isinstance(value, (dict, list))]
    if wanted and tables and not set(wanted) & document.keys():
        found = ", ".join(printable(name) for name in tables[:MOST_NAMED])
        said = problem("other_kind", subject=source.kind, kind=source.kind, found=found, wanted=", ".join(wanted))
        raise InputError(said.at(file=printable(source.file), line=None))
