"""Rules judged on whole columns: extremes and distinct texts of a column answer for every row, so that a clean book is read once.

What is not obeyed, or takes longer to tell, is left to the rules of rows: `pricing.books.columns.valid`. Both ask the same constraints.
"""

from __future__ import annotations

import math

import annotated_types as bounds
import polars as pl

from instruments.ground.keys import Matches
from instruments.ground.units import Plausible
from pricing.books.columns import CALENDAR, DTYPES, Scalar, Sort, form
from pricing.books.texts import all_match, distinct

RANGES = (bounds.Gt, bounds.Ge, bounds.Lt, bounds.Le, Plausible)
"""Constraints that hold between two numbers where they hold at both."""


class WholeColumns:
    """What is known of whole columns of a typed frame."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame

    def full(self, name: str) -> bool:
        """Whether every cell of a column is given."""
        return self.frame.height > 0 and self.frame[name].null_count() == 0

    def obeyed(self, node: Scalar, name: str) -> bool:
        """Whether every cell of a column is known to obey the rules of the node."""
        cells = self.frame[name]
        nulls = cells.null_count()
        if nulls and node.required:
            return False
        if nulls == cells.len():
            return True
        if node.sort == "text":
            return _texts_obey(cells, node.rules)
        if node.sort in ("number", "whole"):
            return _numbers_obey(cells, node)
        return not node.rules


def _numbers_obey(cells: pl.Series, node: Scalar) -> bool:
    # extremes leave out what is not a number, a sum does not
    if not all(isinstance(rule, RANGES) for rule in node.rules) or math.isnan(float(cells.sum())):  # type: ignore[arg-type]
        return False
    ends = pl.DataFrame({"end": pl.Series([cells.min(), cells.max()], dtype=cells.dtype)})
    cell = pl.col("end")
    return bool(ends.select(pl.all_horizontal(cell.is_finite(), *(form(cell, rule) for rule in node.rules)).all()).item())


def _texts_obey(cells: pl.Series, rules: tuple[object, ...]) -> bool:
    if len(rules) == 1 and isinstance(rules[0], Matches) and all_match(cells, rules[0].pattern):
        return True
    names = distinct(cells)
    if names is None:
        return False
    every = pl.DataFrame({"text": pl.Series(names, dtype=pl.String)})
    return all(bool(every.select(form(pl.col("text"), rule).all()).item()) for rule in rules)


def is_typed(cells: pl.Series, sort: Sort) -> bool:
    """Whether a column holds its sort already, dates that Python does not have apart."""
    if cells.dtype != DTYPES[sort]:
        return False
    if sort != "date" or cells.null_count() == cells.len():
        return True
    days = cells.to_physical()
    return CALENDAR[0] <= int(days.min()) and int(days.max()) <= CALENDAR[1]  # type: ignore[arg-type]
