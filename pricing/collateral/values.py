"""Four values of a fleet, never blended: book, income, orderly, forced."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from instruments.assets.fleet import Cohort, GpuFleet
from pricing.collateral.lots import lot_factors
from pricing.schedules.facility import Facility
from pricing.schedules.types import Floats

YEAR_DAYS = 365.0


def book_value(fleet: GpuFleet, on: dt.date) -> float:
    """Cost less straight-line depreciation from planned acceptance, of the cohorts funded by then; USD.

    **Limits**: cost at acceptance, salvage from the end of its life on; nothing before funding.
    """
    return sum(_book(fleet, cohort, on) for cohort in fleet.cohorts)


def _book(fleet: GpuFleet, cohort: Cohort, on: dt.date) -> float:
    if cohort.funding > on:
        return 0.0
    policy = fleet.accounting
    age = max((on - cohort.acceptance).days, 0) / YEAR_DAYS
    return cohort.cost_usd * (1.0 - (1.0 - policy.salvage) * min(age / policy.life_years, 1.0))


@dataclass(frozen=True)
class FleetValues:
    """USD at one payment date, of the cohorts planned to be funded by then."""

    date: dt.date
    book: float
    income: float
    """Contract cash while the contract lasts, then letting again until the fleet retires, and the scrap price then."""
    orderly: float
    forced: float


def fleet_values(facility: Facility, t: int) -> FleetValues:
    """The four values at payment date t, on the plan: forward rents, no default.

    **Model**: income is the largest, over the month of retirement, of discounted monthly margins (contract price while it lasts, then
    the forward rent at the market's utilisation, the fleet switched off below its power cost) plus resale in one lot then; orderly is
    market value sold evenly over the agreed months less selling cost; forced is sold in the loan's lots after repossession, each at its
    average price into finite depth, less selling and idle cost. Not modelled: taxes, the choice between the two on paths.

    Args:
        facility: resolved terms.
        t: index of the date, below the plan's number of months.

    Returns:
        Values in USD discounted to that date. The grid ends soon after the loan: income beyond it is carried at forward rents.
    """
    plan, e = facility.plan, facility.loan.enforcement
    funded = (plan.fund <= t)[:, None]
    units = np.where(funded, plan.units, 0.0).sum(axis=0)
    value = np.where(funded, plan.market_value, 0.0).sum(axis=0)
    df, keep = plan.discount, 1.0 - plan.sale_cost
    orderly = _even_sale(value * keep, df, t, e.orderly_months)
    factors = lot_factors(units, e.lots, plan.impact)
    forced = 0.0
    for ahead in range(1, e.repossession_months + e.lots + 1):
        s = min(t + ahead, plan.months - 1)
        lot = ahead - 1 - e.repossession_months
        forced -= df[s] / df[t] * units[s] * plan.site_cost[s] * e.idle_cost_share * (1.0 - max(lot, 0) / e.lots)
        if lot >= 0:
            forced += df[s] / df[t] * value[s] * keep / e.lots * factors[lot][s]
    return FleetValues(
        facility.dates[t], book_value(facility.fleet, facility.dates[t]), _income(facility, units, value * keep, t), orderly, forced
    )


def _even_sale(value: Floats, df: Floats, t: int, months: int) -> float:
    last = len(value) - 1
    return float(sum(df[min(t + m, last)] / df[t] * value[min(t + m, last)] / months for m in range(1, months + 1)))


def _income(facility: Facility, units: Floats, scrap: Floats, t: int) -> float:
    plan, fleet = facility.plan, facility.fleet
    oldest = min(cohort.acceptance for cohort in fleet.cohorts)
    age = np.array([(date - oldest).days / YEAR_DAYS for date in facility.dates])
    contract = plan.price > 0
    relet = plan.forward_rent * plan.relet_share * plan.hours
    on = contract | (relet > plan.power_cost)
    earned = np.where(contract, plan.price * plan.hours, relet)
    accepted = np.array([(plan.accept < s) & (plan.fund <= t) for s in range(plan.months)]).T
    serving = np.where(accepted, plan.units, 0.0).sum(axis=0)
    margin = serving * (np.where(on, earned - plan.power_cost, 0.0) - plan.site_cost) * plan.discount / plan.discount[t]
    later = np.where((np.arange(plan.months) > t) & (age <= fleet.retirement_years), margin, 0.0)
    total = np.concatenate([[0.0], np.cumsum(later)[t + 1 :]])
    rest = scrap[t:] * plan.discount[t:] / plan.discount[t]
    return float(np.max(total + rest))
