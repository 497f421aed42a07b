"""Planned flows of a loan: what it lends, earns and gets back if nobody defaults."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from instruments.contracts.loan import Loan
from instruments.contracts.loan_parts import LoanPosition
from pricing.schedules.amortisation import amortisation_shares
from pricing.schedules.call import UnitLoan
from pricing.schedules.facility import Facility
from pricing.schedules.grid import day_counts, month_ends, months_to, thirty_360
from pricing.schedules.types import Floats


@dataclass(frozen=True)
class LoanFlows:
    """One loan's planned flows at month ends; USD, arrays [time]."""

    as_of: dt.date
    dates: tuple[dt.date, ...]
    floating: Floats
    """Floating balance during each month."""
    fixed: Floats
    """Fixed balance during each month."""
    principal: Floats
    """Received at each date, both parts: repayments less draws."""
    margin: float
    rate: float
    """Coupon of the fixed part, 30/360."""
    fees: Floats
    """Undrawn fees, fees and discount on draws."""
    opening: float
    """Lent before the first date, less the fee and the discount kept on it."""


def term_flows(loan: Loan, as_of: dt.date, position: LoanPosition | None = None) -> LoanFlows:
    """A loan without collateral: drawn in full at `as_of`, or standing where its position says."""
    maturity = months_to(as_of, loan.maturity)
    dates = month_ends(as_of, maturity)
    share = loan.floating.share if loan.floating else 0.0
    seasoned = position is not None and position.floating_usd + position.fixed_usd > 0
    floating = position.floating_usd if seasoned and position else loan.commitment_usd * share
    fixed = position.fixed_usd if seasoned and position else loan.commitment_usd * (1.0 - share)
    left = np.cumprod(np.concatenate([[1.0], 1.0 - amortisation_shares(loan.amortisation, dates, maturity)]))
    total = floating + fixed
    if loan.pik is not None and loan.fixed is not None:
        # interest in kind joins the balance before its month's principal
        kind = np.array([loan.pik.share if date <= loan.pik.until else 0.0 for date in dates])
        growth = 1.0 + kind * loan.fixed.rate * thirty_360(as_of, dates)
        left = left * np.concatenate([[1.0], np.cumprod(growth)])
    return LoanFlows(
        as_of=as_of,
        dates=dates,
        floating=floating * left[:-1],
        fixed=fixed * left[:-1],
        # repaid less what interest in kind adds: the change of the balance, either way
        principal=-np.diff(total * left),
        margin=loan.floating.margin if loan.floating else 0.0,
        rate=loan.fixed.rate if loan.fixed else 0.0,
        fees=np.zeros(maturity),
        opening=total if seasoned else total * (1.0 - loan.upfront_fee - loan.discount),
    )


def facility_flows(facility: Facility, ledger: Floats, states: Floats) -> LoanFlows:
    """The planned flows of a facility, from the rolled plan: ledger [time, posting] and states [time, item] of the planned path."""
    from pricing.ledger import facility as k

    plan, loan = facility.plan, facility.loan
    m = plan.maturity
    floating = np.concatenate([[plan.opening[0]], states[: m - 1, k.FLOATING]])
    fixed = np.concatenate([[plan.opening[1]], states[: m - 1, k.FIXED]])
    back = ledger[:m, k.PRINCIPAL_FLOATING] + ledger[:m, k.PRINCIPAL_FIXED]
    return LoanFlows(
        as_of=facility.as_of,
        dates=facility.dates[:m],
        floating=floating,
        fixed=fixed,
        principal=back - ledger[:m, [k.DRAW_FLOATING, k.DRAW_FIXED, k.PIK_FLOATING, k.PIK_FIXED]].sum(axis=1),
        margin=loan.floating.margin_for(facility.offtake.customer_class) if loan.floating else 0.0,
        rate=loan.fixed.rate if loan.fixed else 0.0,
        fees=ledger[:m, k.UNDRAWN_FEE] + ledger[:m, k.LENDER_FEE],
        opening=float(plan.opening[0] + plan.opening[1]),
    )


@dataclass(frozen=True)
class Scheduled:
    """Values of planned flows to the lender, USD, before what was lent already."""

    default_free: float
    risky: float
    annuity: float
    """Risky value of one unit of margin a year on both parts."""


Curve = Callable[[Floats], Floats]


def planned_cash(flows: LoanFlows, discount: Curve) -> Floats:
    """What the lender receives less lends at each date, floating interest at its forwards, USD: [time]."""
    years, days = day_counts(flows.as_of, flows.dates)
    d0, d = discount(np.concatenate([[0.0], years[:-1]])), discount(years)
    interest = flows.floating * (d0 / d - 1.0 + flows.margin * (days / 360.0))
    return interest + flows.fixed * flows.rate * thirty_360(flows.as_of, flows.dates) + flows.principal + flows.fees


def internal_rate(times: Floats, cash: Floats, opening: float) -> float | None:
    """Effective annual rate r: sum of cash x (1 + r)^-t = opening; None where no r in (-99 %, 1000 %) does it.

    Args:
        times: years, [time].
        cash: received less lent, USD, [time].
        opening: lent before, USD.
    """
    from scipy.optimize import brentq  # found by those who ask for a yield

    def gap(rate: float) -> float:
        return float((cash * (1.0 + rate) ** -times).sum()) - opening

    low, high = -0.99, 10.0
    if gap(low) * gap(high) >= 0:
        return None
    found: Any = brentq(gap, low, high, xtol=1e-14)
    return float(found)


def average_life(times: Floats, repaid: Floats, lent: Floats) -> float:
    """Years that a dollar of principal is out: sum t (repaid - lent) over what is repaid, [time] each."""
    total = float(repaid.sum())
    return float((times * (repaid - lent)).sum()) / total if total > 0 else 0.0


def scheduled_value(flows: LoanFlows, discount: Curve, survival: Curve, recovery: float) -> Scheduled:
    """Planned flows on one credit at a constant recovery: the array lane beside QuantLib.

    **Model**: V = sum D(t) S(t) CF(t) + R sum B(t) (S(t-) - S(t)) D(mid), default at the middle day of each month, recovery of the
    balance during it; the overnight rate compounds, so a month's floating interest is D(t-)/D(t) - 1 plus margin x ACT/360. What is not
    modelled: draws stop at default only through S; recovery does not depend on anything.

    Args:
        flows: [time].
        discount, survival: functions of ACT/365F years.
        recovery: in [0, 1].
    """
    years, days = day_counts(flows.as_of, flows.dates)
    start = np.concatenate([[0.0], years[:-1]])
    d, s, s0 = discount(years), survival(years), survival(start)
    accrual = days / 360.0
    thirty = thirty_360(flows.as_of, flows.dates)
    cash = planned_cash(flows, discount)
    middle = discount(start + np.floor(days / 2.0) / 365.0)
    balance = flows.floating + flows.fixed
    back = recovery * balance * (s0 - s) * middle
    annuity = float(((flows.floating * accrual + flows.fixed * thirty) * d * s).sum())
    return Scheduled(float((d * cash).sum()), float((d * s * cash + back).sum()), annuity)


def unit_loan(flows: LoanFlows, discount: Curve) -> UnitLoan:
    """The planned flows of a loan per unit of balance."""
    years, days = day_counts(flows.as_of, flows.dates)
    d0, d = discount(np.concatenate([[0.0], years[:-1]])), discount(years)
    forward, accrual = d0 / d - 1.0, days / 360.0
    balance = flows.floating + flows.fixed
    safe = np.where(balance > 0, balance, 1.0)
    interest = flows.floating * (forward + flows.margin * accrual) + flows.fixed * flows.rate * thirty_360(flows.as_of, flows.dates)
    return UnitLoan(interest / safe, flows.principal / safe, forward, accrual, len(flows.dates))
