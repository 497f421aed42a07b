"""A margin loan resolved: days, accruals, marks, and the rows of its ledger."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from curves import Market, add_business_days, default_rates_key, discount_curve, survival_curve
from instruments.contracts.coupons import FixedCoupon
from instruments.contracts.margin_loan import MarginLoan
from instruments.deal import Deal
from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.paths.drivers import Drivers, resolve_drivers, with_belief
from pricing.paths.grid import daily_grid
from pricing.paths.month_days import MonthDays, month_days
from pricing.schedules.grid import month_end
from pricing.schedules.types import Bools, Floats, Ints

SETTLEMENT = 5
"""Cash of calls and sales settles on the last of this many business days; interest and maturity settle on their own day."""


@dataclass(frozen=True)
class MarginPlan:
    """What the mechanics need; arrays [day] on the daily grid, which runs on after maturity until the last share can be sold."""

    loan: MarginLoan
    drivers: Drivers
    days: MonthDays | None
    """How the loan sees the months of its deal; None: alone."""
    credit: str | None
    """The borrower's credit key; None never defaults."""
    recovery: float
    maturity: int
    """Day of maturity."""
    interest: Bools
    """Days on which interest is due."""
    index_growth: Floats
    """Growth of accrued interest and of the balance by the compounded index, less one, while rates stay at their forwards."""
    index_moves: bool
    """Whether the index is the curve whose short rate moves the paths."""
    day_share: Floats
    """ACT/360 fraction of each day's step."""
    mark: Ints
    """Day whose close is the known mark; -1 is the price at `as_of`."""
    row: Ints
    """Row of the ledger in which a day settles."""
    dates: tuple[dt.date, ...]
    """Of the rows."""
    discount: Floats
    """[row]"""

    @property
    def kept(self) -> Ints:
        """Days with which the rows end [row]."""
        return np.flatnonzero(np.append(np.diff(self.row), 1))

    @property
    def spot(self) -> float:
        """Price at the market's date."""
        return self.drivers.share(self.loan.underlying).spot

    @property
    def spread(self) -> float:
        """Spread or fixed rate."""
        coupon = self.loan.coupon
        return coupon.rate if isinstance(coupon, FixedCoupon) else coupon.spread


def resolve_margin_loan(deal: Deal, loan: MarginLoan, market: Market, contract_id: str) -> MarginPlan:
    """Resolve a margin loan on a market; where the market has a belief, its breaks are in the drivers.

    Raises:
        InputError: the market's date is not before maturity. MarketError: a quote is missing.
        CalibrationError: breaks have more variance than the share's volatility, or more defaults than the borrower's curve.
    """
    on = market.as_of
    if loan.maturity <= on:
        raise InputError(
            problem("out_of_range", subject=contract_id, field="maturity", value=loan.maturity.isoformat(), expected=f"after {on}")
        )
    tail = loan.sale.lag_days + loan.sale_days + (loan.recourse_lag_days if loan.recourse else 0)
    grid = daily_grid(market, loan.maturity)
    last = grid.size - 1
    if tail:
        # the maturity itself need not be a business day: it stays on the longer grid as the first day on or after it
        grid = daily_grid(market, add_business_days(loan.maturity, tail + 1))
        last = int(np.searchsorted(np.array([day.toordinal() for day in grid.dates]), loan.maturity.toordinal()))
    credit = deal.parties[loan.borrower].credit
    drivers = resolve_drivers(market, grid, prices=(loan.underlying,), clocks=(), credits=(credit,) if credit else (), moving_rate=True)
    if market.belief is not None:
        drivers = with_belief(drivers, market)
    interest = np.zeros(grid.size, dtype=np.bool_)
    for date in _interest_dates(market.as_of, loan):
        interest[min(int(np.searchsorted(np.array([day.toordinal() for day in grid.dates]), date.toordinal())), last)] = True
    growth = np.zeros(grid.size)
    if not isinstance(loan.coupon, FixedCoupon):
        index = discount_curve(market, loan.coupon.index).discount(grid.times)
        growth = np.concatenate([[1.0], index[:-1]]) / index - 1.0
    days = np.arange(1, grid.size + 1)
    marking = loan.marking
    mark = np.maximum(days // marking.every_days * marking.every_days - marking.lag_days, 0) - 1
    ends = interest | (days % SETTLEMENT == 0) | (days == grid.size)
    row = np.concatenate([[0], np.cumsum(ends)[:-1]])
    kept = np.flatnonzero(ends)
    discount = discount_curve(market, default_rates_key(market)).discount(grid.times[kept])
    return MarginPlan(
        loan=loan,
        drivers=drivers,
        days=month_days(deal, market),
        credit=credit,
        recovery=survival_curve(market, credit).recovery if credit else 0.0,
        maturity=last,
        interest=interest,
        index_growth=growth,
        index_moves=drivers.rate is not None and not isinstance(loan.coupon, FixedCoupon) and loan.coupon.index == drivers.rate.key,
        day_share=grid.steps * 365.0 / 360.0,
        mark=mark,
        row=row,
        dates=tuple(grid.dates[day] for day in kept),
        discount=discount,
    )


def _interest_dates(start: dt.date, loan: MarginLoan) -> list[dt.date]:
    found = [loan.maturity]
    month = start.month
    while True:
        month += loan.interest_months
        last = month_end(start.year, month)
        date = last.replace(day=min(start.day, last.day))
        if date >= loan.maturity:
            return found
        found.append(date)


def planned_interest(plan: MarginPlan) -> Floats:
    """Interest due on each day while nothing happens [day], USD: what the default-free value discounts."""
    due = np.zeros(len(plan.interest))
    accrued, balance = 0.0, plan.loan.amount_usd
    for day in range(plan.maturity + 1):
        accrued += (accrued + balance) * plan.index_growth[day] + balance * plan.spread * plan.day_share[day]
        if plan.interest[day]:
            due[day], accrued = accrued, 0.0
    return due
