"""What changed between two results, and why: terms, market, code, seed; and how much each cause moves the values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from curves.files import load_market
from curves.market import Market
from instruments.deal import Deal
from instruments.files import dumps_json
from instruments.files.deals import load_deal
from instruments.ground.base import Terms
from instruments.ground.errors import FileError, GpufinError
from instruments.ground.messages import problem
from pricing.api import price
from pricing.books.output import read_table
from pricing.books.slices import SCHEMA

CAUSES = {
    "terms": ("deal", "book", "web"),
    "market": ("market", "scenarios"),
    "code": ("versions",),
    "seed": ("seed",),
    "paths": ("paths",),
    "method": ("method",),
}
"""Cause to the entries of an audit that show it."""
NUMBERS = ("value", "standard_error", "error_note")
"""Columns of a result that do not name it."""
LARGEST = 1e300
"""No result is as large as this in any unit; differences below it stay finite."""


@dataclass(frozen=True)
class Change:
    """One number that differs; None where it is missing."""

    name: str
    before: float | None
    after: float | None
    unit: str | None = None

    @property
    def step(self) -> float | None:
        """After less before."""
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True)
class Cause:
    """Why results differ: a kind of cause, where, and what stood and stands there."""

    kind: str
    place: str
    before: str
    after: str


@dataclass(frozen=True)
class Diff:
    """What changed and why."""

    changes: tuple[Change, ...]
    """Largest first."""
    causes: tuple[Cause, ...]
    steps: tuple[tuple[str, str, float], ...] = ()
    """(contract, cause, change of its value in USD) in the order in which they were made: terms, then market; of deals only."""


def diff(before: str | Path, after: str | Path, *, paths: int | None = None, seed: int = 0, threads: int | None = None) -> Diff:
    """Compare two results (JSON of a command, or a batch's results beside their manifest), or two deals with their markets.

    **Model** results are matched by all that names them; causes are read off the audits. Deals are priced on both sides with the same seed
    and paths: the step of the terms is the new deal on the old market less the old one, the step of the market what is left.

    Raises:
        FileError: a file is neither a result nor a deal with a market.
    """
    first, second = Path(before), Path(after)
    if _is_deal(first) and _is_deal(second):
        return _of_deals(first, second, paths, seed, threads)
    (audit_a, rows_a), (audit_b, rows_b) = _result(first), _result(second)
    return Diff(_changes(rows_a, rows_b), tuple(_causes(audit_a, audit_b)))


def _is_deal(path: Path) -> bool:
    return path.suffix == ".toml" or (path.is_dir() and (path / "deal.toml").is_file())


def _result(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    try:
        beside = path.with_name(f"{path.name}.manifest.json")
        if beside.is_file():
            audit = json.loads(beside.read_text())["audit"]
            return _read(audit, read_table(path, SCHEMA).to_dicts())
        found = json.loads(path.read_text())
        return _read(found["audit"], found["results"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        expected = "the JSON of a gpufin command, a batch's results beside their manifest, or a deal"
        raise FileError(problem("bad_option", subject="diff", value=str(path), expected=expected, hint="use --format json")) from error


def _read(audit: Any, rows: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """An audit and rows as a command writes them. Raises ValueError where something else stands there."""
    if not isinstance(audit, dict) or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("no audit with rows")
    for row in rows:
        value = row.get("value")
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < LARGEST):
            raise ValueError("a value that is no number")
    return audit, rows


def _changes(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> tuple[Change, ...]:
    first, second = ({_name(row): row for row in rows} for rows in (before, after))
    found = []
    for name in dict.fromkeys((*first, *second)):
        a, b = first.get(name, {}), second.get(name, {})
        if a.get("value") != b.get("value"):
            found.append(Change(name, a.get("value"), b.get("value"), (a or b).get("unit")))
    return tuple(sorted(found, key=lambda one: -abs(one.step) if one.step is not None else -float("inf")))


def _name(row: dict[str, Any]) -> str:
    """What names a row: every cell but its numbers and its date, which may move."""
    return " ".join(
        str(value) for key, value in row.items() if key not in (*NUMBERS, "date", "unit", "source", "row") and value is not None
    )


def _causes(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Cause]:
    for kind, entries in CAUSES.items():
        for entry in entries:
            a, b = before.get(entry), after.get(entry)
            if a != b:
                yield Cause(kind, entry, _short(a), _short(b))


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _of_deals(first: Path, second: Path, paths: int | None, seed: int, threads: int | None) -> Diff:
    deals, markets = [load_deal(path) for path in (first, second)], [_market(path) for path in (first, second)]
    causes = [*_moved("terms", deals[0], deals[1]), *_moved("market", markets[0], markets[1])]

    def values(deal: Deal, market: Market) -> dict[str, float]:
        try:
            rows = price(deal, market, measures=("value",), paths=paths, seed=seed, threads=threads).rows
        except GpufinError:
            return {}
        found: dict[str, float] = {}
        for row in rows:
            if row.contract is not None and row.part is None and row.value is not None and row.method != "quantlib":
                found.setdefault(row.contract, row.value)
        return found

    states = [values(deals[0], markets[0]), values(deals[1], markets[0]), values(deals[1], markets[1])]
    steps: list[tuple[str, str, float]] = []
    for at, cause in ((1, "terms"), (2, "market")):
        before, after = states[at - 1], states[at]
        steps += [(name, cause, after[name] - before[name]) for name in before if name in after and after[name] != before[name]]
    names = dict.fromkeys((*states[0], *states[2]))
    changes = [
        Change(name, states[0].get(name), states[2].get(name), "USD") for name in names if states[0].get(name) != states[2].get(name)
    ]
    return Diff(tuple(changes), tuple(causes), tuple(steps))


def _market(path: Path) -> Market:
    place = path if path.is_dir() else path.parent
    sibling = place / ("market.toml" if path.is_dir() or path.name == "deal.toml" else path.name.replace("deal", "market"))
    return load_market(sibling if sibling.is_file() else place / "market.toml")


def _moved(kind: str, before: Terms, after: Terms) -> Iterator[Cause]:
    """Fields that differ, by dotted path."""
    first, second = (dict(_leaves(json.loads(dumps_json(one)), "")) for one in (before, after))
    for place in dict.fromkeys((*first, *second)):
        if first.get(place) != second.get(place):
            yield Cause(kind, place, _short(first.get(place, "nothing")), _short(second.get(place, "nothing")))


def _leaves(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict) and node:
        for key, item in node.items():
            yield from _leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(node, list) and node:
        for index, item in enumerate(node):
            yield from _leaves(item, f"{path}.{index}")
    else:
        yield path, node
