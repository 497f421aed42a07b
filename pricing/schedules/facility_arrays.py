"""Arrays of the resolved facility: units and values by cohort, planned balance, swap, capacity, the lender's estimates."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from instruments.assets.fleet import GpuFleet
from instruments.contracts.loan import Loan
from instruments.contracts.loan_parts import DrawTerms
from pricing.collateral.lots import lot_factors
from pricing.schedules.types import Floats, Ints

if TYPE_CHECKING:
    from curves import ResaleCurve

YEAR_DAYS = 365.0


def fleet_arrays(fleet: GpuFleet, dates: tuple[dt.date, ...], resale: ResaleCurve) -> tuple[Floats, Floats]:
    """Surviving units, and their market value at the forward rent: both [cohort, time].

    Units are lost at a constant yearly rate from planned acceptance; value follows the resale curve with age from funding, launches on
    average.
    """
    days = np.array([date.toordinal() for date in dates], dtype=np.float64)
    served = np.stack([np.maximum(days - c.acceptance.toordinal(), 0.0) / YEAR_DAYS for c in fleet.cohorts])
    aged = np.stack([np.maximum(days - c.funding.toordinal(), 0.0) / YEAR_DAYS for c in fleet.cohorts])
    units = np.array([c.units for c in fleet.cohorts])[:, None] * (1.0 - fleet.attrition) ** served
    ahead = np.maximum(days - resale.as_of.toordinal(), 0.0) / YEAR_DAYS
    return units, units * resale.value(aged, ahead)


def no_draws(loan: Loan, as_of: dt.date) -> DrawTerms:
    """Draw terms of a facility whose window has closed."""
    return DrawTerms(window_end=as_of, at_funding=0.0, after_acceptance=0.0, initial_commitment_usd=loan.commitment_usd)


def top_up_capacity(loan: Loan, income: Floats, shares: Floats, unit_interest: Floats, accept: Ints, maturity: int) -> Floats:
    """Most debt that each cohort's own planned cash carries at the sizing ratio on every payment date after acceptance: [cohort].

    Args:
        loan: its draw terms give the ratio.
        income: [cohort, time] planned revenue less operating cost.
        shares: [time] scheduled principal as a share of the balance.
        unit_interest: [time] interest and net swap per unit of balance.
        accept: [cohort] planned month of acceptance.
        maturity: payment dates.
    """
    if loan.draws is None:
        return np.zeros(len(accept))
    out = np.zeros(len(accept))
    for c, month in enumerate(accept):
        balance, least = 1.0, np.inf
        for s in range(max(int(month) + 1, 0), maturity):
            service = balance * (unit_interest[s] + shares[s])
            if service > 0:
                least = min(least, max(income[c, s], 0.0) / (loan.draws.sizing_dscr * service))
            balance *= 1.0 - shares[s]
        out[c] = least if np.isfinite(least) else 0.0
    return out


def planned_balance(
    loan: Loan, fund: Ints, accept: Ints, cost: Floats, drawn: Floats, capacity: Floats, shares: Floats,
    now: tuple[float, float, float, float], maturity: int,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Balance after each date if every cohort comes and is accepted as planned: total and floating part, [time].

    `now`: floating part, total, and drawn so far, in all and at funding, at the grid's start.
    """
    floating, total, used, advanced = now
    draws, share = loan.draws, loan.floating.share if loan.floating else 0.0
    lent = drawn.copy()
    out = np.zeros((2, len(shares)))
    for t in range(maturity):
        keep = 1.0 - shares[t]
        floating, total = floating * keep, total * keep
        for c in range(len(cost)) if draws is not None else ():
            amount = 0.0
            if draws is not None and fund[c] == t:
                room = min((draws.initial_commitment_usd or loan.commitment_usd) - advanced, loan.commitment_usd - used)
                amount = min(draws.at_funding * cost[c], room)
                advanced += amount
            if draws is not None and accept[c] == t:
                top_up = max(min(draws.after_acceptance * cost[c], capacity[c]) - lent[c] - amount, 0.0)
                amount += min(top_up, loan.commitment_usd - used - amount)
            lent[c] += amount
            used += amount
            floating, total = floating + amount * share, total + amount
        out[:, t] = total, floating
    return out[0], out[1]


def swap_unit(rate: float, dates: tuple[dt.date, ...], start: dt.date, compounded: Floats, accrual: Floats, maturity: int) -> Floats:
    """Net payment per unit of swapped balance, [time]: fixed less floating from `start` to maturity."""
    on = np.array([start <= date for date in dates]) & (np.arange(len(dates)) < maturity)
    return np.where(on, rate * accrual - compounded, 0.0)


def fair_swap_rate(
    balance: Floats, dates: tuple[dt.date, ...], start: dt.date, compounded: Floats, accrual: Floats, discount: Floats, maturity: int
) -> float:
    """Fixed rate at which the swap on a planned opening balance [time] is worth nothing."""
    on = np.array([start <= date for date in dates]) & (np.arange(len(dates)) < maturity)
    weight = np.where(on, balance, 0.0) * discount
    fixed = float((weight * accrual).sum())
    return float((weight * compounded).sum()) / fixed if fixed > 0 else 0.0


def relet_estimate(
    units: Floats, rent: Floats, power: Floats, site: Floats, discount: Floats, maturity: int, wait: int
) -> tuple[Floats, Floats]:
    """Income and cost of letting the whole fleet again from `wait` months ahead until maturity, seen from each month: [time] each."""
    horizon = np.arange(len(units)) < maturity

    def later(flow: Floats, skip: int) -> Floats:
        tail = np.concatenate([np.cumsum((np.where(horizon, flow, 0.0) * discount)[::-1])[::-1], np.zeros(skip + 1)])
        return tail[skip + 1 : skip + 1 + len(flow)] / discount

    return later(units * rent, wait), later(units * power, wait) + later(units * site, 0)


def sale_estimate(
    units: Floats, value: Floats, idle: Floats, discount: Floats, wait: int, lots: int, impact: float
) -> tuple[Floats, Floats]:
    """Proceeds of selling the whole fleet if decided at each month's end, and the idle cost until the last lot: [time] each.

    `value` is net of selling cost, `idle` the cost per unsold unit and month; what would fall behind the grid counts as nothing.
    """
    months = len(units)
    proceeds, cost = np.zeros(months), np.zeros(months)
    factors = lot_factors(units, lots, impact)
    for ahead in range(1, wait + lots + 1):
        unsold = 1.0 - max(ahead - 1 - wait, 0) / lots
        at = np.minimum(np.arange(months) + ahead, months - 1)
        ratio = np.where(np.arange(months) + ahead < months, discount[at] / discount, 0.0)
        cost += ratio * units[at] * idle[at] * unsold
        if ahead > wait:
            proceeds += ratio * value[at] / lots * factors[ahead - 1 - wait][at]
    return proceeds, cost


def last(values: tuple[float, ...], count: int) -> Floats:
    """The last `count` values, oldest first; 0 where there were fewer."""
    out = np.zeros(count)
    kept = values[-count:]
    out[count - len(kept) :] = kept
    return out
