"""The guarantee of the debt: what the sale of everything leaves unpaid, up to the cap, paid later by a guarantor who must still live.

Interest runs on the shortfall until the payment, at the rate of the tranche. Not modelled: payments before the loss is known, costs of the
guarantor's own default to anybody else, its claim on the operator after it has paid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from instruments.financing import Design
from pricing.risk.transfer.book import DUE, LOST, PAID, Book, Columns
from pricing.risk.transfer.debt import TranchePlan
from pricing.risk.transfer.operations import Operations
from pricing.risk.transfer.setup import NEVER, Setup
from pricing.schedules.types import Floats, Ints


@dataclass(frozen=True)
class GuaranteeColumns:
    """Columns by covered tranche, in order of rank."""

    fee: tuple[tuple[int, float], ...]
    """Column and share of each owner."""
    paid: dict[str, int]


def guarantee_columns(columns: Columns, design: Design) -> GuaranteeColumns:
    """The columns of a guarantee, if there is one."""
    if design.guarantee is None:
        return GuaranteeColumns((), {})
    guarantor = design.guarantee.guarantor
    fee = tuple((columns.add(owner, guarantor, "guarantee", "fee"), share) for owner, share in design.equity.items())
    return GuaranteeColumns(
        fee, {name: columns.claim(guarantor, design.tranches[name].holder, name, "guarantee") for name in design.covered}
    )


def worth_of_promise(setup: Setup, operations: Operations, promisor: str, t: int) -> Floats:
    """Share of a promise that its giver pays in month t: all while it lives, the recovery of its credit afterwards [path]."""
    key = setup.credit(promisor)
    if key is None:
        return np.ones(operations.paths)
    return np.where(operations.defaulted[key] > t, 1.0, setup.recovery[promisor])


class Guarantee:
    """A guarantee on a block of paths."""

    def __init__(
        self, setup: Setup, design: Design, plans: dict[str, TranchePlan], columns: GuaranteeColumns, operations: Operations
    ) -> None:
        self._setup, self._plans, self._columns, self._operations = setup, plans, columns, operations
        self._terms = design.guarantee
        paths = operations.paths
        self._owed = {name: np.zeros(paths) for name in columns.paid}
        self._at: Ints = np.full(paths, NEVER, dtype=np.int64)
        covered = sum(plans[name].principal for name in columns.paid)
        cap = self._terms.cap_share if self._terms else None
        self._cap = np.full(paths, np.inf if cap is None else cap * covered)
        self._fee = (self._terms.fee_share if self._terms else 0.0) * covered

    @property
    def waits(self) -> bool:
        """Whether a payment may be still to come."""
        return bool((self._at < NEVER).any())

    def start(self, book: Book) -> None:
        """The fee."""
        for column, share in self._columns.fee:
            book.post(column, 0, share * self._fee)

    def step(self, t: int, lost: dict[str, Floats], book: Book) -> None:
        """One month, after the debt's: interest on what waits, new losses, payments."""
        if self._terms is None:
            return
        fresh = np.zeros(self._operations.paths, dtype=np.bool_)
        for name in self._owed:
            self._owed[name] = self._owed[name] * (1.0 + self._plans[name].rate[t]) + lost.get(name, 0.0)
            fresh = fresh | (lost[name] > 0.0)
        self._at = np.where(fresh, t + self._terms.lag_months, self._at)
        paying = self._at == t
        if not paying.any():
            return
        worth = worth_of_promise(self._setup, self._operations, self._terms.guarantor, t)
        for name, column in self._columns.paid.items():
            amount = np.where(paying, np.minimum(self._cap, self._owed[name]), 0.0)
            self._cap = self._cap - amount
            self._owed[name] = np.where(paying, 0.0, self._owed[name])
            book.post(column + DUE, t + 1, amount)
            book.post(column + PAID, t + 1, worth * amount)
            book.post(column + LOST, t + 1, (1.0 - worth) * amount)
