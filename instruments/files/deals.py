"""Deals from files, checked whole: the terms, and what provenance says about them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from instruments.deal import Deal
from instruments.files.loading import load_model, model_from_text
from instruments.files.source import Language
from instruments.ground.errors import InputError
from instruments.ground.located import Located
from instruments.ground.messages import problem, suggest
from instruments.ground.schemas import model_schema
from instruments.variants import provenance_problems


def load_deal(path: str | os.PathLike[str]) -> Deal:
    """The deal in a .toml or .json file, or in the `deal.toml` of a folder.

    Raises:
        FileError: the file cannot be read, or is not TOML or JSON.
        InputError: a term is missing, unknown, of the wrong type or out of range, or provenance does not fit the terms; one line
            for each problem, with file, line, path, value, what is allowed and what to do.
    """
    return load_model(path, Deal, kind="deal", check=_provenance)


def deal_from_text(text: str, *, language: Language = "toml", file: str = "") -> Deal:
    """The deal in a text; `file` is what messages call it. Raises as `load_deal`."""
    return model_from_text(text, Deal, kind="deal", language=language, file=file, check=_provenance)


def schema_of(kind: str) -> dict[str, Any]:
    """The JSON Schema of the files of this room: 'deal'. Raises `InputError` for another kind."""
    if kind != "deal":
        hint = suggest(kind, ("deal",))
        raise InputError(problem("bad_option", subject="schema", value=kind, expected="a kind of file that has a schema", hint=hint))
    return model_schema(Deal, "gpufin deal")


def _provenance(deal: Deal) -> Iterator[Located]:
    for pattern, below, found in provenance_problems(deal):
        yield Located(("provenance", "by_path", pattern, *below), found)
