"""A lease resolved: its months, rents, asset values and what is outstanding, as arrays on one grid."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from instruments.contracts.lease import Lease
from instruments.contracts.lease_parts import EscalatingRent, LeasedFleet, LevelRent, Phase, by_month
from instruments.ground.errors import InputError, PricingError
from instruments.ground.messages import problem
from pricing.schedules.grid import day_counts, month_ends, months_to
from pricing.schedules.lease_asset import AssetArrays, asset_arrays
from pricing.schedules.roots import root
from pricing.schedules.types import Floats

if TYPE_CHECKING:
    from curves.market import Market
    from instruments.deal import Deal

MONTHS = 12.0
RATE_RANGE = (-0.05, 1.0)
"""Where an implicit rate is looked for, a month."""


@dataclass(frozen=True)
class LeaseGrid:
    """Rows of a lease's arrays: row 0 is the market's date, the others are month ends."""

    as_of: dt.date
    dates: tuple[dt.date, ...]
    years: Floats
    """[row] ACT/365F from `as_of`."""
    hours: Floats
    """[row] in the month that ends there; 0 in row 0."""
    discount: Floats
    """[row]"""


@dataclass(frozen=True)
class PhasePlan:
    """One phase; USD of its share, arrays [row]."""

    label: str
    share: float
    start: int
    """Row of the handover."""
    ends: tuple[int, ...]
    """Rows at which the first term and each renewal end."""
    price: float
    value: float
    deposit: float
    rent: Floats
    """Paid at each row as long as the lease goes on; renewals at the market's rent stand at forwards here."""
    asset: AssetArrays
    implicit_rate: float
    """The lessor's, a month."""
    residual: Floats
    """[term] counted on at the end of each."""
    outstanding: Floats
    """[term, row] rents of the term after that row and the planned residual, at the implicit rate."""


@dataclass(frozen=True)
class LeasePlan:
    """A lease on its grid."""

    lease_id: str
    lease: Lease
    grid: LeaseGrid
    phases: tuple[PhasePlan, ...]


def resolve_lease(deal: Deal, lease_id: str, market: Market, *, tail_months: int = 0) -> LeasePlan:
    """Terms and market to arrays.

    Args:
        deal, lease_id: a lease of the deal.
        market: rates, rent and resale quotes (and power for a fleet).
        tail_months: rows needed after the last end: payment lags of guarantees.

    Raises:
        InputError: the lease starts before the market's date.
        MarketError: a quote is missing.
        PricingError: no rate makes rents and residual worth the price.
    """
    from curves import default_rates_key, discount_curve

    lease = deal.contracts[lease_id]
    if not isinstance(lease, Lease):
        raise PricingError(problem("unsupported", subject=lease_id, why="not a lease", remedy="name a lease"))
    as_of = market.as_of
    if lease.start < as_of:
        why = f"it starts on {lease.start}, before the market's date: leases under way are not valued"
        raise InputError(
            problem("unsupported", subject=lease_id, field="start", value=str(lease.start), why=why, remedy="use an earlier market")
        )
    first = months_to(as_of, lease.start)
    renewed = lease.renewal.count * lease.renewal.months if lease.renewal else 0
    whole = max(phase.delay_months for phase in lease.parts) + lease.term_months + renewed
    rows = first + whole + lease.remarketing.repossession_months + tail_months
    ends = month_ends(as_of, rows)
    years, days = day_counts(as_of, ends)
    curve = discount_curve(market, default_rates_key(market)).discount
    times = np.concatenate([[0.0], years])
    grid = LeaseGrid(as_of, (as_of, *ends), times, np.concatenate([[0.0], days * 24.0]), curve(times))
    phases = tuple(_phase(deal, lease_id, lease, phase, first + phase.delay_months, grid, market) for phase in lease.parts)
    return LeasePlan(lease_id, lease, grid, phases)


def _phase(deal: Deal, lease_id: str, lease: Lease, phase: Phase, start: int, grid: LeaseGrid, market: Market) -> PhasePlan:
    fleet = deal.assets[lease.asset.fleet] if isinstance(lease.asset, LeasedFleet) else None
    asset = asset_arrays(lease.asset, fleet, phase.share, grid.dates, grid.years, grid.hours, start, market)
    terms = [lease.term_months] + ([lease.renewal.months] * lease.renewal.count if lease.renewal else [])
    ends = tuple(int(start + sum(terms[: k + 1])) for k in range(len(terms)))
    rent = _rents(lease, phase.share, start, ends, asset, grid)
    price = phase.share * lease.price_usd
    residual = _residuals(lease, price, ends, asset)
    flows = _term_rents(lease, rent, start, ends[0])
    rate = implicit_rate(price, flows, float(residual[0]), subject=lease_id)
    outstanding = np.array([_outstanding(lease, rent, rate, k, start, ends, float(residual[k])) for k in range(len(ends))])
    value = phase.share * (lease.value_usd or lease.price_usd)
    return PhasePlan(
        label=phase.label,
        share=phase.share,
        start=start,
        ends=ends,
        price=price,
        value=value,
        deposit=phase.share * lease.deposit_usd,
        rent=rent,
        asset=asset,
        implicit_rate=rate,
        residual=residual,
        outstanding=outstanding,
    )


def scheduled_rent(lease: Lease, months: int) -> Floats:
    """Rent of the whole asset for each month since its start, USD, shape [month]; goes on beyond the first term."""
    index = np.arange(months)
    schedule = lease.rent
    if isinstance(schedule, LevelRent):
        return np.full(months, schedule.usd_per_month)
    if isinstance(schedule, EscalatingRent):
        return schedule.usd_per_month * (1.0 + schedule.yearly_increase) ** (index // 12)
    at, amounts = by_month(schedule.usd_per_month)
    return np.array(amounts)[np.searchsorted(np.array(at), index, side="right") - 1]


def _rents(lease: Lease, share: float, start: int, ends: tuple[int, ...], asset: AssetArrays, grid: LeaseGrid) -> Floats:
    months = share * scheduled_rent(lease, ends[-1] - start)
    factor = lease.renewal.rent_factor if lease.renewal else 1.0
    for begin, end in pairwise(ends):
        span = slice(begin - start, end - start)
        same = lease.renewal is None or lease.renewal.rent == "same"
        months[span] = factor * (months[span] if same else market_rent(lease, asset, begin, 1.0))
    rent = np.zeros(len(grid.dates))
    shift = start + (0 if lease.timing == "advance" else 1)
    rent[shift : shift + len(months)] = months
    return rent


def market_rent(lease: Lease, asset: AssetArrays, row: int, ratio: Floats | float) -> Floats:
    """What the asset fetches a month at a row, less running costs where the tenant bears them; never below nothing."""
    net = asset.running[row] if lease.running_costs == "lessee" else 0.0
    return np.maximum(np.asarray(ratio) * asset.full_rent[row] - net, 0.0)


def _residuals(lease: Lease, price: float, ends: tuple[int, ...], asset: AssetArrays) -> Floats:
    forward = asset.value[list(ends)]
    if lease.residual.kind == "market":
        return forward
    first = price * (lease.residual.share or 0.0)
    return first * forward / forward[0]


def _term_rents(lease: Lease, rent: Floats, start: int, end: int) -> Floats:
    """Rents by month from the handover to a term's end, [month from 0]; in advance the last entry is nothing."""
    flows = rent[start : end + 1].copy()
    if lease.timing == "advance":
        flows[-1] = 0.0
    return flows


def implicit_rate(price: float, flows: Floats, residual: float, *, subject: str) -> float:
    """Rate a month at which rents and residual are worth the price: sum of flows_n (1 + i)^-n + residual (1 + i)^-N = price.

    Raises:
        PricingError: there is none between -5 % and 100 % a month.
    """
    powers = np.arange(len(flows))
    total = flows.copy()
    total[-1] += residual

    def gap(rate: float) -> float:
        return float((total * (1.0 + rate) ** -powers).sum()) - price

    low, high = RATE_RANGE
    if gap(low) < 0.0 or gap(high) > 0.0:
        paid = float(total.sum())
        why = f"no implicit rate: rents and residual add up to {paid:,.0f} USD for an asset of {price:,.0f}"
        raise PricingError(
            problem("no_solution", subject=subject, field="rent", why=why, remedy="check rent, price_usd and the residual rule")
        )
    return root(gap, low, high)


def _outstanding(lease: Lease, rent: Floats, rate: float, k: int, start: int, ends: tuple[int, ...], residual: float) -> Floats:
    """[row] value at the implicit rate of the term's rents paid after each row, and of the residual at its end."""
    begin, end = (start if k == 0 else ends[k - 1]), ends[k]
    found = np.zeros(len(rent))
    left = residual
    found[end] = left
    for row in range(end, begin, -1):
        due = rent[row] if not (lease.timing == "advance" and row == end) else 0.0
        left = (left + due) / (1.0 + rate)
        found[row - 1] = left
    return found
