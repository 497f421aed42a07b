"""Defaults of a pool on the paths of the market: first passages that share the market's own Brownian motions, and the rents beside them.

**Model** obligor i of a line has the clock of its credit curve (`pricing.paths.credit`) and defaults when its level first reaches 0; over a
month the level moves by sqrt(dA) (l B + g G + sqrt(1 - l^2 - g^2) e_i). B is the month's normal of the line's credit key, or of the rent
that is the pool's common factor: correlated with the market's rents, and with other lines, by the market's table. G is the group's, e_i the
obligor's own. Survival is exact at every month end; two obligors of one line have l^2 as correlation of their moves. A rent's normal drives
its long-term factor (`pricing.paths.rents`): low rents and early defaults come together path by path.

**Not modelled** contagion from one obligor to another, launches that move credits.

**Source** Overbeck and Schmidt (2005), Modeling default dependence with threshold models, for the clock.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from curves import Market, rent_curve
from instruments.contracts.notes import Notes
from pricing.paths.credit import default_clock, first_passage
from pricing.paths.draws import Draws
from pricing.paths.drivers import Drivers, resolve_drivers
from pricing.paths.grid import grid_of
from pricing.paths.pool import PoolLine
from pricing.paths.streams import BLOCK, generator
from pricing.paths.world import draw_normals, simulate_world
from pricing.schedules.types import Floats


@dataclass(frozen=True)
class MarketPool:
    """What a pool shares with the market."""

    drivers: Drivers
    """Of the rents behind hardware, the common factor, and the credits of lines, on the month ends."""
    common: tuple[str, ...]
    """Key of each line's common factor [line]."""
    forward: dict[str, Floats]
    """Forward of each rent at the month ends [time]."""


@dataclass(frozen=True)
class MarketPoolPaths:
    """One block."""

    alive: dict[str, Floats]
    """Line to the share of its obligors alive at each month end [time, path]."""
    ratio: dict[str, Floats]
    """Rent key to rent over its forward [time, path]."""


def resolve_market_pool(notes: Notes, market: Market, dates: tuple[dt.date, ...], years: Floats, discount: Floats) -> MarketPool:
    """Read off the market what moves a pool.

    Raises:
        MarketError: a rent or credit is missing, or correlations contradict each other.
    """
    rents = tuple(dict.fromkeys(asset.hardware.rent for asset in notes.pool if asset.hardware is not None))
    common = tuple(notes.common_factor or asset.credit for asset in notes.pool)
    prices = tuple(dict.fromkeys((*rents, *([notes.common_factor] if notes.common_factor else ()))))
    credits = () if notes.common_factor else tuple(dict.fromkeys(common))
    grid = grid_of(market.as_of, dates, years, discount)
    drivers = resolve_drivers(market, grid, prices=prices, clocks=(), credits=credits)
    return MarketPool(drivers, common, {key: rent_curve(market, key).forward(years) for key in rents})


def market_pool_paths(of: MarketPool, lines: tuple[PoolLine, ...], contract_id: str, seed: int, block: int) -> MarketPoolPaths:
    """One block of paths: who is alive, and what rents do."""
    drivers, draws = of.drivers, Draws(seed, block)
    normals = dict(zip(drivers.keys, draw_normals(drivers, draws), strict=True))
    shape = (drivers.grid.size, BLOCK)
    names = dict.fromkeys(line.group for line in lines if line.group is not None)
    groups: dict[str | None, Floats] = {
        name: generator(seed, f"{contract_id}/group/{name}", block).standard_normal(shape) for name in names
    }
    alive: dict[str, Floats] = {}
    for line, key in zip(lines, of.common, strict=True):
        shared = line.loading * normals[key]
        if line.group is not None:
            shared += line.group_loading * groups[line.group]
        alive[line.label] = _alive(line, shared, contract_id, seed, block)
    closes = simulate_world(drivers, "pricing", None, seed, block, draws=draws).closes if of.forward else {}
    return MarketPoolPaths(alive, {key: closes[key] / forward[:, None] for key, forward in of.forward.items()})


def _alive(line: PoolLine, shared: Floats, contract_id: str, seed: int, block: int) -> Floats:
    own = np.sqrt(max(0.0, 1.0 - line.loading**2 - line.group_loading**2))
    clock = default_clock(1.0 - line.default_odds)
    months, paths = shared.shape
    lost = np.zeros((months + 1, paths))
    normals = generator(seed, f"{contract_id}/{line.label}", block)
    uniforms = generator(seed, f"{contract_id}/{line.label}/bridge", block)
    columns = np.arange(paths)
    for _ in range(line.count):
        moves = shared + own * normals.standard_normal(shared.shape)
        np.add.at(lost, (first_passage(moves, uniforms.random(shared.shape), clock).astype(np.int64), columns), 1.0)
    return 1.0 - np.cumsum(lost[:months], axis=0) / line.count
