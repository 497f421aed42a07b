"""Closed forms of support: what guarantees pay, and what they are worth where the asset is lognormal and nobody else decides."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from pricing.formulas.checks import checked, positive, within

Array = NDArray[np.float64]


def residual_payment(*, threshold: ArrayLike, value: ArrayLike, share: ArrayLike | None = None) -> Array:
    """What a residual value guarantee owes, for a batch: max(0, G - V), or min(share x G, max(0, G - V)) as a first-loss share.

    Args:
        threshold: G, USD, at or above 0. value: V, USD, at or above 0. share: in [0, 1]; None is no limit.

    Example:
        >>> residual_payment(threshold=28.0, value=[20.0, 30.0]).tolist(), float(residual_payment(threshold=28.0, value=20.0, share=0.1))
        ([8.0, 0.0], 2.8000000000000003)
    """
    g, v, s = checked(threshold=threshold, value=value, share=1.0 if share is None else share)
    positive(threshold=g, value=v)
    within(0.0, 1.0, share=s)
    return np.minimum(s * g, np.maximum(g - v, 0.0))


def lease_backstop_payment(*, outstanding: ArrayLike, share: ArrayLike, recovery: ArrayLike) -> Array:
    """What a lease backstop owes, for a batch: max(0, share x outstanding - recovery on the asset).

    Args:
        outstanding: USD, at or above 0. share: in [0, 1]. recovery: USD, at or above 0.

    Example:
        >>> float(lease_backstop_payment(outstanding=35e9, share=0.85, recovery=0.0)) / 1e9
        29.75
    """
    b, s, r = checked(outstanding=outstanding, share=share, recovery=recovery)
    positive(outstanding=b, recovery=r)
    within(0.0, 1.0, share=s)
    return np.maximum(s * b - r, 0.0)


def black_put(*, forward: ArrayLike, strike: ArrayLike, deviation: ArrayLike, discount: ArrayLike = 1.0) -> Array:
    """Put on a lognormal forward, for a batch: D (K Phi(-d2) - F Phi(-d1)).

    Args:
        forward: F, USD, at or above 0. strike: K, USD, at or above 0. deviation: standard deviation of ln F at expiry, at or above 0.
        discount: D, above 0.

    Limits: no deviation gives D max(0, K - F); no forward gives D K.

    Source: Black (1976), The pricing of commodity contracts.

    Example:
        >>> round(float(black_put(forward=100.0, strike=100.0, deviation=0.2)), 4)
        7.9656
    """
    f, k, s, d = checked(forward=forward, strike=strike, deviation=deviation, discount=discount)
    positive(forward=f, strike=k, deviation=s)
    positive(strict=True, discount=d)
    moves = (s > 0.0) & (f > 0.0) & (k > 0.0)
    ratio = np.log(np.where(moves, f / np.where(moves, k, 1.0), 1.0)) / np.where(moves, s, 1.0)
    value = k * ndtr(-(ratio - 0.5 * s)) - f * ndtr(-(ratio + 0.5 * s))
    return d * np.where(moves, value, np.maximum(k - f, 0.0))


def residual_guarantee_value(
    *, forward: ArrayLike, threshold: ArrayLike, deviation: ArrayLike, discount: ArrayLike = 1.0, share: ArrayLike | None = None
) -> Array:
    """Value of a residual value guarantee that certainly falls due on one date, for a batch: a put, or a put spread for a first loss.

    **Model**: V lognormal; max(0, G - V) = put at G; min(s G, max(0, G - V)) = put at G less put at (1 - s) G.

    Args:
        forward: mean of V, USD. threshold: G, USD. deviation: standard deviation of ln V. discount: to the payment date.
        share: s in [0, 1]; None is no limit.
    """
    whole = black_put(forward=forward, strike=threshold, deviation=deviation, discount=discount)
    if share is None:
        return whole
    g, s = checked(threshold=threshold, share=share)
    within(0.0, 1.0, share=s)
    return whole - black_put(forward=forward, strike=(1.0 - s) * g, deviation=deviation, discount=discount)


def capacity_backstop_value(
    *, forward: ArrayLike, floor: ArrayLike, guarantor_share: ArrayLike, deviation: ArrayLike, discount: ArrayLike = 1.0
) -> Array:
    """Value to the operator of a floor less a share of the excess, per unit-hour, for a batch of months: put(f) - theta call(f).

    Put-call parity gives the call: call = put + D (F - f). Summed over months with hours and units it is the strip.

    Args:
        forward: F, USD per unit-hour. floor: f. guarantor_share: theta in [0, 1]. deviation: standard deviation of ln R. discount.

    Example:
        >>> round(float(capacity_backstop_value(forward=2.0, floor=2.0, guarantor_share=1.0, deviation=0.4)), 12)
        0.0
    """
    f, k, theta, d = checked(forward=forward, floor=floor, guarantor_share=guarantor_share, discount=discount)
    within(0.0, 1.0, guarantor_share=theta)
    put = black_put(forward=forward, strike=floor, deviation=deviation, discount=discount)
    return put - theta * (put + d * (f - k))
