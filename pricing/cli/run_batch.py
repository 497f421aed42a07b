"""`gpufin batch`: price a book. Exit code 4 where some rows failed; the others are priced."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

import polars as pl

from instruments.ground.errors import InputError
from instruments.ground.messages import printable, problem
from pricing.books.pricer import BookResult, price_book
from pricing.cli.figures import table, usd
from pricing.cli.inputs import say, sibling_market

SHOWN = 20
"""Rows shown on a terminal; files and JSON hold all of them."""


def run(arguments: Namespace) -> int:
    """Exit code 0, or 4 where some rows failed."""
    market = sibling_market(arguments.book, arguments.market)
    result = price_book(arguments.book, market, paths=arguments.paths, seed=arguments.seed, threads=arguments.threads)
    if arguments.output:
        _write(result, Path(arguments.output))
    if arguments.format == "json":
        sys.stdout.write(result.to_json())
    else:
        print(text_of(result))
    say(result.warnings, "note")
    for row, name, _, field, value, allowed, remedy in result.failures.iter_rows():
        print(f"failed: row {row} {printable(name)}: {field} = {printable(value)}: {allowed}; {remedy}", file=sys.stderr)
    return 4 if result.failures.height else 0


def text_of(result: BookResult) -> str:
    """The book for a terminal."""
    body = [
        [str(row), name, usd(value, error), method, note or ""]
        for row, name, value, error, method, note in result.results.head(SHOWN)
        .select("row", "id", "value", "standard_error", "method", "error_note")
        .iter_rows()
    ]
    parts = [table(["row", "id", "value, USD", "method", "note"], body, right=(0, 2))]
    if result.results.height > SHOWN:
        parts.append(f"... and {result.results.height - SHOWN:,} more; --output or --format json gives all")
    parts.append(f"{result.results.height:,} priced, {result.failures.height:,} problems; total {usd(result.total)} USD")
    return "\n\n".join(parts)


def _write(result: BookResult, path: Path) -> None:
    """The results, whole or not at all."""
    if path.suffix not in (".csv", ".parquet"):
        raise InputError(problem("bad_option", subject="--output", value=path.name, expected="a .csv or .parquet file", hint="name it so"))
    part = path.with_name(path.name + ".part")
    try:
        frame: pl.DataFrame = result.results
        frame.write_csv(part) if path.suffix == ".csv" else frame.write_parquet(part)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InputError(problem("file_unwritable", subject=str(path), why=error.strerror or str(error))) from error
