"""Monthly paths of a rent with its state, so that on every path and date the forwards of that day are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from curves import RentCurve
from pricing.paths.streams import generator
from pricing.schedules.types import Floats


@dataclass(frozen=True)
class RentPaths:
    """One block of paths of a rent: factors and launches by row; row 0 is the valuation date.

    **Model** ln P = f + x + y + jumps of `RentCurve`. With X and Y the mean-free parts of the factors, the forward seen at t for T is
    F_t(T) = F(0, T) exp(e^{-kappa (T - t)} X_t + Y_t - W(t, T) / 2) times, for each launch, e^J / M(T) once it has happened, else
    (1 - q + q m) / M(T): W is the variance of that forward up to t (Schwartz and Smith 2000, equation 12), m = E[e^J], p(T) the odds of a
    launch by T, M(T) = 1 + p(T) (m - 1), q the odds that it comes between t and T given that it has not by t. A martingale for each T.
    """

    curve: RentCurve
    years: Floats
    """[row], the first 0."""
    forward: Floats
    """F(0, T) [row]."""
    short: Floats
    """X [row, path]."""
    long: Floats
    """Y [row, path]."""
    launched: Floats
    """Launch times in years [launch, path]."""
    jumps: Floats
    """e^J [launch, path]."""

    def seen(self, row: int, first: int, last: int) -> Floats:
        """Forwards seen at `row` for the rows from `first` to `last`, both included: USD per unit-hour [row, path]."""
        now, later = float(self.years[row]), self.years[first : last + 1]
        factors = self.curve.factors
        level = np.exp(-0.5 * factors.forward_variance(now, later))[:, None] * self.forward[first : last + 1, None]
        if factors.short_volatility > 0.0:
            found: Floats = level * np.exp(factors.decay(later - now)[:, None] * self.short[row] + self.long[row])
        else:
            found = level * np.exp(self.long[row])
        for index, launch in enumerate(self.curve.launches):
            mean, by_now, by_then = launch.mean_factor, float(launch.probability(now)), launch.probability(later)
            whole = 1.0 + by_then * (mean - 1.0)
            to_come = np.divide(by_then - by_now, 1.0 - by_now, out=np.zeros_like(by_then), where=by_now < 1.0)
            waiting = (1.0 + to_come * (mean - 1.0)) / whole
            found *= np.where(self.launched[index] <= now, self.jumps[index] / whole[:, None], waiting[:, None])
        return found

    def spot(self) -> Floats:
        """Rent of the day, USD per unit-hour [row, path]."""
        return np.concatenate([self.seen(row, row, row) for row in range(self.years.size)])


def rent_state_paths(curve: RentCurve, years: Floats, normals: Floats, seed: int, block: int) -> RentPaths:
    """Paths of a rent whose monthly move of ln P, launches apart, is exactly proportional to the given normals.

    So a correlation of a credit with those normals is one with the rent's own moves. The split of a move between the short-term deviation
    and the long-term level takes a second stream, launches a stream each.

    Args:
        curve: of the rent.
        years: [row], rising from 0.
        normals: standard, [row - 1, path].
        seed, block: which random numbers.
    """
    model, rows, paths = curve.factors, years.size, normals.shape[1]
    short, long, cross = model.covariance(np.diff(years))
    total = np.sqrt(np.maximum(short + long + 2.0 * cross, 0.0))
    load = np.divide(short + cross, total, out=np.zeros_like(total), where=total > 0.0)
    own = np.sqrt(np.maximum(short - load**2, 0.0))
    split = np.zeros((rows - 1, paths))
    if model.short_volatility > 0.0:
        generator(seed, f"{curve.key}/split", block).standard_normal(out=split)
    x, y = np.zeros((rows, paths)), np.zeros((rows, paths))
    for row in range(1, rows):
        move = load[row - 1] * normals[row - 1] + own[row - 1] * split[row - 1]
        x[row] = float(model.decay(years[row] - years[row - 1])) * x[row - 1] + move
        y[row] = y[row - 1] + total[row - 1] * normals[row - 1] - move
    launched, jumps = np.empty((len(curve.launches), paths)), np.empty((len(curve.launches), paths))
    for index, launch in enumerate(curve.launches):
        luck = generator(seed, f"{curve.key}/launch/{launch.name}", block)
        launched[index] = launch.time_of(luck.random(paths))
        jumps[index] = np.exp(launch.jump_mean + launch.jump_volatility * luck.standard_normal(paths))
    return RentPaths(curve, years, curve.forward(years), x, y, launched, jumps)
