"""Debt of the vehicle: schedules, the pot that pays it by rank, and its columns.

The order of payments is one of `instruments.priority`, paid by `pricing.priority`: protective advances, then rank by rank interest and
principal due (what was put off included), then the owners. Interest runs on what was put off, at the rate of the tranche.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import numpy as np

from instruments.financing import DebtTranche, Design
from instruments.priority import AnyStep, PayFees, PayInterest, PayPrincipal, Release
from pricing.priority.interpreter import run_order
from pricing.priority.state import Claim, Pot
from pricing.risk.transfer.book import DEFERRED, DUE, LOST, PAID, Book, Columns
from pricing.risk.transfer.hardware import VEHICLE
from pricing.risk.transfer.setup import Setup
from pricing.schedules.types import Bools, Floats

ADVANCE = "advance"
OPEN_SHARE = 1e-9
"""Unpaid below this share of the project's cost is rounding."""


@dataclass(frozen=True)
class TranchePlan:
    """One tranche on the plan; arrays [month] over all months of the setup."""

    name: str
    holder: str
    principal: float
    rate: Floats
    """Interest of each month on what is owed."""
    due: Floats
    """Scheduled principal, USD."""

    @property
    def payments(self) -> Floats:
        """Planned interest and principal [month]."""
        balance = self.principal - np.concatenate([[0.0], np.cumsum(self.due)[:-1]])
        return balance * self.rate + self.due


def plan_tranche(setup: Setup, name: str, tranche: DebtTranche, margin: float) -> TranchePlan:
    """Schedule of a tranche at a margin."""
    rate = setup.forward_rate + margin * setup.steps
    principal, last = tranche.share_of_cost * setup.cost, tranche.months
    due = np.zeros(setup.total)
    if tranche.amortisation == "bullet":
        due[last - 1] = principal
    elif tranche.amortisation == "straight":
        due[:last] = principal / last
    else:
        factors = np.cumprod(1.0 / (1.0 + rate[:last]))
        payment, balance = principal / factors.sum(), principal
        for t in range(last):
            due[t] = payment - balance * rate[t]
            balance -= due[t]
        due[last - 1] += balance
    return TranchePlan(name, tranche.holder, principal, rate, due)


@dataclass(frozen=True)
class DebtColumns:
    """Columns of each tranche by name, in order of rank."""

    draw: dict[str, int]
    interest: dict[str, int]
    principal: dict[str, int]
    advance: dict[str, int]
    """Of the first rank."""
    repaid: dict[str, int]
    """Claims for its advances."""
    shares: dict[str, float]
    """Of each tranche of the first rank in the advances."""


def debt_columns(columns: Columns, design: Design) -> DebtColumns:
    """The columns of all tranches."""
    tranches = {name: design.tranches[name] for name in design.ranked}
    first = [name for name in tranches if tranches[name].rank == tranches[design.ranked[0]].rank] if tranches else []
    lent = sum(tranches[name].share_of_cost for name in first)
    return DebtColumns(
        draw={name: columns.add(one.holder, VEHICLE, name, "draw") for name, one in tranches.items()},
        interest={name: columns.claim(VEHICLE, one.holder, name, "interest") for name, one in tranches.items()},
        principal={name: columns.claim(VEHICLE, one.holder, name, "principal") for name, one in tranches.items()},
        advance={name: columns.add(tranches[name].holder, VEHICLE, name, "protective advance") for name in first},
        repaid={name: columns.claim(VEHICLE, tranches[name].holder, name, "advance repaid") for name in first},
        shares={name: tranches[name].share_of_cost / lent for name in first},
    )


class Debt:
    """All tranches of a design on a block of paths, stepped month by month."""

    def __init__(self, setup: Setup, design: Design, plans: dict[str, TranchePlan], columns: DebtColumns, paths: int) -> None:
        self.plans, self._columns, self._tolerance = plans, columns, OPEN_SHARE * setup.cost
        ranks = [list(group) for _, group in groupby(design.ranked, key=lambda name: design.tranches[name].rank)]
        self._order: list[AnyStep] = [PayFees(claims=(ADVANCE,))]
        for names in ranks:
            self._order.append(PayInterest(claims=tuple(names), how="pro_rata"))
            self._order.append(PayPrincipal(claims=tuple(names), how="pro_rata", amount="due"))
        self._order.append(Release())
        self.pot = Pot(
            date=setup.project.as_of,
            cash=np.zeros(paths),
            fees={ADVANCE: Claim.none(paths)},
            interest={name: Claim.none(paths) for name in plans},
            principal={name: Claim.none(paths) for name in plans},
            balance={name: np.full(paths, plan.principal) for name, plan in plans.items()},
            accounts={},
            targets={},
            pool=np.zeros(paths),
            opening_pool=1.0,
            interest_in=np.zeros(paths),
            principal_in=np.zeros(paths),
            amounts={},
        )

    def draw(self, book: Book) -> float:
        """Lend everything today; the sum lent."""
        for name, column in self._columns.draw.items():
            book.post(column, 0, self.plans[name].principal)
        return sum(plan.principal for plan in self.plans.values())

    def pay(self, t: int, cash: Floats, advanced: Floats, whole: Bools, over: Bools, book: Book) -> tuple[Floats, dict[str, Floats]]:
        """One month.

        Args:
            t: the month.
            cash: of the vehicle, at or above 0 [path].
            advanced: paid by the first rank for what the vehicle cannot pay [path].
            whole: where everything is due [path].
            over: where what is still owed after this month is given up [path].
            book: where to post.

        Returns:
            What is left for the owners, and what each tranche gives up [path].
        """
        pot, row = self.pot, t + 1
        advance = pot.fees[ADVANCE]
        before = {ADVANCE: advance.owed}
        advance.accrue(advanced)
        for name, plan in self.plans.items():
            interest, principal = pot.interest[name], pot.principal[name]
            before[name], before[f"{name}/principal"] = interest.owed, principal.owed
            interest.accrue(plan.rate[t] * (pot.balance[name] + interest.owed))
            left = pot.balance[name] - principal.owed
            principal.accrue(np.where(whole, left, np.minimum(plan.due[t], left)))
        pot.cash, pot.released = cash, None
        run_order(self._order, pot)
        for name, share in self._columns.shares.items():
            book.post(self._columns.advance[name], row, share * advanced)
            self._post_claim(self._columns.repaid[name], row, advance, before[ADVANCE], over, book, share)
        lost: dict[str, Floats] = {}
        for name in self.plans:
            interest, principal = pot.interest[name], pot.principal[name]
            given = self._post_claim(self._columns.interest[name], row, interest, before[name], over, book)
            lost[name] = given + self._post_claim(self._columns.principal[name], row, principal, before[f"{name}/principal"], over, book)
            share = self._columns.shares.get(name, 0.0)
            lost[name] = lost[name] + share * np.where(over, advance.owed, 0.0)
            pot.balance[name] = np.where(over, 0.0, pot.balance[name])
        for claim in (advance, *pot.interest.values(), *pot.principal.values()):
            claim.owed = np.where(over, 0.0, claim.owed)
        return pot.released if pot.released is not None else np.zeros_like(cash), lost

    @staticmethod
    def _post_claim(column: int, row: int, claim: Claim, before: Floats, over: Bools, book: Book, share: float = 1.0) -> Floats:
        lost = np.where(over, claim.owed, 0.0)
        book.post(column + PAID, row, share * claim.paid)
        book.post(column + DUE, row, share * claim.due)
        book.post(column + LOST, row, share * lost)
        book.post(column + DEFERRED, row, share * (claim.owed - lost - before))
        return lost

    @property
    def unpaid(self) -> Bools:
        """Where something due is still unpaid [path]."""
        claims = (*self.pot.interest.values(), *self.pot.principal.values())
        owed = sum((claim.owed for claim in claims), np.zeros(self.pot.paths))
        return owed > self._tolerance

    @property
    def owed(self) -> Floats:
        """Everything owed, due or not [path]."""
        pot = self.pot
        claims = (*pot.interest.values(), *pot.balance.values())
        return sum((one.owed if isinstance(one, Claim) else one for one in claims), np.zeros(pot.paths))
