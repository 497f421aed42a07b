"""Options on prices that may jump: mixtures over launch patterns, and Merton's jumps of belief."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, ndtr

from pricing.formulas.checks import checked, positive, within

Array = NDArray[np.float64]
TERMS = 60
"""Jumps counted by `jump_call_value`: with up to 20 expected jumps the rest is below 1e-12 of the value."""
MOST_JUMPS = 20.0


def forward_option_value(
    *, forward: ArrayLike, strike: ArrayLike, total_variance: ArrayLike, discount: ArrayLike = 1.0, call: bool = True
) -> Array:
    """European options on a lognormal price, by its forward and the variance of its logarithm.

    **Model** D (F Phi(d1) - K Phi(d2)), d1 = ln(F / K) / s + s / 2, d2 = d1 - s, s the root of the total variance (Black 1976).

    Args:
        forward: above zero. strike: at or above zero.
        total_variance: of the logarithm to expiry, dimensionless, at or above zero.
        discount: factor to the payment, above zero.
        call: False for puts.

    Returns:
        Value in the unit of the forward, broadcast shape. Limits: variance 0 or strike 0: discounted intrinsic value.

    Source: Black (1976), The pricing of commodity contracts, Journal of Financial Economics 3.

    Checked against: tests/oracle/curves/test_rent_oracle.py (QuantLib's Black formula).
    """
    f, k, w, d = checked(forward=forward, strike=strike, total_variance=total_variance, discount=discount)
    positive(strict=True, forward=f, discount=d)
    positive(strike=k, total_variance=w)
    s = np.sqrt(w)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # a variance next to nothing: d1 is infinite
        d1 = np.where((s > 0.0) & (k > 0.0), np.log(f / k) / s + 0.5 * s, np.where(f > k, np.inf, -np.inf))
    d2 = d1 - s
    sign = 1.0 if call else -1.0
    return d * np.maximum(sign * (f * ndtr(sign * d1) - k * ndtr(sign * d2)), 0.0)


def mixture_option_value(
    *, weights: ArrayLike, forwards: ArrayLike, total_variances: ArrayLike, strike: ArrayLike, discount: ArrayLike = 1.0, call: bool = True
) -> Array:
    """European options on a price whose law is a mixture of lognormals: a rent with launches to come.

    **Model** sum over patterns of weight x `forward_option_value`. The mixture has fatter tails, and another smile, than a lognormal of
    the same variance: a wider volatility is no substitute.

    Args:
        weights: odds [..., pattern], adding to 1 (within 1e-9).
        forwards: mean given the pattern [..., pattern].
        total_variances: of the logarithm given the pattern [..., pattern].
        strike, discount: [...].
        call: False for puts.

    Returns:
        Value [...], in the unit of the forwards. Limits: one pattern: Black; a put less a call is the discounted strike less mean.
    """
    w, f, v = checked(weights=weights, forwards=forwards, total_variances=total_variances)
    within(0.0, 1.0, weights=w)
    within(-1e-9, 1e-9, weights_less_one=w.sum(axis=-1) - 1.0)
    k, d = checked(strike=strike, discount=discount)
    each = forward_option_value(forward=f, strike=k[..., None], total_variance=v, discount=d[..., None], call=call)
    return (w * each).sum(axis=-1)


def margin_value(
    *, weights: ArrayLike, forwards: ArrayLike, total_variances: ArrayLike, energy_cost: ArrayLike, discount: ArrayLike = 1.0
) -> Array:
    """What an owner who switches off below the marginal energy cost c earns for an hour: E[max(P - c, 0)].

    The floor acts on the margin, not on the price: a call struck at the cost. Arguments as in `mixture_option_value`.
    """
    return mixture_option_value(weights=weights, forwards=forwards, total_variances=total_variances, strike=energy_cost, discount=discount)


def jump_call_value(
    *,
    spot: ArrayLike,
    strike: ArrayLike,
    diffusive_volatility: ArrayLike,
    years: ArrayLike,
    intensity: ArrayLike,
    jump_mean: ArrayLike,
    jump_volatility: ArrayLike = 0.0,
    rate: ArrayLike = 0.0,
    dividend_yield: ArrayLike = 0.0,
) -> Array:
    """European call on a share that diffuses and jumps: what a belief that can break does to an option.

    **Model** jumps of the log price N(m, v^2) at rate lambda, drift compensated so that the discounted share is a martingale; given n
    jumps the price is lognormal: a Poisson mixture of Black values.

    Args:
        spot: USD, above zero. strike: USD, at or above zero.
        diffusive_volatility: yearly, without the jumps (`curves.belief_split` takes it out of a total volatility).
        years: to expiry.
        intensity: lambda per year, with at most 20 jumps expected to expiry.
        jump_mean, jump_volatility: m and v.
        rate, dividend_yield: continuous yearly decimals.

    Returns:
        USD per share, broadcast shape. Limits: intensity 0, or jumps of size 0: Black and Scholes.

    Source: Merton (1976), Option pricing when underlying stock returns are discontinuous, equation 16.
    """
    s0, k, sd, t, lam, m, v, r, q = checked(
        spot=spot,
        strike=strike,
        diffusive_volatility=diffusive_volatility,
        years=years,
        intensity=intensity,
        jump_mean=jump_mean,
        jump_volatility=jump_volatility,
        rate=rate,
        dividend_yield=dividend_yield,
    )
    positive(strict=True, spot=s0)
    positive(strike=k, diffusive_volatility=sd, years=t, intensity=lam, jump_volatility=v)
    within(0.0, MOST_JUMPS, expected_jumps=lam * t)
    mean = m + 0.5 * v**2
    counts = np.arange(TERMS, dtype=np.float64)
    load = (lam * t)[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(counts > 0.0, counts * np.log(load), 0.0) - load - gammaln(counts + 1.0)
    weights = np.where(np.isfinite(logs), np.exp(logs), 0.0)
    forwards = (s0 * np.exp((r - q) * t - lam * t * np.expm1(mean)))[..., None] * np.exp(counts * mean[..., None])
    variances = (sd**2 * t)[..., None] + counts * (v**2)[..., None]
    return mixture_option_value(
        weights=weights / weights.sum(axis=-1, keepdims=True),
        forwards=forwards,
        total_variances=variances,
        strike=k,
        discount=np.exp(-r * t),
    )
