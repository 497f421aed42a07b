"""One slice of a book: rows in, values and failures out. A pure function of its inputs, so that any executor may run it anywhere."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from curves.market import Market
from curves.scenarios.scenario import Scenario
from instruments.deal import Deal
from instruments.files.deals import load_deal
from instruments.ground.errors import GpufinError, InputError, Problem
from instruments.ground.messages import problem, suggest
from pricing.api import price
from pricing.books.columns import as_cells, by_row, typed, valid
from pricing.books.judged import WholeColumns, is_typed
from pricing.books.kinds import CONTRACT, Kind, kinds, row_deal
from pricing.books.lanes.base import Lane, Refusal
from pricing.books.lanes.table import JUDGED, LANES
from pricing.books.sources import DEALS
from pricing.registry import find_engine

ROW = "__row"
BASE = "base"
RESULT_COLUMNS = (
    "source", "kind", "row", "id", "party", "scenario", "date", "measure", "probability", "value", "unit", "standard_error",
    "error_note", "method",
)  # fmt: skip
SCHEMA = pl.Schema(
    {name: pl.String for name in RESULT_COLUMNS} | {"row": pl.Int64, "value": pl.Float64, "standard_error": pl.Float64, "date": pl.Date}
)
"""Columns of results: one line per row, scenario and contract; a value is a value to `party`."""
FAILURE_SCHEMA = pl.Schema(
    {"source": pl.String, "kind": pl.String, "row": pl.Int64}
    | {name: pl.String for name in ("id", "reason", "field", "value", "allowed", "remedy")}
)
"""Columns of failures: one line per broken rule."""


@dataclass(frozen=True)
class How:
    """What is the same for every slice."""

    market: Market
    scenarios: tuple[Scenario, ...]
    paths: int
    seed: int
    threads: int | None

    @property
    def markets(self) -> dict[str, Market]:
        """Label to moved market, the base first."""
        return {BASE: self.market} | {one.label: one.apply(self.market) for one in self.scenarios}


@dataclass(frozen=True)
class Slice:
    """Rows of one source; `start` is the index of the first."""

    source: str
    kind: str | None
    start: int
    frame: pl.DataFrame
    repeated: tuple[int, ...] = ()
    """Indices of rows whose id stands in an earlier row."""
    deals: tuple[str, ...] = ()


@dataclass(frozen=True)
class Priced:
    """What became of a slice: every row is in one of the two."""

    results: pl.DataFrame
    failures: pl.DataFrame


@dataclass(frozen=True)
class Failed:
    """One broken rule of one row."""

    row: int
    id: str
    problem: Problem


def price_slice(work: tuple[Slice, How]) -> Priced:
    """Price the rows of a slice in every scenario; a row that fails in one of them fails whole."""
    piece, how = work
    if piece.kind == DEALS:
        return _price_deals(piece, how)
    markets = how.markets
    found: list[pl.DataFrame] = []
    failed: list[pl.DataFrame] = []
    for kind, frame in _by_kind(piece, failed):
        results, failures = _price_kind(kind, frame, how, markets)
        lost = {one.row for one in failures}
        found.append(_named(results.filter(~pl.col("row").is_in(list(lost))) if lost else results, piece.source))
        failed.append(failure_frame(piece.source, kind.name, failures))
    results = pl.concat(found) if found else SCHEMA.to_frame()
    if len(found) > 1:
        results = results.sort("row", maintain_order=True)
    return Priced(results, pl.concat(failed).sort("row", maintain_order=True) if failed else FAILURE_SCHEMA.to_frame())


def _named(results: pl.DataFrame, source: str) -> pl.DataFrame:
    return results.with_columns(pl.lit(source).alias("source")).select(RESULT_COLUMNS)


def _by_kind(piece: Slice, failed: list[pl.DataFrame]) -> Iterator[tuple[Kind, pl.DataFrame]]:
    """The rows of each kind, with their numbers; a kind that does not exist, and an id met before, are failures."""
    frame = piece.frame.with_columns(pl.int_range(piece.start + 1, piece.start + 1 + pl.len(), dtype=pl.Int64).alias(ROW))
    if piece.repeated:
        twice = pl.col(ROW).is_in([index + 1 for index in piece.repeated])
        text = "the id stands in an earlier row"
        repeats = [
            Failed(row, str(name), problem("broken_rule", field="id", value=str(name), rule=text, remedy="rename it"))
            for name, row in frame.filter(twice).select("id", ROW).iter_rows()
        ]
        failed.append(failure_frame(piece.source, piece.kind or "", repeats))
        frame = frame.filter(~twice)
    if piece.kind is not None:
        yield kinds()[piece.kind], frame.drop("kind", strict=False)
        return
    frame = frame.with_columns(pl.col("kind").cast(pl.String))
    named = {name: part for (name,), part in frame.partition_by("kind", as_dict=True, maintain_order=True).items()}
    strange = [name for name in named if name not in kinds()]
    for name in strange:
        names = tuple(kinds())
        why = problem("bad_choice", field="kind", value=name or "", choices=names, suggestion=suggest(str(name), names))
        rows = [Failed(row, str(label or ""), why) for label, row in _labels(named[name]).iter_rows()]
        failed.append(failure_frame(piece.source, str(name or ""), rows))
    for name, kind in kinds().items():
        if name in named:
            part = named[name].drop("kind")
            yield kind, part.drop([column for column in part.columns if part[column].null_count() == part.height])


def _labels(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select((pl.col("id") if "id" in frame.columns else pl.lit("")).alias("id"), ROW)


def typed_frame(kind: Kind, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Columns as their sorts, and which rows obey every rule of the fields."""
    changed: list[pl.Expr] = []
    lost: list[pl.Expr] = []
    for name in frame.columns:
        node = kind.scalar(name)
        if node is None:
            if name != ROW and frame[name].null_count() < frame.height:
                lost.append(pl.col(name).is_not_null())
            continue
        if is_typed(frame[name], node.sort):
            continue
        cell = typed(pl.col(name), frame.schema[name], node.sort)
        if frame.schema[name] != pl.Null:
            lost.append(pl.col(name).is_not_null() & cell.is_null())
        changed.append(cell.alias(name))
    better = frame.with_columns(changed) if changed else frame
    judged = JUDGED.get(kind.name, frozenset())
    looked_at = tuple(node for node in kind.nodes if node.name not in judged)
    rules = valid(looked_at, frozenset(frame.columns) - {ROW}, WholeColumns(better))
    obeyed = by_row(rules, better)
    if lost:
        obeyed = obeyed & ~frame.select(pl.any_horizontal(lost).alias("bad"))["bad"]
    return better, obeyed


def lane_rows(kind: Kind, better: pl.DataFrame, obeyed: pl.Series, market: Market) -> pl.Series:
    """Which rows the array lane of the kind prices."""
    lane = LANES.get(kind.name)
    nobody = pl.Series([False], dtype=pl.Boolean).new_from_index(0, better.height)
    if lane is None or not obeyed.any():
        return nobody
    every = bool(obeyed.all())
    good = better if every else better.filter(obeyed)
    inside = lane.domain(good, market)
    if "method" in good.columns:
        inside = inside & (good["method"].is_null() | (good["method"] == lane.method))
    if every:
        return inside
    mask = np.zeros(better.height, dtype=bool)
    mask[np.flatnonzero(obeyed.to_numpy())] = inside.to_numpy()
    return pl.Series(mask)


def _price_kind(kind: Kind, frame: pl.DataFrame, how: How, markets: Mapping[str, Market]) -> tuple[pl.DataFrame, list[Failed]]:
    failures: list[Failed] = []
    better, obeyed = typed_frame(kind, frame)
    lane = LANES.get(kind.name)
    if lane is not None and obeyed.any():  # else a column that the lane reads may not be there at all
        better, frame, obeyed = _fitting(lane, better, frame, obeyed, how.market, failures)
    inside = lane_rows(kind, better, obeyed, how.market)
    parts: list[pl.DataFrame] = []
    if lane is not None and inside.any():
        fast = better if inside.all() else better.filter(inside)
        for label, market in markets.items():
            kept = fast
            if label != BASE:
                kept, _, _ = _fitting(lane, fast, fast, pl.Series([True]).new_from_index(0, fast.height), market, failures)
            lines = _lane_frame(kind, lane, kept, market, label)
            lost = lines.filter(~pl.col("value").is_finite())["row"]
            if lost.len():  # the engine says why a row has no value
                inside = inside & ~better[ROW].is_in(lost.implode())
                lines = lines.filter(pl.col("value").is_finite())
            parts.append(lines)
    slow = frame if not inside.any() else frame.filter(~inside)
    if slow.height:
        rest = better.filter(~inside) if inside.any() else better
        parts.append(_engine_frame(kind, slow, rest, how, markets, failures))
    results = pl.concat(parts) if parts else SCHEMA.to_frame()
    return results.sort("row", maintain_order=True) if len(parts) > 1 else results, failures


def _fitting(
    lane: Lane, better: pl.DataFrame, frame: pl.DataFrame, obeyed: pl.Series, market: Market, failures: list[Failed]
) -> tuple[pl.DataFrame, pl.DataFrame, pl.Series]:
    """Only the rows that the market can serve; the others are failures, each with its first reason."""
    gone = np.zeros(better.height, dtype=bool)
    judged = obeyed.to_numpy()
    for refusal in lane.fit(better, market):
        hit = refusal.rows.to_numpy() & judged & ~gone
        gone |= hit
        failures += _refused(refusal, better.filter(pl.Series(hit)) if hit.any() else better.clear())
    if not gone.any():
        return better, frame, obeyed
    kept = pl.Series(~gone)
    return better.filter(kept), frame.filter(kept), obeyed.filter(kept)


def _refused(refusal: Refusal, rows: pl.DataFrame) -> Iterator[Failed]:
    cells = rows[refusal.field] if refusal.field in rows.columns else pl.Series([None] * rows.height)
    for row, name, cell in zip(rows[ROW], rows["id"], cells, strict=True):
        yield Failed(row, name, refusal.why(cell))


def _lane_frame(kind: Kind, lane: Lane, rows: pl.DataFrame, market: Market, label: str) -> pl.DataFrame:
    found = lane.values(rows, market)
    party = pl.col(lane.party).fill_null(lane.party) if lane.party in rows.columns else pl.lit(lane.party)
    party = party if found.parties is None else pl.Series(found.parties, dtype=pl.String)
    notes = pl.lit(found.notes) if isinstance(found.notes, str) else pl.Series(found.notes, dtype=pl.String)
    return rows.select(
        pl.lit("").alias("source"),
        pl.lit(kind.name).alias("kind"),
        pl.col(ROW).alias("row"),
        pl.col("id"),
        party.alias("party"),
        pl.lit(label).alias("scenario"),
        pl.lit(market.as_of).alias("date"),
        pl.lit("value").alias("measure"),
        pl.lit("pricing").alias("probability"),
        pl.Series(found.values).alias("value"),
        pl.lit("USD").alias("unit"),
        pl.lit(None, dtype=pl.Float64).alias("standard_error"),
        notes.alias("error_note"),
        pl.lit(lane.method).alias("method"),
    )


def _engine_frame(
    kind: Kind, slow: pl.DataFrame, rest: pl.DataFrame, how: How, markets: Mapping[str, Market], failures: list[Failed]
) -> pl.DataFrame:
    """Rows that the models judge, priced by the contract's engine one by one."""
    lines: list[dict[str, Any]] = []
    for raw, good in zip(as_cells(slow).iter_rows(named=True), rest.iter_rows(named=True), strict=True):
        row, name = raw.pop(ROW), str(raw.get("id") or "")
        cells = {key: good[key] if good.get(key) is not None else value for key, value in raw.items()}
        try:
            deal = row_deal(kind, cells, how.market.as_of)
            lines += [line | {"row": row} for line in deal_lines(deal, (CONTRACT,), cells.get("method"), how, markets)]
        except GpufinError as error:
            failures += [Failed(row, name, _as_written(one, raw)) for one in error.problems]
    return _lines_frame(lines, kind.name)


def _lines_frame(lines: list[dict[str, Any]], kind: str) -> pl.DataFrame:
    return pl.DataFrame([{"source": "", "kind": kind} | line for line in lines], schema=SCHEMA, orient="row")


def _as_written(one: Problem, raw: Mapping[str, object]) -> Problem:
    """A problem with the cell as the book has it."""
    cell = raw.get(one.field)
    text = "" if cell is None else str(cell)
    return one if one.value == text else Problem(one.reason, one.subject, one.field, text[:60] or one.value, one.allowed, one.remedy)


def deal_lines(deal: Deal, contracts: tuple[str, ...], method: object, how: How, markets: Mapping[str, Market]) -> Iterator[dict[str, Any]]:
    """Value of each contract in each scenario, to the party that its engine names first.

    Raises:
        GpufinError: a contract cannot be priced.
    """
    for label, market in markets.items():
        for contract in contracts:
            named = str(method) if method is not None else find_engine(type(deal.contracts[contract]), None).method
            valuation = price(deal, market, method=named, measures=("value",), paths=how.paths, seed=how.seed, threads=how.threads)
            row = valuation.row("value", contract=contract)
            if row.value is None or not math.isfinite(row.value):
                raise InputError(problem("unsupported", field="method", why="no value by this method", remedy="choose another"))
            yield {
                "id": deal.id if contracts == (CONTRACT,) else f"{deal.id}/{contract}",
                "party": row.party,
                "scenario": label,
                "date": market.as_of,
                "measure": "value",
                "probability": row.probability,
                "value": row.value,
                "unit": row.unit,
                "standard_error": row.standard_error,
                "error_note": row.error_note,
                "method": row.method,
            }


def _price_deals(piece: Slice, how: How) -> Priced:
    markets = how.markets
    lines: list[dict[str, Any]] = []
    failures: list[Failed] = []
    for index, path in enumerate(piece.deals, start=piece.start + 1):
        name = Path(path).parent.name
        try:
            deal = load_deal(path)
        except GpufinError as error:
            failures += [Failed(index, name, one) for one in error.problems]
            continue
        for contract in deal.contracts:
            try:
                lines += [line | {"row": index} for line in deal_lines(deal, (contract,), None, how, markets)]
            except GpufinError as error:
                failures += [Failed(index, f"{deal.id}/{contract}", one) for one in error.problems]
    return Priced(_named(_lines_frame(lines, DEALS), piece.source), failure_frame(piece.source, DEALS, failures))


def failure_frame(source: str, kind: str, failures: list[Failed]) -> pl.DataFrame:
    """Failures as a table."""
    rows = [
        (source, kind, f.row, f.id, f.problem.reason.value, f.problem.field, f.problem.value, f.problem.allowed, f.problem.remedy)
        for f in sorted(failures, key=lambda item: item.row)
    ]
    return pl.DataFrame(rows, schema=FAILURE_SCHEMA, orient="row")
