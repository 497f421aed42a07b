"""A margin loan day by day on a block of paths: accrual, marks, calls, cures, sale, recourse.

Order of a day: accrual; the borrower's default; interest, if due; the marked test (call, cure, liquidation); maturity; one lot of the sale;
the borrower's payment under recourse. A trigger on a close sells from the close `lag_days` later on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pricing.ledger.margin_loan import (
    DEFERRED,
    DUE,
    INTEREST,
    LOST,
    PAID,
    PRINCIPAL,
    SALE,
    SALE_COST,
    SHARES_SOLD,
    SIZE,
    VALUE_SOLD,
)
from pricing.mechanics.share_sale import sale_value, shares_needed
from pricing.schedules.margin_loan import MarginPlan
from pricing.schedules.types import Bools, Floats, Ints

PERFORMING, CALLED, SELLING, RECOURSE, CLOSED = range(5)


@dataclass(frozen=True)
class MarginRolled:
    """One block rolled."""

    ledger: Floats
    """[row, posting, path]"""
    called: Bools
    """Whether a margin call was ever made [path]."""
    liquidated: Ints
    """Day on which the claim fell due early, or went unpaid at maturity; the number of days where never [path]."""
    gap: Floats
    """Claim left when the last share was sold, undiscounted, USD [path]."""
    gap_discounted: Floats
    ltv: Floats
    """(balance + accrued) / (shares x price), unmarked, at each interest date [date, path]; NaN once the claim is due."""
    restored: Floats
    """Principal paid back to answer calls [path], USD."""
    factors: Floats
    """Discount factors, [row], or [row, path] along the paths."""


class _Run:
    """The state of one block, and its moves."""

    def __init__(self, plan: MarginPlan, closes: Floats, defaulted: Ints, spread: float, gained: Floats | None) -> None:
        self.plan, self.closes, self.defaulted, self.spread = plan, closes, defaulted, spread
        self.growth = plan.index_growth
        if gained is not None and plan.index_moves:
            more = np.exp(np.diff(gained, axis=0, prepend=0.0))
            self.growth = (1.0 + plan.index_growth[:, None]) * more - 1.0
        self.factors = plan.discount if gained is None else plan.discount[:, None] * np.exp(-gained[plan.kept])
        paths = closes.shape[1]
        self.never = closes.shape[0]
        self.ledger = np.zeros((len(plan.dates), SIZE, paths))
        self.balance = np.full(paths, plan.loan.amount_usd)
        self.accrued = np.zeros(paths)
        self.owed = {INTEREST: np.zeros(paths), PRINCIPAL: np.zeros(paths)}
        """Due and unpaid."""
        self.shares = np.full(paths, plan.loan.shares)
        self.sold = np.zeros(paths)
        self.spare = np.full(paths, plan.loan.top_up.most_shares)
        self.status = np.full(paths, PERFORMING)
        self.when = np.full(paths, self.never)
        """Deadline of a call, first day of a sale, day of the recourse payment."""
        self.liquidated = np.full(paths, self.never)
        self.called = np.zeros(paths, dtype=np.bool_)
        self.gap = np.zeros(paths)
        self.gap_discounted = np.zeros(paths)
        self.restored = np.zeros(paths)

    def post(self, day: int, column: int, amount: Floats) -> None:
        self.ledger[self.plan.row[day], column] += amount

    def due(self, day: int, claim: int, amount: Floats) -> None:
        self.post(day, claim + DUE, amount)
        self.owed[claim] = self.owed[claim] + amount

    def pay(self, day: int, claim: int, amount: Floats) -> None:
        self.post(day, claim + PAID, amount)
        self.owed[claim] = self.owed[claim] - amount

    def lose(self, day: int, claim: int, amount: Floats) -> None:
        self.post(day, claim + LOST, amount)
        self.owed[claim] = self.owed[claim] - amount

    def claim(self) -> Floats:
        return self.balance + self.accrued + self.owed[INTEREST] + self.owed[PRINCIPAL]

    def settle(self, day: int, mask: Bools) -> None:
        """The borrower pays everything that is owed."""
        self._mature(day, mask)
        for claim in (INTEREST, PRINCIPAL):
            self.pay(day, claim, np.where(mask, self.owed[claim], 0.0))
        self.status = np.where(mask, CLOSED, self.status)

    def accelerate(self, day: int, mask: Bools) -> None:
        """Everything falls due; the sale starts after its lag."""
        if not mask.any():
            return
        self._mature(day, mask)
        self.status = np.where(mask, SELLING, self.status)
        self.when = np.where(mask, day + self.plan.loan.sale.lag_days, self.when)
        self.liquidated = np.where(mask, day, self.liquidated)

    def _mature(self, day: int, mask: Bools) -> None:
        self.due(day, INTEREST, np.where(mask, self.accrued, 0.0))
        self.due(day, PRINCIPAL, np.where(mask, self.balance, 0.0))
        self.accrued = np.where(mask, 0.0, self.accrued)
        self.balance = np.where(mask, 0.0, self.balance)

    def accrue(self, day: int) -> None:
        plan = self.plan
        standing = self.balance + self.owed[PRINCIPAL]
        kept = self.accrued + self.owed[INTEREST]
        new = (kept + standing) * self.growth[day] + standing * (self.spread * plan.day_share[day])
        falling = self.status >= SELLING
        self.due(day, INTEREST, np.where(falling & (self.status < CLOSED), new, 0.0))
        self.accrued = self.accrued + np.where(falling, 0.0, new)

    def interest(self, day: int) -> None:
        if self.plan.interest[day] and day != self.plan.maturity:
            paying = np.where(self.status < SELLING, self.accrued, 0.0)
            self.due(day, INTEREST, paying)
            self.pay(day, INTEREST, paying)
            self.accrued = self.accrued - paying

    def test(self, day: int) -> None:
        """The marked ratio: a call starts, lapses, is answered in time, or ends in a sale."""
        triggers = self.plan.loan.triggers
        if triggers is None:
            return
        known = self.plan.mark[day]
        mark = self.closes[known] if known >= 0 else self.plan.spot
        ratio = (self.balance + self.accrued) / (self.shares * mark)
        watched = self.status < SELLING
        starts = (self.status == PERFORMING) & (ratio >= triggers.call)
        self.called |= starts
        self.when = np.where(starts, day + triggers.cure_days, self.when)
        self.status = np.where(starts, CALLED, np.where((self.status == CALLED) & (ratio < triggers.call), PERFORMING, self.status))
        deadline = (self.status == CALLED) & (day >= self.when) & (ratio < triggers.liquidation)
        answered = self._answer(day, deadline, mark) if deadline.any() else deadline
        self.accelerate(day, watched & (self.status < SELLING) & ((ratio >= triggers.liquidation) | (deadline & ~answered)))

    def _answer(self, day: int, mask: Bools, mark: Floats | float) -> Bools:
        """Restore the ratio of the masked paths where the source reaches so far; which were answered [path]."""
        top_up, triggers = self.plan.loan.top_up, self.plan.loan.triggers
        if triggers is None or top_up.source == "none":
            return np.zeros_like(mask)
        can = mask & (self.defaulted > day)
        if top_up.source == "cash":
            # accrued interest stays: principal comes down until the ratio is restored, to nothing at most
            need = np.minimum(self.balance + self.accrued - triggers.restore * self.shares * mark, self.balance)
            if top_up.most_usd is not None:
                can &= self.restored + need <= top_up.most_usd
            need = np.where(can, need, 0.0)
            self.due(day, PRINCIPAL, need)
            self.pay(day, PRINCIPAL, need)
            self.balance = self.balance - need
            self.restored = self.restored + need
        else:
            more = (self.balance + self.accrued) / (triggers.restore * mark) - self.shares
            can &= more <= self.spare
            more = np.where(can, more, 0.0)
            self.shares, self.spare = self.shares + more, self.spare - more
        self.status = np.where(can, PERFORMING, self.status)
        return can

    def mature(self, day: int) -> None:
        open_ = self.status < SELLING
        willing = open_ & (self.defaulted > day)
        if not self.plan.loan.recourse:
            willing &= self.shares * self.closes[day] >= self.claim()
        self.settle(day, willing)
        self.accelerate(day, open_ & ~willing)

    def sell(self, day: int) -> None:
        """One lot, no more than the claim needs; proceeds go to interest, then to principal."""
        sale = self.plan.loan.sale
        selling = (self.status == SELLING) & (day >= self.when)
        if not selling.any():
            return
        strength = sale.impact / sale.depth_shares if sale.depth_shares is not None else 0.0
        price, owed = self.closes[day], self.owed[INTEREST] + self.owed[PRINCIPAL]
        left = self.shares - self.sold
        most = left if sale.shares_per_day is None else np.minimum(left, sale.shares_per_day)
        need = np.full_like(owed, np.inf) if sale.cost >= 1.0 else shares_needed(price, self.sold, owed / (1.0 - sale.cost), strength)
        whole = need > most
        lot = np.where(selling, np.where(whole, most, need), 0.0)
        gross = sale_value(price, self.sold, lot, strength)
        net = np.where(selling, np.where(whole, np.minimum(gross * (1.0 - sale.cost), owed), owed), 0.0)
        self.sold = self.sold + lot
        self.post(day, SALE, gross)
        self.post(day, SALE_COST, gross - net)
        self.post(day, SHARES_SOLD, lot)
        self.post(day, VALUE_SOLD, lot * price)
        first = np.minimum(net, self.owed[INTEREST])
        self.pay(day, INTEREST, first)
        self.pay(day, PRINCIPAL, np.minimum(net - first, self.owed[PRINCIPAL]))
        done = selling & ~whole
        out = selling & whole & (self.shares - self.sold <= 1e-12 * self.shares)
        left_over = np.where(out, self.owed[INTEREST] + self.owed[PRINCIPAL], 0.0)
        self.gap = self.gap + left_over
        self.gap_discounted = self.gap_discounted + left_over * self.factors[self.plan.row[day]]
        self.status = np.where(done, CLOSED, np.where(out, RECOURSE, self.status))
        lag = self.plan.loan.recourse_lag_days if self.plan.loan.recourse else 0
        self.when = np.where(out, day + lag, self.when)

    def collect(self, day: int) -> None:
        """What the sale left: a living borrower pays it under recourse, a failed one its recovery rate, else it is lost."""
        ready = (self.status == RECOURSE) & (day >= self.when)
        if not ready.any():
            return
        share = np.where(self.defaulted > day, 1.0, self.plan.recovery) if self.plan.loan.recourse else np.zeros(ready.size)
        for claim in (INTEREST, PRINCIPAL):
            paid = np.where(ready, share * self.owed[claim], 0.0)
            self.pay(day, claim, paid)
            self.lose(day, claim, np.where(ready, self.owed[claim], 0.0))
        self.status = np.where(ready, CLOSED, self.status)


def roll_margin_loan(
    plan: MarginPlan, closes: Floats, defaulted: Ints, spread: float | None = None, gained: Floats | None = None
) -> MarginRolled:
    """Roll a margin loan over one block.

    Args:
        plan: the resolved loan.
        closes: of the pledged share [day, path]. defaulted: day of the borrower's default, the number of days where never [path].
        spread: instead of the loan's own spread or rate.
        gained: integral of the short rate less that of its forwards, up to each day [day, path]; None: rates stay at their forwards.
    """
    run = _Run(plan, closes, defaulted, plan.spread if spread is None else spread, gained)
    dates = np.flatnonzero(plan.interest)
    ltv = np.full((len(dates), closes.shape[1]), np.nan)
    before = {INTEREST: np.zeros(closes.shape[1]), PRINCIPAL: np.zeros(closes.shape[1])}
    for day in range(closes.shape[0]):
        run.accrue(day)
        run.accelerate(day, (run.status < SELLING) & (defaulted <= day))
        run.interest(day)
        if day <= plan.maturity:
            run.test(day)
        if plan.interest[day]:
            with np.errstate(divide="ignore"):
                shown = (run.balance + run.accrued) / (run.shares * closes[day])
            ltv[int(np.searchsorted(dates, day))] = np.where(run.status < SELLING, shown, np.nan)
        if day == plan.maturity:
            run.mature(day)
        run.sell(day)
        run.collect(day)
        over = day >= plan.maturity and bool((run.status == CLOSED).all())
        if over or day + 1 == closes.shape[0] or plan.row[day + 1] != plan.row[day]:
            for claim, was in before.items():
                run.post(day, claim + DEFERRED, run.owed[claim] - was)
                before[claim] = run.owed[claim]
        if over:
            break
    return MarginRolled(run.ledger, run.called, run.liquidated, run.gap, run.gap_discounted, ltv, run.restored, run.factors)
