"""Options on the mean of a rent over some days, part of which may have been seen; and the hedge of a revenue by a future."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from pricing.formulas.checks import checked, positive, within
from pricing.formulas.mixtures import mixture_option_value

Array = NDArray[np.float64]


def average_option_value(
    *,
    weights: ArrayLike,
    means: ArrayLike,
    variances: ArrayLike,
    strike: ArrayLike,
    known: ArrayLike = 0.0,
    open_share: ArrayLike = 1.0,
    discount: ArrayLike = 1.0,
    call: bool = True,
) -> Array:
    """European options on A = known + share x B: the mean of an index of which some days have been seen.

    **Model** B, the mean over the days to come, is a mixture of lognormals (`curves.mean_mixture`): what was seen only moves the strike,
    to K - known, which may fall below zero: a call is then sure to be exercised, a put never.

    Args:
        weights, means, variances: of B: odds, mean and variance of the logarithm [..., pattern]; means above zero.
        strike: at or above zero [...].
        known: sum of the fixings seen over the number of all days [...], at or above zero.
        open_share: days to come over all days [...], between 0 and 1; 0 where everything has been seen.
        discount: factor to the payment [...].
        call: False for puts.

    Returns:
        Value [...] in the unit of the means. A call less a put is discount x (mean - strike), exactly.

    Source: the shifted strike is that of Turnbull and Wakeman (1991), A quick algorithm for pricing European average options.

    Checked against: tests/oracle/pricing/test_rent_options.py.
    """
    k, seen, share, d = checked(strike=strike, known=known, open_share=open_share, discount=discount)
    w, b, v = checked(weights=weights, means=means, variances=variances)
    positive(strike=k, known=seen, discount=d)
    positive(strict=True, means=b)
    within(0.0, 1.0, open_share=share)
    left = k - seen
    sign = 1.0 if call else -1.0
    sure = np.maximum(sign * (share * (w * b).sum(axis=-1) - left), 0.0) * d
    open_ = (share > 0.0) & (left > 0.0)
    safe = np.where(share > 0.0, share, 1.0)
    option = safe * mixture_option_value(
        weights=w, forwards=b, total_variances=v, strike=np.where(open_, left / safe, 0.0), discount=d, call=call
    )
    return np.where(open_, option, sure)


def average_option_odds(
    *,
    weights: ArrayLike,
    means: ArrayLike,
    variances: ArrayLike,
    strike: ArrayLike,
    known: ArrayLike = 0.0,
    open_share: ArrayLike = 1.0,
    call: bool = True,
) -> tuple[Array, Array]:
    """Odds that the option of `average_option_value` pays, and its delta: change of its value, undiscounted, per change of the mean.

    The delta scales every forward of the days to come alike; it is between 0 and 1 for calls, -1 and 0 for puts. At the strike with no
    variance the option counts as unpaid. Arguments and shapes as there.
    """
    k, seen, share = checked(strike=strike, known=known, open_share=open_share)
    w, b, v = checked(weights=weights, means=means, variances=variances)
    positive(strict=True, means=b)
    left = (k - seen)[..., None]
    f = share[..., None] * b
    s = np.sqrt(v)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        d1 = np.where((s > 0.0) & (left > 0.0) & (f > 0.0), np.log(f / left) / s + 0.5 * s, np.where(f > left, np.inf, -np.inf))
        d2 = np.where(np.isfinite(d1), d1 - s, d1)
    above = (w * ndtr(d2)).sum(axis=-1)
    delta = (w * b * ndtr(d1)).sum(axis=-1) / (w * b).sum(axis=-1)
    at = (w * ((f == left) & (s == 0.0))).sum(axis=-1)
    return (above, delta) if call else (1.0 - above - at, delta - 1.0)


def minimum_variance_hedge(
    *,
    exposure_hours: ArrayLike,
    exposure_volatility: ArrayLike,
    future_volatility: ArrayLike,
    correlation: ArrayLike,
    exposure_price: ArrayLike = 1.0,
    future_price: ArrayLike = 1.0,
) -> tuple[Array, Array]:
    """Accelerator-hours of a future to sell against a revenue, and the share of variance that is left: basis risk.

    **Model** revenue H P_e, hedge -n P_f, both with small moves of standard deviation price x volatility: n = H rho (P_e s_e) / (P_f s_f);
    what is left of the variance is 1 - rho^2 at best. A correlation of one and equal volatilities sell the revenue's own hours.

    Args:
        exposure_hours: H let each month at the owner's own price. exposure_volatility: s_e of that price over the hedge's life.
        future_volatility: s_f of the future over the same time, above zero.
        correlation: rho between the two: an index is not the rent that one owner gets.
        exposure_price, future_price: P_e, P_f, USD per hour, the future's above zero.

    Returns:
        (hours to sell, share of variance left), broadcast shapes. Below zero: hours to buy.

    Source: Ederington (1979), The hedging performance of the new futures markets, Journal of Finance 34.

    Example:
        >>> hours, left = minimum_variance_hedge(
        ...     exposure_hours=5840, exposure_volatility=0.3, future_volatility=0.25, correlation=0.8)
        >>> round(float(hours)), round(float(left), 2)
        (5606, 0.36)
    """
    h, se, sf, rho, pe, pf = checked(
        exposure_hours=exposure_hours,
        exposure_volatility=exposure_volatility,
        future_volatility=future_volatility,
        correlation=correlation,
        exposure_price=exposure_price,
        future_price=future_price,
    )
    positive(exposure_hours=h, exposure_volatility=se, exposure_price=pe)
    positive(strict=True, future_volatility=sf, future_price=pf)
    within(-1.0, 1.0, correlation=rho)
    return h * rho * (pe * se) / (pf * sf), 1.0 - rho**2
