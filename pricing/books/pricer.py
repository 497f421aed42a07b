"""`price_book`: rows validated by column, those of an array lane priced in one call, the others by engines, every bad row kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curves import Market, Scenario, market_warnings
from instruments.ground.errors import BatchError, InputError, Problem, Reason
from instruments.ground.messages import problem
from pricing.api import fingerprint, versions
from pricing.books.executors import in_order
from pricing.books.kinds import kinds
from pricing.books.slices import BASE, FAILURE_SCHEMA, SCHEMA, How, Slice, lane_rows, price_slice, typed_frame
from pricing.books.sources import DEALS, BookLike, Source, sources_of, windows
from pricing.paths.streams import blocks_for, check_seed, workers
from pricing.registry import DEFAULT_PATHS
from pricing.results import document_json

WINDOW = 65_536
"""Rows that are read and checked at a time."""
WHOLE = 1 << 20
"""The same where all is priced in this process at once: memory of a million rows."""
ENGINE_ROWS = 32
"""Most rows of a slice that go through engines one by one."""


@dataclass(frozen=True)
class BookResult:
    """What `price_book` returns: a frame of values, a frame of failures. Every row of the book is in exactly one of them."""

    results: pl.DataFrame
    failures: pl.DataFrame
    warnings: tuple[str, ...]
    made: Callable[[], dict[str, Any]]
    """Makes the audit: hashing a large book takes as long as pricing it, so it is done when it is asked for."""

    @cached_property
    def audit(self) -> dict[str, Any]:
        """What is needed to get the same numbers again."""
        return self.made()

    @property
    def total(self) -> float:
        """Sum of the values of the base case, correctly rounded, so in any order the same."""
        return math.fsum(self.results.filter(pl.col("scenario") == BASE)["value"])

    def _repr_html_(self) -> str:
        """A plain table for a notebook."""
        from pricing.report.plots import plain_table

        return plain_table(self.results)

    def plot(self) -> Any:
        """Total value of the base case by kind of contract, as a plotly figure.

        Raises:
            InputError: plotly is not installed (pip install plotly).
        """
        from pricing.report.plots import drawn, kind_bars

        return drawn(kind_bars(self.results.filter(pl.col("scenario") == BASE)), "BookResult.plot")

    def to_json(self) -> str:
        """The JSON of the command line."""
        return document_json(
            audit=self.audit, results=self.results.to_dicts(), warnings=list(self.warnings), failures=self.failures.to_dicts()
        )


def price_book(
    book: BookLike,
    market: Market,
    *,
    scenarios: Iterable[Scenario] | None = None,
    executor: Executor | None = None,
    paths: int | None = None,
    seed: int = 0,
    threads: int | None = None,
) -> BookResult:
    """Price a book of contracts, one a row.

    **Model**: a row is a contract of one kind, its columns those of the term model (`pricing.books.columns`). Rows in the domain of an
    array lane are priced by it, equal to the engine of the same method; the others become a deal each and go to the engine that the
    column `method` names, or the contract's default. Not modelled: netting and anything else between rows.

    Args:
        book: a polars frame (`kind` column, else hurdle warrants); frames by kind; a file (.parquet, .csv, .arrow, .arrows, .jsonl); a
            `book.toml`; a folder of such files or of deals.
        market: the snapshot.
        scenarios: priced after the base case; None prices the base case alone.
        executor: any `concurrent.futures.Executor`; None prices in this process. It changes speed, never a byte.
        paths, seed, threads: as in `price`, for the rows that are simulated.

    Returns:
        A `BookResult`. A row that breaks a rule or cannot be priced is in `failures`, with its reason; a row that fails in one scenario
            fails whole.

    Raises:
        InputError: the file or its columns are unusable. BatchError: every row failed, or a worker died.
    """
    how = settings(market, scenarios, paths, seed, threads)
    found = sources_of(book)
    fine = executor is not None
    pieces = slices_of(found, how, fine=fine, window=WINDOW if fine else WHOLE)
    priced = list(in_order(executor, price_slice, ((piece, how) for piece in pieces)))
    results = _joined([one.results for one in priced], SCHEMA)
    failures = _joined([one.failures for one in priced], FAILURE_SCHEMA)
    rows = sum(source.height for source in found)
    if rows and results.is_empty():
        raise BatchError(*problems_of(failures), problem("all_failed", subject="book", count=rows))
    return BookResult(results, failures, market_warnings(market), lambda: audit_of(found, how))


def _joined(frames: list[pl.DataFrame], schema: pl.Schema) -> pl.DataFrame:
    full = [frame for frame in frames if frame.height]
    return full[0] if len(full) == 1 else pl.concat([schema.to_frame(), *full])


def settings(market: Market, scenarios: Iterable[Scenario] | None, paths: int | None, seed: int, threads: int | None) -> How:
    """Options, checked."""
    check_seed(seed)
    size = DEFAULT_PATHS if paths is None else paths
    blocks_for(size)
    workers(threads)
    return How(market, checked_scenarios(scenarios or ()), size, seed, threads)


def audit_of(found: tuple[Source, ...], how: How) -> dict[str, Any]:
    """What is needed to get the same numbers again; never worker counts or the size of slices."""
    return {
        "versions": versions(),
        "book": [{"source": source.name, "kind": source.kind, "rows": source.height, "hash": source.fingerprint()} for source in found],
        "market": fingerprint(how.market),
        "scenarios": [fingerprint(one) for one in how.scenarios],
        "seed": how.seed,
        "paths": how.paths,
    }


def problems_of(failures: pl.DataFrame) -> list[Problem]:
    """Failures of a table as problems, the first ones."""
    return [
        Problem(Reason(one["reason"]), f"row {one['row']}", one["field"], one["value"], one["allowed"], one["remedy"])
        for one in failures.head(20).to_dicts()
    ]


def checked_scenarios(scenarios: Iterable[Scenario]) -> tuple[Scenario, ...]:
    """Scenarios of moves alone, each with a label of its own: a row of a book has no plan that an event could change."""
    found = tuple(scenarios)
    labels = [BASE, *(scenario.label for scenario in found)]
    for scenario in found:
        if scenario.events:
            why = "a book knows no events"
            raise InputError(problem("unsupported", subject=scenario.label, field="events", why=why, remedy="use stress on a deal"))
        if labels.count(scenario.label) > 1:
            rule = "the label is taken ('base' is the unmoved market)"
            raise InputError(
                problem("broken_rule", subject="scenarios", field="label", value=scenario.label, rule=rule, remedy="rename it")
            )
    return found


def slices_of(found: tuple[Source, ...], how: How, *, fine: bool, window: int = WINDOW) -> Iterator[Slice]:
    """The book in slices, in order.

    Args:
        found: the sources. how: settings.
        fine: cut slices so that none holds more than `ENGINE_ROWS` rows for engines: work that can be spread and kept.
        window: rows read at a time.
    """
    repeated = repeated_ids(found)
    for source, twice in zip(found, repeated, strict=True):
        if source.deals:
            step = 1 if fine else len(source.deals)
            for start in range(0, len(source.deals), step):
                names = tuple(str(path) for path in source.deals[start : start + step])
                yield Slice(source.name, DEALS, start, pl.DataFrame(), deals=names)
            continue
        for start, frame in windows(source, window):
            cuts = _cuts(source, frame, how) if fine else [0, frame.height]
            for low, high in pairwise(cuts):
                inside = twice[(twice >= start + low) & (twice < start + high)]
                yield Slice(source.name, source.kind, start + low, frame.slice(low, high - low), tuple(inside.tolist()))


def _cuts(source: Source, frame: pl.DataFrame, how: How) -> list[int]:
    """Where a window is cut: after every `ENGINE_ROWS` rows that no lane prices."""
    slow = np.ones(frame.height, dtype=bool)
    names = [source.kind] if source.kind else [name for name in kinds() if name in set(frame["kind"].cast(pl.String))]
    for name in names:
        mine = np.ones(frame.height, dtype=bool) if source.kind else (frame["kind"].cast(pl.String) == name).fill_null(False).to_numpy()
        part = frame.drop("kind", strict=False)
        part = part.filter(pl.Series(mine)) if source.kind is None else part
        if source.kind is None:
            part = part.drop([column for column in part.columns if part[column].null_count() == part.height])
        better, obeyed = typed_frame(kinds()[name], part)
        slow[np.flatnonzero(mine)] = ~lane_rows(kinds()[name], better, obeyed, how.market).to_numpy()
    count = np.cumsum(slow)
    marks = np.searchsorted(count, np.arange(ENGINE_ROWS, count[-1] if count.size else 0, ENGINE_ROWS)) + 1
    return [0, *(int(mark) for mark in marks if mark < frame.height), frame.height]


def repeated_ids(found: tuple[Source, ...]) -> list[NDArray[np.int64]]:
    """For each source the indices of rows whose id stands in an earlier row of the book."""
    columns = [source.ids() for source in found]
    every = pl.concat([ids for ids in columns if ids is not None] or [pl.Series("id", [], dtype=pl.String)])
    twice = np.zeros(len(every), dtype=bool) if _all_apart(every) else (~every.is_first_distinct() & every.is_not_null()).to_numpy()
    at = 0
    out: list[NDArray[np.int64]] = []
    for ids in columns:
        size = 0 if ids is None else ids.len()
        out.append(np.flatnonzero(twice[at : at + size]))
        at += size
    return out


def _all_apart(ids: pl.Series) -> bool:
    """Whether ids are known to stand once each, by their order or by hashes; two texts of one hash take longer to tell apart."""
    if ids.len() < 2 or (ids.null_count() == 0 and bool((ids[1:] > ids[:-1]).all())):
        return True
    hashes = ids.drop_nulls().hash()
    return hashes.n_unique() == hashes.len()
