"""Scheduled principal as shares of the balance not yet due."""

from __future__ import annotations

import datetime as dt

import numpy as np

from instruments.contracts.loan_parts import Amortisation
from pricing.schedules.types import Floats


def amortisation_shares(terms: Amortisation, dates: tuple[dt.date, ...], maturity: int) -> Floats:
    """Share of the balance that falls due on each date: [time], 0 before the start, 1 at maturity.

    Args:
        terms: the amortisation; `annuity` solves level service for its own rate, i / ((1 + i)^n - 1) of the balance with n payments left.
        dates: the grid.
        maturity: number of payment dates up to and including maturity.

    Returns:
        Shares in [0, 1], shape [time]; 0 behind maturity.
    """
    shares = np.zeros(len(dates))
    for t in range(maturity):
        left = maturity - t
        if t == maturity - 1:
            shares[t] = 1.0
        elif dates[t] < terms.start or terms.kind == "bullet":
            shares[t] = 0.0
        elif terms.kind == "straight" or (terms.kind == "annuity" and terms.annuity_rate == 0):
            shares[t] = 1.0 / left
        elif terms.kind == "annuity":
            rate = terms.annuity_rate / 12.0
            shares[t] = rate / np.expm1(left * np.log1p(rate))
        else:
            shares[t] = terms.schedule.get(dates[t], 0.0)
    return shares


def service_ahead(coupon: Floats, shares: Floats, months: int, maturity: int) -> Floats:
    """Interest and principal of the next `months` dates per unit of balance at each date: [time]."""
    out = np.zeros(len(coupon))
    for t in range(len(coupon)):
        balance = 1.0
        for s in range(t + 1, min(t + months, maturity - 1) + 1):
            out[t] += balance * (coupon[s] + shares[s])
            balance *= 1.0 - shares[s]
    return out


def window_sum(flows: Floats, months: int, maturity: int) -> Floats:
    """Sum of the next `months` entries up to maturity at each date: [time]."""
    kept = np.where(np.arange(len(flows)) < maturity, flows, 0.0)
    total = np.concatenate([[0.0], np.cumsum(kept)])
    start = np.minimum(np.arange(len(flows)) + 1, len(flows))
    return total[np.minimum(start + months, len(flows))] - total[start]
