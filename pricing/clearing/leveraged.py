"""Leveraged holders of hardware: what they add to its price, and their unwind (network note, section 4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instruments.ground.errors import NetworkError
from instruments.ground.messages import problem
from instruments.ground.tolerances import FIXED_POINT_RESIDUAL
from pricing.clearing.certificate import Which
from pricing.clearing.rows import Floats, floats

MOST_ROUNDS = 100_000
"""Most rounds: the price moves one way, slowly only where a further fall is about to run away."""


@dataclass(frozen=True, slots=True)
class Unwind:
    """Price and positions before and after a shock. Shapes are those of the inputs, broadcast; money is per unit of all hardware at its
    fundamental price of 1 before the shock.
    """

    price_before: Floats
    """p0 = exp(a s): what the holders' demand makes of a fundamental price of 1."""
    fundamental: Floats
    """v = 1 - shock: the price if nobody holds hardware on credit."""
    price: Floats
    """p after the unwind, at or above the fundamental price."""
    held: Floats
    """x, share of all hardware that the holders keep."""
    first_round: Floats
    """Share they would have to sell at the price before any of them sells."""
    holders_loss: Floats
    """What they lose of their own money, marked at p."""
    lenders_loss: Floats
    """What their lenders lose: the rest of the fall."""
    iterations: NDArray[np.int64] | np.int64
    residual: Floats
    """Distance of the price from its map."""

    @property
    def amplification(self) -> Floats:
        """Fall of the price over the fall of the fundamental price, both from before the shock: 1 without holders on credit. Without a
        shock it is the fall itself.
        """
        fall = 1.0 - self.fundamental
        return (self.price_before - self.price) / np.where(fall > 0, fall, 1.0)


def leveraged_holders(
    *,
    share: ArrayLike,
    margin: ArrayLike,
    impact: ArrayLike,
    shock: ArrayLike,
    reserve: ArrayLike = 0.0,
    margin_slope: ArrayLike = 0.0,
    which: Which = "greatest",
) -> Unwind:
    """Price of hardware of which a share is held on margin by holders without a use of their own, and what a shock does to it.

    Model: users take what the holders do not keep, at p(x) = v exp(a x) for x kept: so x = 0 gives the fundamental price v. The holders
    buy s at p0 = exp(a s), owe D = (1 - m) p0 s and have cash c. After the shock, v = 1 - f, they must show equity of M(p) p x, where
    M(p) = min(1, m + k (1 - p/p0)^+), and sell the rest:

        x(p) = clip((c + p s - D) / (M(p) p), 0, s),      p = v exp(a x(p))

    Greatest: from nothing sold, down. Least: from all sold, up: a run in which everybody sells because everybody sells. Where the two
    differ both are possible. Units kept and sold are marked at p. Not modelled: buyers who hold back, default costs, holders who differ.

    Args:
        share: s in [0, 1], share of all hardware held on credit.
        margin: m in (0, 1], own money over value at the start.
        impact: a >= 0, log price per share of all hardware; from a quote with `depth_impact`.
        shock: f in [0, 1), relative fall of the fundamental price.
        reserve: cash beside the position, over p0 s, at or above 0.
        margin_slope: k >= 0, what lenders add to the margin per unit of relative price fall.
        which: greatest or least price.

    All broadcast together.

    Raises:
        InputError: an input is outside its range.
        NetworkError: no convergence.

    Source: Brunnermeier and Pedersen 2009, https://doi.org/10.1093/rfs/hhn098 (margin and loss spirals), with the exponential price
    impact of Cifuentes, Ferrucci and Shin 2005; the small-shock slope is `margin_spiral`.

    Example:
        >>> found = leveraged_holders(share=[0.0, 0.2], margin=0.3, impact=1.0, shock=0.2)
        >>> found.price.round(4).tolist(), found.amplification.round(3).tolist()
        ([0.8, 0.8], [1.0, 2.107])
    """
    least_number = float(np.finfo(float).tiny)
    s, m, a, f, r, k = np.broadcast_arrays(
        floats(share, "share", low=0.0, high=1.0),
        floats(margin, "margin", low=least_number, high=1.0),
        floats(impact, "impact", low=0.0),
        floats(shock, "shock", low=0.0, high=1.0 - 1e-12),
        floats(reserve, "reserve", low=0.0),
        floats(margin_slope, "margin_slope", low=0.0),
    )
    before, v = np.exp(a * s), 1.0 - f
    owed, cash = (1.0 - m) * before * s, r * before * s

    def kept(price: Floats) -> Floats:
        asked = np.minimum(1.0, m + k * np.maximum(0.0, 1.0 - price / before))
        return np.clip((cash + price * s - owed) / (asked * price), 0.0, s)

    opening, count = v * before, np.zeros(s.shape, dtype=np.int64)
    price = opening if which == "greatest" else v.copy()
    for _ in range(MOST_ROUNDS):
        new = v * np.exp(a * kept(price))
        still = np.abs(new - price) > 0.01 * FIXED_POINT_RESIDUAL
        count += still
        price = new
        if not still.any():
            break
    residual = np.abs(v * np.exp(a * kept(price)) - price)
    if not (residual <= FIXED_POINT_RESIDUAL).all():
        worst = float(residual.max())
        raise NetworkError(problem("not_converged", iterations=MOST_ROUNDS, residual=f"{worst:.1e}", remedy="lower the impact"))
    held = kept(price)
    own = m * before * s + cash
    lost = s * (before - price)
    return Unwind(before, v, price, held, s - kept(opening), np.minimum(lost, own), np.maximum(0.0, lost - own), count + 1, residual)
