"""What a deal or project could be instead: one variant for each end of a range and each alternative in its provenance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import JsonValue, ValidationError

from instruments.deal import Deal
from instruments.files.loading import problems_of, validated
from instruments.ground.errors import InputError, Problem
from instruments.ground.messages import printable, problem, suggest
from instruments.ground.provenance import Basis, Provenance, matches, replaced
from instruments.ground.steps import Steps
from instruments.project import Project

T = TypeVar("T", Deal, Project)


@dataclass(frozen=True, slots=True)
class Variant(Generic[T]):
    """The deal or project with one term (or all terms of one `*` path) replaced by what it could be."""

    path: str
    """The path in the provenance table."""
    label: str
    """'low' or 'high' for an end of a range, else the label of the alternative."""
    basis: Basis
    """How good the figure in the deal is."""
    deal: T
    """The deal, or project, with the other value."""


def variants_of(deal: T) -> tuple[Variant[T], ...]:
    """Every variant that the provenance of a deal or project lists, in its order; a range gives its low end first.

    For a path with `*`, a list as long as the number of matches gives one value to each match, anything else goes to every match. A
    path without `*` takes the value whole. The default entry has no path, so it gives no variant.

    Raises:
        InputError: a path matches nothing, or a value does not fit the deal.
    """
    outcomes = list(_outcomes(deal))
    wrong = [found for _, _, found in outcomes if isinstance(found, Problem)]
    if wrong:
        raise InputError(*wrong)
    return tuple(found for _, _, found in outcomes if isinstance(found, Variant))


def with_term(terms: T, pattern: str, value: JsonValue) -> T:
    """The deal or project with one term, or all terms of a `*` path, at another value.

    Raises:
        InputError: the path matches nothing, or the value does not fit.
    """
    document = terms.model_dump(mode="json", by_alias=True, warnings=False)
    found = matches({name: item for name, item in document.items() if name != "provenance"}, pattern)
    if not found:
        raise InputError(problem("no_such_path", field=printable(pattern), suggestion=_nearest(document, pattern)))
    outcome = _variant(type(terms), document, pattern, found, "asked", Basis.DERIVED, value)
    if isinstance(outcome, Problem):
        raise InputError(outcome)
    return outcome.deal


def provenance_problems(deal: T) -> Iterator[tuple[str, Steps, Problem]]:
    """What is wrong with the provenance of a deal: path in the table, steps below its entry, problem."""
    for pattern, below, found in _outcomes(deal):
        if isinstance(found, Problem):
            yield pattern, below, found


def _outcomes(deal: T) -> Iterator[tuple[str, Steps, Variant[T] | Problem]]:
    if not deal.provenance.by_path:
        return
    document = deal.model_dump(mode="json", by_alias=True, warnings=False)
    terms = {name: item for name, item in document.items() if name != "provenance"}
    for pattern, entry in deal.provenance.by_path.items():
        found = matches(terms, pattern)
        if not found:
            yield (
                pattern,
                (),
                problem("no_such_path", field=printable(f"provenance.by_path.{pattern}"), suggestion=_nearest(terms, pattern)),
            )
            continue
        for label, below, value in _values(entry):
            yield pattern, below, _variant(type(deal), document, pattern, found, label, entry.basis, value)


def _values(entry: Provenance) -> Iterator[tuple[str, Steps, JsonValue]]:
    if entry.range is not None:
        yield "low", ("range", 0), entry.range[0]
        yield "high", ("range", 1), entry.range[1]
    for label, value in entry.alternatives.items():
        yield label, ("alternatives", label), value


def _variant(
    model: type[T], document: dict[str, Any], pattern: str, found: tuple[str, ...], label: str, basis: Basis, value: JsonValue
) -> Variant[T] | Problem:
    listed = "*" in pattern.split(".") and isinstance(value, (list, tuple))
    each = value if listed and len(value) == len(found) else (value,) * len(found)
    changed: dict[str, Any] = document
    for path, item in zip(found, each, strict=True):
        changed = replaced(changed, path, item)
    try:
        return Variant(pattern, label, basis, validated(model, changed))
    except ValidationError as error:
        first = problems_of(error, model, changed)[0].problem
        why = f"{'.'.join(part for part in (first.subject, first.field) if part)} {first.allowed}"
        if listed and len(value) != len(found):
            why = f"a list of {len(value)} for {len(found)} matches, and {why}"
        return problem("bad_alternative", field=printable(f"provenance.by_path.{pattern}"), value=label, why=why)


def _nearest(terms: dict[str, Any], pattern: str) -> str:
    """The path that was probably meant: as far as it matches, then the closest name."""
    parts = pattern.split(".")
    for count in range(len(parts) - 1, -1, -1):
        prefix = ".".join(parts[:count])
        if not prefix or matches(terms, prefix):
            names = sorted({path.rsplit(".", 1)[-1] for path in matches(terms, f"{prefix}.*" if prefix else "*")})
            return f"after {printable(prefix)}: {suggest(parts[count], names)}" if prefix else suggest(parts[count], names)
    return "correct the path"
