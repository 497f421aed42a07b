"""A loan on its borrower's credit alone that may be prepaid: exact, backwards over the borrower's distance to default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from pricing.paths.credit import default_clock
from pricing.schedules.grid import day_counts
from pricing.schedules.loan import LoanFlows, planned_cash
from pricing.schedules.types import Bools, Floats

CELLS = 400
"""Cells of the distance to default; a start in the middle of one."""
REACH = 6.0
"""Standard deviations above the start that the cells cover; the last one has no upper end."""
Curve = Callable[[Floats], Floats]
Rule = Callable[[int, Floats], Bools]
"""Date and distances to default [cell] to where the borrower prepays."""


@dataclass(frozen=True)
class CallTerms:
    """Prices and dates of the right, by payment date; [time]."""

    price: Floats
    """Of a unit prepaid."""
    open: Bools
    share: float
    cost: float
    """Paid to others, of a unit prepaid."""


@dataclass(frozen=True)
class PrepaidValue:
    """Values today, USD, before what was lent already."""

    lender: float
    """To the lender."""
    borrower: float
    """Cost of the loan to the borrower, cost of the new loan included."""


def prepayable_value(
    flows: LoanFlows, discount: Curve, survival: Curve, recovery: float, right: CallTerms, rule: Rule | None = None
) -> PrepaidValue:
    """Value of a loan that its borrower may prepay, on one credit at a constant recovery.

    **Model**: the credit is the first passage of a Gaussian driver on the clock that gives its survival (`pricing.paths.credit`). Backwards
    from maturity: what is to come is worth D E[cash + value] over the driver's move, absorbed at 0, + R x balance on default in the middle
    of the month. On an open date the borrower pays (price + cost) x balance where what is to come costs it more (or where `rule` says so);
    the lender gets price x balance. Without the right this is `scheduled_value`. Rates are their forwards.

    Args:
        flows: planned, [time].
        discount, survival: functions of ACT/365F years.
        recovery: in [0, 1].
        right: of the borrower.
        rule: where it prepays; None is the optimum: no rule costs the borrower less.

    Returns:
        Both sides' values. They differ by the cost of the new loan alone.

    Limits: a credit that never defaults has one cell, and the value is that of the best date, known today.
    """
    years, days = day_counts(flows.as_of, flows.dates)
    start = np.concatenate([[0.0], years[:-1]])
    d, d0, middle = discount(years), discount(start), discount(start + np.floor(days / 2.0) / 365.0)
    cash, balance = planned_cash(flows, discount), flows.floating + flows.fixed
    after = np.concatenate([balance[1:], [0.0]])
    clock = default_clock(survival(years))
    edges, level = _cells(float(clock[-1]))
    lender, borrower = np.zeros_like(level), np.zeros_like(level)
    for t in range(len(years) - 1, -1, -1):
        if right.open[t] and after[t] > 0.0:
            price = right.price[t] * after[t]
            total = price + right.cost * after[t]
            goes = borrower > total if rule is None else rule(t, level)
            lender = np.where(goes, right.share * price + (1.0 - right.share) * lender, lender)
            borrower = np.where(goes, right.share * total + (1.0 - right.share) * borrower, borrower)
        step = float(clock[t] - (clock[t - 1] if t > 0 else 0.0))
        odds = _moves(edges, level, step)
        lost = recovery * balance[t] * middle[t] / d0[t] * (1.0 - odds.sum(axis=1))
        lender = np.einsum("ij,j->i", odds, cash[t] + lender) * d[t] / d0[t] + lost
        borrower = np.einsum("ij,j->i", odds, cash[t] + borrower) * d[t] / d0[t] + lost
    now = int(np.argmin(np.abs(level - 1.0)))
    return PrepaidValue(float(lender[now]), float(borrower[now]))


def _cells(clock: float) -> tuple[Floats, Floats]:
    """Edges and middles of the cells: one is centred on the start; a single one where nothing can happen."""
    if clock <= 0.0:
        return np.array([0.0, np.inf]), np.array([1.0])
    width = (1.0 + REACH * np.sqrt(clock)) / CELLS
    count = max(int(np.floor(1.0 / width)), 1)
    width = 1.0 / (count + 0.5)  # the start is the middle of cell number `count`
    edges = width * np.arange(CELLS + 1)
    level = 0.5 * (edges[1:] + edges[:-1])
    edges[-1] = np.inf
    return edges, level


def _moves(edges: Floats, level: Floats, step: float) -> Floats:
    """Odds of every cell after a step of the clock, never having touched 0: [from, to]."""
    if step <= 0.0 or level.size == 1:
        return np.eye(level.size)
    width = edges[1]
    # a value kept in the middle of its cell adds the variance of a uniform move
    root = np.sqrt(max(step - width**2 / 12.0, 1e-12))
    up = ndtr((edges[None, :] - level[:, None]) / root)
    down = ndtr((edges[None, :] + level[:, None]) / root)
    return np.diff(up, axis=1) - np.diff(down, axis=1)
