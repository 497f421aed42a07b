"""How much each assumption moves a value: the exposure table.

Every assumed or weak term of the deal and quote of the market is put, one at a time, at each of its alternatives (or ends of its range),
the others at base, on the same random numbers; so a difference is known far better than either value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from curves import Market, soft_quotes, with_quote
from instruments.deal import Deal
from instruments.ground.errors import GpufinError, Problem
from instruments.ground.provenance import SOFT
from instruments.variants import variants_of
from pricing.paths.streams import run_blocks
from pricing.registry import Entry, Outcome, Settings, Task
from pricing.results import Assumption, Row

RANGE_NOTE = "one assumption at a time; together they could move it further"
PATHS = 4096
"""Paths per alternative: differences on common random numbers need few."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """One thing that could be different."""

    path: str
    label: str
    basis: str
    why: str
    deal: Deal
    market: Market


def alternatives_of(deal: Deal, market: Market) -> Iterator[Alternative]:
    """Every alternative of the deal's terms, then of the market's quotes."""
    for variant in variants_of(deal):
        if variant.basis in SOFT:
            why = deal.provenance.by_path[variant.path].why
            yield Alternative(variant.path, variant.label, variant.basis.value, why, variant.deal, market)
    for located in soft_quotes(market):
        if located.range is None:
            continue
        for label, end in zip(("low", "high"), located.range, strict=True):
            if end != located.quote.value:
                name = f"{label} ({end:g})"
                yield Alternative(
                    f"market.{located.path}", name, located.basis.value, located.why, deal, with_quote(market, located.path, end)
                )


@dataclass(frozen=True)
class Exposure:
    """Rows, the sorted assumptions, and alternatives that could not be priced."""

    rows: tuple[Row, ...]
    assumptions: tuple[Assumption, ...]
    failures: tuple[Problem, ...]


def exposure_of(entry: Entry, task: Task) -> Exposure:
    """The exposure table of one contract by one engine."""
    settings = replace(task.settings, paths=min(task.settings.paths, PATHS), threads=1, measures=frozenset({"value"}), keep_sample=True)
    base = entry.engine(replace(task, settings=settings))
    holder = _headline(base).party
    alternatives = tuple(alternatives_of(task.deal, task.market))

    def attempt(index: int) -> Outcome | GpufinError:
        try:
            return entry.engine(_changed(task, alternatives[index], settings))
        except GpufinError as error:
            return error

    outcomes = run_blocks(attempt, len(alternatives), task.settings.threads, "assumptions") if alternatives else iter(())
    rows: list[Row] = []
    failures: list[Problem] = []
    moves: dict[str, tuple[Alternative, list[str], list[float]]] = {}
    for alternative, other in zip(alternatives, outcomes, strict=True):
        _, labels, numbers = moves.setdefault(alternative.path, (alternative, [], []))
        labels.append(alternative.label)
        if isinstance(other, GpufinError):
            place = f"{alternative.path} at {alternative.label}"
            failures += [replace(item, subject=f"{place}: {item.subject}") for item in other.problems]
            continue
        move, error_of_move = _difference(base, other)
        numbers.append(move)
        rows.append(_row(task, entry, holder, alternative, settings.paths, move, error_of_move))
    rows.sort(key=lambda row: -max((abs(n) for n in moves[row.assumption or ""][2]), default=0.0))
    listed = [
        Assumption(path, first.basis, first.why, tuple(labels), max((abs(n) for n in numbers), default=None))
        for path, (first, labels, numbers) in moves.items()
    ]
    listed.sort(key=lambda item: -(item.largest_move_usd or 0.0))
    if rows:
        rows.append(_whole_range(task, entry, holder, rows))
    return Exposure(tuple(rows), tuple(listed), tuple(failures))


def _changed(task: Task, alternative: Alternative, settings: Settings) -> Task:
    return replace(
        task, deal=alternative.deal, contract=alternative.deal.contracts[task.contract_id], market=alternative.market, settings=settings
    )


def _difference(base: Outcome, other: Outcome) -> tuple[float, float | None]:
    if base.sample is not None and other.sample is not None and base.sample.shape == other.sample.shape:
        step = other.sample - base.sample
        return float(step.mean()), float(step.std(ddof=1) / np.sqrt(step.size))
    return float(_headline(other).value or 0.0) - float(_headline(base).value or 0.0), None


def _headline(outcome: Outcome) -> Row:
    return next(row for row in outcome.rows if row.measure == "value" and row.part is None and row.value is not None)


def _row(task: Task, entry: Entry, holder: str | None, alternative: Alternative, paths: int, move: float, error: float | None) -> Row:
    note = f"same {paths:,} paths at base and alternative" if error is not None else "exact for its model"
    row = _shared(task, entry, holder, "exposure", move, note)
    return replace(row, standard_error=error, assumption=alternative.path, alternative=alternative.label)


def _whole_range(task: Task, entry: Entry, holder: str | None, rows: list[Row]) -> Row:
    numbers = [0.0, *(row.value for row in rows if row.value is not None)]
    return _shared(
        task,
        entry,
        holder,
        "value_soft_range",
        max(numbers) - min(numbers),
        RANGE_NOTE,
    )


def _shared(task: Task, entry: Entry, holder: str | None, measure: str, value: float, note: str) -> Row:
    return Row(
        deal=task.deal.id,
        contract=task.contract_id,
        kind=getattr(task.contract, "kind", None),
        party=holder,
        date=task.market.as_of,
        measure=measure,
        probability="pricing",
        value=value,
        error_note=note,
        method=entry.method,
    )
