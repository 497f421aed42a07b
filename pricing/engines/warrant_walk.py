"""A warrant on whole arrays of paths: vesting days, forfeiture, dilution of the price that hurdles see, and the floor's top-up.

Order inside a day: prices and deliveries, then vesting, then what ends the warrant; what vests on the last day has vested.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from instruments.conditions import EventHappened, legs_of
from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from pricing.conditions import Watch, vesting_day
from pricing.engines.warrant_setup import WarrantRun
from pricing.paths.draws import Draws
from pricing.paths.streams import BLOCK, generator
from pricing.paths.world import World, cancellation_day

Array = NDArray[np.float64]
Days = NDArray[np.int64]
LEAST_PRICE = 1e-290


@dataclass(frozen=True)
class Walked:
    """What a warrant does on the paths of one block. A day index equal to the number of days means never."""

    vest: Days
    """[tranche, path]"""
    payoff: Array
    """In units of the numeraire share, per share of the tranche [tranche, path]."""
    top_up: Array
    """Cash owed by the floor, discounted, USD [path]."""
    forfeited: Days
    """Day on which the warrant ends early [path]."""
    seen: Array
    """Closes that hurdles see [time, path], diluted where the terms say so."""


def watch_of(run: WarrantRun, world: World, seed: int, block: int) -> Watch:
    """A block of the world as the warrant's conditions see it."""
    return Watch(
        world,
        run.credit_of,
        frozenset(run.position.latched),
        frozenset(run.position.lapsed),
        run.counts,
        run.spots,
        event_days(run, seed, block),
    )


def event_days(run: WarrantRun, seed: int, block: int) -> Mapping[tuple[str, str], Days]:
    """Day of each event that a condition names [path]: Poisson with the market's intensity; a cancellation of the deliveries that a
    party takes is that of its milestones. The same under every probability, since events are independent of prices.
    """
    grid = run.drivers.grid
    found: dict[tuple[str, str], Days] = {}
    for _, condition in run.warrant.conditions:
        for _, leg in legs_of(condition):
            if not isinstance(leg, EventHappened) or leg.event == "default":
                continue
            name = (leg.event, leg.party)
            if name in run.event_hazards:
                uniform = generator(seed, f"event:{leg.event}:{leg.party}", block).random(BLOCK)
                with np.errstate(divide="ignore"):
                    times = -np.log1p(-uniform) / np.float64(run.event_hazards[name])
                found[name] = np.searchsorted(grid.times, times).astype(np.int64)
            elif leg.event == "cancellation":
                bought = [clock for clock in run.drivers.clocks if run.deal.milestones[clock.key.split(":", 1)[1]].buyer == leg.party]
                if bought:
                    found[name] = np.minimum.reduce([cancellation_day(clock, grid, Draws(seed, block)) for clock in bought])
    return found


def walk(run: WarrantRun, watch: Watch) -> Walked:
    """Vesting, payoff and top-up on one block, by the general interpreter.

    Raises:
        PricingError: a condition needs what the paths do not hold, or a same-day diluted hurdle has no consistent state.
    """
    warrant, key = run.warrant, run.warrant.underlying
    vest, forfeited, seen = _consistent(run, watch)
    # a share that has ended is worth next to nothing rather than nothing: logarithms stay finite, and its weight is nothing
    own = np.log(np.maximum(watch.world.closes[key], LEAST_PRICE))
    log_seen = np.log(np.maximum(seen, LEAST_PRICE))
    day = np.minimum(vest, watch.world.grid.size - 1)
    payoff = run.diluted_payoff(
        vest,
        np.take_along_axis(log_seen, day, axis=0),
        log_seen[-1],
        np.take_along_axis(own, day, axis=0),
        own[-1],
        watch.world if watch.world.rates is not None else None,
    )
    if warrant.forfeiture is not None and warrant.forfeiture.takes == "unexercised" and warrant.exercise == "at_expiry":
        payoff = np.where(forfeited < watch.world.grid.size, 0.0, payoff)
    return Walked(vest, payoff, _top_up(run, watch, vest, forfeited, seen), forfeited, seen)


def _consistent(run: WarrantRun, watch: Watch) -> tuple[Days, Days, Array]:
    """Vesting days, day of forfeiture, and the closes that hurdles see, all agreeing with one another.

    Vesting dilutes the price from the next day on. A round that sees too few vestings brings the next one too early, the round after it
    no sooner than it is, and with that one the day is right: two rounds settle the next vesting of every path, and one more shows that
    nothing moves. On the very day a hurdle can be met without and missed with its own vesting; then no round agrees with the one before.
    """
    world, key, warrant = watch.world, run.warrant.underlying, run.warrant
    if warrant.dilution == "in_spot":
        return *_days(run, watch), world.closes[key]
    vest, forfeited = _days(run, watch)
    previous = vest
    for _ in range(2 * len(warrant.tranches) + 1):
        seen = _diluted(run, watch, vest)
        found, forfeited = _days(run, seen)
        if np.array_equal(found, vest):
            return vest, forfeited, seen.world.closes[key]
        previous, vest = vest, found
    tranche, path = (int(at) for at in np.argwhere(vest != previous)[0])
    day = int(min(vest[tranche, path], previous[tranche, path]))
    without, with_it = world.closes[key][day, path], _diluted(run, watch, np.minimum(vest, previous)).world.closes[key][day, path]
    why = (
        f"tranche {tranche + 1} has no consistent state on {world.grid.dates[day]} of a path: the price is {without:,.2f} without its"
        f" vesting and {with_it:,.2f} with it, on both sides of the target"
    )
    raise PricingError(
        problem(
            "no_solution",
            subject=run.task.contract_id,
            field="dilution",
            value="same_day",
            why=why,
            remedy="test the price before vesting: dilution = 'after_vesting'",
        )
    )


def _days(run: WarrantRun, watch: Watch) -> tuple[Days, Days]:
    """Vesting days with forfeiture applied [tranche, path], and the day of forfeiture [path]."""
    never = watch.world.grid.size
    vest = np.stack([vesting_day(tranche.condition, watch, str(index)) for index, tranche in enumerate(run.warrant.tranches)])
    if run.warrant.forfeiture is None:
        return vest, np.full(vest.shape[1], never, dtype=np.int64)
    forfeited = vesting_day(run.warrant.forfeiture.when, watch, "forfeiture")
    return np.where(vest <= forfeited, vest, never), forfeited


def _diluted(run: WarrantRun, watch: Watch, vest: Days) -> Watch:
    """The world with the price after dilution, (V + w K) / (N + w) where V / N is above the strike, w vested by then."""
    world, key, warrant = watch.world, run.warrant.underlying, run.warrant
    count, days = run.counts[key], np.arange(world.grid.size)
    lag = 1 if warrant.dilution == "after_vesting" else 0
    vested = np.zeros((world.grid.size + 1, vest.shape[1]))
    for shares, when in zip(run.open_shares, vest, strict=True):
        counted = np.minimum(when + lag, world.grid.size)
        np.add.at(vested, (counted, np.arange(vest.shape[1])), shares)
    weight = np.cumsum(vested, axis=0)[days] / count

    def after(prices: Array) -> Array:
        return np.where(prices > warrant.strike_usd, (prices + weight * warrant.strike_usd) / (1.0 + weight), prices)

    closes, highs, lows = ({**t, key: after(t[key])} if key in t else t for t in (world.closes, world.highs, world.lows))
    return replace(watch, world=replace(world, closes=closes, highs=highs, lows=lows))


def _top_up(run: WarrantRun, watch: Watch, vest: Days, forfeited: Days, seen: Array) -> Array:
    """max(floor - package, 0) on the floor's date, discounted [path]; nothing after a forfeiture or where its condition does not hold."""
    floor, grid = run.warrant.floor, watch.world.grid
    if floor is None:
        return np.zeros(vest.shape[1])
    day = min(int(np.searchsorted(grid.ordinals, floor.on.toordinal())), grid.size - 1)
    each = np.maximum(seen[day] - run.warrant.strike_usd, 0.0)
    package = ((vest <= day) * run.open_shares[:, None]).sum(axis=0) * each
    owed = forfeited > day
    if floor.condition is not None:
        owed = owed & (vesting_day(floor.condition, watch, "floor") <= day)
    return np.where(owed, np.maximum(floor.amount_usd - package, 0.0), 0.0) * watch.world.discounts[day]
