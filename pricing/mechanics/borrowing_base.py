"""A borrowing-base revolver month by month on a block of paths: default, interest, count, deficiency, draw, enforcement.

Order of a month: interest and fee on what stood during it; the borrower's default or maturity; on test dates the count, a deficiency and
its grace, the draw. In enforcement only as much of the assets is sold as the claim needs; what they bring is fixed at default and paid
after the lag.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pricing.ledger.borrowing_base import DEFERRED, DRAW, DUE, FEE, GIVEN, INTEREST, LOST, PAID, PRINCIPAL, SALE, SIZE
from pricing.mechanics.base_count import count_base
from pricing.schedules.borrowing_base import BasePlan
from pricing.schedules.types import Bools, Floats, Ints


@dataclass(frozen=True)
class BaseRolled:
    """One block rolled."""

    ledger: Floats
    """[time, posting, path]"""
    drawn: Floats
    """At each month end [time, path]."""
    available: Floats
    """As counted at each test date, carried to the next one [time, path]."""
    deficient: Bools
    """Whether drawn stood above the count on some test date [path]."""
    defaulted: Bools
    """Whether there was an event of default [path]."""
    waiting: Ints
    """Months that a deficiency has stood at each month end; 0 where none stands [time, path]."""


def roll_borrowing_base(plan: BasePlan, ratio: Floats, failed: Ints, factors: Floats | None = None) -> BaseRolled:
    """Roll a revolver.

    Args:
        plan: the resolved revolver. ratio: rents over their forward [time, path]. failed: month of default of each credit [credit, path].
        factors: discount factors along the short rate, which interest that floats on its curve follows without a floor [time, path]; None:
            rates stay at their forwards.
    """
    terms = plan.terms
    months, paths = len(plan.dates), ratio.shape[1]
    never = np.full(paths, months + 1, dtype=np.int64)
    ledger = np.zeros((months, SIZE, paths))
    drawn, owed = np.full(paths, terms.drawn_usd), np.zeros(paths)
    open_, waited, pays_at, proceeds = np.ones(paths, dtype=np.bool_), np.zeros(paths, dtype=np.int64), never.copy(), np.zeros(paths)
    owed_interest = np.zeros(paths)
    available = np.minimum(drawn, terms.commitment_usd)
    states, counts, waits = np.empty((months, paths)), np.empty((months, paths)), np.zeros((months, paths), dtype=np.int64)
    deficient, defaulted = np.zeros(paths, dtype=np.bool_), np.zeros(paths, dtype=np.bool_)
    borrower = failed[plan.keys.index(plan.borrower)] if plan.borrower is not None else never
    obligors = np.stack([failed[plan.keys.index(key)] if key is not None else never for key in plan.obligors])
    index = plan.index if factors is None or not plan.index_moves else np.concatenate([np.ones((1, paths)), factors[:-1]]) / factors - 1.0
    for t in range(months):
        row = ledger[t]
        before_interest, before_principal = owed_interest, owed
        values = plan.values[:, t + 1][:, None] * ratio[t][None, :] ** plan.elasticity[:, None]
        alive = obligors > t
        interest = np.where(open_, drawn * (index[t] + plan.spread * plan.accrual[t]), 0.0)
        fee = np.where(open_, (terms.commitment_usd - drawn) * terms.undrawn_fee * plan.undrawn[t], 0.0)
        gone = open_ & (borrower <= t)
        paying = open_ & ~gone
        row[INTEREST + DUE], row[FEE + DUE] = interest, fee
        row[INTEREST + PAID], row[FEE + PAID] = np.where(paying, interest, 0.0), np.where(paying, fee, 0.0)
        row[FEE + LOST] = np.where(gone, fee, 0.0)
        owed_interest = owed_interest + np.where(gone, interest, 0.0)
        if t == plan.maturity:
            _repay(row, np.where(paying, drawn, 0.0))
            drawn, open_ = np.where(paying, 0.0, drawn), open_ & ~paying
        elif (t + 1) % terms.test_months == 0:
            available = np.where(open_, count_base(terms, values, alive, t + 1).available, available)
            over = np.where(paying, np.maximum(drawn - available, 0.0), 0.0)
            deficient |= over > 0.0
            waited = np.where(over > 0.0, waited, 0)
            due = paying & (over > 0.0) & (waited >= terms.grace_months)
            if terms.deficiency == "enforce":
                gone |= due
            else:
                _repay(row, np.where(due, over, 0.0))
                drawn = np.where(due, available, drawn)  # not drawn - over: its rounding would stand as a deficiency
            draw = np.where(paying & ~gone, np.maximum(terms.usage * available - drawn, 0.0), 0.0)
            row[DRAW] = draw
            drawn = drawn + draw
        if gone.any():
            claim = drawn + owed_interest
            brought = np.where(alive, terms.enforcement.liquidation, np.array([asset.recovery for asset in terms.assets])[:, None]) * values
            worth = np.where(alive, 1.0, np.array([asset.recovery for asset in terms.assets])[:, None]) * values
            total = brought.sum(axis=0)
            proceeds = np.where(gone, np.minimum(total, claim), proceeds)
            sold = np.where(gone & (total > 0.0), proceeds / np.where(total > 0.0, total, 1.0), 0.0)
            ledger[min(t + terms.enforcement.lag_months, months - 1), GIVEN] += sold * worth.sum(axis=0)
            row[PRINCIPAL + DUE] += np.where(gone, drawn, 0.0)
            owed, drawn = owed + np.where(gone, drawn, 0.0), np.where(gone, 0.0, drawn)
            pays_at = np.where(gone, t + terms.enforcement.lag_months, pays_at)
            defaulted, open_ = defaulted | gone, open_ & ~gone
        settled = pays_at == t
        if settled.any():
            cash = np.where(settled, proceeds, 0.0)
            row[SALE] += cash
            first = np.minimum(cash, owed_interest)
            rest = np.minimum(cash - first, owed)
            row[INTEREST + PAID] += first
            row[PRINCIPAL + PAID] += rest
            row[INTEREST + LOST] += np.where(settled, owed_interest - first, 0.0)
            row[PRINCIPAL + LOST] += np.where(settled, owed - rest, 0.0)
            owed_interest, owed = np.where(settled, 0.0, owed_interest), np.where(settled, 0.0, owed)
        row[INTEREST + DEFERRED], row[PRINCIPAL + DEFERRED] = owed_interest - before_interest, owed - before_principal
        waited = np.where(open_ & (drawn > available), waited + 1, 0)
        states[t], counts[t], waits[t] = drawn, available, waited
    return BaseRolled(ledger, states, counts, deficient, defaulted, waits)


def _repay(row: Floats, amount: Floats) -> None:
    row[PRINCIPAL + DUE] += amount
    row[PRINCIPAL + PAID] += amount
