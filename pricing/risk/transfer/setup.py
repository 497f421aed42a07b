"""A project on a market, resolved to arrays: what every design shares."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from curves import Market, RentCurve, ResaleCurve, default_rates_key, discount_curve, rent_curve, resale_curve, survival_curve
from instruments.contracts.offtake import Substitute
from instruments.ground.errors import InputError
from instruments.ground.keys import name_of
from instruments.ground.messages import problem
from instruments.project import Project
from pricing.collateral.lots import lot_factors
from pricing.paths.drivers import Drivers, resolve_drivers
from pricing.paths.grid import Grid
from pricing.schedules.grid import day_counts, month_ends
from pricing.schedules.types import Floats

HOURS = 730.0
"""Hours of a month."""
NEVER = 10**6
"""Month of what does not happen."""


@dataclass(frozen=True)
class Setup:
    """Arrays of a project: M months of life and a tail in which what was seized is sold and guarantees are paid, T months in all."""

    project: Project
    market: Market
    drivers: Drivers
    months: int
    """M."""
    dates: tuple[dt.date, ...]
    """Rows of the ledger [T + 1], the first today."""
    discount: Floats
    """[T + 1]"""
    steps: Floats
    """Years of each month [T]."""
    forward_rate: Floats
    """Simple interest of each month, not annualised [T]."""
    rent: RentCurve
    forward_rent: Floats
    """[T]"""
    resale: ResaleCurve
    age_value: Floats
    """Market value of all units at forward rents [T], USD."""
    relet_months: int
    utilisation: float
    recovery: dict[str, float]
    """Party to recovery of its promises."""

    @property
    def total(self) -> int:
        """T."""
        return len(self.steps)

    @cached_property
    def lot_prices(self) -> Floats:
        """Average price of each lot of a quick sale over the market's [lot]."""
        return lot_factors(self.project.plant.units, self.project.enforcement.lots, self.resale.impact / self.resale.depth_units)

    @property
    def cost(self) -> float:
        """USD."""
        return self.project.plant.cost_usd

    @property
    def substitute(self) -> Substitute:
        """What follows the operator's default."""
        return self.project.plant.substitute

    def credit(self, party: str) -> str | None:
        """Credit key of a party; None does not default."""
        return self.project.parties[party].credit

    def share(self, party: str) -> str | None:
        """Share key of a party."""
        return self.project.parties[party].equity


def tail_months(project: Project) -> int:
    """Months after the project's life in which sales end and guarantees are paid."""
    rules = project.enforcement
    lags = [design.guarantee.lag_months for design in project.designs.values() if design.guarantee]
    lags += [design.lease.lag_months for design in project.designs.values() if design.lease]
    return rules.repossession_months + rules.lots + max(lags, default=0) + 1


def set_up(project: Project, market: Market) -> Setup:
    """Resolve a project on a market.

    Raises:
        MarketError: a rate, rent, resale, share or credit quote is missing, or correlations contradict each other.
        InputError: project and market are of different dates.
    """
    if project.as_of != market.as_of:
        why = f"the market is of {market.as_of}, the project of {project.as_of}"
        raise InputError(problem("rejected", subject=project.id, field="as_of", why=why))
    plant = project.plant
    total = plant.months + tail_months(project)
    dates = month_ends(market.as_of, total)
    times, _ = day_counts(market.as_of, dates)
    discounts = discount_curve(market, default_rates_key(market)).discount(times)
    steps = np.diff(times, prepend=0.0)
    times, steps = times.astype(np.float64), steps.astype(np.float64)
    grid = Grid(market.as_of, dates, times, steps, discounts)
    parties = project.parties
    named = list(dict.fromkeys((plant.customer, plant.operator, plant.vendor, *project.holders()[:-2])))
    credits = tuple(dict.fromkeys(key for name in named if (key := parties[name].credit) is not None))
    issuers = [design.warrants.issuer for design in project.designs.values() if design.warrants]
    issuers += [plant.operator] if any(design.margin_loan for design in project.designs.values()) else []
    shares = tuple(dict.fromkeys(key for name in issuers if (key := parties[name].equity) is not None))
    issued = {party.equity: party.credit for party in parties.values() if party.equity and party.credit}
    drivers = resolve_drivers(market, grid, prices=shares, clocks=(), credits=credits, rents=(plant.rent,), issuers=issued)
    curve, resale = rent_curve(market, plant.rent), resale_curve(market, plant.resale)
    quotes = market.rent[name_of(plant.rent)]
    return Setup(
        project=project,
        market=market,
        drivers=drivers,
        months=plant.months,
        dates=(market.as_of, *dates),
        discount=np.concatenate([[1.0], discounts]),
        steps=steps,
        forward_rate=np.concatenate([[1.0], discounts[:-1]]) / discounts - 1.0,
        rent=curve,
        forward_rent=curve.forward(times),
        resale=resale,
        age_value=plant.units * resale.value(times, times),
        relet_months=quotes.relet_months,
        utilisation=quotes.relet_utilisation,
        recovery={name: survival_curve(market, key).recovery for name in named if (key := parties[name].credit) is not None},
    )
