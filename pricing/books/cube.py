"""Scenarios by book: values as one array, with totals that are the same in any order."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from curves.arrays import FloatArray, read_only
from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.books.slices import BASE

ROW_KEY = ("source", "kind", "row", "id")
"""What names a row of a book."""


@dataclass(frozen=True)
class Cube:
    """Values of every row in every scenario, USD, [scenario, row]; read-only."""

    scenarios: tuple[str, ...]
    """Labels [scenario], the base first."""
    rows: pl.DataFrame
    """Source, kind, number and id [row]."""
    values: FloatArray

    @property
    def totals(self) -> dict[str, float]:
        """Sum over rows by scenario, correctly rounded."""
        return {label: math.fsum(self.values[at]) for at, label in enumerate(self.scenarios)}

    def totals_by(self, column: str) -> pl.DataFrame:
        """Sums by scenario and by a column of the rows (`kind`, `source`), correctly rounded."""
        if column not in self.rows.columns:
            raise InputError(problem("unknown_name", subject="cube", field="by", value=column, what="column", choices=ROW_KEY))
        names = self.rows[column]
        lines = [
            (label, name, math.fsum(self.values[at][(names == name).to_numpy()]))
            for at, label in enumerate(self.scenarios)
            for name in names.unique(maintain_order=True)
        ]
        return pl.DataFrame(lines, schema={"scenario": pl.String, column: pl.String, "value": pl.Float64}, orient="row")

    @property
    def changes(self) -> FloatArray:
        """Value less value in the base case [scenario, row]."""
        return read_only(self.values - self.values[self.scenarios.index(BASE)])


def cube_of(results: pl.DataFrame) -> Cube:
    """The results of `price_book` as a cube; every row is there in every scenario."""
    labels = tuple(results["scenario"].unique(maintain_order=True).to_list())
    parts = [results.filter(pl.col("scenario") == label) for label in labels]
    rows = parts[0].select(ROW_KEY) if parts else results.select(ROW_KEY)
    for part in parts:
        if not part.select(ROW_KEY).equals(rows):
            why = "a row is missing in a scenario: results of one run hold all"
            raise InputError(problem("broken_rule", subject="cube", rule=why, remedy="pass the results of one price_book"))
    return Cube(labels, rows, read_only(np.array([part["value"].to_numpy() for part in parts]).reshape(len(labels), rows.height)))
