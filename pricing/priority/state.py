"""The state that an order of payments works on: a pot of cash, claims, balances, accounts; every array is [path]."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from pricing.schedules.types import Bools, Floats


@dataclass
class Claim:
    """One claim: what fell due in this period, what is owed in all, what was paid in this period."""

    due: Floats
    owed: Floats
    paid: Floats

    @classmethod
    def none(cls, paths: int) -> Claim:
        """Nothing due."""
        return cls(np.zeros(paths), np.zeros(paths), np.zeros(paths))

    def accrue(self, amount: Floats) -> None:
        """A new period: `amount` falls due on top of what was put off."""
        self.due, self.owed, self.paid = amount + 0.0 * self.owed, self.owed + amount, np.zeros_like(self.owed)

    def pay(self, amount: Floats) -> None:
        """Take a payment; what exceeds the owed counts as due and paid (a prepayment)."""
        beyond = np.maximum(amount - self.owed, 0.0)
        self.due = self.due + beyond
        self.owed = self.owed + beyond - amount
        self.paid = self.paid + amount


@dataclass
class Pot:
    """One period of one vehicle."""

    date: dt.date
    cash: Floats
    fees: dict[str, Claim]
    interest: dict[str, Claim]
    principal: dict[str, Claim]
    balance: dict[str, Floats]
    """Class to principal outstanding, senior first."""
    accounts: dict[str, Floats]
    targets: dict[str, Floats]
    pool: Floats
    """Performing balance at the end of the period."""
    opening_pool: float
    interest_in: Floats
    """Interest that came in."""
    principal_in: Floats
    """Principal and recoveries that came in and have not been paid out as principal: counted with the pool."""
    amounts: dict[str, Floats]
    """Principal still to be distributed under each rule of `PayPrincipal.amount` but `due`."""
    final: bool = False
    """At the legal final date principal is not limited to the period's amount."""
    ratios: dict[str, Callable[[Pot], Floats]] = field(default_factory=dict)
    """Further measures for conditions, by name: `dscr`, say."""
    latched: dict[str, Bools] = field(default_factory=dict)
    """Legs that have come true, by step and place; handed from period to period."""
    failed: dict[int, Bools] = field(default_factory=dict)
    """Coverage tests by step: where they failed in this period."""
    called: Bools | None = None
    """Where the pool was bought in this period."""
    call_price: Floats | None = None
    released: Floats | None = None

    @property
    def paths(self) -> int:
        """Number of paths."""
        return int(self.cash.size)

    def senior_to(self, through: str) -> list[str]:
        """The classes down to and with one."""
        names = list(self.balance)
        return names[: names.index(through) + 1]

    def covered(self) -> Floats:
        """What stands behind the notes: pool and principal in the pot."""
        return self.pool + np.minimum(self.principal_in, self.cash)

    def ratio(self, measure: str) -> Floats:
        """A measure of the period [path]: `oc_A`, `ic_A`, `pool_factor`, `reserve_NAME`, or one of `ratios`; infinite over nothing."""
        if measure in self.ratios:
            return self.ratios[measure](self)
        kind, _, name = measure.partition("_")
        if kind in ("oc", "ic") and name in self.balance:
            names = self.senior_to(name)
            if kind == "oc":
                return _over(self.covered(), sum((self.balance[each] for each in names), np.zeros(self.paths)))
            return _over(self.interest_in, sum((self.interest[each].due for each in names), np.zeros(self.paths)))
        if kind == "reserve" and name in self.accounts:
            return _over(self.accounts[name], self.targets[name])
        if measure == "pool_factor":
            return self.pool / self.opening_pool
        raise KeyError(measure)

    def knows(self, measure: str) -> bool:
        """Whether a condition can test it."""
        kind, _, name = measure.partition("_")
        known = (kind in ("oc", "ic") and name in self.balance) or (kind == "reserve" and name in self.accounts)
        return known or measure in self.ratios or measure == "pool_factor"


def _over(above: Floats, below: Floats) -> Floats:
    return np.where(below > 0.0, above / np.where(below > 0.0, below, 1.0), np.inf)
