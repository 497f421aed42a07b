"""`gpufin explain NAME`: what a number of a result means, with unit, sign, formula and who gives it; or how a term of a file is written."""

from __future__ import annotations

from argparse import Namespace

from instruments.contracts.families import CONTRACT_TYPES
from pricing.cli.explained_terms import terms_text
from pricing.measures import MEASURES
from pricing.registry import entries_for


def run(arguments: Namespace) -> int:
    """Print it; without a measure, the list of all."""
    if not arguments.measure:
        width = max(len(name) for name in MEASURES)
        for name, measure in MEASURES.items():
            print(f"{name.ljust(width)}  {measure.unit}")
        return 0
    for name in arguments.measure:
        print(text_of(name) if name in MEASURES else terms_text(name))
    return 0


def text_of(name: str) -> str:
    """A measure in four lines or so."""
    measure = MEASURES[name]
    lines = [name, f"  meaning  {measure.formula}", f"  unit     {measure.unit}", f"  sign     {measure.sign}"]
    given = [
        f"{terms.model_fields['kind'].default}: {', '.join(entry.method for entry in entries_for(terms) if name in entry.measures)}"
        for terms in CONTRACT_TYPES
        if any(name in entry.measures for entry in entries_for(terms))
    ]
    return "\n".join([*lines, *(f"  {'given by' if not index else '        '} {text}" for index, text in enumerate(given))])
