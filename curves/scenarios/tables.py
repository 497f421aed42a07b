"""Scenarios as a tidy table, one row for each move or event, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from curves.scenarios.scenario import Happening, Move, Scenario
from instruments.ground.errors import InputError
from instruments.ground.messages import problem

if TYPE_CHECKING:
    import polars as pl

TEXTS = ("scenario", "why", "source", "basis", "part", "kind", "subject", "field")
NUMBERS = ("amount", "jump")
COLUMNS = (*TEXTS, *NUMBERS, "on")
"""Columns of the table. `part`: move, step, event, or null for a scenario in which nothing happens. `subject`: market key of a move;
party, milestone, asset, contract or key of an event. `amount`: of a move; years or months of an event. `on`: date of a step or event."""
EVENT_FIELDS: dict[str, tuple[str, str, str]] = {
    "delay": ("milestone", "years", ""),
    "late_acceptance": ("asset", "months", "after"),
    "late_start": ("contract", "months", ""),
    "withdrawal": ("contract", "", ""),
    "refinancing_shut": ("contract", "", "until"),
    "early_launch": ("key", "years", ""),
}
"""Kind of event to its fields under `subject`, `amount` and `on`; every other kind happens to a party on a date."""
OF_A_PARTY = ("party", "", "on")
NEEDED = ("scenario", "part", "kind", "subject", "amount")
"""Columns without which a table holds no scenarios."""


def scenario_table(scenarios: Iterable[Scenario]) -> pl.DataFrame:
    """Scenarios as a polars frame with `COLUMNS`; `scenarios_from_table` gives equal ones."""
    import polars as pl  # a second of import time that files of scenarios do not need

    schema = {name: pl.String() for name in TEXTS} | {name: pl.Float64() for name in NUMBERS} | {"on": pl.Date()}
    rows = [_head(scenario) | row for scenario in scenarios for row in _rows(scenario)]
    return pl.DataFrame([{name: row.get(name) for name in COLUMNS} for row in rows], schema=schema, orient="row")


def scenarios_from_table(table: pl.DataFrame) -> tuple[Scenario, ...]:
    """The scenarios of a table, in the order in which they first appear; rows of one scenario keep their order.

    Columns may hold text, as a CSV file does; unknown columns and labels that come back after another are refused.

    Raises:
        InputError: a column is missing or unknown, or a row is no move or event; the scenario is named.
    """
    rows = [_plain(row, number) for number, row in enumerate(_checked(table).to_dicts(), start=1)]
    groups = [(label, list(members)) for label, members in groupby(rows, key=lambda row: str(row["scenario"]))]
    labels = [label for label, _ in groups]
    for label in labels:
        if labels.count(label) > 1:
            raise _refused(label, "its rows must stand together", "sort the table by scenario")
    if not groups:
        raise _refused("scenarios", "the table holds no row", "add one row for each move or event")
    return tuple(_scenario(label, members) for label, members in groups)


def _head(scenario: Scenario) -> dict[str, Any]:
    basis = None if scenario.basis is None else scenario.basis.value
    return {"scenario": scenario.label, "why": scenario.why or None, "source": scenario.source or None, "basis": basis}


def _rows(scenario: Scenario) -> list[dict[str, Any]]:
    moves = [_move_row(move) | {"part": "move"} for move in scenario.moves]
    steps = [_move_row(move) | {"part": "step", "on": step.on} for step in scenario.steps for move in step.moves]
    return [*moves, *steps, *map(_event_row, scenario.events)] or [{}]


def _move_row(move: Move) -> dict[str, Any]:
    return {"kind": move.kind, "subject": move.key, "field": move.field or None, "amount": move.amount}


def _event_row(event: Happening) -> dict[str, Any]:
    subject, amount, on = EVENT_FIELDS.get(event.kind, OF_A_PARTY)
    return {
        "part": "event",
        "kind": event.kind,
        "subject": getattr(event, subject),
        "amount": float(getattr(event, amount)) if amount else None,
        "on": getattr(event, on) if on else None,
        "jump": getattr(event, "jump", None),
    }


def _checked(table: pl.DataFrame) -> pl.DataFrame:
    for name in NEEDED:
        if name not in table.columns:
            raise _refused("scenarios", f"the table has no column '{name}'", f"columns are {', '.join(COLUMNS)}")
    for name in table.columns:
        if name not in COLUMNS:
            raise _refused("scenarios", f"unknown column '{name}'", f"columns are {', '.join(COLUMNS)}")
    return table


def _plain(row: dict[str, Any], number: int) -> dict[str, Any]:
    """A row without what is void, numbers as numbers."""
    found = {name: value for name, value in row.items() if value is not None and value != ""}
    if "scenario" not in found:
        raise _refused(f"row {number}", "it has no scenario", "give each row the label of its scenario")
    for name in NUMBERS:
        if isinstance(found.get(name), str):
            try:
                found[name] = float(found[name])
            except ValueError as error:
                raise _refused(str(found["scenario"]), f"{name} = {found[name][:60]!r} is no number", "give a number") from error
    return found


def _scenario(label: str, rows: list[dict[str, Any]]) -> Scenario:
    head = {name: rows[0][name] for name in ("why", "source", "basis") if name in rows[0]}
    steps = [row for row in rows if row.get("part") == "step"]
    document = head | {
        "label": label,
        "moves": [_move(row) for row in rows if row.get("part") == "move"],
        "steps": [{"on": on, "moves": [_move(row) for row in group]} for on, group in groupby(steps, key=lambda row: row.get("on"))],
        "events": [_event(row) for row in rows if row.get("part") == "event"],
    }
    strange = [row["part"] for row in rows if row.get("part") not in (None, "move", "step", "event")]
    if strange:
        raise _refused(label, f"part = {str(strange[0])[:60]!r} is none of move, step, event", "correct the part")
    try:
        return Scenario.model_validate_json(json.dumps(document, default=str))
    except ValidationError as error:
        first = error.errors()[0]
        raise _refused(label, f"{'.'.join(map(str, first['loc']))}: {first['msg']}", "correct the row") from error


def _move(row: dict[str, Any]) -> dict[str, Any]:
    names = {"subject": "key", "field": "field", "kind": "kind", "amount": "amount"}
    return {new: row[old] for old, new in names.items() if old in row}


def _event(row: dict[str, Any]) -> dict[str, Any]:
    subject, amount, on = EVENT_FIELDS.get(str(row.get("kind")), OF_A_PARTY)
    pairs = {"subject": subject, "amount": amount, "on": on, "kind": "kind", "jump": "jump"}
    found = {new: row[old] for old, new in pairs.items() if new and old in row}
    if amount == "months" and float(row.get("amount", 0.5)).is_integer():
        found["months"] = int(row["amount"])
    return found


def _refused(subject: str, why: str, remedy: str) -> InputError:
    return InputError(problem("bad_quote", subject=subject, why=why, remedy=remedy))
