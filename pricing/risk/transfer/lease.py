"""The lease: a lessor buys the hardware and lets it to the vehicle at a level rent; its residual may be guaranteed.

Rent unpaid is put off without interest and given up when the lease ends; the deposit is kept up to it. The hardware is the lessor's: what a
sale brings, and what idle months cost, is its own. The guarantor makes up what the sale lacks to the guaranteed value of that month, which
falls on a straight line. Not modelled: damages for lost rents, options to buy or renew.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from instruments.financing import Design, LeaseFinancing
from pricing.priority.state import Claim
from pricing.risk.transfer.book import DEFERRED, DUE, LOST, PAID, Book, Columns
from pricing.risk.transfer.debt import OPEN_SHARE
from pricing.risk.transfer.guarantee import worth_of_promise
from pricing.risk.transfer.hardware import VEHICLE, SaleMonth
from pricing.risk.transfer.operations import Operations
from pricing.risk.transfer.setup import NEVER, Setup
from pricing.schedules.types import Bools, Floats, Ints


@dataclass(frozen=True)
class LeaseColumns:
    """Columns of a lease."""

    rent: int
    deposit: tuple[tuple[int, float], ...]
    """Column and share of each owner: paid through the vehicle's owners to the lessor."""
    refund: tuple[tuple[int, float], ...]
    residual: int
    """Claim on the guarantor; -1 without one."""


def lease_columns(columns: Columns, design: Design, lease: LeaseFinancing) -> LeaseColumns:
    """The columns."""
    owners = design.equity.items()
    guaranteed = columns.claim(lease.guarantor, lease.lessor, "lease", "residual guarantee") if lease.guarantor else -1
    return LeaseColumns(
        rent=columns.claim(VEHICLE, lease.lessor, "lease", "rent"),
        deposit=tuple((columns.add(owner, lease.lessor, "lease", "deposit"), share) for owner, share in owners),
        refund=tuple((columns.add(lease.lessor, owner, "lease", "deposit returned"), share) for owner, share in owners),
        residual=guaranteed,
    )


def level_rent(setup: Setup, lease: LeaseFinancing, margin: float) -> float:
    """Monthly rent at which rents and the planned residual, at the implicit rate, are worth the cost less the deposit; USD."""
    factors = np.cumprod(1.0 / (1.0 + setup.forward_rate + margin * setup.steps))
    need = setup.cost * (1.0 - lease.deposit_share - lease.planned_residual_share * float(factors[setup.months - 1]))
    return max(need, 0.0) / float(factors[: lease.rent_months].sum())


class Lease:
    """A lease on a block of paths."""

    def __init__(self, setup: Setup, lease: LeaseFinancing, margin: float, columns: LeaseColumns, operations: Operations) -> None:
        self._setup, self._terms, self._columns, self._operations = setup, lease, columns, operations
        self._rent = level_rent(setup, lease, margin)
        paths = operations.paths
        self._claim = Claim.none(paths)
        self._proceeds = np.zeros(paths)
        self._short = np.zeros(paths)
        self._at: Ints = np.full(paths, NEVER, dtype=np.int64)

    @property
    def waits(self) -> bool:
        """Whether a payment of the guarantor may be still to come."""
        return bool((self._at < NEVER).any())

    def start(self, book: Book) -> None:
        """The deposit."""
        for column, share in self._columns.deposit:
            book.post(column, 0, share * self._terms.deposit_share * self._setup.cost)

    def pay(self, t: int, cash: Floats, performing: Bools, over: Bools, book: Book) -> Floats:
        """Rent of a month; what is left for the owners [path]."""
        claim, row, column = self._claim, t + 1, self._columns.rent
        before = claim.owed
        claim.accrue(np.where(performing & (t < self._terms.rent_months), self._rent, 0.0))
        paid = np.minimum(cash, claim.owed)
        claim.pay(paid)
        lost = np.where(over, claim.owed, 0.0)
        for offset, amount in ((PAID, paid), (DUE, claim.due), (LOST, lost), (DEFERRED, claim.owed - lost - before)):
            book.post(column + offset, row, amount)
        deposit = self._terms.deposit_share * self._setup.cost
        back = np.where(over, deposit - np.minimum(deposit, lost), 0.0)
        for refund, share in self._columns.refund:
            book.post(refund, row, share * back)
        claim.owed = claim.owed - lost
        return cash - paid

    def sold(self, t: int, month: SaleMonth, over: Bools, ended_at: Floats, book: Book) -> None:
        """Sales of a month go to the lessor; when the last is done the residual guarantee is measured, and paid after its lag.

        Args:
            t, book: as elsewhere. month: the sale. over: where the lease ends in this month.
            ended_at: years-share of the life run when the vehicle stopped paying, in [0, 1] [path].
        """
        self._proceeds = self._proceeds + month.price - month.cost
        terms = self._terms
        if terms.guarantor is None:
            return
        share = terms.guaranteed_start_share + (terms.guaranteed_end_share - terms.guaranteed_start_share) * ended_at
        short = np.maximum(share * self._setup.cost - self._proceeds, 0.0)
        self._short = np.where(over, short, self._short)
        self._at = np.where(over, t + terms.lag_months, self._at)
        due = np.where(self._at == t, self._short, 0.0)
        worth = worth_of_promise(self._setup, self._operations, terms.guarantor, t)
        for offset, amount in ((DUE, due), (PAID, worth * due), (LOST, (1.0 - worth) * due)):
            book.post(self._columns.residual + offset, t + 1, amount)

    @property
    def unpaid(self) -> Bools:
        """Where rent is put off [path]."""
        return self._claim.owed > OPEN_SHARE * self._setup.cost
