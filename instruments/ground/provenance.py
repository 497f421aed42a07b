"""Where a term or quote comes from, and what it could be instead.

Terms stay plain numbers; a `ProvenanceTable` beside them maps paths to `Provenance`. A path is dotted, indices count from 0 and
`*` stands for every entry: `contracts.warrant.tranches.*.shares`. The longest matching path speaks for a term, else the default.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from instruments.ground.base import FrozenDict, FrozenJson, FrozenMap, Terms
from instruments.ground.units import Number


class Basis(StrEnum):
    """How good a figure is, best first."""

    FILING = "filing"
    """Filing, exhibit, issuer or agency page read."""
    SECOND_HAND = "second_hand"
    """A public note that cites a named filing."""
    PRESS = "press"
    """Press."""
    WEAK = "weak"
    """Blog, forum, undated or machine-written page."""
    DERIVED = "derived"
    """Arithmetic on figures shown."""
    ASSUMED = "assumed"
    """A modelling choice: it carries a range or a list of alternatives."""


SOFT = frozenset({Basis.WEAK, Basis.ASSUMED})
"""Bases on which a value should not rest without saying so."""


def _two_ordered(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[0] > pair[1]:
        raise PydanticCustomError("broken_rule", "the low end of a range must not exceed the high end")
    return pair


Range = Annotated[tuple[Number, Number], Field(strict=False), AfterValidator(_two_ordered)]
"""Low and high end of what an assumed number could be."""


class Provenance(Terms):
    """Basis and source of one term, with its range or alternatives where it is assumed."""

    basis: Basis
    """How good the figure is."""
    source: str = ""
    """Filing, page or arithmetic."""
    why: str = ""
    """Why this basis: what is redacted, why this choice."""
    range: Range | None = None
    """Low and high of an assumed number; every match of a `*` path takes the same end."""
    alternatives: FrozenJson = FrozenDict()
    """Label to value. For a `*` path a list gives one value per match, anything else is given to every match."""
    weighs: bool = True
    """False where the term cannot move a value (a name, a note); the exposure table then leaves it out."""

    @model_validator(mode="after")
    def _assumed_has_a_range(self) -> Self:
        if self.basis is Basis.ASSUMED and self.weighs and self.range is None and not self.alternatives:
            raise PydanticCustomError("assumed_without_range", "an assumed term needs a range or alternatives")
        return self


class ProvenanceTable(Terms):
    """Provenance by path, with a default for every path that is not listed."""

    default: Provenance
    """Speaks for every term without an entry of its own."""
    by_path: FrozenMap[str, Provenance] = FrozenDict()
    """Dotted path (with `*`) to provenance."""

    def of(self, path: str) -> Provenance:
        """The provenance of one concrete path: the longest entry that matches it or one of its parents."""
        steps = path.split(".")
        best: tuple[int, Provenance] | None = None
        for pattern, entry in self.by_path.items():
            parts = pattern.split(".")
            fits = len(parts) <= len(steps) and all(p in ("*", s) for p, s in zip(parts, steps, strict=False))
            if fits and (best is None or len(parts) >= best[0]):
                best = (len(parts), entry)
        return best[1] if best else self.default


def matches(document: Any, pattern: str) -> tuple[str, ...]:
    """Concrete paths in a JSON document that a pattern matches, in document order."""
    found: list[tuple[list[str], Any]] = [([], document)]
    for part in pattern.split("."):
        step: list[tuple[list[str], Any]] = []
        for path, node in found:
            for name, child in _children(node):
                if part in ("*", name):
                    step.append(([*path, name], child))
        found = step
    return tuple(".".join(path) for path, _ in found)


def value_at(document: Any, path: str) -> Any:
    """The value at a concrete path of a JSON document. Raises KeyError where there is none."""
    node = document
    for name in path.split("."):
        node = dict(_children(node))[name]
    return node


def replaced(document: Any, path: str, value: Any) -> Any:
    """A copy of a JSON document with the value at a concrete path replaced."""
    head, _, rest = path.partition(".")
    new = replaced(dict(_children(document))[head], rest, value) if rest else value
    if isinstance(document, dict):
        return {**document, head: new}
    return [new if str(index) == head else item for index, item in enumerate(document)]


def _children(node: Any) -> list[tuple[str, Any]]:
    if isinstance(node, dict):
        return [(str(name), child) for name, child in node.items()]
    if isinstance(node, (list, tuple)):
        return [(str(index), child) for index, child in enumerate(node)]
    return []
