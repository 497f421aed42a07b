"""Comments of a starter: what each line means, taken from the terms' own descriptions, so that they cannot grow stale."""

from __future__ import annotations

import json
import re
import textwrap
import tomllib
from typing import Any

from instruments.ground.places import Place, step_down
from instruments.ground.schemas import resolved

HEADER = re.compile(r"\[\[?(.+?)\]?\]\s*$")
KEY = re.compile(r'("(?:[^"\\]|\\.)*"|[A-Za-z0-9_\-]+)\s*=')
STEP = re.compile(r'"((?:[^"\\]|\\.)*)"|([^.\s]+)')
WIDTH = 118


def commented(text: str, schema: dict[str, Any]) -> str:
    """A TOML text with a comment above every key that the schema describes, each said once, and below each contract its optional fields."""
    document = tomllib.loads(text)
    lines: list[str] = []
    table: tuple[str | int, ...] = ()
    counts: dict[str, int] = {}
    waiting: list[str] = []
    told: set[str] = set()

    def tell(words: str) -> None:
        if words not in told:
            lines.extend(_wrapped(words))
            told.add(words)

    for line in text.splitlines():
        header = HEADER.match(line)
        if header:
            _end_table(lines, waiting)
            table = _path(header.group(1), document, line.startswith("[["), counts)
            place = place_of(document, schema, table)
            tell(str(place.schema.get("description", "")))
            lines.append(line)
            if len(table) == 2 and table[0] == "contracts":
                waiting = optional_fields(schema, place)
            continue
        key = KEY.match(line)
        if key:
            here, name = place_of(document, schema, table), key.group(1).strip('"')
            # a field says more where it is used than its type does
            used = here.schema.get("properties", {}).get(name, {}).get("description")
            tell(str(used or step_down(schema, here, name).schema.get("description", "")))
        lines.append(line)
    _end_table(lines, waiting)
    return "\n".join(lines).rstrip("\n") + "\n"


def place_of(document: dict[str, Any], schema: dict[str, Any], steps: tuple[str | int, ...]) -> Place:
    """Where a table stands in the document, with the schema of what it is."""
    place = Place((), document, schema, {})
    for step in steps:
        place = _chosen(schema, step_down(schema, place, step))
    return place


def optional_fields(schema: dict[str, Any], place: Place) -> list[str]:
    """Fields of a table that are not given, as comments: name, default, meaning."""
    found: list[str] = []
    for name, field in place.schema.get("properties", {}).items():
        if name in place.value or name == "kind":
            continue
        default = field.get("default")
        shown = f"{name} = {json.dumps(default)}" if isinstance(default, (bool, int, float, str)) else name
        found += _wrapped(f"{shown}: {field.get('description', '')}".rstrip(": "), mark="#   ")
    if not found:
        return []
    kind = place.value.get("kind", "")
    return [f"# Not given here, each with its default; `gpufin explain {kind}.{next_of(place)}` says how one is written:", *found]


def next_of(place: Place) -> str:
    """A field that is not given, to show how to ask for one: a table where there is one, since tables are what a user cannot guess."""
    free = [name for name in place.schema.get("properties", {}) if name not in place.value and name != "kind"]
    tables = [name for name in free if not isinstance(place.schema["properties"][name].get("default"), (bool, int, float, str))]
    return (tables or free)[0]


def _chosen(schema: dict[str, Any], place: Place) -> Place:
    """The schema of the kind that the table names, where it may be one of several."""
    tag = place.schema.get("discriminator")
    chosen = tag["mapping"].get(place.value.get(tag["propertyName"])) if tag and isinstance(place.value, dict) else None
    return Place(place.steps, place.value, resolved(schema, {"$ref": chosen}), place.holder) if chosen else place


def _path(name: str, document: Any, in_list: bool, counts: dict[str, int]) -> tuple[str | int, ...]:
    """The steps of a header; lists are entered at their latest item."""
    if in_list:
        counts[name] = counts.get(name, -1) + 1
    steps: list[str | int] = []
    node, walked = document, ""
    for quoted, bare in STEP.findall(name):
        step = quoted or bare
        walked = f"{walked}.{step}" if walked else step
        steps.append(step)
        node = node[step]
        if isinstance(node, list):
            steps.append(counts.get(walked, 0))
            node = node[counts.get(walked, 0)]
    return tuple(steps)


def _end_table(lines: list[str], waiting: list[str]) -> None:
    """The optional fields go below the table's own, above the blank line that ends it."""
    if waiting:
        blank = bool(lines) and not lines[-1]
        if blank:
            lines.pop()
        lines += [*waiting, *([""] if blank else [])]
        waiting.clear()


def _wrapped(words: str, mark: str = "# ") -> list[str]:
    return textwrap.wrap(" ".join(words.split()), WIDTH, initial_indent=mark, subsequent_indent=mark + ("  " if mark != "# " else ""))
