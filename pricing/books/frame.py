"""A book of warrants as a frame: its columns, their rules, and the rows that break them.

One row is one hurdle warrant: `shares` at `strike_usd`, earned when `underlying` has reached `target_usd` and, where `planned_delivery` is
given, `milestone` has been delivered. The rules are the ones of the terms; each broken one gives a failure with row, field, value, rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

import polars as pl

from instruments.ground.errors import FileError, InputError, Problem
from instruments.ground.messages import problem

OBSERVATIONS = ("touch", "close")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its type, whether a row may leave it out, and the rule for its values with what the rule allows."""

    name: str
    dtype: type[pl.DataType]
    required: bool
    allowed: str
    rule: Callable[[pl.Expr], pl.Expr] | None = None


def _above_zero(column: pl.Expr) -> pl.Expr:
    return column.is_finite() & (column > 0.0)


def _not_negative(column: pl.Expr) -> pl.Expr:
    return column.is_finite() & (column >= 0.0)


COLUMNS: tuple[Column, ...] = (
    Column("id", pl.String, True, "a short name", lambda c: c.str.contains(r"^[A-Za-z0-9][A-Za-z0-9_\-]{0,63}$")),
    Column("underlying", pl.String, True, "a share such as equity:AMD", lambda c: c.str.starts_with("equity:")),
    Column("shares", pl.Float64, True, "a number above 0", _above_zero),
    Column("strike_usd", pl.Float64, True, "a number at or above 0", _not_negative),
    Column("target_usd", pl.Float64, False, "a number above 0, or nothing", _above_zero),
    Column("expiry", pl.Date, True, "a date such as 2030-10-05"),
    Column("observation", pl.String, False, "touch or close", lambda c: c.is_in(OBSERVATIONS)),
    Column("milestone", pl.String, False, "a milestone of the market, or nothing"),
    Column("planned_delivery", pl.Date, False, "a date, or nothing"),
)
"""The columns of a warrant book."""


@dataclass(frozen=True, slots=True)
class RowFailure:
    """A row that was not priced, and why."""

    row: int
    id: str
    problem: Problem


def read_book(book: pl.DataFrame | str | PathLike[str]) -> pl.DataFrame:
    """A frame, or the frame in a .csv or .parquet file; CSV columns are read as text first, so that no bad cell stops the book.

    Raises:
        FileError: the file is missing, unreadable or of another kind. InputError: a required column is missing or one is unknown.
    """
    frame = book if isinstance(book, pl.DataFrame) else _read(Path(book))
    known = {column.name for column in COLUMNS}
    for name in frame.columns:
        if name not in known:
            raise InputError(problem("unknown_field", subject="book", field=name, suggestion=f"columns: {', '.join(sorted(known))}"))
    for column in COLUMNS:
        if column.required and column.name not in frame.columns:
            raise InputError(problem("missing_field", subject="book", field=column.name))
    return frame


def _read(path: Path) -> pl.DataFrame:
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise FileError(
            replace(problem("bad_option", subject="book", value=path.name, expected="a .csv or .parquet file", hint="convert it"))
        )
    if not path.is_file():
        raise FileError(problem("file_missing", subject=str(path), expected="book.csv"))
    try:
        return pl.read_csv(path, infer_schema=False) if path.suffix.lower() == ".csv" else pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise FileError(problem("file_unreadable", subject=str(path), why=" ".join(str(error).split())[:200])) from error


def checked_book(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[RowFailure]]:
    """Good rows with the right types (column `row` counts from 1), and a failure for every broken rule of the others."""
    raw = frame.with_row_index("row", offset=1).with_columns(pl.col("row").cast(pl.Int64))
    failures: list[RowFailure] = []
    typed = raw
    bad = pl.lit(False)
    for column in COLUMNS:
        if column.name not in raw.columns:
            typed = typed.with_columns(pl.lit(None, dtype=column.dtype).alias(column.name))
            continue
        value = _cast(pl.col(column.name), raw.schema[column.name], column)
        broken = value.is_null() & pl.col(column.name).is_not_null()
        if column.required:
            broken = broken | value.is_null()
        if column.rule is not None:
            broken = broken | (value.is_not_null() & ~column.rule(value).fill_null(False))
        wrong = raw.filter(broken).select("row", "id", pl.col(column.name).alias("cell"))
        failures += [_failure(row, name, column, cell) for row, name, cell in wrong.iter_rows()]
        typed = typed.with_columns(value.alias(column.name))
        bad = bad | broken
    good = typed.filter(~raw.select(bad.alias("bad")).to_series())
    twice = good.filter(pl.col("id").is_duplicated() & ~pl.col("id").is_first_distinct())
    for row, name in twice.select("row", "id").iter_rows():
        text = "the id stands in an earlier row"
        failures.append(
            RowFailure(row, name, problem("broken_rule", subject=f"row {row}", field="id", value=name, rule=text, remedy="rename it"))
        )
    return good.filter(~pl.col("row").is_in(twice["row"].implode())), sorted(failures, key=lambda item: item.row)


def _cast(cell: pl.Expr, found: pl.DataType, column: Column) -> pl.Expr:
    """A cell as its column's type, null where it is not one: booleans and dates are no numbers, numbers no text."""
    text = found == pl.String
    if column.dtype == pl.Date:
        return cell.str.to_date("%Y-%m-%d", strict=False) if text else cell if found == pl.Date else pl.lit(None, dtype=pl.Date)
    if column.dtype == pl.Float64:
        numeric = text or (found.is_numeric() and found != pl.Boolean)
        return cell.cast(pl.Float64, strict=False) if numeric else pl.lit(None, dtype=pl.Float64)
    return cell if text else pl.lit(None, dtype=pl.String)


def _failure(row: int, name: object, column: Column, cell: object) -> RowFailure:
    shown = "" if cell is None else str(cell)
    code = "missing_field" if cell is None else "wrong_type"
    subject = f"row {row}"
    if code == "missing_field":
        return RowFailure(row, str(name or ""), problem(code, subject=subject, field=column.name))
    return RowFailure(
        row, str(name), problem(code, subject=subject, field=column.name, value=shown, expected=column.allowed, hint="correct the row")
    )
