"""Staged equity in its deal and market, resolved: grid, drivers, tranches with amounts and prices, and who would stop what.

Every price rule becomes one shape: what the shares of one USD are worth when they are issued is w = (1 - f) + f max(g, S/P), with P the
agreed price or cap, g = 1/(1 - discount) for prices of the day (0 for agreed ones), and f = N P/(N P + round) the part of a cheap or dear
price that stays with the new shares where they share in the round's own money (1 where the quote holds the round).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from curves import Market, add_tenor, default_rates_key, discount_curve, equity_inputs, survival_curve, years_between
from instruments.conditions import Custom, EventHappened, MilestoneReached, PriceTarget, legs_of
from instruments.contracts.staged import Stage, StagedEquity, stages_of
from instruments.contracts.staged_parts import FixedPrice, FixedValuation, NextRoundPrice, StagedPosition, StopRight
from instruments.ground.errors import MarketError, PricingError
from instruments.ground.messages import problem
from pricing.engines.warrant_setup import clock_of
from pricing.paths.drivers import Drivers, resolve_drivers
from pricing.paths.grid import Grid, daily_grid
from pricing.paths.month_days import MonthDays, month_days
from pricing.registry import Task
from pricing.schedules.grid import month_ends, months_to

Array = NDArray[np.float64]
Days = NDArray[np.int64]
ON_TIME = 1e-9
"""Years by which a plan is brought forward, so that a delivery planned for a grid day falls on it and not, by rounding, a step later."""
INDIFFERENT = 1e-12
"""A side that gains or loses less than this share of the amount goes on."""


@dataclass(frozen=True)
class Resolved:
    """One tranche as numbers."""

    stage: Stage
    open_usd: float
    """Amount not drawn yet."""
    drawn_usd: float
    drawn_shares: float
    price: float
    """P: agreed price or cap, USD per share; infinity where there is none."""
    floor: float
    """g."""
    mix: float
    """f."""
    convert_at: Days
    """Grid index of the day on which shares are issued, by index of the trigger; the grid's size is beyond it."""

    @property
    def waits(self) -> bool:
        """Whether shares come later than the money."""
        return isinstance(self.stage.price, NextRoundPrice)

    @property
    def capped(self) -> bool:
        """Whether the worth of the shares depends on the share price at all."""
        return bool(np.isfinite(self.price))


@dataclass(frozen=True)
class StagedRun:
    """What the engines of a staged commitment share."""

    task: Task
    contract: StagedEquity
    tranches: tuple[Resolved, ...]
    drivers: Drivers
    days: MonthDays | None
    """How the commitment sees the months of its deal; None: alone."""
    position: StagedPosition
    credit_of: dict[str, str]
    stoppers: tuple[str, ...]
    """Credit keys of investor and issuer: a default of either ends the draws."""
    triggers: int
    """Grid days on which a trigger still counts: those up to the long-stop date."""
    draw_at: Days
    """Grid index of the draw by index of the trigger."""
    decide_at: dict[str, Days]
    """'investor_stop' and 'issuer_stop' to the grid index of the decision, by index of the trigger."""
    shares_outstanding: float | None
    survival: Array
    """Odds that investor and issuer are both alive on each grid day, if their defaults are independent [day]."""
    monthly: bool
    """Whether the grid is one of month ends."""

    @property
    def spot(self) -> float:
        """USD per share today."""
        return self.drivers.share(self.contract.underlying).spot

    def bounds(self, tranche: Resolved, *, investor: bool = True, issuer: bool = True) -> tuple[float, float]:
        """Worth per USD between which a tranche is not stopped, with the rights of the named sides in force."""
        firm = tranche.stage.standing == "firm"
        mine, theirs = self.contract.investor_stop, self.contract.issuer_stop
        low = -np.inf if firm or mine is None or not investor else 1.0 - mine.tolerance - INDIFFERENT
        high = np.inf if firm or theirs is None or not issuer else 1.0 + theirs.tolerance + INDIFFERENT
        return float(low), float(high)


def prepare(task: Task) -> StagedRun:
    """Resolve a task.

    Raises:
        MarketError: a quote is missing. PricingError: a delivery is overdue.
    """
    contract, deal, market = task.contract, task.deal, task.market
    if not isinstance(contract, StagedEquity):
        raise TypeError("prepare() takes a task whose contract is a StagedEquity")
    if contract.end <= market.as_of:
        why = f"not after {market.as_of}"
        raise PricingError(
            problem("unsupported", subject=task.contract_id, field="end", value=contract.end.isoformat(), why=why, remedy="it is over")
        )
    stages = stages_of(contract, deal.milestones)
    legs = [leg for stage in stages for _, leg in legs_of(stage.condition)]
    milestones = dict.fromkeys(leg.milestone for leg in legs if isinstance(leg, MilestoneReached))
    shares = dict.fromkeys([contract.underlying, *(leg.of for leg in legs if isinstance(leg, PriceTarget))])
    buyers = [buyer for name in milestones if (buyer := deal.milestones[name].buyer) is not None]
    watched = [leg.party for leg in legs if isinstance(leg, EventHappened)]
    sides = (contract.issuer, contract.investor)
    credit_of = {party: credit for party in (*sides, *watched, *buyers) if (credit := deal.parties[party].credit) is not None}
    lags = {stage.price.months for stage in stages if isinstance(stage.price, NextRoundPrice)}
    daily = any(isinstance(leg, PriceTarget | Custom) for leg in legs)
    grid = _grid(market, contract, max(lags, default=0), daily=daily)
    clocks = [clock_of(task, name, credit_of) for name in milestones]
    drivers = resolve_drivers(
        market,
        grid,
        prices=tuple(shares),
        clocks=tuple(replace(clock, planned=clock.planned - ON_TIME) for clock in clocks),
        credits=tuple(dict.fromkeys(credit_of.values())),
        moving_rate=True,
    )
    position = deal.position.staged.get(task.contract_id, StagedPosition())
    outstanding = equity_inputs(market, contract.underlying).shares_outstanding
    stoppers = tuple(dict.fromkeys(credit_of[party] for party in sides if party in credit_of))
    survival = np.ones(grid.size)
    for key in stoppers:
        survival = survival * survival_curve(market, key).survival(grid.times)
    rights = {"investor_stop": contract.investor_stop, "issuer_stop": contract.issuer_stop}
    return StagedRun(
        task=task,
        contract=contract,
        tranches=tuple(_terms(task, contract, position, grid, index, stage, outstanding) for index, stage in enumerate(stages)),
        drivers=drivers,
        days=month_days(deal, market),
        position=position,
        credit_of=credit_of,
        stoppers=stoppers,
        triggers=sum(date <= contract.end for date in grid.dates),
        draw_at=_later(grid, contract.closing_months),
        decide_at={side: _later(grid, contract.closing_months - _notice(right)) for side, right in rights.items()},
        shares_outstanding=outstanding,
        survival=survival,
        monthly=not daily,
    )


def _notice(right: StopRight | None) -> int:
    return 0 if right is None else right.notice_months


def months_later(date: dt.date, months: int) -> dt.date:
    """The same day so many months later."""
    return add_tenor(date, f"{months}M") if months else date


def _grid(market: Market, contract: StagedEquity, lag: int, *, daily: bool) -> Grid:
    """Month ends and the long-stop date; business days where a trigger watches a price."""
    last = months_later(contract.end, contract.closing_months + lag)
    if daily:
        return daily_grid(market, last)
    dates = tuple(sorted({*month_ends(market.as_of, months_to(market.as_of, last) + 1), contract.end}))
    times = np.array([years_between(market.as_of, date) for date in dates])
    discounts = discount_curve(market, default_rates_key(market)).discount(times)
    return Grid(market.as_of, dates, times, np.diff(times, prepend=0.0), discounts)


def _later(grid: Grid, months: int) -> Days:
    """Index of the first grid day at least so many months after each grid day; the grid's size where there is none."""
    ordinals = np.array([date.toordinal() for date in grid.dates])
    wanted = np.array([months_later(date, months).toordinal() for date in grid.dates])
    return np.searchsorted(ordinals, wanted).astype(np.int64)


def _terms(
    task: Task, contract: StagedEquity, position: StagedPosition, grid: Grid, index: int, stage: Stage, outstanding: float | None
) -> Resolved:
    rule = stage.price
    drawn = position.drawn_usd[index] if position.drawn_usd else 0.0
    price, floor, mix, lag = np.inf, 0.0, 1.0, 0
    if isinstance(rule, FixedPrice | FixedValuation):
        price = rule.usd_per_share if isinstance(rule, FixedPrice) else rule.pre_money_usd / _counted(task, contract, outstanding)
        if rule.round_usd is not None:
            before = _counted(task, contract, outstanding) * price
            mix = before / (before + max(rule.round_usd, stage.amount_usd))
    else:
        floor = 1.0 / (1.0 - rule.discount)
        price = np.inf if rule.cap_usd_per_share is None else rule.cap_usd_per_share
        lag = rule.months if isinstance(rule, NextRoundPrice) else 0
    agreed = drawn / price if floor == 0.0 else 0.0
    return Resolved(
        stage=stage,
        open_usd=max(stage.amount_usd - drawn, 0.0),
        drawn_usd=drawn,
        drawn_shares=position.drawn_shares[index] if position.drawn_shares else agreed,
        price=float(price),
        floor=floor,
        mix=mix,
        convert_at=_later(grid, contract.closing_months + lag),
    )


def _counted(task: Task, contract: StagedEquity, outstanding: float | None) -> float:
    if outstanding is None:
        key, hint = f"{contract.underlying} shares_outstanding", "1 where the whole firm is quoted as one share"
        raise MarketError(problem("missing_key", subject=task.contract_id, field="price", key=key, choices=[hint]))
    return outstanding
