"""A book priced to disk: in parts, with a plan and a manifest, so that a run that was killed goes on where it stopped.

`OUT.parts/plan.json` says what is priced (hashes of book, market and scenarios, seed, paths, versions) and how rows are cut; each part is a
pair of files that appear whole, the results last; `OUT`, `OUT.failures.*` and `OUT.manifest.json` appear when every part is there.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from curves import Market, Scenario, market_warnings
from instruments.ground.errors import BatchError, FileError
from instruments.ground.messages import problem
from pricing.books.executors import in_order
from pricing.books.output import check_output, join_parts, parquet_bytes, write_whole
from pricing.books.pieces import remove_left
from pricing.books.pricer import WINDOW, audit_of, problems_of, settings, slices_of
from pricing.books.slices import BASE, FAILURE_SCHEMA, SCHEMA, How, Priced, Slice, price_slice
from pricing.books.sources import BookLike, Source, sources_of

Progress = Callable[[int, int], None]
"""(rows done, rows in all), called after every part."""


@dataclass(frozen=True)
class BookRun:
    """What `run_book` returns: where the files are, and what the manifest says."""

    results: Path
    failures: Path
    manifest: dict[str, Any]
    warnings: tuple[str, ...]

    @property
    def totals(self) -> dict[str, float]:
        """Sum of values by scenario, correctly rounded: in any order the same."""
        return dict(self.manifest["totals_usd"])


def run_book(
    book: BookLike,
    market: Market,
    output: str | Path,
    *,
    scenarios: Iterable[Scenario] | None = None,
    executor: Executor | None = None,
    paths: int | None = None,
    seed: int = 0,
    threads: int | None = None,
    rows: int = WINDOW,
    progress: Progress | None = None,
) -> BookRun:
    """Price a book to a file, in parts; call it again after an interruption and it goes on.

    Memory: at most 32 slices of `rows` rows are under way, with their results: about 32 x rows x (columns + 14) x 8 bytes, whatever the
    length of the book. CSV, JSON lines and Arrow streams longer than a piece are kept as Parquet meanwhile, in a folder beside the output;
    what a killed run leaves there, the next one removes. A frame that is given is held whole, an Arrow stream a record batch at a time. Ids
    are kept for the whole book: about 50 bytes a row.

    Args:
        book, market, scenarios, executor, paths, seed, threads: as in `price_book`.
        output: a .parquet, .csv, .jsonl or .arrow file. `<output>.failures.<suffix>` and `<output>.manifest.json` stand beside it.
        rows: most rows of a part.
        progress: told after every part.

    Returns:
        A `BookRun`. The same bytes for every executor and every size of parts.

    Raises:
        FileError: no room, no permission; what is done stays. InputError: unusable input, or the parts of another run are in the way.
        BatchError: every row failed, or a worker died; what is done stays.
    """
    target = check_output(Path(output))
    how = settings(market, scenarios, paths, seed, threads)
    remove_left(target)
    found = sources_of(book, target)
    audit = audit_of(found, how)
    folder = target.with_name(target.name + ".parts")
    ready = _ready(target, folder, audit, market)
    if ready is not None:
        return ready
    rows = _plan(folder, audit, rows)
    count = sum(source.height for source in found)
    names = _price_parts(folder, found, how, executor, rows, count, progress)
    return _finish(folder, target, names, audit, count, market)


def _ready(target: Path, folder: Path, audit: dict[str, Any], market: Market) -> BookRun | None:
    """The run that has been finished before, if it is the same and its files are as it left them."""
    try:
        manifest = json.loads(_beside(target, "manifest.json").read_text())
        same = manifest["audit"] == json.loads(json.dumps(audit)) and not folder.exists()
        files = [target.with_name(manifest[part]["file"]) for part in ("results", "failures")]
        whole = same and all(_hash(file) == manifest[part]["sha256"] for file, part in zip(files, ("results", "failures"), strict=True))
    except (OSError, ValueError, KeyError):
        return None
    return BookRun(files[0], files[1], manifest, market_warnings(market)) if whole else None


def _beside(target: Path, what: str) -> Path:
    return target.with_name(f"{target.name}.{what}")


def _plan(folder: Path, audit: dict[str, Any], rows: int) -> int:
    """Write the plan, or read it and check that it is of the same run; returns the rows of a part."""
    place = folder / "plan.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        known = json.loads(place.read_text()) if place.is_file() else None
    except (OSError, ValueError) as error:
        raise FileError(problem("file_unreadable", subject=str(place), why=str(error))) from error
    if known is None:
        write_whole(place, json.dumps({"audit": audit, "rows": rows}, indent=1).encode())
        return rows
    differ = [name for name in audit if known["audit"].get(name) != json.loads(json.dumps(audit[name]))]
    if differ:
        raise FileError(problem("another_run", subject="output", value=folder.name, what=", ".join(differ), place=folder.name))
    return int(known["rows"])


def _name(piece: Slice, number: int) -> str:
    return f"{number:03d}-{piece.start:010d}"


def _price_parts(
    folder: Path, found: tuple[Source, ...], how: How, executor: Executor | None, rows: int, count: int, progress: Progress | None
) -> list[str]:
    """Price every part that is not there yet, and write each as soon as those before it are written."""
    names: list[str] = []
    waiting: list[tuple[str, int]] = []
    done = 0

    def missing() -> Iterator[tuple[Slice, How]]:
        nonlocal done
        at, last = -1, None
        for piece in slices_of(found, how, fine=True, window=rows):
            if last is None or piece.start == 0:
                at += 1
            last = piece
            name, size = _name(piece, at), len(piece.deals) or piece.frame.height
            names.append(name)
            if (folder / f"{name}.parquet").is_file():
                done += size
            else:
                waiting.append((name, size))
                yield piece, how

    for priced in in_order(executor, price_slice, missing()):
        name, size = waiting.pop(0)
        _write_part(folder, name, priced)
        done += size
        if progress is not None:
            progress(done, count)
    return names


def _write_part(folder: Path, name: str, priced: Priced) -> None:
    # the results are written last: where they are, the part is whole
    write_whole(folder / f"{name}.failures.parquet", parquet_bytes(priced.failures))
    write_whole(folder / f"{name}.parquet", parquet_bytes(priced.results))


def _finish(folder: Path, target: Path, names: list[str], audit: dict[str, Any], count: int, market: Market) -> BookRun:
    results = [folder / f"{name}.parquet" for name in names]
    failures = [folder / f"{name}.failures.parquet" for name in names]
    lost = pl.scan_parquet(failures).select(pl.len()).collect().item() if failures else 0
    kept = pl.scan_parquet(results).select(pl.len()).collect().item() if results else 0
    if count and not kept:
        raise BatchError(*problems_of(pl.scan_parquet(failures).head(20).collect()), problem("all_failed", subject="book", count=count))
    beside = target.with_name(f"{target.stem}.failures{target.suffix}")
    join_parts(failures, beside, FAILURE_SCHEMA)
    join_parts(results, target, SCHEMA)
    manifest = {
        "schema_version": 1,
        "audit": audit,
        "rows": count,
        "results": {"file": target.name, "rows": kept, "sha256": _hash(target)},
        "failures": {"file": beside.name, "rows": lost, "sha256": _hash(beside)},
        "totals_usd": totals(results),
    }
    write_whole(_beside(target, "manifest.json"), (json.dumps(manifest, indent=1) + "\n").encode())
    shutil.rmtree(folder, ignore_errors=True)
    return BookRun(target, beside, manifest, market_warnings(market))


def totals(parts: list[Path]) -> dict[str, float]:
    """Sum of values by scenario over parts, correctly rounded (`math.fsum`), reading one part at a time."""
    if not parts:
        return {BASE: 0.0}
    labels = pl.scan_parquet(parts).select("scenario").unique(maintain_order=True).collect()["scenario"].to_list()

    def values(label: str) -> Iterator[float]:
        for part in parts:
            yield from pl.read_parquet(part, columns=["scenario", "value"]).filter(pl.col("scenario") == label)["value"].to_list()

    return {label: math.fsum(values(label)) for label in labels}


def _hash(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
