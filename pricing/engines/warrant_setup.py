"""A warrant in its deal and market, resolved for simulation: drivers, clocks, position, payoff."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curves import years_between
from instruments.conditions import EventHappened, MilestoneReached, PriceTarget, legs_of
from instruments.contracts.warrant import Warrant, WarrantPosition
from instruments.deal import Deal
from instruments.ground.errors import InputError, MarketError, PricingError
from instruments.ground.messages import problem
from pricing.paths.drivers import Clock, Drivers, resolve_drivers
from pricing.paths.grid import daily_grid
from pricing.registry import Task

Array = NDArray[np.float64]


@dataclass(frozen=True)
class WarrantRun:
    """What the engines of a warrant share."""

    task: Task
    warrant: Warrant
    drivers: Drivers
    position: WarrantPosition
    credit_of: dict[str, str]
    """Party id to credit key, for parties whose default matters."""
    open_shares: Array
    """Shares by tranche that have not been exercised yet."""

    @property
    def deal(self) -> Deal:
        """The deal."""
        return self.task.deal

    def payoff(self, vest: NDArray[np.int64], vest_log_price: Array, last_log_price: Array) -> Array:
        """Payoff in units of the share as numeraire [tranche, path]: e^{-q t} (1 - K/S_t)^+ where vested, t as `exercise` says."""
        share = self.drivers.share(self.warrant.underlying)
        grid = self.drivers.grid
        never = grid.size
        if self.warrant.exercise == "at_vesting":
            times = grid.times[np.minimum(vest, never - 1)]
            price = np.exp(vest_log_price)
        else:
            times = np.full(vest.shape, grid.times[-1])
            price = np.broadcast_to(np.exp(last_log_price), vest.shape)
        kept = np.maximum(1.0 - self.warrant.strike_usd / price, 0.0) if self.warrant.strike_usd > 0.0 else np.ones(vest.shape)
        return np.where(vest < never, np.exp(-share.dividend_yield * times) * kept, 0.0)


def prepare(task: Task) -> WarrantRun:
    """Resolve a task.

    Raises:
        MarketError: a quote is missing. PricingError: the position is at odds with the market, or a delivery is overdue.
    """
    warrant, deal, market = task.contract, task.deal, task.market
    if not isinstance(warrant, Warrant):
        raise TypeError("prepare() takes a task whose contract is a Warrant")
    if warrant.expiry <= market.as_of:
        raise InputError(
            problem(
                "unsupported",
                subject=task.contract_id,
                field="expiry",
                value=warrant.expiry.isoformat(),
                why=f"not after {market.as_of}",
                remedy="it has expired: drop it",
            )
        )
    legs = [leg for tranche in warrant.tranches for _, leg in legs_of(tranche.condition)]
    shares = dict.fromkeys([warrant.underlying, *(leg.of for leg in legs if isinstance(leg, PriceTarget))])
    milestones = dict.fromkeys(leg.milestone for leg in legs if isinstance(leg, MilestoneReached))
    watched = [leg.party for leg in legs if isinstance(leg, EventHappened)]
    buyers = [buyer for name in milestones if (buyer := deal.milestones[name].buyer) is not None]
    credit_of = {party: credit for party in (*watched, *buyers) if (credit := deal.parties[party].credit) is not None}
    grid = daily_grid(market, warrant.expiry)
    drivers = resolve_drivers(
        market,
        grid,
        prices=tuple(shares),
        clocks=tuple(_clock(task, name, credit_of) for name in milestones),
        credits=tuple(dict.fromkeys(credit_of.values())),
        rents=tuple(rent for name in milestones if (rent := deal.milestones[name].rent) is not None),
    )
    position = deal.position.contracts.get(task.contract_id, WarrantPosition())
    exercised = np.zeros(len(warrant.tranches))
    if position.exercised_shares:
        exercised = np.array(position.exercised_shares)
    open_shares = np.array([tranche.shares for tranche in warrant.tranches]) - exercised
    return WarrantRun(task, warrant, drivers, position, credit_of, open_shares)


def _clock(task: Task, name: str, credit_of: dict[str, str]) -> Clock:
    deal, market = task.deal, task.market
    key = f"milestone:{name}"
    quotes = market.milestones.get(name)
    if quotes is None:
        raise MarketError(
            problem("missing_key", subject=task.contract_id, field=key, key=key, choices=[f"milestone:{n}" for n in market.milestones])
        )
    done = deal.position.milestones.get(name, 0.0)
    milestone = deal.milestones[name]
    dates = sorted(milestone.plan)
    planned: list[float] = []
    for date in dates:
        years = years_between(market.as_of, date)
        if milestone.plan[date] <= done:
            years = -1.0  # delivered: before every possible day
        elif years <= 0.0:
            why = f"{milestone.plan[date]:g} {milestone.unit} was due on {date} and is not in the position at {market.as_of}"
            raise PricingError(
                problem(
                    "unsupported",
                    subject=f"milestones.{name}",
                    field="plan",
                    why=why,
                    remedy="restate the plan, or enter it in the position",
                )
            )
        planned.append(years)
    return Clock(
        key=key,
        levels=tuple(milestone.plan[date] for date in dates),
        planned=np.array(planned),
        volatility=quotes.clock_volatility.value,
        cancellation_hazard=quotes.cancellation_hazard.value,
        buyer=credit_of.get(milestone.buyer) if milestone.buyer is not None else None,
    )
