"""Volatility by expiry and strike: total variance, straight between quotes, checked for arbitrage."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curves.arrays import DAYS_PER_YEAR, ArrayRecord, FloatArray, bad_argument, checked_times, finite_array, read_only
from curves.equity_quotes import EquityQuotes
from curves.lookup import block_of
from curves.market import Market
from curves.tenors import add_tenor
from instruments.ground.errors import CalibrationError
from instruments.ground.messages import problem


@dataclass(frozen=True, slots=True, eq=False)
class VolatilitySurface(ArrayRecord):
    """Lognormal volatility of one share by expiry and strike.

    Model: total variance w(T, K) is linear in T from 0 at T = 0, and linear in K between strikes, flat outside them; beyond the last
    expiry the volatility of the last one goes on. One strike is a term structure; one expiry and one strike is a flat volatility. Not
    modelled: smile dynamics. Engines that take one volatility take `volatility`, and the market says so.

    Raises:
        InputError: nodes that do not rise, or shapes that do not fit.
        CalibrationError: total variance falls with expiry: a calendar spread would be free money; expiry and strike are named.
    """

    key: str
    """Market key: 'equity:AMD'."""
    times_years: FloatArray
    """Expiries [expiry], rising, above 0."""
    strikes_usd: FloatArray
    """Strikes [strike], rising; one strike (of any value) without a smile."""
    volatilities: FloatArray
    """Quotes [expiry, strike]."""

    def __post_init__(self) -> None:
        times, strikes = finite_array(self.key, "surface", self.times_years), finite_array(self.key, "surface", self.strikes_usd)
        quotes = finite_array(self.key, "surface", self.volatilities)
        rising = times.size and strikes.size and bool((np.diff(times, prepend=0.0) > 0.0).all()) and bool((np.diff(strikes) > 0.0).all())
        if not rising or quotes.shape != (times.size, strikes.size) or float(quotes.min()) < 0.0:
            raise bad_argument(self.key, "surface", quotes.shape, "rising expiries and strikes, a volatility at each", "sort them")
        steps = np.diff(quotes**2 * times[:, None], axis=0)
        # rounding of equal total variances is no arbitrage
        bad = np.argwhere(steps < -1e-12)
        if bad.size:
            row, column = (int(at) for at in bad[0])
            why = f"total variance falls from {times[row]:.2f} to {times[row + 1]:.2f} years at strike {strikes[column]:g}"
            least = f"{float(quotes[row, column] * np.sqrt(times[row] / times[row + 1])):.4f} and more"
            raise CalibrationError(
                problem(
                    "not_calibrated",
                    subject=self.key,
                    field="volatility",
                    value=float(quotes[row + 1, column]),
                    why=why,
                    allowed_range=least,
                )
            )
        for name, found in (("times_years", times), ("strikes_usd", strikes), ("volatilities", quotes)):
            object.__setattr__(self, name, read_only(found))

    def total_variance(self, years: npt.ArrayLike, strikes_usd: npt.ArrayLike) -> FloatArray:
        """w(T, K), dimensionless, broadcast; 0 at time 0."""
        times, strikes = np.broadcast_arrays(checked_times(self.key, "years", years), finite_array(self.key, "strikes_usd", strikes_usd))
        nodes = np.concatenate(([0.0], self.times_years))
        grid = np.vstack((np.zeros(self.strikes_usd.size), self.volatilities**2 * self.times_years[:, None]))
        inside = np.clip(strikes, self.strikes_usd[0], self.strikes_usd[-1])
        capped = np.minimum(times, nodes[-1])
        row = np.clip(np.searchsorted(nodes, capped, side="right") - 1, 0, nodes.size - 2)
        up = (capped - nodes[row]) / (nodes[row + 1] - nodes[row])
        if self.strikes_usd.size == 1:
            found = (1.0 - up) * grid[row, 0] + up * grid[row + 1, 0]
        else:
            column = np.clip(np.searchsorted(self.strikes_usd, inside, side="right") - 1, 0, self.strikes_usd.size - 2)
            across = (inside - self.strikes_usd[column]) / (self.strikes_usd[column + 1] - self.strikes_usd[column])
            low = (1.0 - across) * grid[row, column] + across * grid[row, column + 1]
            high = (1.0 - across) * grid[row + 1, column] + across * grid[row + 1, column + 1]
            found = (1.0 - up) * low + up * high
        return found * np.where(times > nodes[-1], times / nodes[-1], 1.0)

    def volatility(self, years: npt.ArrayLike, strikes_usd: npt.ArrayLike) -> FloatArray:
        """Implied volatility, broadcast; at time 0 its limit."""
        times = np.maximum(checked_times(self.key, "years", years), 1e-9)
        return np.sqrt(self.total_variance(times, strikes_usd) / times)


def volatility_surface(market: Market, key: str) -> VolatilitySurface:
    """The volatility behind a key such as `equity:AMD`: its surface, else its term structure, else its flat number.

    Raises:
        InputError, MarketError: as `equity_inputs`.
        CalibrationError: quotes with calendar arbitrage.
    """
    block: EquityQuotes = block_of(market, key, "equity", market.equity)
    if not block.surface and not block.term_volatility:
        return VolatilitySurface(key, np.array([1.0]), np.array([block.spot_usd.value]), np.array([[block.volatility.value]]))
    if block.term_volatility:
        points = {(tenor, block.spot_usd.value): quote.value for tenor, quote in block.term_volatility.items()}
    else:
        points = {(point.split("@")[0], float(point.split("@")[1])): quote.value for point, quote in block.surface.items()}
    tenors = sorted({tenor for tenor, _ in points}, key=lambda tenor: add_tenor(market.as_of, tenor))
    strikes = sorted({strike for _, strike in points})
    grid = np.array([[points[tenor, strike] for strike in strikes] for tenor in tenors])
    return VolatilitySurface(key, np.array([_years(market.as_of, tenor) for tenor in tenors]), np.array(strikes), grid)


def _years(as_of: dt.date, tenor: str) -> float:
    return (add_tenor(as_of, tenor) - as_of).days / DAYS_PER_YEAR
