"""Arrays of the resolved facility: units and values by cohort, planned balance, swap, capacity, the lender's estimates."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
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


def schedule_value(cost: Floats, fleet: GpuFleet, dates: tuple[dt.date, ...], life_years: float) -> Floats:
    """Depreciated cost by cohort, straight line to nothing from its funding: [cohort, time]."""
    days = np.array([date.toordinal() for date in dates], dtype=np.float64)
    age = np.stack([np.maximum(days - c.funding.toordinal(), 0.0) / YEAR_DAYS for c in fleet.cohorts])
    return cost[:, None] * np.clip(1.0 - age / life_years, 0.0, 1.0)


def draws_before(fleet: GpuFleet, drawn: Floats, tenor: Floats, dates: tuple[dt.date, ...]) -> Floats:
    """Scheduled principal of what was drawn on each cohort before the grid, counted from its funding, where draws have a tenor: [time]."""
    out = np.zeros(len(dates))
    for cohort, amount in zip(fleet.cohorts, drawn, strict=True):
        since = (dates[0].year - cohort.funding.year) * 12 + dates[0].month - cohort.funding.month - 1
        rest = tenor[max(since, 0) :]
        out[: len(rest)] += amount * rest[: len(out)]
    return out


def top_up_capacity(
    loan: Loan, income: Floats, shares: Floats, unit_interest: Floats, accept: Ints, maturity: int, tenor: Floats
) -> Floats:
    """Most debt that each cohort's own planned cash carries at the sizing ratio on every payment date after acceptance: [cohort].

    Args:
        loan: its draw terms give the ratio. Sculpted service follows cash, so its capacity is the worth of cash / ratio at the debt's own
            interest.
        income: [cohort, time] planned revenue less operating cost.
        shares: [time] scheduled principal as a share of the balance.
        unit_interest: [time] interest and net swap per unit of balance.
        accept: [cohort] planned month of acceptance.
        maturity: payment dates.
        tenor: [month] shares of a draw due after it; empty where draws share the schedule.
    """
    if loan.draws is None:
        return np.zeros(len(accept))
    out = np.zeros(len(accept))
    for c, month in enumerate(accept):
        start = max(int(month) + 1, 0)
        if loan.amortisation.kind == "sculpted":
            factor = 1.0 / np.cumprod(1.0 + unit_interest[start:maturity])
            out[c] = float((np.maximum(income[c, start:maturity], 0.0) * factor).sum()) / loan.draws.sizing_dscr
            continue
        balance, least = 1.0, np.inf
        for s in range(start, maturity):
            principal = balance * shares[s] if len(tenor) == 0 else tenor[s - start] if s - start < len(tenor) else 0.0
            service = balance * unit_interest[s] + principal
            if service > 0:
                least = min(least, max(income[c, s], 0.0) / (loan.draws.sizing_dscr * service))
            balance -= principal
        out[c] = least if np.isfinite(least) else 0.0
    return out


@dataclass(frozen=True)
class DrawRules:
    """What limits draws on the plan; [cohort] or [cohort, time], infinite where there is no limit."""

    fund: Ints
    accept: Ints
    cost: Floats
    drawn: Floats
    """Drawn on each cohort before the grid."""
    at_funding: Floats
    """[cohort, time] least of cost, coverage and market value rules."""
    schedule: Floats | None
    """[cohort, time] limit against depreciated cost; None is none."""
    continuous: bool
    tenor: Floats
    prior_due: Floats


def planned_balance(
    loan: Loan, rules: DrawRules, capacity: Floats, shares: Floats, now: tuple[float, float, float, float], maturity: int
) -> tuple[Floats, Floats, Floats]:
    """Balance after each date if every cohort comes and is accepted as planned: total and floating part, and the shares due; [time].

    `now`: floating part, total, and drawn so far, in all and at funding, at the grid's start. With a tenor the shares come from the
    draws; interest paid in kind is not in it.
    """
    floating, total, used, advanced = now
    draws, share = loan.draws, loan.floating.share if loan.floating else 0.0
    lent, cost = rules.drawn.copy(), rules.cost
    out, due = np.zeros((2, len(shares))), np.concatenate([rules.prior_due, np.zeros(len(rules.tenor))])
    shares = shares.copy()
    for t in range(maturity):
        limit = np.inf if rules.schedule is None else float(rules.schedule[rules.fund <= t, t].sum())
        for c in range(len(cost)) if draws is not None else ():
            amount, room = 0.0, max(limit - total, 0.0)
            if draws is not None and rules.fund[c] == t:
                left = min((draws.initial_commitment_usd or loan.commitment_usd) - advanced, loan.commitment_usd - used, room)
                amount = min(draws.at_funding * cost[c], rules.at_funding[c, t], left)
                advanced += amount
            if draws is not None and rules.accept[c] == t:
                top_up = max(min(draws.after_acceptance * cost[c], capacity[c]) - lent[c] - amount, 0.0)
                amount += min(top_up, loan.commitment_usd - used - amount, room - amount)
            lent[c] += amount
            used += amount
            floating, total = floating + amount * share, total + amount
            due[t + 1 : t + 1 + len(rules.tenor)] += rules.tenor * amount
        if len(rules.tenor) and t < maturity - 1:
            rest = due[t:].sum()
            shares[t] = min(due[t] / rest, 1.0) if rest > 0 else 0.0
        keep = 1.0 - shares[t]
        if rules.continuous and total * keep > limit:
            keep = limit / total
        floating, total = floating * keep, total * keep
        out[:, t] = total, floating
    return out[0], out[1], shares


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
