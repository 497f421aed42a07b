"""Designs of a project booked on a few of its paths: what the laws of projects look at."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache

import numpy as np

from curves import Market
from instruments.financing import Design
from instruments.project import Project
from pricing.ledger.plan import Posting
from pricing.risk.transfer.book import Book
from pricing.risk.transfer.design_run import stated_margins
from pricing.risk.transfer.operations import Operations, simulate_operations
from pricing.risk.transfer.setup import Setup, set_up
from pricing.risk.transfer.vehicle import DesignPlan, Rolled, plan_design, roll_design
from pricing.schedules.types import Floats

PATHS = 64
"""Paths of every market tried."""
FAIR_AT = 0.04
"""Margin of a part that asks for a fair one: what the laws say holds at any margin, and to search for fair ones takes long."""


class Booked:
    """A design booked on given paths: stated margins, `margins` over them."""

    def __init__(self, setup: Setup, design: Design, operations: Operations, margins: Mapping[str, float] | None = None) -> None:
        self.setup, self.design, self.operations = setup, design, operations
        self.margins = stated_margins(design) | dict(margins or {})
        self.planned: DesignPlan = plan_design(setup, design)
        book = Book(len(self.planned.plan), setup.total + 1, operations.paths)
        self.rolled: Rolled = roll_design(setup, self.planned, self.margins, operations, book)
        self.ledger: Floats = book.ledger

    @property
    def postings(self) -> tuple[Posting, ...]:
        """The columns."""
        return self.planned.plan.postings

    @cached_property
    def _discounted(self) -> Floats:
        """[posting, path]"""
        return np.einsum("t,tkp->kp", self.setup.discount, self.ledger)

    def present(self, name: str) -> Floats:
        """Discounted cash and terminal value received less given [path]."""
        total = np.zeros(self.ledger.shape[2])
        for column, posting in enumerate(self.postings):
            if posting.unit == "USD" and posting.claim in ("cash", "terminal"):
                total = total + (float(posting.payee == name) - float(posting.payer == name)) * self._discounted[column]
        return total

    def loss(self, name: str) -> Floats:
        """Discounted amounts given less received [path]."""
        return -self.present(name)

    def column(self, contract: str, reason: str, claim: str = "cash") -> Floats:
        """Postings of one reason [row, path], over all payees."""
        total = np.zeros((self.ledger.shape[0], self.ledger.shape[2]))
        for column, posting in enumerate(self.postings):
            if (posting.contract, posting.reason, posting.claim) == (contract, reason, claim):
                total = total + self.ledger[:, column]
        return total


class Ran:
    """The operations of a project on a few paths, and its designs booked on them."""

    def __init__(self, project: Project, market: Market, seed: int) -> None:
        self.project, self.seed = project, seed
        self.setup, self.operations = simulated(project, market, seed)
        self._kept: dict[str, Booked] = {}

    @property
    def dust(self) -> float:
        """What rounding leaves of sums of this project's money, USD."""
        return 1e-9 * self.setup.cost

    def booked(self, name: str) -> Booked:
        """A design by name, kept: several laws look at it."""
        if name not in self._kept:
            self._kept[name] = self.book(self.project.designs[name])
        return self._kept[name]

    def book(self, design: Design, operations: Operations | None = None) -> Booked:
        """A design, on these paths or on others."""
        return Booked(self.setup, design, operations or self.operations, dict.fromkeys(design.fair_parts(), FAIR_AT))


@lru_cache(maxsize=9)
def simulated(project: Project, market: Market, seed: int) -> tuple[Setup, Operations]:
    """A project on a market and its first paths."""
    setup = set_up(project, market)
    return setup, simulate_operations(setup, seed, 0).first(PATHS)


@lru_cache(maxsize=9)
def ran(project: Project, market: Market, seed: int) -> Ran:
    """Kept for the laws that look at the same project on the same markets: as many as one search tries, about 20 MB each."""
    return Ran(project, market, seed)
