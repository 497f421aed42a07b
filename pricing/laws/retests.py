"""Covenants tested again from what a path's own ledger and states show, by the terms alone: the laws of covenants compare with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from instruments.contracts.covenants import AnyCovenant
from instruments.contracts.loan import Loan
from pricing.engines.facility_run import Setup
from pricing.ledger import facility as k
from pricing.ledger.checks import before
from pricing.mechanics.rollforward import Rolled
from pricing.mechanics.state import DEBT_TOL
from pricing.schedules.covenants import covenants_of
from pricing.schedules.types import Bools, Floats

CAPS = ("loan_to_cost", "loan_to_value")
"""Covenants that are broken above their level; the others below."""


@dataclass(frozen=True)
class Retest:
    """One covenant on one date, [path]."""

    label: str
    terms: AnyCovenant
    number: int
    """Position of the covenant among the tests."""
    month: int
    level: float
    made: Bools
    """Whether it is tested."""
    value: Floats
    """Ratio, or USD, rebuilt."""
    need: Floats
    """What would restore it, USD."""
    posted: Floats
    """What its cure must have brought in, where it was cured: what it needs, at most what a prepayment can be of."""
    sure: Bools
    """Where two cures of one date do not hide what each of them did."""


def level_on(terms: AnyCovenant, date: dt.date) -> float | None:
    """Level that the terms give for a payment date; None where there is no test."""
    since = (date.year - terms.first_test.year) * 12 + date.month - terms.first_test.month
    if since < 0 or since % terms.every_months:
        return None
    holiday = next((one for one in terms.holidays if one.first <= date <= one.last), None)
    return terms.level if holiday is None else holiday.level


def cures_in_cash(terms: AnyCovenant) -> bool:
    """Whether a cure is paid in; else it prepays the loan."""
    return terms.kind in ("realisation", "minimum_liquidity") or (terms.kind == "dscr" and terms.cured_by == "cash")


def retests(loan: Loan, setup: Setup, rolled: Rolled) -> Iterator[Retest]:
    """Every covenant on every payment date, in the order of the tests. Months without a test come with `made` false everywhere.

    Windows hold the month's cash flow, service and rent as the path shows them, and what cures of coverage and realisation counted for.
    """
    plan, states, ledger, tests = setup.facility.plan, rolled.states, rolled.ledger, rolled.tests
    covenants = covenants_of(loan)
    paths = states.shape[2]
    performing = before(states, k.STATUS, float(k.PERFORMING)) == k.PERFORMING
    spent = plan.cost[plan.fund < 0].sum() + np.cumsum(ledger[:, k.CAPEX], axis=0)
    flows, service, received = (
        [np.full(paths, float(number)) for number in past] for past in (plan.past_cfads, plan.past_service, plan.past_received)
    )
    for t in range(plan.maturity):
        flows.append(states[t, k.CFADS].copy())
        service.append(states[t, k.SERVICE])
        received.append(ledger[t, k.RENT].copy())
        cured = tests[:, t, k.TEST_CURED] > 0
        cure = ledger[t, k.CURE]
        for i, (label, terms) in enumerate(covenants.items()):
            level = level_on(terms, setup.facility.dates[t])
            # a cure of this covenant, or of one tested later, has moved the balances that the month ends with
            later = cured[i:]
            cash = np.array([cures_in_cash(each) for each in list(covenants.values())[i:]])
            back = np.where((later & ~cash[:, None]).any(axis=0), cure, 0.0)
            paid_in = np.where((later & cash[:, None]).any(axis=0), cure, 0.0)
            balance = states[t, k.FLOATING] + states[t, k.FIXED] + back
            held = states[t, k.LIQUIDITY] + states[t, k.POWER_RESERVE] + states[t, k.TRAP] - paid_in
            owes = balance + states[t, k.INTEREST_ARREARS] > DEBT_TOL * plan.commitment
            months = getattr(terms, "months", 1)
            goal = 0.0 if level is None else level
            if terms.kind == "dscr":
                part, whole = sum(flows[-months:], np.zeros(paths)), sum(service[-months:], np.zeros(paths))
                need, possible = goal * whole - part, whole > 0.0
            elif terms.kind == "realisation":
                part, whole = sum(received[-months:], np.zeros(paths)), np.full(paths, plan.tests.base[i, t])
                need, possible = goal * whole - part, owes & (whole > 0.0)
            elif terms.kind == "minimum_liquidity":
                part, whole, need, possible = held, np.ones(paths), goal - held, owes
            else:
                part, whole = balance, spent[t] if terms.kind == "loan_to_cost" else states[t, k.MARKET_VALUE]
                need, possible = part - goal * whole, owes & (whole > 0.0)
            mine = cured[i]
            if terms.kind == "dscr":
                flows[-1] = flows[-1] + np.where(mine, need, 0.0)
            elif terms.kind == "realisation":
                received[-1] = received[-1] + np.where(mine, need, 0.0)
            value = np.where(whole > 0.0, part / np.where(whole > 0.0, whole, 1.0), 0.0)
            most = need if cures_in_cash(terms) else np.minimum(need, balance - states[t, k.PRINCIPAL_ARREARS])
            made = possible & performing[t] if level is not None else np.zeros(paths, dtype=np.bool_)
            yield Retest(label, terms, i, t, goal, made, value, need, most, cured.sum(axis=0) <= 1)
