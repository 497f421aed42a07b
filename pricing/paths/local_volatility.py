"""Local volatility from a surface of implied volatilities, as a table of step deviations.

**Model** (Dupire 1994; in total variance w and log-moneyness k = ln(K / F_t), Gatheral 2006, The Volatility Surface, equation 1.10) s(t,
k)^2 = dw/dt / [1 - (k/w) w' + (-1/4 - 1/w + (k/w)^2) (w')^2 / 4 + w''/2]. Across strikes w is a natural cubic spline in k through the
quotes of each expiry; beyond the outer strikes its slope dies away. At a fixed k it runs straight between expiries, from 0 today; beyond
the last expiry its volatility goes on. A step has the variance w(t1, k) - w(t0, k) over the denominator at its middle: a term structure
alone (no slope across strikes) is exact at every quoted date, whatever the days.

Not modelled: forward smiles of their own (those of local volatility flatten), jumps, volatility that moves by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from curves import Market, VolatilitySurface, equity_forward, volatility_surface
from instruments.ground.errors import CalibrationError, MarketError
from instruments.ground.keys import name_of
from instruments.ground.messages import problem
from pricing.paths.grid import Grid

Array = NDArray[np.float64]
Slice = Callable[[Array], tuple[Array, Array, Array]]
"""Log-moneyness to w, w' and w'' of one expiry."""
NODES = 801
REACH = 6.0
"""The table runs to so many standard deviations at the horizon; paths beyond it keep its edge."""
LIKELY = 3.0
"""Arbitrage inside so many standard deviations is refused; further out the variance is held between bounds."""
FADE = 1.0
"""Log-moneyness over which the slope at an outer strike dies away; less where the variance would fall below half of the quote's."""
LEAST_DENOMINATOR = 0.05
MOST_VOLATILITY = 4.0


@dataclass(frozen=True)
class Smile:
    """Standard deviation of a share's logarithm over each step, by the log-moneyness at its start."""

    first: float
    """Least log-moneyness of the table."""
    width: float
    """Between two nodes."""
    table: Array
    """[day, node]"""

    def deviation(self, day: int, moneyness: Array) -> Array:
        """Deviation over the step that ends on a day, straight between nodes, same shape as the moneyness."""
        place = np.clip((moneyness - self.first) / self.width, 0.0, self.table.shape[1] - 1.000001)
        node = place.astype(np.int64)
        row = self.table[day]
        low: Array = row[node]
        return low + (place - node) * (row[node + 1] - low)


def smile_of(market: Market, key: str, grid: Grid) -> Smile:
    """The local volatility of a share on a grid.

    Raises:
        MarketError: the market has neither a surface nor a term structure for the share.
        CalibrationError: the quotes hold arbitrage between expiries or strikes; day and moneyness are named.
    """
    quotes = market.equity.get(name_of(key))
    if quotes is not None and not quotes.surface and not quotes.term_volatility:
        field = f"{key}.surface"
        raise MarketError(
            problem("missing_key", subject="market", field=field, key=f"surface or term_volatility of {key}", choices=("volatility alone",))
        )
    surface = volatility_surface(market, key)
    slices = [_slice(surface, market, row) for row in range(surface.times_years.size)]
    horizon = float(grid.times[-1])
    spread = float(np.sqrt(max(float(surface.total_variance(horizon, strike)) for strike in surface.strikes_usd)))
    reach = max(REACH * spread, 0.05)
    nodes = np.linspace(-reach, reach, NODES)
    found = np.array([each(nodes) for each in slices])
    before = np.concatenate([[0.0], grid.times[:-1]])
    table = np.empty((grid.size, NODES))
    for day in range(grid.size):
        low, high = (_total(surface.times_years, found, years)[0] for years in (before[day], grid.times[day]))
        gained = high - low
        denominator = _denominator(nodes, *_total(surface.times_years, found, 0.5 * (before[day] + grid.times[day])))
        bad = ((denominator <= 0.0) | (gained < 0.0)) & (np.abs(nodes) <= LIKELY * np.sqrt(np.maximum(high, 0.0)))
        if bad.any():
            raise _arbitrage(market, key, float(grid.times[day]), float(nodes[bad][0]), calendar=bool((gained < 0.0)[bad].any()))
        most = MOST_VOLATILITY**2 * (grid.times[day] - before[day])
        table[day] = np.sqrt(np.clip(gained / np.maximum(denominator, LEAST_DENOMINATOR), 0.0, most))
    return Smile(-reach, float(nodes[1] - nodes[0]), table)


def _slice(surface: VolatilitySurface, market: Market, row: int) -> Slice:
    years = float(surface.times_years[row])
    totals = surface.volatilities[row] ** 2 * years
    if totals.size == 1:
        return lambda nodes: (np.full_like(nodes, totals[0]), np.zeros_like(nodes), np.zeros_like(nodes))
    places = np.log(surface.strikes_usd / float(equity_forward(market, surface.key, years)))
    # two strikes make a line
    spline = CubicSpline(places, totals, bc_type="natural")

    def at(nodes: Array) -> tuple[Array, Array, Array]:
        inside = np.clip(nodes, places[0], places[-1])
        total, slope, bend = spline(inside), spline(inside, 1), np.where(inside == nodes, spline(inside, 2), 0.0)
        for end, beyond in ((0, nodes < places[0]), (-1, nodes > places[-1])):
            steep, level = float(spline(places[end], 1)), float(totals[end])
            falls = steep < 0.0 if end else steep > 0.0
            fade = min(FADE, 0.5 * level / abs(steep)) if falls else FADE
            out = np.where(beyond, nodes - places[end], 0.0)
            left = np.exp(-np.abs(out) / fade)
            total = np.where(beyond, level + steep * np.sign(out) * fade * (1.0 - left), total)
            slope = np.where(beyond, steep * left, slope)
            bend = np.where(beyond, -np.sign(out) * steep / fade * left, bend)
        return total, slope, bend

    return at


def _total(expiries: Array, found: Array, years: float) -> Array:
    """w, w' and w'' at a time [3, node], from those at the expiries [expiry, 3, node]."""
    if years >= expiries[-1]:
        result: Array = found[-1] * (years / expiries[-1])
        return result
    row = int(np.searchsorted(expiries, years, side="right"))
    start, low = (float(expiries[row - 1]), found[row - 1]) if row else (0.0, np.zeros_like(found[0]))
    up = (years - start) / (float(expiries[row]) - start)
    between: Array = (1.0 - up) * low + up * found[row]
    return between


def _denominator(k: Array, w: Array, slope: Array, bend: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(w > 0.0, slope / w, 0.0)
        part: Array = 1.0 - k * ratio + 0.25 * (-0.25 * slope**2 - ratio * slope + (k * ratio) ** 2) + 0.5 * bend
    return part


def _arbitrage(market: Market, key: str, years: float, moneyness: float, *, calendar: bool) -> CalibrationError:
    strike = float(equity_forward(market, key, years)) * float(np.exp(moneyness))
    what = "total variance falls with expiry" if calendar else "a butterfly of calls would cost less than nothing"
    return CalibrationError(
        problem(
            "not_calibrated",
            subject=key,
            field="surface",
            why=f"{what} near {years:.2f} years and a strike of {strike:.4g}: there is no local volatility",
            allowed_range="smoother quotes there",
        )
    )
