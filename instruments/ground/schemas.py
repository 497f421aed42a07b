"""JSON Schema of a model: for editors, and the guide by which the loader finds its way from an error to its place."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from instruments.ground.base import Terms

DIALECT = "https://json-schema.org/draft/2020-12/schema"
"""The draft that the schemas are written in."""


class _Generator(GenerateJsonSchema):
    ignored_warning_kinds = {"non-serializable-default", "skipped-choice"}  # noqa: RUF012  # a name given by pydantic


@lru_cache
def model_schema(model: type[Terms], title: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a model's files. Shared: copy it before changing it."""
    body = model.model_json_schema(by_alias=True, schema_generator=_Generator)
    for table in (body, *body.get("$defs", {}).values()):
        _mend(table)
    for name in sorted({target for node in _tables(body) for target in node.get("discriminator", {}).get("mapping", {}).values()}):
        member = resolved(body, {"$ref": name})
        member["required"] = sorted({*member.get("required", ()), _tag_field(body, name)})
    return {"$schema": DIALECT, **body, "title": title}


def resolved(root: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """A node with its references followed, and the null of an optional field and the short form of a quote left aside."""
    while True:
        if "$ref" in node:
            node = root["$defs"][node["$ref"].rsplit("/", 1)[-1]]
        elif "anyOf" in node:
            options = [option for option in node["anyOf"] if option.get("type") != "null"]
            tables = [option for option in options if "$ref" in option or option.get("type") == "object" or "discriminator" in option]
            node = (tables or options)[0]
        else:
            return node


def below(root: dict[str, Any], node: dict[str, Any], step: str | int) -> dict[str, Any]:
    """The schema of what a table or list holds at a step; empty where it says nothing."""
    if isinstance(step, int):
        prefix = node.get("prefixItems", ())
        found = prefix[step] if step < len(prefix) else node.get("items")
    else:
        found = node.get("properties", {}).get(step, node.get("additionalProperties"))
    return resolved(root, found) if isinstance(found, dict) else {}


def choices(node: dict[str, Any]) -> tuple[str, ...]:
    """What a field may be, where its schema lists it."""
    if "const" in node:
        return (str(node["const"]),)
    return tuple(str(option) for option in node.get("enum", node.get("discriminator", {}).get("mapping", ())))


def _mend(node: Any) -> None:
    # pydantic writes the least length of a frozen mapping as if it were text
    for table in _tables(node):
        for said, meant in (("minLength", "minProperties"), ("maxLength", "maxProperties")):
            if table.get("type") == "object" and said in table:
                table[meant] = table.pop(said)


def _tables(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, dict):
        return [node, *(table for item in node.values() for table in _tables(item))]
    return [table for item in node for table in _tables(item)] if isinstance(node, list) else []


def _tag_field(root: dict[str, Any], name: str) -> str:
    return next(
        node["discriminator"]["propertyName"] for node in _tables(root) if name in node.get("discriminator", {}).get("mapping", {}).values()
    )
