"""Months of a compute derivative, resolved: which days are averaged, what has been seen of them, when they are paid."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from curves._quantlib.calendars import add_business_days, days_of_month
from curves.arrays import DAYS_PER_YEAR
from instruments.contracts.compute_derivatives import first_day
from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.schedules.types import Floats


@dataclass(frozen=True)
class RentMonth:
    """One month: its mean is known + open_share x the mean over the days to come."""

    month: str
    known: float
    """Sum of the fixings seen over the number of all days, USD per hour."""
    open_share: float
    """Days to come over all days."""
    times: Floats
    """Days to come [day], ACT/365F years after the market's date, above 0."""
    days: tuple[dt.date, ...]
    """Their dates."""
    fixed: int
    """Days seen."""
    pay_date: dt.date
    pay_years: float


def rent_months(
    months: tuple[str, ...], as_of: dt.date, spot: float, fixings: Mapping[dt.date, float], *, lag_days: int, subject: str
) -> tuple[RentMonth, ...]:
    """The months that are still to be paid on `as_of` or later.

    The days are the trading days of New York (the exchange's own calendar may differ by a holiday). A day before `as_of` needs its
    fixing; the day itself takes its fixing where the position has it, else the spot, which is the index of that day.

    Args:
        months: in order. as_of: of the market. spot: the index on it. fixings: day to USD per hour.
        lag_days: business days from the last fixing to the payment.
        subject: the contract, for messages.

    Raises:
        InputError: a past day without fixing, a fixing on a day that is not averaged, or every month is paid.
    """
    found: list[RentMonth] = []
    for month in months:
        first = first_day(month)
        days = days_of_month(first.year, first.month)
        pay = add_business_days(days[-1], lag_days) if lag_days else days[-1]
        if pay < as_of:
            continue
        stray = [day for day in fixings if (day.year, day.month) == (first.year, first.month) and day not in days]
        if stray:
            raise InputError(
                problem(
                    "broken_rule", subject=subject, field="position.fixings", value=min(stray).isoformat(),
                    rule="no business day, so that it is not averaged", remedy="take the fixing out",
                )
            )  # fmt: skip
        missing = [day for day in days if day < as_of and day not in fixings]
        if missing:
            raise InputError(
                problem(
                    "missing_fixing", subject=subject, field="position.fixings", day=missing[0].isoformat(), count=len(missing),
                    place="the position of the deal",
                )
            )  # fmt: skip
        seen = [fixings.get(day, spot) for day in days if day <= as_of]
        ahead = tuple(day for day in days if day > as_of)
        times = np.array([(day - as_of).days for day in ahead], dtype=np.float64) / DAYS_PER_YEAR
        found.append(
            RentMonth(
                month,
                float(np.sum(seen)) / len(days),
                len(ahead) / len(days),
                times,
                ahead,
                len(seen),
                pay,
                (pay - as_of).days / DAYS_PER_YEAR,
            )
        )
    if not found:
        raise InputError(
            problem(
                "broken_rule", subject=subject, field="end", value=months[-1], rule=f"every month was paid before {as_of}",
                remedy="take the contract out, or give an earlier market",
            )
        )  # fmt: skip
    return tuple(found)
