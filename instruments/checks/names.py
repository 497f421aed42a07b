"""Names and rules that the checks of every family share."""

from __future__ import annotations

from pydantic_core import PydanticCustomError


def known(name: str, what: str, path: str, names: object) -> None:
    """Raise unless `name` is a key of `names`."""
    if isinstance(names, dict) and name not in names:
        raise PydanticCustomError(
            "unknown_name", "{value} is no such {what}", {"path": path, "value": name, "what": what, "choices": tuple(names)}
        )


def rule(path: str, text: str) -> PydanticCustomError:
    """A broken rule at a path of the deal."""
    return PydanticCustomError("broken_rule", "{text}", {"path": path, "text": text})
