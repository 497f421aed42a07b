"""A problem at its place in a document, and values as a file would show them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from instruments.ground.errors import Problem
from instruments.ground.messages import printable, problem
from instruments.ground.steps import Steps

LONGEST = 80
"""Characters of a name or text that are shown."""
_DIGITS = 40


@dataclass(frozen=True)
class Located:
    """A problem and the steps from the top of the document to its place."""

    steps: Steps
    problem: Problem


def located(code: str, steps: Steps, *, value: str = "", **details: object) -> Located:
    """Fill a catalogue entry for a place in a document; `value` is what was found, as written there."""
    subject, field = (steps[:2], steps[2:]) if len(steps) > 2 else ((), steps)
    return Located(steps, problem(code, subject=dotted(subject), field=dotted(field), value=value, **details))


def dotted(steps: Steps) -> str:
    """Steps as one line of text; a name with a dot or with strange characters is quoted."""
    return ".".join(map(_step, steps))


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return str(step)
    short = step if len(step) <= LONGEST else step[:LONGEST] + "..."
    return short if step.isprintable() and re.fullmatch(r"[^\s\".]+", step) else printable(json.dumps(short))


def written(value: object) -> str:
    """A value as it would be written in a file, short."""
    if isinstance(value, str):
        return json.dumps(value[:LONGEST], ensure_ascii=False)
    if isinstance(value, dict):
        return f"a table of {len(value)}"
    if isinstance(value, (list, tuple)):
        plain = len(value) <= 4 and not any(isinstance(item, (dict, list, tuple)) for item in value)
        return f"[{', '.join(map(written, value))}]" if plain else f"a list of {len(value)}"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int) and abs(value) >= 10**_DIGITS:
        return "a number of more than 40 digits"
    return str(value)
