"""Average life and yield of a loan on every path, vectorised over paths."""

from __future__ import annotations

import numpy as np

from pricing.schedules.types import Floats

LEAST, MOST = -0.99, 10.0
"""Bracket of a yearly rate, as `pricing.schedules.loan.internal_rate` has it."""
BISECTIONS = 45
"""Rounds: the bracket of log rates, 7 wide, is then 2e-13."""


def lives(times: Floats, repaid: Floats, lent: Floats, opening: float) -> Floats:
    """Years that a dollar of principal is out on each path: mean date of repayment less mean date of lending, weighted by principal.

    **Model** what is written off has no date: on a path with losses the life is that of what came back. Interest in kind is lent.

    Args:
        times: years of the dates, [time]. repaid, lent: principal, USD, [time, path]. opening: lent at time 0, USD.

    Returns:
        Years [path]; NaN where nothing was lent or nothing came back.
    """
    back, out = repaid.sum(axis=0), lent.sum(axis=0) + opening
    real = (back > 0.0) & (out > 0.0)
    mean_back = np.einsum("t,tp->p", times, repaid) / np.where(real, back, 1.0)
    mean_out = np.einsum("t,tp->p", times, lent) / np.where(real, out, 1.0)
    return np.where(real, mean_back - mean_out, np.nan)


def yearly_rates(times: Floats, cash: Floats, opening: float) -> Floats:
    """Effective yearly rate r of each path: sum of cash x (1 + r)^-t = opening.

    **Model** bisection between -99 % and 1000 % a year. A loan that draws late can have several such rates; one of them is given.

    Args:
        times: years, [time]. cash: received less lent, USD, [time, path]. opening: lent at time 0, USD.

    Returns:
        Rates [path]; NaN where both ends of the bracket leave the same sign, as on a path that lends nothing or gets back almost nothing.
    """

    def gap(force: Floats) -> Floats:
        return np.einsum("tp,tp->p", cash, np.exp(-times[:, None] * force)) - opening

    low, high = np.full(cash.shape[1], np.log1p(LEAST)), np.full(cash.shape[1], np.log1p(MOST))
    at_low, at_high = gap(low), gap(high)
    real = at_low * at_high < 0.0
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        same = (gap(middle) > 0.0) == (at_low > 0.0)
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return np.where(real, np.expm1(0.5 * (low + high)), np.nan)
