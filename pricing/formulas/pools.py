"""Large homogeneous pools, one Gaussian factor: distribution, density, quantile, and what a tranche is expected to lose.

**Model** a loan defaults where sqrt(rho) Z + sqrt(1 - rho) e <= Phi^{-1}(p). Given Z the defaulted share of infinitely many equal loans is
certain: X(Z) = Phi((Phi^{-1}(p) - sqrt(rho) Z) / sqrt(1 - rho)). The pool loses X (1 - R), R constant or falling with the factor:
R(Z) = Phi(a + b Z). Low Z is a bad year. Finite pools: `pricing.formulas.pool_counts`.

**Not modelled** the time of default, interest, excess spread: a tranche [attachment, detachment] of the pool bears the pool's loss and no
more.

Source: Vasicek (2002), Loan portfolio value, Risk 15(12); Andersen and Sidenius (2004), Extensions to the Gaussian copula, for R(Z).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri, owens_t

from pricing.formulas.checks import checked, positive, within

Array = NDArray[np.float64]
FURTHEST = 9.0
"""Standard deviations of the factor that are looked at: 1e-19 lies beyond."""
PANELS, NODES = 18, 32
HALVINGS = 80


def large_pool_loss_quantile(*, default_probability: ArrayLike, correlation: ArrayLike, level: ArrayLike) -> Array:
    """Share of a large pool that defaults at a quantile, one Gaussian factor.

    **Model** Phi((Phi^{-1}(p) + sqrt(rho) Phi^{-1}(level)) / sqrt(1 - rho)); equal small loans, no recovery.

    Args:
        default_probability: p, in [0, 1]. correlation: rho, in [0, 1). level: quantile, in [0, 1].

    Source: Vasicek (2002), Loan portfolio value, Risk 15(12).

    Example:
        >>> round(float(large_pool_loss_quantile(default_probability=0.02, correlation=0.2, level=0.999)), 3)
        0.226
    """
    p, rho, u = checked(default_probability=default_probability, correlation=correlation, level=level)
    within(0.0, 1.0, default_probability=p, level=u)
    within(0.0, 1.0 - 1e-12, correlation=rho)
    with np.errstate(invalid="ignore"):
        found = ndtr((ndtri(p) + np.sqrt(rho) * ndtri(u)) / np.sqrt(1.0 - rho))
    # a certain answer at any quantile
    return np.where((p == 0.0) | (p == 1.0), p, found)


def large_pool_loss_probability(*, loss: ArrayLike, default_probability: ArrayLike, correlation: ArrayLike) -> Array:
    """P(defaulted share <= loss) of a large pool: the inverse of `large_pool_loss_quantile`.

    Correlation must be above 0 here: without it the loss is certain, not distributed.
    """
    x, p, rho = checked(loss=loss, default_probability=default_probability, correlation=correlation)
    within(0.0, 1.0, loss=x, default_probability=p)
    within(1e-12, 1.0 - 1e-12, correlation=rho)
    with np.errstate(invalid="ignore"):
        found = ndtr((np.sqrt(1.0 - rho) * ndtri(x) - ndtri(p)) / np.sqrt(rho))
    return np.where((p == 0.0) | (x == 1.0), 1.0, np.where(p == 1.0, 0.0, found))


def large_pool_loss_density(*, loss: ArrayLike, default_probability: ArrayLike, correlation: ArrayLike) -> Array:
    """Density of the defaulted share of a large pool at `loss`: the derivative of `large_pool_loss_probability`.

    **Model** sqrt((1 - rho) / rho) exp(q^2 / 2 - (sqrt(1 - rho) q - Phi^{-1}(p))^2 / (2 rho)), q = Phi^{-1}(loss).

    Args:
        loss: in (0, 1), of the pool. default_probability: p, in (0, 1). correlation: rho, in (0, 1).

    Returns:
        Per unit of loss, broadcast shape; one hump where rho < 1/2, U-shaped above. Source: Vasicek (2002).
    """
    x, p, rho = checked(loss=loss, default_probability=default_probability, correlation=correlation)
    within(1e-300, 1.0 - 1e-15, loss=x, default_probability=p)
    within(1e-12, 1.0 - 1e-12, correlation=rho)
    q = ndtri(x)
    return np.sqrt((1.0 - rho) / rho) * np.exp(0.5 * q**2 - (np.sqrt(1.0 - rho) * q - ndtri(p)) ** 2 / (2.0 * rho))


def large_pool_tranche_loss(
    *,
    attachment: ArrayLike,
    detachment: ArrayLike,
    default_probability: ArrayLike,
    correlation: ArrayLike,
    recovery: ArrayLike = 0.0,
    recovery_slope: ArrayLike = 0.0,
    keep_loss: bool = False,
) -> Array:
    """Expected loss of a tranche of a large pool, as a share of the tranche.

    **Model** (E[(L - a)^+] - E[(L - d)^+]) / (d - a), L = X (1 - R). Constant R: E[(X - k)^+] = Phi2(Phi^{-1}(p), z; sqrt(rho)) - k Phi(z),
    z the factor below which X > k. R(Z) that falls: quadrature over the factor, cut where L(Z) = a and L(Z) = d.

    Args:
        attachment, detachment: a < d, in [0, 1], shares of the pool.
        default_probability: p, in [0, 1]. correlation: rho, in [0, 1].
        recovery: mean R, in [0, 1]. recovery_slope: b, at or above 0; 0 is a constant recovery.
        keep_loss: R is the mean recovery of defaulted loans, so that a slope moves no expected loss of the pool; else R is the mean over
            the factor (as `instruments.Notes` has it), and a slope raises the pool's expected loss too.

    Returns:
        In [0, 1], broadcast shape. **Limits** rho = 0: the certain loss p (1 - R); rho = 1: p times the loss of the tranche if all default.

    Example:
        >>> float(large_pool_tranche_loss(attachment=0.0, detachment=1.0, default_probability=0.02, correlation=0.2).round(12))
        0.02

    Checked against: tests/oracle/pricing/test_pool_formulas.py (QuantLib's bivariate normal, quadrature, finite pools).
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
    above = _stop_loss if not (slope > 0.0).any() else _falling_stop_loss
    moved = recovery_level(p, rho, r, slope, keep_loss=keep_loss)
    found = (above(a, p, rho, r, slope, moved) - above(d, p, rho, r, slope, moved)) / (d - a)
    return np.clip(found, 0.0, 1.0)


def recovery_given_factor(*, factor: ArrayLike, recovery: ArrayLike, recovery_slope: ArrayLike) -> Array:
    """Recovery that falls with the factor: Phi(a + b Z), a = Phi^{-1}(R) sqrt(1 + b^2), so that its mean over Z is R.

    Args:
        factor: Z. recovery: R, in [0, 1]. recovery_slope: b, at or above 0.

    Example:
        >>> recovery_given_factor(factor=[-2.0, 0.0, 2.0], recovery=0.4, recovery_slope=0.5).round(2).tolist()
        [0.1, 0.39, 0.76]
    """
    z, r, slope = checked(factor=factor, recovery=recovery, recovery_slope=recovery_slope)
    within(0.0, 1.0, recovery=r)
    positive(recovery_slope=slope)
    return np.where((r == 0.0) | (r == 1.0), r, ndtr(ndtri(r) * np.sqrt(1.0 + slope**2) + slope * z))


def check_tranche(a: Array, d: Array) -> None:
    """Refuse tranches outside the pool or without width."""
    within(0.0, 1.0, attachment=a, detachment=d)
    positive(strict=True, detachment_less_attachment=d - a)


def check_pool(p: Array, rho: Array, r: Array, slope: Array) -> None:
    """Refuse odds, correlations and recoveries out of their range."""
    within(0.0, 1.0, default_probability=p, correlation=rho, recovery=r)
    positive(recovery_slope=slope)


def recovery_level(p: Array, rho: Array, r: Array, slope: Array, *, keep_loss: bool) -> Array:
    """The level a of R(Z) = Phi(a + b Z), such that R is its mean over the factor, or over what defaults."""
    with np.errstate(invalid="ignore"):
        plain = ndtri(r) * np.sqrt(1.0 + slope**2)
    if not keep_loss:
        return plain
    # E[R(Z); default] = Phi2(a / sqrt(1 + b^2), Phi^{-1}(p); -b sqrt(rho / (1 + b^2))) rises in a
    root = np.sqrt(1.0 + slope**2)
    low, high = np.full(p.shape, -40.0), np.full(p.shape, 40.0)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        less = bivariate_normal(middle, ndtri(p), -slope * np.sqrt(rho) / root) < r * p
        low, high = np.where(less, middle, low), np.where(less, high, middle)
    odd = (p == 0.0) | (r == 0.0) | (r == 1.0) | (slope == 0.0)
    return np.where(odd, plain, 0.5 * (low + high) * root)


def default_odds_given(z: Array, p: Array, loading: Array) -> Array:
    """P(default | factor), loading = sqrt(rho); at loading 1 all or none."""
    rest = np.sqrt(np.maximum(1.0 - loading**2, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = ndtr((ndtri(p) - loading * z) / rest)
    # where rest is 0, infinity over infinity has no meaning either
    step = np.where(loading * z <= ndtri(p), 1.0, 0.0)
    return np.where((p == 0.0) | (p == 1.0), p, np.where(rest == 0.0, step, found))


def factor_nodes(cuts: Array) -> tuple[Array, Array]:
    """Nodes of the factor and their normal weights [..., node]: Gauss-Legendre on even panels, cut once more at `cuts` [..., cut]."""
    even = np.broadcast_to(np.linspace(-FURTHEST, FURTHEST, PANELS + 1), (*cuts.shape[:-1], PANELS + 1))
    edges = np.sort(np.concatenate([even, np.clip(cuts, -FURTHEST, FURTHEST)], axis=-1), axis=-1)
    points, weights = np.polynomial.legendre.leggauss(NODES)
    half, middle = 0.5 * np.diff(edges)[..., None], 0.5 * (edges[..., 1:] + edges[..., :-1])[..., None]
    z = middle + half * points
    density = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)
    shape = (*cuts.shape[:-1], -1)
    return z.reshape(shape), (half * weights * density).reshape(shape)


def threshold_cuts(p: Array, loading: Array) -> Array:
    """Where the conditional odds move fast: at the factor Phi^{-1}(p) / loading, and some widths around it [..., 5]."""
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = np.where(loading > 0.0, ndtri(p) / loading, 0.0)
        width = np.where(loading > 0.0, np.sqrt(np.maximum(1.0 - loading**2, 0.0)) / loading, 0.0)
    middle = np.clip(np.nan_to_num(middle), -FURTHEST, FURTHEST)
    return np.stack([middle + step * width for step in (-8.0, -2.0, 0.0, 2.0, 8.0)], axis=-1)


def _stop_loss(k: Array, p: Array, rho: Array, r: Array, slope: Array, level: Array) -> Array:
    """E[(L - k)^+] with a constant recovery."""
    lost = 1.0 - r
    share = np.divide(k, lost, out=np.ones_like(k), where=lost > k)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (ndtri(p) - np.sqrt(1.0 - rho) * ndtri(share)) / np.sqrt(rho)
    z = np.where(share == 0.0, np.inf, np.where(share >= 1.0, -np.inf, z))
    found = bivariate_normal(ndtri(p), z, np.sqrt(rho)) - share * ndtr(z)
    plain = np.where(rho == 0.0, np.maximum(p - share, 0.0), np.where(rho == 1.0, p * (1.0 - share), found))
    plain = np.where(p == 1.0, 1.0 - share, np.where(p == 0.0, 0.0, plain))
    return np.where(share >= 1.0, 0.0, lost * plain)


def _falling_stop_loss(k: Array, p: Array, rho: Array, r: Array, slope: Array, level: Array) -> Array:
    """E[(L - k)^+] with a recovery that falls: L falls in the factor, so that it passes k once."""
    loading = np.sqrt(rho)

    def loss(z: Array) -> Array:
        odds = default_odds_given(z, p[..., None], loading[..., None])
        return odds * (1.0 - np.where(np.isinf(level), r, 0.0)[..., None] - _finite_recovery(z, slope, level))

    low, high = np.full((*k.shape, 1), -FURTHEST), np.full((*k.shape, 1), FURTHEST)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        more = loss(middle) > k[..., None]
        low, high = np.where(more, middle, low), np.where(more, high, middle)
    z, weights = factor_nodes(np.concatenate([threshold_cuts(p, loading), low], axis=-1))
    return (weights * np.maximum(loss(z) - k[..., None], 0.0)).sum(axis=-1)


def _finite_recovery(z: Array, slope: Array, level: Array) -> Array:
    finite = np.isfinite(level)
    return np.where(finite[..., None], ndtr(np.where(finite, level, 0.0)[..., None] + slope[..., None] * z), 0.0)


def bivariate_normal(h: ArrayLike, k: ArrayLike, correlation: ArrayLike) -> Array:
    """P(X <= h, Y <= k) of standard normals, by Owen's T.

    Source: Owen (1956), Tables for computing bivariate normal probabilities, equation 2.1.
    """
    x, y, r = np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in (h, k, correlation)))
    # at 0 the formula divides by zero; next to it its limit is right
    x, y = np.where(x == 0.0, 1e-300, x), np.where(y == 0.0, 1e-300, y)
    rest = np.sqrt(np.maximum((1.0 - r) * (1.0 + r), 0.0))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        first, second = (y - r * x) / (x * rest), (x - r * y) / (y * rest)
        found = 0.5 * (ndtr(x) + ndtr(y)) - owens_t(x, first) - owens_t(y, second) - np.where(np.sign(x) * np.sign(y) > 0.0, 0.0, 0.5)
    found = np.where(r >= 1.0, ndtr(np.minimum(x, y)), np.where(r <= -1.0, np.maximum(ndtr(x) + ndtr(y) - 1.0, 0.0), found))
    edge = np.isinf(x) | np.isinf(y)
    outer = np.where((x == -np.inf) | (y == -np.inf), 0.0, np.where(x == np.inf, ndtr(y), ndtr(x)))
    return np.clip(np.where(edge, outer, found), 0.0, 1.0)
