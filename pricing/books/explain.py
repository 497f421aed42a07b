"""Profit and loss of a book between two markets, by driver, with the part that no driver alone explains."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import polars as pl

from curves.market import Market
from instruments.ground.errors import GpufinError, InputError
from instruments.ground.messages import problem
from pricing.books.cube import ROW_KEY
from pricing.books.pricer import price_book
from pricing.books.slices import BASE
from pricing.books.sources import BookLike

TABLES = ("rates", "credit", "equity", "rent", "resale", "power", "milestones", "events", "correlation", "belief", "real_world")
"""Drivers beside time: tables of a market."""
TIME = "time"
UNEXPLAINED = "unexplained"


@dataclass(frozen=True)
class BookExplained:
    """Value before, value after, and what each driver alone changed, USD."""

    table: pl.DataFrame
    """One line per row of the book: source, kind, row, id, before, after, a column per driver, unexplained."""
    drivers: tuple[str, ...]
    lost: pl.DataFrame
    """Rows that fail in one of the markets: source, kind, row, id."""

    @property
    def totals(self) -> dict[str, float]:
        """Sums over the rows, correctly rounded: before, each driver, unexplained, after."""
        names = ("before", *self.drivers, UNEXPLAINED, "after")
        return {name: math.fsum(self.table[name]) for name in names}


def explain_book(book: BookLike, before: Market, after: Market, **options: Any) -> BookExplained:
    """Explain the change of a book's value between two markets.

    **Model** one at a time from `before`: for each driver the book is priced on `before` with that one table taken from `after` (time: its
    date, quotes standing still), and the driver's part is that value less the value before. The unexplained part is the change less the sum
    of all parts: what the drivers do together. No order of drivers is assumed; payments between the two dates are not added back.

    Args:
        book: as in `price_book`. before, after: the markets. options: executor, paths, seed, threads, as there.

    Returns:
        A `BookExplained`; before + drivers + unexplained = after, on every row up to rounding.

    Raises:
        InputError: a table of the one market does not fit into the other. BatchError: no row can be priced.
    """
    moved = {name: market for name, market in _mixed(before, after).items() if market != before}
    values = {"before": before, **moved, "after": after}
    frames = {name: _values(book, market, name, options) for name, market in values.items()}
    table = frames["before"]
    for name, frame in frames.items():
        if name != "before":
            table = table.join(frame, on=ROW_KEY, how="inner", maintain_order="left")
    everyone = pl.concat([frame.select(ROW_KEY) for frame in frames.values()]).unique(maintain_order=True)
    lost = everyone.join(table.select(ROW_KEY), on=ROW_KEY, how="anti", maintain_order="left")
    parts = [(pl.col(name) - pl.col("before")).alias(name) for name in moved]
    left = (
        pl.col("after") - pl.col("before") - pl.sum_horizontal(pl.col(name) - pl.col("before") for name in moved) if moved else pl.lit(0.0)
    )
    table = table.select(*ROW_KEY, "before", "after", *parts, left.alias(UNEXPLAINED))
    return BookExplained(table, tuple(moved), lost)


def _mixed(before: Market, after: Market) -> dict[str, Market]:
    """`before` with one driver of `after`."""
    found = {}
    for name, change in ((TIME, {"as_of": after.as_of}), *((table, {table: getattr(after, table)}) for table in TABLES)):
        try:
            found[name] = before.evolve(**change)
        except (ValueError, GpufinError) as error:
            why = f"{name} of the later market does not fit into the earlier one: {' '.join(str(error).split())[:160]}"
            raise InputError(
                problem("unsupported", subject="explain", field=name, why=why, remedy="give both markets the same keys")
            ) from error
    return found


def _values(book: BookLike, market: Market, name: str, options: dict[str, Any]) -> pl.DataFrame:
    found = price_book(book, market, **options).results.filter(pl.col("scenario") == BASE)
    return found.select(*ROW_KEY, pl.col("value").alias(name))
