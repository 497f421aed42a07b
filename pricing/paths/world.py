"""The joint daily paths of everything a contract looks at: readable, general, and the reference of the compiled ladder.

Levels (shares, rents, clocks, credits) come from the compiled walk of `pricing.paths.joint` where it serves, else from the numpy statement
below; what happens on them is numpy.

Arrays are [time, path] for one block of 4,096 paths; draws are those of `pricing.paths.draws`. A Brownian bridge fills the time between
two days only for what is watched continuously: a `touch` (highs and lows), deliveries and defaults. Everything else sees days.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from instruments.ground.errors import MarketError
from instruments.ground.messages import problem
from pricing.measures import Probability
from pricing.paths.credit import crossing_odds
from pricing.paths.daily_rates import RateWalk, at_days
from pricing.paths.draws import LEAST_UNIFORM, Draws
from pricing.paths.drivers import Clock, Credit, Drivers
from pricing.paths.grid import Grid
from pricing.paths.issuers import Issuer
from pricing.paths.joint import is_plain, joint_levels
from pricing.paths.rents import add_launches, rent_walk
from pricing.paths.shares import Share, share_walk
from pricing.paths.streams import BLOCK

Array = NDArray[np.float64]
Days = NDArray[np.int64]


@dataclass(frozen=True)
class World:
    """What happened on every path of a block. A day index equal to `grid.size` means never."""

    grid: Grid
    closes: Mapping[str, Array]
    """Share key to closes, USD, and rent key to the index, USD per hour [time, path]."""
    highs: Mapping[str, Array]
    """Share key to the highest price inside each step [time, path], watched continuously; rents have none."""
    lows: Mapping[str, Array]
    """Share key to the lowest price inside each step [time, path]."""
    reached: Mapping[str, Days]
    """Milestone key to the first day of each level [level, path]."""
    levels: Mapping[str, tuple[float, ...]]
    """Milestone key to its levels."""
    defaulted: Mapping[str, Days]
    """Credit key to the day of default [path]."""
    history: Mapping[str, Array] = field(default_factory=dict)
    """Share key to closes before the first day, oldest first."""
    weight: Array | None = None
    """Weight of each path, mean 1 [path]: under the share measure of a share that can default, paths on which it does count nothing and
    the others more. None: all paths count alike."""

    demand: Array | None = None
    """Demand for capacity, as a share of what the terms plan [day, path]; None: no belief moves it."""
    refinancing_open: NDArray[np.bool_] | None = None
    """Whether debt can be refinanced [day, path]; None: always."""
    rates: RateWalk | None = None
    """The short rate; None: it stays at its forwards."""

    @property
    def discounts(self) -> Array:
        """Discount factors along each path [day, path], or [day, 1] where rates stay at their forwards."""
        flat = self.grid.discounts[:, None]
        return flat if self.rates is None else flat * np.exp(-self.rates.gained)

    def discount_on(self, days: Days) -> Array:
        """The factor of a day of each path: days [.., path], result the same shape."""
        flat = self.grid.discounts[days]
        return flat if self.rates is None else flat * np.exp(-at_days(self.rates.gained, days))

    def discount_of(self, day: int, path: int) -> float:
        """The factor of one day on one path."""
        return float(self.grid.discounts[day]) * (1.0 if self.rates is None else float(np.exp(-self.rates.gained[day, path])))

    def bonds(self, now: Days, then: Days) -> Array:
        """Price on day `now` of what pays 1 on day `then`: days [.., path], result the same shape."""
        return self.grid.discounts[then] / self.grid.discounts[now] if self.rates is None else self.rates.bonds(now, then)

    def weighted(self, values: Array) -> Array:
        """Values [.., path] times the weight: their mean is the mean under the probability."""
        return values if self.weight is None else values * self.weight


def draw_normals(drivers: Drivers, draws: Draws) -> Array:
    """Correlated standard normals [driver, time, path] of one block."""
    own = np.empty((len(drivers.keys), drivers.grid.size, BLOCK))
    for key, part in zip(drivers.keys, own, strict=True):
        draws.normals(key)(part)
    return np.einsum("ij,jtp->itp", drivers.factor, own)


def simulate_world(
    drivers: Drivers,
    probability: Probability,
    numeraire: str | None,
    seed: int,
    block: int,
    history: Mapping[str, Array] | None = None,
    *,
    draws: Draws | None = None,
    touched: Collection[str] | None = None,
    in_numpy: bool = False,
) -> World:
    """One block of joint daily paths under a probability.

    Args:
        drivers: what moves.
        probability: 'pricing', 'share' (with `numeraire` the share's key; if it can default, means are weighted: `World.weight`) or
            'real_world'.
        seed, block: which random numbers.
        history: closes before the first day, by share key.
        draws: other random numbers than the plain ones of seed and block.
        touched: shares whose highs and lows are wanted; None means all.
        in_numpy: walk in numpy where the compiled step would serve too: the same to rounding, slower.

    Raises:
        MarketError: real-world odds without a real-world block.
    """
    grid = drivers.grid
    draws = draws or Draws(seed, block)
    if is_plain(drivers) and not in_numpy:
        variances = {share.key: share.volatility**2 * grid.steps[:, None] for share in drivers.shares}
        diffused = _Diffused(joint_levels(drivers, probability, numeraire, draws), variances, {})
    else:
        diffused = _diffuse(drivers, probability, numeraire, draws)
    defaulted = {credit.key: _default_day(credit, diffused.levels[credit.key], grid, draws) for credit in drivers.credits}
    belief, breaks = drivers.belief, diffused.breaks
    if belief is not None:
        unit = numeraire if probability == "share" else None
        for key, day in defaulted.items():
            at_break = belief.default_day(key, breaks, draws, grid, unit)
            defaulted[key] = np.minimum(np.minimum(day, at_break), belief.widened_day(key, breaks, draws, grid))
    for issuer in drivers.issued.values():
        _link(drivers, issuer, diffused)
    closes: dict[str, Array] = {}
    highs: dict[str, Array] = {}
    lows: dict[str, Array] = {}
    for share in drivers.shares:
        closes[share.key] = np.exp(diffused.levels[share.key])
        if touched is None or share.key in touched:
            highs[share.key], lows[share.key] = _extremes(share, diffused, bridge_uniforms(draws, share.key, grid.size))
    for rent in drivers.rents:
        log_rent = diffused.levels[rent.key]
        add_launches(rent, grid, log_rent, draws)
        if probability == "real_world":
            if rent.premium is None:
                raise MarketError(problem("missing_real_world", subject=rent.key))
            log_rent += rent.premium[:, None]
        closes[rent.key] = np.exp(log_rent)
    weight = None
    for issuer in drivers.issued.values():
        alive = np.arange(grid.size)[:, None] < defaulted[issuer.credit]
        _end(drivers.share(issuer.share), alive, closes, highs, lows)
        if probability == "share" and issuer.share == numeraire:
            weight = alive[-1] / issuer.today
    reached: dict[str, Days] = {}
    for clock in drivers.clocks:
        stop = cancellation_day(clock, grid, draws)
        if clock.buyer is not None and clock.buyer in defaulted:
            stop = np.minimum(stop, defaulted[clock.buyer])
        reached[clock.key] = _reached(clock, diffused.levels[clock.key], stop, grid, draws)
    levels = {clock.key: clock.levels for clock in drivers.clocks}
    demand = belief.demand(breaks, grid) if belief is not None and belief.demand_kept != 1.0 else None
    window = belief.window(breaks, grid) if belief is not None and belief.shut_years > 0.0 else None
    return World(grid, closes, highs, lows, reached, levels, defaulted, dict(history or {}), weight, demand, window, diffused.rates)


@dataclass(frozen=True)
class _Diffused:
    """Levels of every driver by key [day, path] (see `pricing.paths.joint`), and of the shares what a bridge needs."""

    levels: dict[str, Array]
    variances: dict[str, Array]
    """Of ln of a share over each step, [day, 1] or [day, path]."""
    jumps: dict[str, Array]
    """What of a share's ln came at once at the end of a day [day, path]."""
    breaks: tuple[tuple[Days, Array], ...] = ()
    """Of the belief, as `Belief.breaks` gives them."""
    rates: RateWalk | None = None


def _diffuse(drivers: Drivers, probability: Probability, numeraire: str | None, draws: Draws) -> _Diffused:
    """The numpy statement of the levels: every model, and the reference of the compiled walk."""
    grid, belief = drivers.grid, drivers.belief
    normals = dict(zip(drivers.keys, draw_normals(drivers, draws), strict=True))
    breaks = belief.breaks(draws, grid, probability, numeraire) if belief else ()
    root = np.sqrt(grid.steps)[:, None]
    found = _Diffused({}, {}, {}, breaks)
    gains: dict[str, Array] = {}
    # the numeraire first: its volatility is what the others gain
    for share in sorted(drivers.shares, key=lambda share: share.key != numeraire):
        leads = probability == "share" and share.key == numeraire
        if leads and share.smile is None:
            gains = _gains(drivers, share.key, share.volatility * grid.steps[:, None])
        walk = share_walk(share, grid, normals[share.key], gains.get(share.key), probability, numeraire=leads)
        if leads and share.smile is not None:
            gains = _gains(drivers, share.key, np.sqrt(walk.variance) * root)
        found.levels[share.key], found.variances[share.key] = walk.log_price, walk.variance
        if belief and belief.moves(share.key):
            found.jumps[share.key] = belief.jumps(share.key, breaks, grid)
            found.levels[share.key] += belief.log_move(share.key, found.jumps[share.key], grid)
    shocks = {key: z if key not in gains else z + gains[key] / root for key, z in normals.items()}
    if drivers.rate is not None:
        found = replace(found, rates=drivers.rate.walk(shocks[drivers.rate.key], draws))
        if found.rates is not None and probability != "real_world":  # there the drift of a share is its own, whatever the rate
            for share in drivers.shares:
                found.levels[share.key] += found.rates.gained
    for rent in drivers.rents:
        found.levels[rent.key] = rent_walk(rent, grid, shocks[rent.key], draws)
        if belief and rent.key in belief.jump_means:
            found.levels[rent.key] += belief.log_move(rent.key, belief.jumps(rent.key, breaks, grid), grid)
    for credit in drivers.credits:
        found.levels[credit.key] = 1.0 + np.cumsum(np.sqrt(credit.increments)[:, None] * shocks[credit.key], axis=0)
    for clock in drivers.clocks:
        found.levels[clock.key] = np.cumsum(grid.steps[:, None] + clock.volatility * root * shocks[clock.key], axis=0)
    return found


def _link(drivers: Drivers, issuer: Issuer, diffused: _Diffused) -> None:
    """Put the odds of its issuer into the level of a share, and into the variance that a bridge sees, in place."""
    share = drivers.share(issuer.share)
    credit = next(credit for credit in drivers.credits if credit.key == issuer.credit)
    distance = diffused.levels[issuer.credit]
    tie = drivers.correlation[drivers.keys.index(share.key), drivers.keys.index(credit.key)]
    ratio = issuer.log_ratio(distance)
    # after the default the level means nothing: it is kept finite
    diffused.levels[share.key] = diffused.levels[share.key] + np.where(np.isfinite(ratio), ratio, 0.0)
    own, pull = np.sqrt(diffused.variances[share.key]), issuer.pulls(distance, np.sqrt(credit.increments))
    diffused.variances[share.key] = own**2 + 2.0 * tie * own * pull + pull**2


def _end(share: Share, alive: NDArray[np.bool_], closes: dict[str, Array], highs: dict[str, Array], lows: dict[str, Array]) -> None:
    """Nothing from the day of the default on; that day's high is the close before, its low nothing. In place."""
    key = share.key
    first = closes[key]
    if key in highs:
        before = np.vstack([np.full((1, BLOCK), share.spot), first[:-1]])
        yesterday = np.vstack([np.ones((1, BLOCK), dtype=np.bool_), alive[:-1]])
        highs[key] = np.where(alive, highs[key], np.where(yesterday, before, 0.0))
        lows[key] = np.where(alive, lows[key], 0.0)
    closes[key] = np.where(alive, first, 0.0)


def _gains(drivers: Drivers, numeraire: str, gained: Array) -> dict[str, Array]:
    """What each driver gains over a step under the share measure, by key: rho_i times the integral of the numeraire's volatility."""
    column = drivers.correlation[:, drivers.keys.index(numeraire)]
    return {key: column[i] * gained for i, key in enumerate(drivers.keys)}


def _extremes(share: Share, diffused: _Diffused, uniforms: Array) -> tuple[Array, Array]:
    """Highest and lowest price inside each step, by a bridge over the diffusion; a jump counts at the step's end."""
    log_price, moves = diffused.levels[share.key], diffused.jumps.get(share.key)
    before = np.vstack([np.full((1, BLOCK), np.log(share.spot)), log_price[:-1]])
    after = log_price if moves is None else log_price - moves
    stretch = np.sqrt((after - before) ** 2 - 2.0 * diffused.variances[share.key] * np.log(uniforms))
    high, low = 0.5 * (before + after + stretch), 0.5 * (before + after - stretch)
    if moves is not None:
        high, low = np.maximum(high, log_price), np.minimum(low, log_price)
    return np.exp(high), np.exp(low)


def cancellation_day(clock: Clock, grid: Grid, draws: Draws) -> Days:
    """Day on which deliveries are cancelled, exponential with the clock's hazard [path]."""
    if clock.cancellation_hazard == 0.0:
        return np.full(BLOCK, grid.size, dtype=np.int64)
    uniform = draws.once(f"{clock.key}|cancel")
    return np.searchsorted(grid.times, -np.log1p(-uniform) / clock.cancellation_hazard).astype(np.int64)


def bridge_uniforms(draws: Draws, key: str, steps: int) -> Array:
    """Uniforms of what happens between days [time, path], never zero."""
    return np.maximum(draws.uniforms(key)(steps), LEAST_UNIFORM)


def _default_day(credit: Credit, distance: Array, grid: Grid, draws: Draws) -> Days:
    given = draws.default_day(credit.key, grid.ordinals)
    if given is not None:
        return given
    odds = crossing_odds(np.vstack([np.ones((1, BLOCK)), distance[:-1]]), distance, credit.increments)
    return _first_day(bridge_uniforms(draws, credit.key, grid.size) <= odds)


def _reached(clock: Clock, time: Array, stop: Days, grid: Grid, draws: Draws) -> Days:
    before = np.vstack([np.zeros((1, BLOCK)), time[:-1]])
    uniforms = bridge_uniforms(draws, clock.key, grid.size)
    room = clock.volatility**2 * grid.steps[:, None]
    high = 0.5 * (before + time + np.sqrt((time - before) ** 2 - 2.0 * room * np.log(uniforms)))
    peak = np.maximum.accumulate(high, axis=0)
    # the peak rises, so that each path is searched, not scanned: hundreds of levels cost no more than a few
    days = np.stack([np.searchsorted(path, clock.planned) for path in np.ascontiguousarray(peak.T)], axis=1).astype(np.int64)
    return np.where(days <= stop, days, grid.size)


def _first_day(truth: NDArray[np.bool_]) -> Days:
    """First true index along time [path]; the number of days where there is none."""
    return np.where(truth.any(axis=0), truth.argmax(axis=0), truth.shape[0]).astype(np.int64)
