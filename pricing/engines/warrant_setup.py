"""A warrant in its deal and market, resolved for simulation: drivers, clocks, position, payoff."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curves import years_between
from instruments.conditions import EventHappened, MarketCap, MilestoneReached, PriceTarget, RelativePerformance, keys_of, legs_of
from instruments.contracts.warrant import Warrant, WarrantPosition
from instruments.deal import Deal
from instruments.ground.errors import InputError, MarketError, PricingError
from instruments.ground.messages import problem
from pricing.formulas.vanilla import call_value
from pricing.paths.drivers import Clock, Drivers, issuers_of, resolve_drivers
from pricing.paths.grid import daily_grid
from pricing.paths.world import World
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
    spots: dict[str, float]
    """Share key to price at the market's date."""
    counts: dict[str, float]
    """Share key to shares outstanding, where the market has them."""
    event_hazards: dict[tuple[str, str], float]
    """(event, party) to its yearly intensity, where the market has one."""

    @property
    def deal(self) -> Deal:
        """The deal."""
        return self.task.deal

    @property
    def history(self) -> dict[str, Array]:
        """Closes before the first day, oldest first, by share."""
        known = {self.warrant.underlying: self.position.closes, **self.position.peer_closes}
        return {key: np.array(closes) for key, closes in known.items() if closes}

    @property
    def is_plain(self) -> bool:
        """Whether vesting depends on the tranches' own conditions alone, and nothing is owed but shares."""
        warrant = self.warrant
        return warrant.forfeiture is None and warrant.floor is None and warrant.dilution == "in_spot" and not self.position.lapsed

    @property
    def valued_shares(self) -> Array:
        """Open shares that count in a value, by tranche: those behind a gate at its odds."""
        return self.open_shares * self.warrant.gate_odds

    def payoff(self, vest: NDArray[np.int64], vest_log_price: Array, last_log_price: Array) -> Array:
        """Payoff in units of the share as numeraire [tranche, path], prices being those of the numeraire itself."""
        return self.diluted_payoff(vest, vest_log_price, last_log_price, vest_log_price, last_log_price)

    def diluted_payoff(
        self,
        vest: NDArray[np.int64],
        vest_seen: Array,
        last_seen: Array,
        vest_own: Array,
        last_own: Array,
        world: World | None = None,
    ) -> Array:
        """Payoff over the numeraire share, e^{-q t} (S' - K)^+ / S where vested, t as `exercise` says [tranche, path].

        Args:
            vest: day of vesting; the number of days where never.
            vest_seen, last_seen: ln S', the price at which shares are bought and sold, on the day of vesting and at expiry.
            vest_own, last_own: ln S, the share that is the numeraire.
            world: whose rates discount what is held on, where they move; None: they stay at their forwards.
        """
        share, warrant, grid = self.drivers.share(self.warrant.underlying), self.warrant, self.drivers.grid
        early = warrant.exercise != "at_expiry"
        when = np.minimum(vest, grid.size - 1) if early else np.full(vest.shape, grid.size - 1)
        seen = vest_seen if early else np.broadcast_to(last_seen, vest.shape)
        own = vest_own if early else np.broadcast_to(last_own, vest.shape)
        if warrant.strike_usd == 0.0:
            kept = np.exp(seen - own)
        else:
            kept = np.exp(seen - own) * self._delivered(np.maximum(-np.expm1(np.log(warrant.strike_usd) - seen), 0.0))
        if warrant.exercise == "best":
            kept = np.maximum(kept, self._held(when, seen, world) * np.exp(-own))
        return np.where(vest < grid.size, np.exp(-share.dividend_yield * grid.times[when]) * kept, 0.0)

    def _delivered(self, part: Array) -> Array:
        """Shares delivered per share exercised [tranche, path]: whole shares of the tranche where the terms say so."""
        if not self.warrant.whole_shares:
            return part
        whole = np.maximum(self.open_shares, 1e-300)[:, None]
        return np.floor(part * whole) / whole

    def _held(self, when: NDArray[np.int64], seen: Array, world: World | None) -> Array:
        """Value of keeping a vested share's call to expiry, USD on the day it vests [tranche, path]: Black and Scholes on flat inputs."""
        grid, share = self.drivers.grid, self.drivers.share(self.warrant.underlying)
        left = np.maximum(grid.times[-1] - grid.times[when], 0.0)
        last = np.full(when.shape, grid.size - 1)
        growth = grid.discounts[when] / grid.discounts[-1] if world is None else 1.0 / world.bonds(when, last)
        rate = np.log(growth) / np.where(left > 0.0, left, 1.0)
        return call_value(
            spot=np.exp(seen),
            strike=self.warrant.strike_usd,
            volatility=self.drivers.forward_volatility(share, left),
            years=left,
            rate=rate,
            dividend_yield=share.dividend_yield,
        )


def prepare(task: Task) -> WarrantRun:
    """Resolve a task.

    Raises:
        MarketError: a quote is missing. PricingError: the position is at odds with the market, or a delivery is overdue.
    """
    warrant, deal, market = task.contract, task.deal, task.market
    if not isinstance(warrant, Warrant):
        raise TypeError("prepare() takes a task whose contract is a Warrant")
    if any(tranche.repeat is not None for tranche in warrant.tranches):
        warrant = warrant.evolve(tranches=warrant.every_tranche)
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
    legs = [leg for _, condition in warrant.conditions for _, leg in legs_of(condition)]
    prices = [key for leg in legs if isinstance(leg, PriceTarget | MarketCap | RelativePerformance) for key in keys_of(leg)]
    shares = dict.fromkeys([warrant.underlying, *prices])
    milestones: dict[str, set[float]] = {}
    for leg in legs:
        if isinstance(leg, MilestoneReached):
            milestones.setdefault(leg.milestone, set()).add(leg.at_least)
    watched = [leg.party for leg in legs if isinstance(leg, EventHappened) and leg.event == "default"]
    buyers = [buyer for name in milestones if (buyer := deal.milestones[name].buyer) is not None]
    credit_of = {party: credit for party in (*watched, *buyers) if (credit := deal.parties[party].credit) is not None}
    grid = daily_grid(market, warrant.expiry)
    drivers = resolve_drivers(
        market,
        grid,
        prices=tuple(shares),
        clocks=tuple(clock_of(task, name, credit_of, levels) for name, levels in milestones.items()),
        credits=tuple(dict.fromkeys(credit_of.values())),
        rents=tuple(rent for name in milestones if (rent := deal.milestones[name].rent) is not None),
        issuers=issuers_of(deal),
        moving_rate=True,
    )
    position = deal.position.contracts.get(task.contract_id, WarrantPosition())
    exercised = np.zeros(len(warrant.tranches))
    if position.exercised_shares:
        exercised = np.array(position.exercised_shares)
    open_shares = np.array([tranche.shares for tranche in warrant.tranches]) - exercised
    counts = {f"equity:{name}": quotes.shares_outstanding.value for name, quotes in market.equity.items() if quotes.shares_outstanding}
    if warrant.dilution != "in_spot" and warrant.underlying not in counts:
        why = "dilution needs a share count"
        raise MarketError(
            problem("bad_quote", subject=warrant.underlying, field="shares_outstanding", why=why, remedy="add the share count")
        )
    hazards = {(name.split(":")[0], name.split(":")[1]): quotes.hazard.value for name, quotes in market.events.items()}
    spots = {share.key: share.spot for share in drivers.shares}
    return WarrantRun(task, warrant, drivers, position, credit_of, open_shares, spots, counts, hazards)


def clock_of(task: Task, name: str, credit_of: Mapping[str, str], levels: Collection[float] = ()) -> Clock:
    """The clock of a milestone, with the levels of its plan; where the count accrues, also the `levels` that are asked for.

    Raises:
        MarketError: the market does not say how deliveries run. PricingError: a delivery is overdue.
    """
    deal, market = task.deal, task.market
    key = f"milestone:{name}"
    quotes = market.milestones.get(name)
    if quotes is None:
        raise MarketError(
            problem("missing_key", subject=task.contract_id, field=key, key=key, choices=[f"milestone:{n}" for n in market.milestones])
        )
    done = deal.position.milestones.get(name, 0.0)
    milestone = deal.milestones[name]
    wanted = sorted({*milestone.plan.values(), *(levels if milestone.accrues_from is not None else ())})
    planned: list[float] = []
    for level in wanted:
        date = milestone.planned_date(level)
        years = years_between(market.as_of, date)
        if level <= done:
            years = -1.0  # delivered: before every possible day
        elif years <= 0.0:
            why = f"{level:g} {milestone.unit} was due on {date} and is not in the position at {market.as_of}"
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
        levels=tuple(wanted),
        planned=np.array(planned),
        volatility=quotes.clock_volatility.value,
        cancellation_hazard=quotes.cancellation_hazard.value,
        buyer=credit_of.get(milestone.buyer) if milestone.buyer is not None else None,
    )
