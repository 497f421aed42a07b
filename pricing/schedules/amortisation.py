"""Scheduled principal as shares of the balance not yet due."""

from __future__ import annotations

import datetime as dt

import numpy as np

from instruments.contracts.loan_parts import Amortisation
from pricing.schedules.types import Floats

YEAR_DAYS = 365.0


def amortisation_shares(
    terms: Amortisation, dates: tuple[dt.date, ...], maturity: int, *, depreciated: Floats | None = None, service: Floats | None = None
) -> Floats:
    """Share of the balance that falls due on each date: [time], 0 before the start, 1 at maturity.

    Args:
        terms: the amortisation. `annuity` solves level service for its own rate: i (1 - b v^n) / (1 - v^n) of the starting balance, i a
            month, n payments, balloon b. `straight` repays (1 - b) / n of it. `depreciated` keeps the balance in proportion to
            depreciated cost. `sculpted` takes the shares of `service`.
        dates: the grid.
        maturity: number of payment dates up to and including maturity.
        depreciated: [time] depreciated cost at each date, for kind 'depreciated'; without it one asset bought at the start.
        service: [time] shares of sculpted principal (`sculpted_shares`); without them nothing falls due before maturity.

    Returns:
        Shares in [0, 1], shape [time]; 0 behind maturity.
    """
    shares = np.zeros(len(dates))
    count = payments(terms, dates, maturity)
    value = depreciated if depreciated is not None else _one_asset(terms, dates)
    for t in range(maturity):
        left = maturity - t
        if t == maturity - 1:
            shares[t] = 1.0
        elif dates[t] < terms.start or terms.kind == "bullet":
            shares[t] = 0.0
        elif terms.kind in ("straight", "annuity"):
            shares[t] = level_share(terms, left, count)
        elif terms.kind == "depreciated":
            before = value[t - 1] if t > 0 else np.inf
            shares[t] = 1.0 - value[t] / before if 0 < before < np.inf and value[t] < before else 0.0
        elif terms.kind == "sculpted":
            shares[t] = 0.0 if service is None else service[t]
        else:
            shares[t] = terms.schedule.get(dates[t], 0.0)
    return shares


def payments(terms: Amortisation, dates: tuple[dt.date, ...], maturity: int) -> int:
    """Number of payments from the start of the amortisation to maturity, both counted, wherever the grid starts."""
    end = dates[maturity - 1]
    return (end.year - terms.start.year) * 12 + end.month - terms.start.month + 1


def level_share(terms: Amortisation, left: int, count: int) -> float:
    """Share of the balance due with `left` payments to come out of `count`, this one included: kinds 'annuity' and 'straight'."""
    rate = terms.annuity_rate / 12.0 if terms.kind == "annuity" else 0.0
    balloon, done = terms.balloon, count - left
    if balloon == 0:
        return 1.0 / left if rate == 0 else float(rate / np.expm1(left * np.log1p(rate)))
    if rate == 0:
        step = (1.0 - balloon) / count
        return step / (1.0 - step * done)
    growth, whole = np.exp(done * np.log1p(rate)), np.exp(count * np.log1p(rate))
    service = rate * (whole - balloon) / (whole - 1.0)
    balance = growth - service * (growth - 1.0) / rate
    return float((service - rate * balance) / balance)


def _one_asset(terms: Amortisation, dates: tuple[dt.date, ...]) -> Floats:
    age = np.array([(date - terms.start).days for date in dates]) / YEAR_DAYS + 1.0 / 12.0
    return np.clip(1.0 - age / terms.life_years, 0.0, 1.0)


def sculpted_shares(
    cash: Floats, unit_interest: Floats, balance: float, first: int, maturity: int, target: float | None
) -> tuple[Floats, float]:
    """Principal that keeps service at cash / target from date `first` on, as shares of the balance, and the target.

    **Model**: service_t = CFADS_t / target, principal_t = service_t - interest_t on the balance then, never below nought or above the
    balance. Discounted at its own interest, service is worth the debt it carries: capacity = sum of service_t x debt discount factor;
    without a target the one that makes capacity the balance. What a target leaves is due at maturity.

    Args:
        cash: [time] planned revenue less operating cost.
        unit_interest: [time] interest and net swap per unit of balance, above -1.
        balance: at the start.
        first: index of the first payment date with principal.
        maturity: payment dates.
        target: cover; None solves for it.
    """
    shares = np.zeros(len(cash))
    inside = slice(first, maturity)
    factor = 1.0 / np.cumprod(1.0 + unit_interest[inside])
    worth = float((np.maximum(cash[inside], 0.0) * factor).sum())
    cover = target if target is not None else (worth / balance if balance > 0 and worth > 0 else 1.0)
    left = balance
    for t in range(first, maturity - 1):
        principal = min(max(max(cash[t], 0.0) / cover - left * unit_interest[t], 0.0), left)
        shares[t] = principal / left if left > 0 else 0.0
        left -= principal
    return shares, cover


def draw_profile(terms: Amortisation, tenor: int) -> Floats:
    """Share of a draw due on each of the `tenor` payment dates after it, [month]; they add up to one."""
    out, left = np.zeros(tenor), 1.0
    for month in range(tenor):
        last = month == tenor - 1
        share = 1.0 if last else 0.0 if terms.kind == "bullet" else level_share(terms, tenor - month, tenor)
        out[month] = left * share
        left -= out[month]
    return out


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
