"""Model to file: TOML or JSON text that loads to an equal model."""

from __future__ import annotations

import datetime as dt
import json
import os
import tempfile
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

import tomli_w

from instruments.files.parsing import unusable
from instruments.files.source import Source
from instruments.ground.base import Terms
from instruments.ground.errors import InputError
from instruments.ground.located import Located, located
from instruments.ground.steps import Steps

TAGS = ("schema", "kind")
"""Fields that are written even where they are the default: what the rest of the table means hangs on them."""


def plain(model: Terms) -> dict[str, Any]:
    """The model as dicts, lists, numbers, texts and dates, without what is default; `kind` and `schema` stay.

    Raises:
        InputError: it holds something that no file can, such as NaN inside an alternative.
    """
    document = _tagged(model, _basic(model.model_dump(mode="python", by_alias=True, exclude_defaults=True, warnings=False)))
    _refuse(unusable(document))
    return document


def dumps_toml(model: Terms) -> str:
    """The model as TOML. Raises `InputError` where TOML cannot hold it (null inside an alternative)."""
    document = plain(model)
    _refuse(_nulls(document, ()))
    return tomli_w.dumps(document)


def dumps_json(model: Terms) -> str:
    """The model as JSON, indented. Raises as `plain`."""
    return json.dumps(plain(model), default=dt.date.isoformat, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def save(model: Terms, path: str | os.PathLike[str]) -> Path:
    """Write a model to a .toml or .json file, whole or not at all; a folder means its `deal.toml` (or as the model is named).

    Returns:
        The file written.

    Raises:
        FileError: another suffix, or the file cannot be written.
        InputError: the file cannot hold the model.
    """
    kind = type(model).__name__.lower()
    where = Path(path)
    source = Source(str(where), kind, "toml", "")
    try:
        if where.is_dir():
            where = where / f"{kind}.toml"
        if where.suffix.lower() not in (".toml", ".json"):
            source.fail("file_kind")
        text = dumps_json(model) if where.suffix.lower() == ".json" else dumps_toml(model)
        _write(where, text)
    except OSError as error:
        source.fail("file_unwritable", why=error.strerror or "the system refuses it")
    except ValueError:  # a NUL character in the path
        source.fail("file_unwritable", why="the path holds a character that no path can")
    return where


def _write(where: Path, text: str) -> None:
    handle, draft = tempfile.mkstemp(dir=where.parent, prefix=f".{where.name[:40]}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(text.encode())
        Path(draft).chmod(where.stat().st_mode & 0o777 if where.exists() else 0o644)
        Path(draft).replace(where)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _refuse(found: list[Located]) -> None:
    if found:
        raise InputError(*(one.problem for one in found))


def _basic(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_key(name): _basic(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_basic(item) for item in value]
    return value.value if isinstance(value, Enum) else value


def _key(name: object) -> str:
    return name.isoformat() if isinstance(name, dt.date) else str(name)


def _tagged(value: Any, dumped: Any) -> Any:
    """Put back the tags that were left out as default, at every depth."""
    if isinstance(value, Terms) and isinstance(dumped, dict):
        fields = {field.alias or name: getattr(value, name) for name, field in type(value).model_fields.items()}
        tags = {name: fields[name] for name in TAGS if name in fields}
        return tags | {name: _tagged(fields[name], item) for name, item in dumped.items() if name not in tags}
    if isinstance(value, Mapping) and isinstance(dumped, dict):
        return {_key(name): _tagged(item, dumped[_key(name)]) for name, item in value.items()}
    if isinstance(value, (list, tuple)) and isinstance(dumped, list):
        return [_tagged(one, other) for one, other in zip(value, dumped, strict=True)]
    return dumped


def _nulls(node: Any, steps: Steps) -> list[Located]:
    if node is None:
        return [located("not_in_toml", steps)]
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [one for name, item in pairs for one in _nulls(item, (*steps, name))]
