"""Where the financing layers post: named columns of one plan, kept month by month or only as present values."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from pricing.ledger.plan import Claim, LedgerPlan, Posting, Unit
from pricing.schedules.types import Floats

CLAIMS: tuple[Claim, ...] = ("cash", "due", "deferred", "written_off")
PAID, DUE, DEFERRED, LOST = range(4)
"""Offsets within a claim."""


@dataclass
class Columns:
    """The columns of a plan while it is drawn up."""

    postings: list[Posting] = field(default_factory=list)

    def add(self, payer: str, payee: str, contract: str, reason: str, claim: Claim = "cash", unit: Unit = "USD") -> int:
        """A column; its number."""
        self.postings.append(Posting(payer, payee, contract, reason, unit, claim))
        return len(self.postings) - 1

    def claim(self, payer: str, payee: str, contract: str, reason: str) -> int:
        """Four columns of a claim: paid, due, deferred, written off; the number of the first."""
        first = len(self.postings)
        for claim in CLAIMS:
            self.add(payer, payee, contract, reason, claim)
        return first

    def plan(self) -> LedgerPlan:
        """The finished plan."""
        return LedgerPlan(tuple(self.postings))


class Book:
    """Postings of one block: [row, posting, path], row 0 today."""

    def __init__(self, columns: int, rows: int, paths: int) -> None:
        self.ledger: Floats = np.zeros((rows, columns, paths))

    def post(self, column: int, row: int, amount: Floats | float) -> None:
        """Add an amount, positive from payer to payee."""
        self.ledger[row, column] += amount


class PresentBook(Book):
    """The same, but only one number is kept of each path: the discounted sum of its postings, each by its sign."""

    def __init__(self, signs: Floats, discount: Floats, paths: int) -> None:
        """`signs` [item, posting]: what each posting counts in each item."""
        super().__init__(0, 0, 0)
        self.present: Floats = np.zeros((len(signs), paths))
        self._discount = discount
        counted = [np.flatnonzero(column) for column in signs.T]
        self._counts = [[(int(item), float(signs[item, at])) for item in items] for at, items in enumerate(counted)]

    def post(self, column: int, row: int, amount: Floats | float) -> None:
        """Add a discounted amount where it counts."""
        for item, sign in self._counts[column]:
            self.present[item] += (sign * self._discount[row]) * amount
