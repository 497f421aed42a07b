"""A borrower's right to prepay on its grid: prices, and what the payments still scheduled are worth at a margin of the day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from instruments.contracts.loan_prepayment import VoluntaryPrepayment
from pricing.schedules.types import Bools, Floats

Discount = Callable[[Floats], Floats]
"""Years (ACT/365F) to discount factors."""
MARGINS = (-0.2, 1.0)
"""Where the margin of a loan at par is looked for, a year."""


@dataclass(frozen=True)
class UnitLoan:
    """The payments scheduled on a unit of balance, the swap left out; [time], T dates, maturity the last payment."""

    interest: Floats
    """Due on each date per unit of balance before it."""
    principal: Floats
    """Share of the balance due on each date; 1 at maturity."""
    forward: Floats
    """Index over each month, not annualised."""
    accrual: Floats
    """ACT/360."""
    maturity: int

    def worth(self, t: int, margin: Floats | float) -> Floats:
        """Worth on date t, after its payments, of what is scheduled on a unit of balance at a margin over the index.

        **Model**: v = (interest + principal + (1 - principal) v') / (1 + index + margin x accrual), date by date from maturity back. A
        floating loan is worth 1 at its own margin on every date.

        Args:
            t: date.
            margin: a year, any shape.

        Returns:
            The shape of `margin`; 0 at maturity.
        """
        value = np.zeros_like(np.asarray(margin, dtype=np.float64))
        for s in range(self.maturity - 1, t, -1):
            due = self.interest[s] + self.principal[s]
            value = (due + (1.0 - self.principal[s]) * value) / (1.0 + self.forward[s] + margin * self.accrual[s])
        return value

    def own_margin(self, t: int = 0) -> float:
        """The margin at which what is scheduled after date t is worth par."""
        from scipy.optimize import brentq  # found by those who ask

        return float(brentq(lambda margin: float(self.worth(t, margin)) - 1.0, *MARGINS, xtol=1e-14))  # pyrefly: ignore


def call_prices(right: VoluntaryPrepayment, unit: UnitLoan, dates: tuple[dt.date, ...], times: Floats, discount: Discount) -> Floats:
    """Price of a unit prepaid on each date, accrued interest apart: [time], 1 where no premium holds.

    Args:
        right: its terms.
        unit: what is scheduled.
        dates, times: of the grid, years ACT/365F.
        discount: the curve of the make-whole amount.
    """
    out = np.ones(len(dates))
    df = discount(times)
    for t, date in enumerate(dates[: unit.maturity]):
        if right.make_whole is not None and date <= right.make_whole.until:
            value, balance = 0.0, 1.0
            for s in range(t + 1, unit.maturity):
                factor = df[s] / df[t] * np.exp(-right.make_whole.spread * (times[s] - times[t]))
                value += balance * (unit.interest[s] + unit.principal[s]) * factor
                balance *= 1.0 - unit.principal[s]
            out[t] = max(value, 1.0)
        else:
            steps = [day for day in right.schedule if day <= date]
            out[t] = right.schedule[max(steps)] if steps else 1.0
    return out


def open_dates(right: VoluntaryPrepayment, dates: tuple[dt.date, ...], maturity: int) -> Bools:
    """Payment dates on which the borrower may prepay: [time]; maturity itself is none of them."""
    return np.array([date >= right.first and t < maturity - 1 for t, date in enumerate(dates)], dtype=np.bool_)
