"""The numpy statement of the joint daily paths: readable, general, and the reference of the compiled ladder.

Arrays are [time, path] for one block of 4,096 paths. Draws come from one stream per key: normals of `key`, uniforms of `key|bridge`
(for what is watched continuously), one uniform per path of `key|cancel`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pricing.measures import Probability
from pricing.paths.drivers import Clock, Credit, Drivers, Grid, real_world_carry
from pricing.paths.streams import BLOCK, generator

Array = NDArray[np.float64]
Days = NDArray[np.int64]


@dataclass(frozen=True)
class World:
    """What happened on every path of a block. A day index equal to `grid.size` means never."""

    grid: Grid
    closes: Mapping[str, Array]
    """Share key to closes [time, path], USD."""
    highs: Mapping[str, Array]
    """Share key to the highest price inside each step [time, path], watched continuously."""
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


def draw_normals(drivers: Drivers, seed: int, block: int) -> Array:
    """Correlated standard normals [driver, time, path] of one block."""
    steps = drivers.grid.size
    own = np.stack([generator(seed, key, block).standard_normal((steps, BLOCK)) for key in drivers.keys])
    return np.einsum("ij,jtp->itp", drivers.factor, own)


def simulate_world(
    drivers: Drivers, probability: Probability, numeraire: str | None, seed: int, block: int, history: Mapping[str, Array] | None = None
) -> World:
    """One block of joint daily paths under a probability.

    Args:
        drivers: what moves.
        probability: 'pricing', 'share' (with `numeraire` the share's key) or 'real_world'.
        seed, block: which random numbers.
        history: closes before the first day, by share key.

    Raises:
        MarketError: real-world odds without a real-world block.
    """
    grid, normals = drivers.grid, draw_normals(drivers, seed, block)
    tilt = drivers.drift_per_root_year(probability, numeraire)
    root = np.sqrt(grid.steps)[:, None]
    shocks = {key: root * normals[i] + tilt[i] * grid.steps[:, None] for i, key in enumerate(drivers.keys)}
    closes: dict[str, Array] = {}
    highs: dict[str, Array] = {}
    lows: dict[str, Array] = {}
    for share in drivers.shares:
        carry = real_world_carry(share, grid) if probability == "real_world" else share.carry
        drift = carry - 0.5 * share.volatility**2 * grid.steps
        log_price = np.log(share.spot) + np.cumsum(drift[:, None] + share.volatility * shocks[share.key], axis=0)
        before = np.vstack([np.full((1, BLOCK), np.log(share.spot)), log_price[:-1]])
        room = -2.0 * share.volatility**2 * grid.steps[:, None] * np.log(_bridge_uniforms(seed, share.key, block, grid.size))
        stretch = np.sqrt((log_price - before) ** 2 + room)
        closes[share.key] = np.exp(log_price)
        highs[share.key] = np.exp(0.5 * (before + log_price + stretch))
        lows[share.key] = np.exp(0.5 * (before + log_price - stretch))
    defaulted = {
        credit.key: _default_day(credit, normals[drivers.keys.index(credit.key)], tilt[drivers.keys.index(credit.key)], grid, seed, block)
        for credit in drivers.credits
    }
    reached: dict[str, Days] = {}
    for clock in drivers.clocks:
        stop = cancellation_day(clock, grid, seed, block)
        if clock.buyer is not None and clock.buyer in defaulted:
            stop = np.minimum(stop, defaulted[clock.buyer])
        reached[clock.key] = _reached(clock, shocks[clock.key], stop, grid, seed, block)
    return World(grid, closes, highs, lows, reached, {clock.key: clock.levels for clock in drivers.clocks}, defaulted, dict(history or {}))


def cancellation_day(clock: Clock, grid: Grid, seed: int, block: int) -> Days:
    """Day on which deliveries are cancelled, exponential with the clock's hazard [path]."""
    uniform = generator(seed, f"{clock.key}|cancel", block).random(BLOCK)
    if clock.cancellation_hazard == 0.0:
        return np.full(BLOCK, grid.size, dtype=np.int64)
    return np.searchsorted(grid.times, -np.log1p(-uniform) / clock.cancellation_hazard).astype(np.int64)


def _bridge_uniforms(seed: int, key: str, block: int, steps: int) -> Array:
    # never zero, so that its log is finite
    return np.maximum(generator(seed, f"{key}|bridge", block).random((steps, BLOCK)), 2.0**-54)


def _default_day(credit: Credit, normals: Array, tilt: float, grid: Grid, seed: int, block: int) -> Days:
    increments = credit.increments
    distance = 1.0 + np.cumsum(np.sqrt(increments)[:, None] * normals + tilt * np.sqrt(increments * grid.steps)[:, None], axis=0)
    before = np.vstack([np.ones((1, BLOCK)), distance[:-1]])
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        odds = np.exp(-2.0 * np.maximum(before, 0.0) * np.maximum(distance, 0.0) / increments[:, None])
    odds = np.where(increments[:, None] > 0.0, odds, np.where(distance <= 0.0, 1.0, 0.0))
    return _first_day(_bridge_uniforms(seed, credit.key, block, grid.size) <= odds)


def _reached(clock: Clock, shocks: Array, stop: Days, grid: Grid, seed: int, block: int) -> Days:
    time = np.cumsum(grid.steps[:, None] + clock.volatility * shocks, axis=0)
    before = np.vstack([np.zeros((1, BLOCK)), time[:-1]])
    uniforms = _bridge_uniforms(seed, clock.key, block, grid.size)
    room = clock.volatility**2 * grid.steps[:, None]
    high = 0.5 * (before + time + np.sqrt((time - before) ** 2 - 2.0 * room * np.log(uniforms)))
    peak = np.maximum.accumulate(high, axis=0)
    # the peak rises, so that each path is searched, not scanned: hundreds of levels cost no more than a few
    days = np.stack([np.searchsorted(path, clock.planned) for path in np.ascontiguousarray(peak.T)], axis=1).astype(np.int64)
    return np.where(days <= stop, days, grid.size)


def _first_day(truth: NDArray[np.bool_]) -> Days:
    """First true index along time [path]; the number of days where there is none."""
    return np.where(truth.any(axis=0), truth.argmax(axis=0), truth.shape[0]).astype(np.int64)
