"""A place in a document: names of keys and indices of lists, from the top."""

from __future__ import annotations

from typing import Any, Final

Steps = tuple[str | int, ...]
"""Keys and indices from the top of a document to a place in it."""


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
"""Stands for the value of a place that the document does not have."""


def child(node: Any, step: str | int) -> Any:
    """What a node holds under a key or index, or `MISSING`."""
    if isinstance(node, dict):
        return node.get(step, MISSING)
    if isinstance(node, (list, tuple)) and isinstance(step, int) and 0 <= step < len(node):
        return node[step]
    return MISSING


def at(node: Any, steps: Steps) -> Any:
    """What a document holds at a place, or `MISSING`."""
    for step in steps:
        node = child(node, step)
    return node


def steps_of(node: Any, dotted: str) -> Steps:
    """The steps that a dotted path means in a document; a key may itself hold dots. What the document lacks is split at its dots."""
    steps: list[str | int] = []
    parts = dotted.split(".") if dotted else []
    while parts:
        if isinstance(node, (list, tuple)) and parts[0].isdecimal() and len(parts[0]) < 9:
            step: str | int = int(parts[0])
            taken = 1
        else:
            joined = [".".join(parts[:count]) for count in range(len(parts), 0, -1)]
            step = next((name for name in joined if isinstance(node, dict) and name in node), parts[0])
            taken = step.count(".") + 1
        steps.append(step)
        node = child(node, step)
        parts = parts[taken:]
    return tuple(steps)
