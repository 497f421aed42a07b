"""The owners' layer: capital at the start, what they put in while the vehicle earns nothing, and what is left for them."""

from __future__ import annotations

from dataclasses import dataclass

from instruments.financing import Design
from pricing.risk.transfer.book import Book, Columns
from pricing.risk.transfer.hardware import VEHICLE
from pricing.schedules.types import Floats


@dataclass(frozen=True)
class OwnerColumns:
    """Columns of each owner."""

    shares: tuple[float, ...]
    capital: tuple[int, ...]
    support: tuple[int, ...]
    distribution: tuple[int, ...]

    def post(self, columns: tuple[int, ...], row: int, amount: Floats | float, book: Book) -> None:
        """An amount of all owners, by their shares."""
        for column, share in zip(columns, self.shares, strict=True):
            book.post(column, row, share * amount)


def owner_columns(columns: Columns, design: Design) -> OwnerColumns:
    """Three columns for each owner."""
    owners = tuple(design.equity)
    return OwnerColumns(
        shares=tuple(design.equity.values()),
        capital=tuple(columns.add(name, VEHICLE, "equity", "capital") for name in owners),
        support=tuple(columns.add(name, VEHICLE, "equity", "cost of idle months") for name in owners),
        distribution=tuple(columns.add(VEHICLE, name, "equity", "distribution") for name in owners),
    )
