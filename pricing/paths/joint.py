"""Joint daily levels of all drivers: the compiled walk where every step is Gaussian with numbers known beforehand.

A level is ln of a share, the plan's time of a clock, the distance of a credit from its default, ln of a one-factor rent before launches.
With local volatility, breaks of belief, a short-term factor of a rent or a short rate that moves the numpy statement of
`pricing.paths.world` serves; it is also what the walk is tested against.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from instruments.ground.keys import kind_of
from pricing.kernels.joint import step_joint
from pricing.measures import Probability
from pricing.paths.draws import Draws
from pricing.paths.drivers import Drivers
from pricing.paths.shares import real_world_carry
from pricing.paths.streams import BLOCK

Array = NDArray[np.float64]
CHUNK = 16
"""Days drawn at a time: the draws of a chunk stay near the processor."""


def is_plain(drivers: Drivers) -> bool:
    """Whether the compiled walk serves."""
    smiles = any(share.smile is not None for share in drivers.shares)
    short = any(rent.has_short_factor for rent in drivers.rents)
    return not smiles and not short and drivers.belief is None and drivers.rate is None


def joint_steps(drivers: Drivers, probability: Probability, numeraire: str | None) -> tuple[Array, Array, Array]:
    """Start [driver], drift and deviation over each step [driver, day] of every level, under a probability.

    Raises:
        MarketError: a real-world drift that the market does not give.
    """
    grid = drivers.grid
    root = np.sqrt(grid.steps)
    gain = drivers.drift_per_root_year(probability, numeraire)
    start = np.zeros(len(drivers.keys))
    drift, deviation = np.zeros((2, len(drivers.keys), grid.size))
    for share in drivers.shares:
        at = drivers.keys.index(share.key)
        carry = real_world_carry(share, grid) if probability == "real_world" else share.carry
        start[at] = np.log(share.spot)
        drift[at], deviation[at] = carry - 0.5 * share.volatility**2 * grid.steps, share.volatility * root
    for clock in drivers.clocks:
        at = drivers.keys.index(clock.key)
        drift[at], deviation[at] = grid.steps, clock.volatility * root
    for credit in drivers.credits:
        at = drivers.keys.index(credit.key)
        start[at], drift[at], deviation[at] = 1.0, 0.0, np.sqrt(credit.increments)
    for rent in drivers.rents:
        at = drivers.keys.index(rent.key)
        drift[at], deviation[at] = np.diff(rent.log_centre, prepend=0.0), rent.long
    return start, drift + gain[:, None] * deviation * root, deviation


def joint_chunks(
    drivers: Drivers, probability: Probability, numeraire: str | None, draws: Draws, *, prices: bool = False, chunk: int = CHUNK
) -> Iterator[tuple[int, Array]]:
    """Levels chunk by chunk: (first day, levels [driver, day, path]). The array is used again for the next chunk.

    Launches of rents and their real-world premium are left to `simulate_world`.

    Args:
        drivers: plain ones (`is_plain`). probability, numeraire: as in `simulate_world`.
        draws: the random numbers. chunk: days at a time; whole segments of the draws.
        prices: shares and rents in USD in place of their logarithms.
    """
    start, drift, deviation = joint_steps(drivers, probability, numeraire)
    priced = np.array([prices and kind_of(key) in ("equity", "rent") for key in drivers.keys])
    level = np.repeat(start[:, None], BLOCK, axis=1)
    fills = [draws.normals(key) for key in drivers.keys]
    room = np.empty((len(fills), chunk, BLOCK))
    for first in range(0, drivers.grid.size, chunk):
        days = min(chunk, drivers.grid.size - first)
        moves = room if days == chunk else np.empty((len(fills), days, BLOCK))
        for fill, part in zip(fills, moves, strict=True):
            fill(part)
        step_joint(first, moves, drivers.factor, drift, deviation, priced, level)
        yield first, moves


def joint_levels(drivers: Drivers, probability: Probability, numeraire: str | None, draws: Draws) -> dict[str, Array]:
    """Levels of a whole block by key [day, path]."""
    found = np.empty((len(drivers.keys), drivers.grid.size, BLOCK))
    for first, part in joint_chunks(drivers, probability, numeraire, draws):
        found[:, first : first + part.shape[1]] = part
    return dict(zip(drivers.keys, found, strict=True))
