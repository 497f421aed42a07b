"""What is let, by month: units, forward value, market rent and running costs of a fleet or a site."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from instruments.assets.fleet import GpuFleet
from instruments.contracts.lease_parts import LeasedFleet, LeasedSite
from pricing.collateral.lots import lot_factors
from pricing.schedules.facility_terms import quotes_behind
from pricing.schedules.types import Floats

if TYPE_CHECKING:
    from curves.market import Market

HOURS_PER_MONTH = 730.0
"""Of running costs quoted by the month, per hour."""
YEAR_DAYS = 365.0


@dataclass(frozen=True)
class AssetArrays:
    """An asset at forwards, USD, arrays [row]; rent and value move with the path's rent ratio and its power."""

    life_years: float
    value: Floats
    """Market value."""
    sale_cost: float
    """Testing, transport and brokerage as a share of the price."""
    forced: Floats
    """Average price over market price when all is sold in one lot."""
    full_rent: Floats
    """Market rent of a month, every hour of every unit."""
    relet_rent: Floats
    """The same at the utilisation of a fleet that is let again."""
    relet_months: int
    """Months without rent before it is let again."""
    running: Floats
    """Power, space and upkeep of the month that ends there."""


def asset_arrays(
    asset: LeasedFleet | LeasedSite,
    fleet: GpuFleet | None,
    share: float,
    dates: tuple[dt.date, ...],
    years: Floats,
    hours: Floats,
    start: int,
    market: Market,
) -> AssetArrays:
    """A share of an asset that is handed over at row `start`.

    **Model**: units lost at the fleet's attrition from the later of acceptance and handover; value = units x resale value at that age;
    rent = units x forward rent x hours; running costs as the fleet's site states them, or the site's own. Age counts from acceptance where
    that is earlier than the handover: a used fleet stays used.
    """
    from curves import power_curve, rent_curve, resale_curve

    used = fleet if fleet is not None else asset
    assert not isinstance(used, LeasedFleet), "a leased fleet comes with its fleet"
    rent_key, resale_key = used.rent, used.resale
    rent, resale = rent_curve(market, rent_key), resale_curve(market, resale_key)
    quotes = quotes_behind(market.rent, rent_key, "rent")
    rows = len(dates)
    units, value = np.zeros(rows), np.zeros(rows)
    if fleet is not None:
        for cohort in fleet.cohorts:
            born = min(cohort.acceptance, dates[start])
            age = np.array([max((date - born).days, 0) / YEAR_DAYS for date in dates])
            alive = share * cohort.units * (1.0 - fleet.attrition) ** age
            units = units + alive
            value = value + alive * resale.value(age, years)
        power = power_curve(market, fleet.site.power).price(years)
        month = fleet.kw_per_unit * (fleet.site.pue * power * HOURS_PER_MONTH + fleet.site.colocation_usd_per_kw_month)
        running = units * (month + fleet.site.upkeep_usd_per_unit_month)
        life = fleet.accounting.life_years
    else:
        assert isinstance(asset, LeasedSite), "what is no fleet is a site"
        age = np.array([max((date - dates[start]).days, 0) / YEAR_DAYS for date in dates])
        units = np.full(rows, share * asset.units)
        value = units * resale.value(age, years)
        running = units * asset.running_usd_per_unit_month
        life = asset.life_years
    full = units * rent.forward(years) * hours
    full[0] = units[0] * float(rent.forward(0.0)) * HOURS_PER_MONTH
    return AssetArrays(
        life_years=life,
        value=value,
        sale_cost=resale.sale_cost,
        forced=lot_factors(units, 1, resale.impact / resale.depth_units)[0],
        full_rent=full,
        relet_rent=full * quotes.relet_utilisation,
        relet_months=quotes.relet_months,
        running=running,
    )
