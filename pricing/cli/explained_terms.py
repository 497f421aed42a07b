"""How a part of a file is written: its fields with their meaning, type and default, out of the models' own schemas.

`loan` is a kind of contract, `loan.covenants` a field of it, `loan.covenants.dscr` one of its kinds; `deal.assets` and
`market.credit.cds` start at a file.
"""

from __future__ import annotations

import json
import textwrap
from typing import Any

from instruments.deal import Deal
from instruments.files import model_schema
from instruments.ground.errors import InputError
from instruments.ground.messages import problem, suggest
from instruments.ground.schemas import choices, resolved
from instruments.ground.units import MOST
from pricing.cli.file_kinds import FILE_KINDS
from pricing.measures import MEASURES

WIDTH = 100
Node = dict[str, Any]
_TYPES = {"number": "number", "integer": "whole number", "string": "text", "boolean": "true or false", "object": "table", "array": "list"}
_BOUNDS = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}


def terms_text(name: str) -> str:
    """What stands at a dotted name, in lines.

    Raises:
        InputError: there is no such measure, kind, field or file.
    """
    first, *steps = name.split(".")
    root, node, header = _start(first)
    for done, step in enumerate(steps):
        node, header = _below(root, node, step, header, ".".join([first, *steps[:done]]))
    lines = [name, *_wrapped(node.get("description", ""), "  ")]
    inner, place = _inside(root, node, header)
    if inner is not node:
        lines += _wrapped(inner.get("description", ""), "  ")
    if "discriminator" in inner:
        lines.append(f"  written as [{place}] with a kind, one of:" if place else "  with a kind, one of:")
        for kind, ref in inner["discriminator"]["mapping"].items():
            lines += _wrapped(f"{kind}: {resolved(root, {'$ref': ref}).get('description', '')}", "    ")
        lines.append(f"  `gpufin explain {name}.{next(iter(inner['discriminator']['mapping']))}` and so on list their fields")
    elif "properties" in inner:
        lines.append(f"  written as {_brackets(node, place)}, with")
        required = inner.get("required", ())
        for field, held in inner["properties"].items():
            lines += _wrapped(f"{field}: {_field(root, held, field in required)}", "    ")
    elif (held := resolved(root, node.get("items", {}))) and choices(held):
        lines += _wrapped(f"list of: {', '.join(choices(held))}", "  ")
    else:
        lines += _wrapped(_type(root, node), "  ")
    return "\n".join(lines)


def _start(first: str) -> tuple[Node, Node, str]:
    """Schema, node and table header of a file kind or of a kind of contract."""
    if first in FILE_KINDS:
        root = model_schema(FILE_KINDS[first].model, first)
        return root, root, ""
    root = model_schema(Deal, "deal")
    kinds: dict[str, str] = resolved(root, root["properties"]["contracts"]["additionalProperties"])["discriminator"]["mapping"]
    if first not in kinds:
        held = [f"{kind}.{first}" for kind, ref in kinds.items() if first in resolved(root, {"$ref": ref})["properties"]]
        hint = f"did you mean {' or '.join(held[:3])}?" if held else suggest(first.lower(), [*MEASURES, *kinds, *FILE_KINDS])
        listed = "a measure that `gpufin explain` lists, a contract such as loan or one of its terms such as loan.covenants"
        raise InputError(problem("bad_option", subject="explain", value=first, expected=listed, hint=hint))
    return root, resolved(root, {"$ref": kinds[first]}), "contracts.NAME"


def _below(root: Node, node: Node, step: str, header: str, at: str) -> tuple[Node, str]:
    """The node and the header one step further: a field, a kind, or the same inside a list or a table of labels."""
    inner, place = _inside(root, node, header)
    kinds = inner.get("discriminator", {}).get("mapping", {})
    if step in kinds:
        return resolved(root, {"$ref": kinds[step]}), place
    fields = inner.get("properties", {})
    if step in fields:
        held = resolved(root, fields[step])
        return {**held, "description": fields[step].get("description", held.get("description", ""))}, f"{place}.{step}".lstrip(".")
    known = tuple(kinds or fields)
    raise InputError(problem("bad_choice", subject="explain", field=at, value=step, choices=known, suggestion=suggest(step, known)))


def _inside(root: Node, node: Node, header: str) -> tuple[Node, str]:
    """What a list or a table of labels holds, where that is a table; else the node itself."""
    held = node.get("items") or (node.get("additionalProperties") if "properties" not in node else None)
    if not isinstance(held, dict):
        return node, header
    found = resolved(root, held)
    if "properties" not in found and "discriminator" not in found:
        return node, header
    return found, header if node.get("type") == "array" else f"{header}.LABEL".lstrip(".")


def _brackets(node: Node, place: str) -> str:
    if not place:
        return "the file itself"
    return f"[[{place}]], once for each" if node.get("type") == "array" else f"[{place}]"


def _field(root: Node, held: Node, required: bool) -> str:
    """Type, default and meaning of a field in one sentence."""
    default = held.get("default")
    if required:
        given = "required"
    elif isinstance(default, (bool, int, float, str)):
        given = f"default {json.dumps(default)}"
    else:
        given = "may be left out"
    return f"{_type(root, held)}, {given}. {held.get('description', '')}".rstrip()


def _type(root: Node, held: Node) -> str:
    """The type of a field in words, with its bounds or choices."""
    node = resolved(root, held)
    if "discriminator" in node:
        return f"table with a kind: {', '.join(choices(node))}"
    if listed := choices(node):
        return f"one of {', '.join(listed)}" if len(listed) > 1 else f'"{listed[0]}"'
    if node.get("format") == "date":
        return "date"
    bounds = " and ".join(f"{sign} {node[name]:g}" for name, sign in _BOUNDS.items() if abs(node.get(name, MOST)) < MOST)
    words = _TYPES.get(str(node.get("type")), "value")
    return f"{words} {bounds}".rstrip()


def _wrapped(words: str, indent: str) -> list[str]:
    return textwrap.wrap(" ".join(words.split()), WIDTH, initial_indent=indent, subsequent_indent=indent + "  ")
