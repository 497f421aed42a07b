"""`gpufin batch`: price a book. Exit code 4 where some rows failed; the others are priced."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

import polars as pl

from curves.files import load_scenarios
from instruments.ground.messages import printable
from pricing.books.batch import BookRun, run_book
from pricing.books.executors import executor_named
from pricing.books.output import read_table
from pricing.books.pricer import WINDOW, BookResult, price_book
from pricing.books.sheet import summary_sheet
from pricing.books.slices import BASE, FAILURE_SCHEMA, SCHEMA
from pricing.cli.figures import table, usd
from pricing.cli.inputs import say, sibling_market
from pricing.progress import counting

SHOWN = 20
"""Rows shown on a terminal; files and JSON hold all of them."""


def run(arguments: Namespace) -> int:
    """Exit code 0, or 4 where some rows failed."""
    market = sibling_market(arguments.book, arguments.market)
    scenarios = load_scenarios(arguments.scenarios) if arguments.scenarios else None
    with executor_named(arguments.executor) as executor:
        if arguments.output:
            with counting("rows") as told:
                done = run_book(
                    arguments.book,
                    market,
                    Path(arguments.output),
                    scenarios=scenarios,
                    executor=executor,
                    paths=arguments.paths,
                    seed=arguments.seed,
                    threads=arguments.threads,
                    rows=arguments.rows or WINDOW,
                    progress=told,
                )
            if arguments.summary:
                summary_sheet(read_table(done.results, SCHEMA), read_table(done.failures, FAILURE_SCHEMA), Path(arguments.summary))
            return _written(done)
        result = price_book(
            arguments.book,
            market,
            scenarios=scenarios,
            executor=executor,
            paths=arguments.paths,
            seed=arguments.seed,
            threads=arguments.threads,
        )
    if arguments.summary:
        summary_sheet(result.results, result.failures, Path(arguments.summary))
    if arguments.format == "json":
        sys.stdout.write(result.to_json())
    else:
        print(text_of(result))
    say(result.warnings, "note")
    _say_failures(result.failures)
    return 4 if result.failures.height else 0


def _written(done: BookRun) -> int:
    kept, lost = done.manifest["results"]["rows"], done.manifest["failures"]["rows"]
    print(f"{kept // len(done.totals):,} priced, {lost:,} problems; total {usd(done.totals[BASE])} USD")
    for label, total in done.totals.items():
        if label != BASE:
            print(f"total, {printable(label)}: {usd(total)} USD")
    print(f"values: {done.results}\nproblems: {done.failures}")
    say(done.warnings, "note")
    if lost:
        _say_failures(read_table(done.failures, FAILURE_SCHEMA))
    return 4 if lost else 0


def _say_failures(failures: pl.DataFrame) -> None:
    failures = failures.with_columns(pl.col(pl.String).fill_null(""))
    for one in failures.head(SHOWN).iter_rows(named=True):
        place = f"row {one['row']} {printable(one['id'])}: {one['field']} = {printable(one['value'])}"
        print(f"failed: {place}: {one['allowed']}; {one['remedy']}", file=sys.stderr)
    if failures.height > SHOWN:
        print(f"failed: ... and {failures.height - SHOWN:,} more; --output or --format json gives all", file=sys.stderr)


def text_of(result: BookResult) -> str:
    """The book for a terminal."""
    shown = result.results.filter(pl.col("scenario") == BASE)
    body = [
        [str(row), name, usd(value, error), method, note or ""]
        for row, name, value, error, method, note in shown.head(SHOWN)
        .select("row", "id", "value", "standard_error", "method", "error_note")
        .iter_rows()
    ]
    parts = [table(["row", "id", "value, USD", "method", "note"], body, right=(0, 2))]
    if shown.height > SHOWN:
        parts.append(f"... and {shown.height - SHOWN:,} more; --output or --format json gives all")
    parts.append(f"{shown.height:,} priced, {result.failures.height:,} problems; total {usd(result.total)} USD")
    return "\n\n".join(parts)
