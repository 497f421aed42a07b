"""Finite pools, one Gaussian factor: equal loans exactly, and any list of loans by recursion over their losses.

**Model** given the factor Z defaults are independent. Equal loans: their number is binomial. Other loans: the distribution of the loss is
built loan by loan on a grid of loss units. Both are mixed over Z by quadrature. Terms as in `pricing.formulas.pools`; what is left out
there is left out here.

Source: Andersen, Sidenius and Basu (2003), All your hedges in one basket, Risk 16(11); the split of a loss between two units as in Hull
and White (2004), Valuation of a CDO and an nth to default CDS without Monte Carlo simulation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, ndtr, xlog1py, xlogy

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.formulas.checks import checked, positive, within
from pricing.formulas.pools import check_pool, check_tranche, default_odds_given, factor_nodes, recovery_level, threshold_cuts

Array = NDArray[np.float64]
MOST_LOANS = 2000
STEEP = 0.98
"""Loadings from which the conditional odds are a step to the even panels: they get panels of their own."""


def pool_default_odds(*, count: int, default_probability: ArrayLike, correlation: ArrayLike) -> Array:
    """Odds of 0, 1, ..., `count` defaults among equal loans.

    Args:
        count: loans, 1 to 2000. default_probability: p [...], in [0, 1]. correlation: rho [...], in [0, 1].

    Returns:
        [..., count + 1], adding to 1. **Limits** rho = 0: binomial; rho = 1: none or all.

    Example:
        >>> pool_default_odds(count=2, default_probability=0.5, correlation=0.0).round(12).tolist()
        [0.25, 0.5, 0.25]
    """
    p, rho = checked(default_probability=default_probability, correlation=correlation)
    check_pool(p, rho, np.zeros_like(p), np.zeros_like(p))
    _check_count(count)
    found = np.empty((*p.shape, count + 1))
    for index in np.ndindex(p.shape):
        z, weights = factor_nodes(threshold_cuts(p[index], np.sqrt(rho[index])))
        found[index] = np.einsum("z,zn->n", weights, _binomial(count, default_odds_given(z, p[index], np.sqrt(rho[index]))))
    return found


def pool_tranche_loss(
    *,
    count: int,
    attachment: ArrayLike,
    detachment: ArrayLike,
    default_probability: ArrayLike,
    correlation: ArrayLike,
    recovery: ArrayLike = 0.0,
    recovery_slope: ArrayLike = 0.0,
    keep_loss: bool = False,
) -> Array:
    """Expected loss of a tranche of `count` equal loans, as a share of the tranche: `large_pool_tranche_loss` before its limit.

    Args:
        count: loans, 1 to 2000. The others as there [...].

    Returns:
        In [0, 1], broadcast shape. **Limits** many loans: the large pool; recovery 1 or p = 0: nothing.
    """
    a, d, p, rho, r, slope = checked(
        attachment=attachment,
        detachment=detachment,
        default_probability=default_probability,
        correlation=correlation,
        recovery=recovery,
        recovery_slope=recovery_slope,
    )
    check_tranche(a, d)
    check_pool(p, rho, r, slope)
    _check_count(count)
    levels = recovery_level(p, rho, r, slope, keep_loss=keep_loss)
    found = np.empty(p.shape)
    for index in np.ndindex(p.shape):
        loading = np.sqrt(rho[index])
        z, weights = factor_nodes(threshold_cuts(p[index], loading))
        odds = _binomial(count, default_odds_given(z, p[index], loading))
        lost = np.arange(count + 1) / count * (1.0 - _recovery(z, r[index], slope[index], levels[index])[:, None])
        part = np.clip((lost - a[index]) / (d[index] - a[index]), 0.0, 1.0)
        found[index] = np.einsum("z,zn,zn->", weights, odds, part)
    return found


def loans_loss_odds(
    *,
    notional: ArrayLike,
    default_probability: ArrayLike,
    loading: ArrayLike,
    recovery: ArrayLike = 0.0,
    recovery_slope: ArrayLike = 0.0,
    units: int = 400,
) -> tuple[Array, Array]:
    """Distribution of the loss of a list of different loans.

    **Model** given the factor, loan by loan: P(n units) <- P(n units) (1 - q) + P(n - k units) q. A loss between two units is split
    between them so that its mean stays; where all losses are whole units the answer is exact, else stop-loss values are too high by
    at most a quarter of a unit for each loan that defaults.

    Args:
        notional: USD or any unit [loan], above 0. default_probability: [loan].
        loading: on the factor [loan], in [0, 1]: two loans have the product as asset correlation.
        recovery: mean over the factor [loan]. recovery_slope: [loan], at or above 0.
        units: steps into which the whole notional is cut, 1 to 10,000.

    Returns:
        (losses as shares of the notional [unit], odds [unit], adding to 1). Rounding upwards may put a hair of odds above a loss of 1.
    """
    n, p, load, r, slope = checked(
        notional=notional, default_probability=default_probability, loading=loading, recovery=recovery, recovery_slope=recovery_slope
    )
    if n.ndim != 1 or n.size < 1 or n.size > MOST_LOANS:
        raise InputError(problem("bad_length", field="notional", value=str(n.shape), expected=f"a list of 1 to {MOST_LOANS} loans"))
    positive(strict=True, notional=n)
    check_pool(p, load, r, slope)
    within(1.0, 10_000.0, units=np.asarray(float(units)))
    steep = load >= STEEP
    z, weights = factor_nodes(np.unique(threshold_cuts(p[steep], load[steep]).ravel()))
    levels = recovery_level(p, load**2, r, slope, keep_loss=False)
    size = units + n.size + 1
    places = np.arange(size)
    odds = np.zeros((z.size, size))
    odds[:, 0] = 1.0
    for share, q, way, mean, fall, level in zip(n / n.sum(), p, load, r, slope, levels, strict=True):
        defaults = default_odds_given(z, q, way)[:, None]
        lost = share * (1.0 - _recovery(z, mean, fall, level)) * units
        lost = np.where(np.abs(lost - np.round(lost)) < 1e-9, np.round(lost), lost)
        whole = np.floor(lost).astype(np.int64)[:, None]
        part = lost[:, None] - whole
        hit = (1.0 - part) * _shifted(odds, places, whole) + part * _shifted(odds, places, whole + 1)
        odds = (1.0 - defaults) * odds + defaults * hit
    return places / units, np.einsum("z,zn->n", weights, odds)


def loans_tranche_loss(
    *,
    attachment: ArrayLike,
    detachment: ArrayLike,
    notional: ArrayLike,
    default_probability: ArrayLike,
    loading: ArrayLike,
    recovery: ArrayLike = 0.0,
    recovery_slope: ArrayLike = 0.0,
    units: int = 400,
) -> Array:
    """Expected loss of tranches of a list of different loans, as a share of each tranche.

    Args:
        attachment, detachment: a < d [...], in [0, 1], shares of the notional. The others as in `loans_loss_odds`.

    Returns:
        In [0, 1], the shape of the tranches. Checked against: `pool_tranche_loss` for equal loans, all outcomes of a few unequal ones.
    """
    a, d = checked(attachment=attachment, detachment=detachment)
    check_tranche(a, d)
    losses, odds = loans_loss_odds(
        notional=notional,
        default_probability=default_probability,
        loading=loading,
        recovery=recovery,
        recovery_slope=recovery_slope,
        units=units,
    )
    over = [(np.maximum(losses - edge[..., None], 0.0) * odds).sum(axis=-1) for edge in (a, d)]
    # nothing is lost above the whole; only the rounding of a split says so, and it belongs to the last tranche
    return np.clip((over[0] - np.where(d < 1.0, over[1], 0.0)) / (d - a), 0.0, 1.0)


def _binomial(count: int, odds: Array) -> Array:
    """Binomial odds [node, count + 1]."""
    n = np.arange(count + 1.0)
    choose = gammaln(count + 1.0) - gammaln(n + 1.0) - gammaln(count - n + 1.0)
    return np.exp(choose + xlogy(n, odds[:, None]) + xlog1py(count - n, -odds[:, None]))


def _recovery(z: Array, recovery: float, slope: float, level: float) -> Array:
    return ndtr(level + slope * z) if np.isfinite(level) else np.full(z.shape, recovery)


def _shifted(odds: Array, places: NDArray[np.int64], by: NDArray[np.int64]) -> Array:
    """Odds moved up by a number of units at each node [node, unit]."""
    step = int(by[0, 0])
    if (by == step).all():
        moved = np.zeros_like(odds)
        moved[:, step:] = odds[:, : odds.shape[1] - step]
        return moved
    source = places - by
    return np.where(source >= 0, np.take_along_axis(odds, np.maximum(source, 0), axis=1), 0.0)


def _check_count(count: int) -> None:
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST_LOANS:
        raise InputError(problem("out_of_range", field="count", value=count, expected=f"a whole number from 1 to {MOST_LOANS}"))
