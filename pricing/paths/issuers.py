"""Shares of issuers that can default: nothing from the default on, and a martingale all the way, given the state of the credit.

**Model** S_t = G_t h_t(x_t) / h_0(x_0) before the default, 0 from it on. G is the share's lognormal with its carry, x the distance of the
issuer's credit from default (`pricing.paths.drivers`), and h_t(x) the odds, in the measure that has G as its numeraire, that an issuer at
x on day t is alive on the last day of the grid. There the distance gains the drift mu = rho s sqrt(dt dA) over a step, rho its
correlation with the share. Since h is itself a mean of what comes, e^{-(r - q) t} S_t 1{alive} is a martingale step by step, whatever
the state and the correlation. On the last day S is lognormal with volatility s given survival; at no correlation that is Merton's jump
to ruin (1976). Before it the share also falls and rises with the odds of its issuer.

h comes from the backward equation h_A + h_xx / 2 + nu h_x = 0, h(0) = 0, one clock step after another (Crank and Nicolson); at no
correlation it is 2 Phi(x / sqrt(A_T - A_t)) - 1.

Why not the odds of one step alone, S' = S G'/G / P(alive over the step | x)? It is a martingale too, and no use: a step from near zero
divides by small odds again and again, so that a few paths in a million carry the mean (daily steps, hazard 0.1, five years: 200,000 paths
give a mean of 0.69 +- 0.01 in place of 1). h is never above one, and S / G never above 1 / h_0.

Not modelled: a share that is worth something after the default; local volatility of a share whose issuer can default.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_banded
from scipy.special import ndtr

from instruments.ground.errors import CalibrationError
from instruments.ground.messages import problem

Array = NDArray[np.float64]
POINTS = 600
"""Distances in the table of h."""
BEND = 0.5
"""The table is dense below this distance and thins out above it."""
REACH = 6.0
"""Standard deviations of the distance that the table covers; beyond it the issuer is safe."""
SMOOTH = 4
"""First solves of the backward equation that are fully implicit (Rannacher 1984)."""
FINE = 400
"""Solves at least, evenly over the clock."""
LEAST_ODDS = 1e-3
"""Odds of survival below which a share has no use: its price given survival is a thousand times the spot."""


@dataclass(frozen=True)
class Issuer:
    """The odds of survival of one share's issuer to the last day of a grid."""

    share: str
    credit: str
    distances: Array
    """[point], rising from 0."""
    odds: Array
    """h [day, point], row i after i steps: the first row is today, the last all ones but for distance 0."""

    @property
    def today(self) -> float:
        """h_0: odds, with G as numeraire, that the issuer is alive on the last day."""
        return float(np.interp(1.0, self.distances, self.odds[0]))

    def at(self, day: int, distance: Array) -> Array:
        """Odds h after `day` steps [path]; 0 at or below distance 0."""
        return np.interp(distance, self.distances, self.odds[day])

    def log_ratio(self, distance: Array) -> Array:
        """ln(h_t / h_0) after each step [day, path] for distances above 0; minus infinity at the others."""
        found = np.empty_like(distance)
        with np.errstate(divide="ignore"):
            for day in range(len(distance)):
                found[day] = np.log(self.at(day + 1, distance[day]))
        return found - np.log(self.today)

    def pulls(self, distance: Array, roots: Array) -> Array:
        """Deviation of ln h over each step [day, path], d ln h / dx times sqrt(dA), seen from its start; at most about 1.

        Args:
            distance: at the ends of the steps [day, path]. roots: sqrt(dA) [step].
        """
        found = np.empty_like(distance)
        for day, root in enumerate(roots):
            # nearer than a step to the default the slope says nothing about the step
            here = np.maximum(1.0 if day == 0 else distance[day - 1], root)
            rise = np.gradient(self.odds[day], self.distances)
            found[day] = root * np.interp(here, self.distances, rise) / np.maximum(self.at(day, here), 1e-12)
        return found


def resolve_issuer(share: str, credit: str, increments: Array, drifts: Array) -> Issuer:
    """Tabulate h.

    Args:
        share, credit: market keys.
        increments: dA of the credit's clock [step].
        drifts: mu, what the distance gains over each step with G as numeraire [step].

    Raises:
        CalibrationError: the issuer is all but sure to default within the grid.
    """
    reach = 1.0 + REACH * np.sqrt(min(float(increments.sum()), 1e6)) + float(np.abs(drifts).sum())
    distances = BEND * np.sinh(np.linspace(0.0, np.arcsinh(reach / BEND), POINTS))
    odds = np.ones((len(increments) + 1, POINTS))
    odds[:, 0] = 0.0
    finest = float(increments.sum()) / FINE
    solved = 0
    for step in range(len(increments) - 1, -1, -1):
        size, drift = float(increments[step]), float(drifts[step])
        odds[step] = odds[step + 1]
        if size <= 0.0:
            continue
        if solved == 0:
            # exact over the last step, which smooths the corner at (0, T)
            odds[step] = step_survival(distances, size, drift)
            solved = 1
            continue
        # soon after the corner the odds change fast
        count = max(1, int(np.ceil(size / finest)), 4 * SMOOTH if solved == 1 else 1)
        for _ in range(count):
            odds[step] = _back(odds[step], distances, size / count, drift / size, 1.0 if solved <= SMOOTH else 0.5)
            solved += 1
    found = Issuer(share, credit, distances, np.clip(odds, 0.0, 1.0))
    if found.today < LEAST_ODDS:
        why = f"its issuer {credit} is alive at the end with odds of {found.today:.1e}"
        raise CalibrationError(
            problem("not_calibrated", subject=share, field=credit, why=why, allowed_range=f"odds of survival above {LEAST_ODDS:g}")
        )
    return found


def step_survival(distance: Array, size: float, drift: float) -> Array:
    """Odds that a Brownian motion at `distance` stays above 0 over a clock step `size` in which it gains `drift`.

    Phi((x + mu)/sqrt dA) - e^{-2 mu x / dA} Phi((mu - x)/sqrt dA), watched continuously.
    """
    root = np.sqrt(size)
    with np.errstate(over="ignore", invalid="ignore"):
        mirrored = np.exp(-2.0 * drift * distance / size) * ndtr((drift - distance) / root)
    found: Array = ndtr((distance + drift) / root) - np.where(np.isfinite(mirrored), mirrored, 0.0)
    return np.where(distance > 0.0, np.clip(found, 0.0, 1.0), 0.0)


def _back(values: Array, x: Array, size: float, speed: float, implicit: float) -> Array:
    """One backward solve of u_A + u_xx / 2 + speed u_x = 0 over a clock step, the ends held."""
    below, above = x[1:-1] - x[:-2], x[2:] - x[1:-1]
    both = below + above
    low = 1.0 / (below * both) - speed * above / (below * both)
    high = 1.0 / (above * both) + speed * below / (above * both)
    middle = -1.0 / (below * above) + speed * (above - below) / (below * above)
    known = values.copy()
    move = low * values[:-2] + middle * values[1:-1] + high * values[2:]
    known[1:-1] += (1.0 - implicit) * size * move
    bands = np.zeros((3, x.size))
    bands[1] = 1.0
    bands[0, 2:] = -implicit * size * high
    bands[1, 1:-1] = 1.0 - implicit * size * middle
    bands[2, :-2] = -implicit * size * low
    return np.asarray(solve_banded((1, 1), bands, known, check_finite=False), dtype=np.float64)
