"""Forced sales: solvency limits, leverage targets, margin spirals (network note, section 4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instruments.ground.errors import InputError, NetworkError
from instruments.ground.messages import problem
from instruments.ground.tolerances import FIXED_POINT_RESIDUAL
from pricing.clearing.rows import Floats, RowFailure, floats, scenarios, settle, squeezed, vectors

MOST_ROUNDS = 100_000
"""Most rounds: prices fall monotonically, slowly only where a further fall is about to run away."""


@dataclass(frozen=True, slots=True)
class FireSale:
    """Price and sales that agree. A single scenario has no scenario axis."""

    price: Floats
    """p [scenario, asset], 1 before any sale."""
    sold: Floats
    """s [scenario, firm, asset]: units sold."""
    first_round: Floats
    """[scenario, firm, asset]: what would be sold at the price before impact."""
    iterations: NDArray[np.int64]
    """[scenario]."""
    residual: Floats
    """[scenario]: distance of the price from the map applied to it."""
    rows: NDArray[np.int64]
    """Which scenarios of the batch these rows are."""
    failures: tuple[RowFailure, ...]
    """Scenarios without an answer."""


def fire_sale(
    *, units: ArrayLike, cash: ArrayLike, debt: ArrayLike, ratio: ArrayLike, impact: ArrayLike, start: ArrayLike = 1.0
) -> FireSale:
    """Greatest price at which a batch of firms meets a required ratio of capital to risky assets by selling.

    Model: s_i(p) = clip(q_i - (c_i + p q_i - D_i) / (r* p), 0, q_i), p = start exp(-a sum_i s_i(p)), iterated from `start` down. With
    several assets a firm sells the same share of each, q_i p being the value of its holdings. A firm that is not solvent sells all. Buyers
    are the outside; they do not run dry.

    Args:
        units: q >= 0, units at price 1 USD, (scenarios, firms, assets) or (firms, assets); (firms,) is one asset.
        cash, debt: USD, (scenarios, firms) or (firms,).
        ratio: r* > 0, decimal, one for all or (firms,).
        impact: a >= 0, per unit sold, (assets,) or one for all; from a quote with `depth_impact`.
        start: price before sales, in (0, 1] or above, one or (scenarios, assets).

    Raises:
        NetworkError: no convergence; in a batch a failure of its row.

    Source: Cifuentes, Ferrucci and Shin 2005, https://doi.org/10.1162/jeea.2005.3.2-3.556, equations (6) to (9).

    Example:
        >>> float(fire_sale(units=[10], cash=[0.8], debt=[10.2], ratio=0.07, impact=0.005).price[0].round(6))
        0.977997
    """
    held = floats(units, "units", low=0.0)
    single = held.ndim < 3 and np.ndim(cash) < 2 and np.ndim(debt) < 2 and np.ndim(start) < 2
    held = held[None, :, None] if held.ndim == 1 else held[None] if held.ndim == 2 else held
    firms, assets = held.shape[1:]
    money, owed = vectors(cash, "cash", firms), vectors(debt, "debt", firms, low=0.0)
    need = vectors(ratio, "ratio", firms, low=np.finfo(float).tiny)[0]
    depth = vectors(impact, "impact", assets, low=0.0)[0]
    opening = vectors(start, "start", assets, low=np.finfo(float).tiny)
    count = scenarios(held, money, owed, opening)
    opening = np.broadcast_to(opening, (count, assets)).copy()

    def sells(price: Floats) -> Floats:
        worth = np.einsum("sfa,sa->sf", np.broadcast_to(held, (count, firms, assets)), price)
        capital = money + worth - owed
        share = np.where(worth > 0, np.clip(1.0 - capital / (need * np.where(worth > 0, worth, 1.0)), 0.0, 1.0), 0.0)
        return held * share[..., None]

    price, rounds = opening.copy(), np.zeros(count, dtype=np.int64)
    for _ in range(MOST_ROUNDS):
        new = opening * np.exp(-depth * sells(price).sum(axis=1))
        still = (np.abs(new - price) > 0.01 * FIXED_POINT_RESIDUAL * opening).any(axis=-1)
        rounds += still
        price = new
        if not still.any():
            break
    residual = (np.abs(opening * np.exp(-depth * sells(price).sum(axis=1)) - price) / opening).max(axis=-1)
    failures = tuple(
        RowFailure(int(row), problem("not_converged", iterations=MOST_ROUNDS, residual=f"{residual[row]:.1e}", remedy="lower the impact"))
        for row in np.flatnonzero(~(residual <= FIXED_POINT_RESIDUAL))
    )
    rows = settle(failures, count, single=single)
    out = squeezed(single, *(field[rows] for field in (price, sells(price), sells(opening), rounds + 1, residual)))
    return FireSale(*out, rows=rows, failures=failures)


def depth_impact(*, share_sold: float, price_fall: float) -> float:
    """Impact per unit share from a quote: selling `share_sold` moves the price by `price_fall`, a = -ln(1 - d) / w (both in (0, 1))."""
    if not (0.0 < share_sold <= 1.0 and 0.0 <= price_fall < 1.0):
        raise InputError(
            problem("bad_option", subject="depth", value=(share_sold, price_fall), expected="shares in (0, 1]", hint="0.05 is 5 %")
        )
    return float(-np.log1p(-price_fall) / share_sold)


@dataclass(frozen=True, slots=True)
class LeverageRound:
    """One linear round of leverage targeting. Leading axes are those of the shock."""

    sales: Floats
    """-phi [.., asset]: USD sold; negative is bought."""
    price_move: Floats
    """F2 [.., asset]: return caused by the sales."""
    second_loss: Floats
    """[.., firm]: USD lost to that move."""
    vulnerability: Floats
    """AV: second losses over all equity."""


def leverage_round(
    *, weights: ArrayLike, assets: ArrayLike, leverage: ArrayLike, equity: ArrayLike, impact: ArrayLike, shock: ArrayLike
) -> LeverageRound:
    """One round of sales by firms that return to their leverage after a shock.

    Model: R1 = M f, phi = M' A B R1, F2 = ell phi, second loss = -A M F2, AV = sum of it / sum E. Linear, one round, assets not exhausted.

    Args:
        weights: M, portfolio weights, (firms, assets).
        assets, leverage, equity: A in USD, B = debt / equity, E in USD, (firms,).
        impact: ell, return per USD bought, (assets,).
        shock: f, returns, (assets,) or (scenarios, assets).

    Source: Greenwood, Landier and Thesmar 2015, https://doi.org/10.1016/j.jfineco.2014.11.006, equations (4) to (7).
    """
    shares = floats(weights, "weights")
    if shares.ndim != 2:
        raise InputError(problem("array_shape", field="weights", expected="(firms, assets)", found=shares.shape))
    firms, kinds = shares.shape
    own, geared = vectors(assets, "assets", firms, low=0.0)[0], vectors(leverage, "leverage", firms)[0]
    moved = vectors(shock, "shock", kinds) @ shares.T
    flow = (moved * own * geared) @ shares
    price = flow * vectors(impact, "impact", kinds, low=0.0)[0]
    second = -(price @ shares.T) * own
    hurt = second.sum(axis=-1) / vectors(equity, "equity", firms)[0].sum()
    return LeverageRound(*squeezed(np.ndim(shock) < 2, -flow, price, second, hurt))


def margin_spiral(
    *, margin: float, position_before: float, position_after: float, margin_slope: float, risk_aversion: float, volatility: float
) -> float:
    """Price change per unit change of speculators' wealth, margin binding on a long position.

    Model: 1 / (D m + x1 dm/dp - x0), D = 2/(gamma sigma^2), m margin per unit, x0 old and x1 new position.

    x0 > 0 is the loss spiral, dm/dp < 0 the margin spiral.

    Raises:
        NetworkError: the denominator is not above 0: no stable illiquid equilibrium.

    Source: Brunnermeier and Pedersen 2009, https://doi.org/10.1093/rfs/hhn098, proposition 5.
    """
    depth = 2.0 / (risk_aversion * volatility**2)
    below = depth * margin + position_after * margin_slope - position_before
    if not below > 0.0:
        raise NetworkError(
            problem("no_solution", subject="margin spiral", why="no stable illiquid equilibrium", remedy="lower the position or the slope")
        )
    return 1.0 / below
