"""From the location of a pydantic error to the place in the document: tags of unions and lifted quotes are not in the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from instruments.ground.schemas import below, resolved
from instruments.ground.steps import MISSING, Steps, child, steps_of

ON_KEY = "[key]"
"""How pydantic marks an error about a key."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an error is: its steps, what the document holds there, the schema there and of what holds it."""

    steps: Steps
    value: Any
    schema: dict[str, Any]
    holder: dict[str, Any]
    on_key: bool = False

    @property
    def is_lifted(self) -> bool:
        """Whether the document has a bare number here that stands for a table."""
        return "properties" in self.schema and self.value is not MISSING and not isinstance(self.value, dict)


def place_of(root: dict[str, Any], document: Any, location: tuple[str | int, ...]) -> Place:
    """The place of a pydantic location in a document."""
    place = Place((), document, root, {})
    for part in location:
        mapping = place.schema.get("discriminator", {}).get("mapping", {})
        if part in mapping:
            place = Place(place.steps, place.value, resolved(root, {"$ref": mapping[part]}), place.holder)
        elif part == ON_KEY:
            return Place(place.steps, place.steps[-1], place.schema, place.holder, on_key=True)
        elif place.value is MISSING or place.is_lifted:
            return place
        else:
            place = step_down(root, place, part)
    return place


def step_down(root: dict[str, Any], place: Place, step: str | int) -> Place:
    """The place under a key or index of another."""
    return Place((*place.steps, step), child(place.value, step), below(root, place.schema, step), place.schema)


def inside(root: dict[str, Any], place: Place, dotted: str) -> Place:
    """The place of a dotted path inside another."""
    for step in steps_of(place.value, dotted):
        schema = place.schema
        tag = schema.get("discriminator", {})
        chosen = child(place.value, tag["propertyName"]) if tag else MISSING
        if isinstance(chosen, str) and chosen in tag["mapping"]:
            place = Place(place.steps, place.value, resolved(root, {"$ref": tag["mapping"][chosen]}), place.holder)
        place = step_down(root, place, step)
    return place
