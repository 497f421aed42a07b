"""The customer's prepayment: paid today, credited against rent while the contract lives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from instruments.financing import PrepaidOfftake
from pricing.risk.transfer.book import DUE, LOST, PAID, Book, Columns
from pricing.risk.transfer.hardware import VEHICLE
from pricing.risk.transfer.operations import Operations
from pricing.risk.transfer.setup import Setup
from pricing.schedules.types import Floats


@dataclass(frozen=True)
class PrepaymentColumns:
    """Columns of a prepayment."""

    paid: int
    credit: int


def prepayment_columns(columns: Columns, customer: str) -> PrepaymentColumns:
    """The columns: what is not used when the contract ends is due and given up at once."""
    return PrepaymentColumns(
        paid=columns.add(customer, VEHICLE, "prepayment", "prepayment"),
        credit=columns.claim(VEHICLE, customer, "prepayment", "rent credit"),
    )


def post_prepayment(
    setup: Setup, terms: PrepaidOfftake, margin: float, operations: Operations, columns: PrepaymentColumns, book: Book
) -> Floats:
    """Post a prepayment and its credits; the credits [month, path].

    **Model** the unused balance earns the forward rate and the margin; the credit of a month is the level amount that uses it up on the
    plan, at most the rent of the month and the balance. Any rest at the contract's end is lost.
    """
    rate = setup.forward_rate + margin * setup.steps
    amount = terms.share_of_cost * setup.cost
    level = amount / float(np.cumprod(1.0 / (1.0 + rate[: terms.months])).sum())
    book.post(columns.paid, 0, amount)
    balance = np.full(operations.paths, amount)
    credits = np.zeros_like(operations.contract_rent)
    for t in range(setup.months):
        balance = balance * (1.0 + rate[t])
        # the last planned credit takes what rounding has left
        asked = balance if t >= terms.months - 1 else np.minimum(level, balance)
        credits[t] = np.minimum(asked, operations.contract_rent[t])
        balance = balance - credits[t]
        alive = operations.contract[t + 1] if t + 1 < setup.total else np.zeros_like(operations.contract[t])
        lost = np.where(alive, 0.0, balance)
        balance = balance - lost
        book.post(columns.credit + DUE, t + 1, credits[t] + lost)
        book.post(columns.credit + PAID, t + 1, credits[t])
        book.post(columns.credit + LOST, t + 1, lost)
    return credits
