"""`gpufin diff A B`: what changed and why."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import asdict

from instruments.ground.messages import printable
from pricing.cli.figures import number, table, usd
from pricing.diffing import Change, Diff, diff
from pricing.results import document_json

SHOWN = 20


def run(arguments: Namespace) -> int:
    """Exit code 0, whether anything changed or not."""
    found = diff(arguments.before, arguments.after, paths=arguments.paths, seed=arguments.seed, threads=arguments.threads)
    if arguments.format == "json":
        results = [{**asdict(change), "step": change.step} for change in found.changes]
        steps = [dict(zip(("contract", "cause", "step_usd"), step, strict=True)) for step in found.steps]
        audit = {"causes": [asdict(cause) for cause in found.causes], "steps": steps}
        sys.stdout.write(document_json(audit=audit, results=results))
    else:
        print(text_of(found))
    return 0


def text_of(found: Diff) -> str:
    """The difference for a terminal."""
    if not found.changes and not found.causes:
        return "nothing changed"
    parts = []
    if found.causes:
        body = [[cause.kind, printable(cause.place), printable(cause.before), printable(cause.after)] for cause in found.causes[:SHOWN]]
        parts.append("Why\n" + table(["cause", "where", "before", "after"], body, right=()) + _more(len(found.causes)))
    if found.changes:
        body = [
            [printable(one.name), _shown(one, one.before), _shown(one, one.after), _shown(one, one.step)] for one in found.changes[:SHOWN]
        ]
        parts.append("What\n" + table(["what", "before", "after", "change"], body, right=(1, 2, 3)) + _more(len(found.changes)))
    else:
        parts.append("no number changed")
    if found.steps:
        body = [[printable(contract), cause, usd(step)] for contract, cause, step in found.steps]
        parts.append(
            "How much by which cause, USD: terms first, then the market\n" + table(["contract", "cause", "change"], body, right=(2,))
        )
    return "\n\n".join(parts)


def _shown(one: Change, value: float | None) -> str:
    if value is None:
        return "missing"
    return usd(value) if one.unit == "USD" else number(value)


def _more(count: int) -> str:
    return f"\n... and {count - SHOWN:,} more; --format json gives all" if count > SHOWN else ""
