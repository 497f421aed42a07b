"""Covenants of a facility on its grid: levels by date, windows, cures, consequences."""

from __future__ import annotations

import datetime as dt

import numpy as np

from instruments.contracts.covenants import AnyCovenant, DscrTest, RealisationTest
from instruments.contracts.loan import Loan
from instruments.contracts.loan_parts import LoanPosition
from pricing.schedules.facility_arrays import last
from pricing.schedules.grid import month_index
from pricing.schedules.plan import CODES, CONSEQUENCES, KIND, KINDS, TestPlan
from pricing.schedules.types import Floats

UNTESTED = -1.0
"""Level of a date without a test."""
MAINTENANCE = "maintenance"
"""Label of the covenant in the field of that name."""


def covenants_of(loan: Loan) -> dict[str, AnyCovenant]:
    """Label to covenant in the order of the tests: the maintenance test first, as a covenant like the others."""
    found: dict[str, AnyCovenant] = {}
    test = loan.maintenance
    if test is not None:
        found[MAINTENANCE] = DscrTest(
            threshold=test.threshold, months=test.months, first_test=test.first_test, grace_months=test.grace_months, cures=test.cures
        )
    return found | dict(loan.covenants)


def longest_window(loan: Loan) -> int:
    """Payment dates that the tests look back on."""
    return max((getattr(covenant, "months", 1) for covenant in covenants_of(loan).values()), default=1)


def test_plan(loan: Loan, position: LoanPosition, as_of: dt.date, dates: tuple[dt.date, ...], maturity: int, projected: Floats) -> TestPlan:
    """The covenants as arrays.

    Args:
        loan: its covenants.
        position: cures and waivers used, and contracted cash before the grid.
        as_of: the grid starts after it.
        dates: of the grid.
        maturity: payment dates; nothing is tested behind them.
        projected: [time] contracted cash projected.
    """
    covenants = covenants_of(loan)
    size, months = len(covenants), len(dates)
    levels, base = np.full((size, months), UNTESTED), np.zeros((size, months))
    used = np.zeros((2, size))
    for i, (label, covenant) in enumerate(covenants.items()):
        levels[i] = level_by_date(covenant, as_of, dates, maturity)
        if isinstance(covenant, RealisationTest):
            before = last(position.projected_usd, covenant.months)
            total = np.concatenate([[0.0], np.cumsum(np.concatenate([before, projected]))])
            base[i] = total[covenant.months + 1 :] - total[1 : months + 1]
        used[0, i] = position.cures_used if label == MAINTENANCE else position.covenant_cures_used.get(label, 0)
        used[1, i] = position.covenant_waivers_used.get(label, 0)
    each = list(covenants.values())
    free = [0 if c.free_cures_until is None else sum(date < c.free_cures_until for date in dates) for c in each]

    codes = [
        (
            KINDS.index(c.kind), getattr(c, "months", 1), c.cures, until, _in_cash(c), c.grace_months, CONSEQUENCES.index(c.consequence),
            c.waivers.count if c.waivers else 0,
        )
        for c, until in zip(each, free, strict=True)
    ]  # fmt: skip
    return TestPlan(
        codes=np.array(codes, dtype=np.int64).reshape(size, len(CODES)),
        level=levels,
        base=base,
        waiver=np.array([(c.waivers.fee, c.waivers.margin_step) if c.waivers else (0.0, 0.0) for c in each]).reshape(size, 2),
        used=used,
    )


def _in_cash(covenant: AnyCovenant) -> int:
    """Caps are cured by prepayment, cash and realisation in cash, coverage as its terms say."""
    if isinstance(covenant, DscrTest):
        return int(covenant.cured_by == "cash")
    return int(covenant.kind in ("realisation", "minimum_liquidity"))


def level_by_date(covenant: AnyCovenant, as_of: dt.date, dates: tuple[dt.date, ...], maturity: int) -> Floats:
    """Threshold or cap on each date, [time]; `UNTESTED` before the first test, between tests, in a holiday without a level, and later."""
    first = month_index(as_of, covenant.first_test)
    # a seasoned deal keeps the rhythm of its first test
    since = (dates[0].year - covenant.first_test.year) * 12 + dates[0].month - covenant.first_test.month if first < 0 else -first
    out = np.full(len(dates), UNTESTED)
    for t in range(min(maturity, len(dates))):
        holiday = next((h for h in covenant.holidays if h.first <= dates[t] <= h.last), None)
        if t + since < 0 or (t + since) % covenant.every_months:
            continue
        level = covenant.level if holiday is None else holiday.level
        out[t] = UNTESTED if level is None else level
    return out


def liquidity_floor(plan: TestPlan) -> Floats:
    """Least target of the liquidity reserve on each date: the largest minimum tested then, [time]."""
    rows = plan.level[plan.codes[:, KIND] == KINDS.index("minimum_liquidity")]
    return np.maximum(rows.max(axis=0, initial=0.0), 0.0)
