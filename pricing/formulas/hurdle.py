"""Closed forms for hurdles: touch odds, share-or-nothing claims, planned deliveries.

All functions are for arrays: arguments broadcast, results have the broadcast shape. Times in years, rates and volatilities as
yearly decimals, prices in USD. Impossible arguments raise `InputError`, so a result never holds NaN.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erfcx, ndtr

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.formulas.checks import checked, positive
from pricing.formulas.vanilla import call_value

BGK_SHIFT = 0.5825971579390106
"""-zeta(1/2) / sqrt(2 pi): Broadie, Glasserman and Kou (1997), https://doi.org/10.1111/1467-9965.00035."""
MEASURES = ("pricing", "share")
Array = NDArray[np.float64]


def passage_probability(*, distance: ArrayLike, drift: ArrayLike, volatility: ArrayLike, years: ArrayLike) -> Array:
    """Odds that a Brownian motion with drift has reached a level by a horizon, watched continuously.

    **Model** X_t = m t + s W_t; P(max X >= b) = Phi((m T - b)/(s sqrt T)) + e^{2 m b/s^2} Phi((-m T - b)/(s sqrt T)).

    Args:
        distance: b, level less start; at or below zero means that it is reached at once. A lower level is the mirror image:
            pass -b and -m.
        drift: m, per year.
        volatility: s, per square root of a year, at or above zero.
        years: T, at or above zero.

    Returns:
        Odds between 0 and 1, broadcast shape.

    Limits: b <= 0: 1. T = 0: 0. s = 0: 1 where m T >= b.

    Source: reflection principle with drift; any text on first passage, for example Karatzas and Shreve (1991), 3.5.C.

    Example:
        >>> round(float(passage_probability(distance=0.18232, drift=0.08, volatility=0.4, years=1.0)), 4)
        0.7062
    """
    b, m, s, t = checked(distance=distance, drift=drift, volatility=volatility, years=years)
    positive(volatility=s, years=t)
    spread = s * np.sqrt(t)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        direct = ndtr((m * t - b) / spread)
        mirrored = _tilted_tail((m * t + b) / spread, (m * t - b) / spread, 2.0 * (m * t / spread) * (b / spread))
        moving = np.clip(direct + mirrored, 0.0, 1.0)
    still = np.where(m * t >= b, 1.0, 0.0)
    return np.where(b <= 0.0, 1.0, np.where(spread > 0.0, moving, still))


def _tilted_tail(x: Array, y: Array, tilt: Array) -> Array:
    """e^tilt Phi(-x), tilt = (x^2 - y^2)/2, without overflow: where x is above 0 the exponent and Phi's tail cancel."""
    scaled = np.exp(-0.5 * y**2) * 0.5 * erfcx(np.maximum(x, 0.0) / np.sqrt(2.0))
    # void where an infinite slope meets a distance of nothing: no mass is left to mirror
    plain = np.exp(np.minimum(np.nan_to_num(tilt, nan=-np.inf), 0.0)) * ndtr(-x)
    return np.where(x >= 0.0, scaled, plain)


def touch_probability(
    *,
    spot: ArrayLike,
    target: ArrayLike,
    volatility: ArrayLike,
    years: ArrayLike,
    rate: ArrayLike = 0.0,
    dividend_yield: ArrayLike = 0.0,
    measure: str = "pricing",
    upper: bool = True,
) -> Array:
    """Odds that a lognormal share touches a target by a horizon, watched continuously.

    Args:
        spot, target: USD, above zero.
        volatility: yearly decimal.
        years: horizon.
        rate, dividend_yield: continuous yearly decimals.
        measure: 'pricing' (drift of ln S: r - q - s^2/2) or 'share' (r - q + s^2/2): the odds that a penny warrant needs.
        upper: True for a target above spot, False for one below.

    Returns:
        Odds, broadcast shape; 1 where the target is met at the start.

    Example:
        >>> p = touch_probability(spot=100, target=120, volatility=0.4, years=1)
        >>> round(float(p), 4)
        0.5885
    """
    s0, h, s, t, r, q = checked(spot=spot, target=target, volatility=volatility, years=years, rate=rate, dividend_yield=dividend_yield)
    positive(strict=True, spot=s0, target=h)
    if measure not in MEASURES:
        raise InputError(problem("bad_choice", field="measure", value=measure, choices=MEASURES, suggestion="pick one"))
    half = 0.5 * s**2 if measure == "share" else -0.5 * s**2
    sign = 1.0 if upper else -1.0
    return passage_probability(distance=sign * np.log(h / s0), drift=sign * (r - q + half), volatility=s, years=t)


def touch_call_value(
    *,
    spot: ArrayLike,
    target: ArrayLike,
    strike: ArrayLike,
    volatility: ArrayLike,
    years: ArrayLike,
    rate: ArrayLike = 0.0,
    dividend_yield: ArrayLike = 0.0,
) -> Array:
    """Call that counts only if an upper target has been touched by expiry: one share of a hurdle warrant with a strike.

    **Model** S_0 e^{-q T} P_share(A) - K e^{-r T} P(A), A = {touched, S_T > K};
    P(max >= b, X_T <= k) = e^{2 m b/s^2} Phi((k - 2b - m T)/(s sqrt T)) for k <= b.
    Flat rate, yield and volatility; watched continuously; paid at expiry.

    Args:
        strike: USD, at or above zero and at most the target (above it the hurdle adds nothing: use `call_value`).
        The others as in `touch_probability`.

    Returns:
        USD per share. Limits: K = 0: `share_or_nothing_touch`; target at or below spot: `call_value`.

    Source: reflection principle; Rubinstein and Reiner (1991), up-and-in call.
    """
    s0, h, k, s, t, r, q = checked(
        spot=spot, target=target, strike=strike, volatility=volatility, years=years, rate=rate, dividend_yield=dividend_yield
    )
    positive(strict=True, spot=s0, target=h)
    positive(strike=k, volatility=s, years=t, target_less_strike=h - k)
    b = np.log(h / s0)

    def odds(drift: Array) -> Array:
        spread = s * np.sqrt(t)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
            low = np.log(k) - np.log(s0)
            x = (2.0 * b - low + drift * t) / spread
            # x^2 - y^2 = 4 drift b / s^2, without its cancellation
            y = np.sqrt((low - drift * t) ** 2 + 4.0 * b * (b - low)) / spread
            below = _tilted_tail(x, y, 2.0 * (drift * t / spread) * (b / spread))
        touched = passage_probability(distance=b, drift=drift, volatility=s, years=t)
        still = np.where(low < drift * t, touched, 0.0)
        return np.where((spread > 0.0) & (k > 0.0), np.maximum(touched - below, 0.0), np.where(k > 0.0, still, touched))

    hurdle = s0 * np.exp(-q * t) * odds(r - q + 0.5 * s**2) - k * np.exp(-r * t) * odds(r - q - 0.5 * s**2)
    plain = call_value(spot=s0, strike=k, volatility=s, years=t, rate=r, dividend_yield=q)
    return np.where(b <= 0.0, plain, np.maximum(hurdle, 0.0))


def daily_watch(*, target: ArrayLike, volatility: ArrayLike, step_years: ArrayLike, upper: bool = True) -> Array:
    """The target that, watched continuously, is touched about as often as `target` watched once per step.

    H e^{+0.5826 s sqrt dt} for an upper, e^{-...} for a lower target: an approximation whose error vanishes faster than sqrt dt.
    Never compare a daily with a continuous figure without it.

    Source: Broadie, Glasserman and Kou (1997).
    """
    h, s, dt = checked(target=target, volatility=volatility, step_years=step_years)
    positive(volatility=s, step_years=dt)
    shift = BGK_SHIFT * s * np.sqrt(dt)
    return h * np.exp(shift if upper else -shift)


def share_or_nothing_touch(
    *,
    spot: ArrayLike,
    target: ArrayLike,
    volatility: ArrayLike,
    years: ArrayLike,
    rate: ArrayLike = 0.0,
    dividend_yield: ArrayLike = 0.0,
) -> Array:
    """Value today of one share delivered at the horizon if it has touched an upper target by then: the penny warrant.

    **Model** S_0 e^{-q T} P_share(touch); flat rate, dividend yield and volatility; strike zero; watched continuously.

    Returns:
        USD per share, between 0 and spot.

    Example:
        >>> round(float(share_or_nothing_touch(spot=100, target=120, volatility=0.4, years=1)), 2)
        70.62
    """
    odds = touch_probability(
        spot=spot, target=target, volatility=volatility, years=years, rate=rate, dividend_yield=dividend_yield, measure="share"
    )
    return np.asarray(spot, float) * np.exp(-np.asarray(dividend_yield, float) * np.asarray(years, float)) * odds


def delivery_probability(
    *, planned_years: ArrayLike, horizon_years: ArrayLike, clock_volatility: ArrayLike, tilt: ArrayLike = 0.0
) -> Array:
    """Odds that a delivery planned for t_k has happened by a horizon, on a plan clock c_t = (1 + tilt) t + v W_t.

    The date is inverse Gaussian with mean t_k / (1 + tilt) and variance v^2 t_k / (1 + tilt)^3.

    Args:
        planned_years: t_k; at or below zero means delivered.
        horizon_years: T.
        clock_volatility: v, square roots of a year; 0 is delivery on the planned day.
        tilt: change of the clock's drift by a change of measure: correlation x v x share volatility under the share measure.

    Returns:
        Odds, broadcast shape. Cancellation and the buyer's default are not in it.
    """
    t_k, horizon, v, extra = checked(planned_years=planned_years, horizon_years=horizon_years, clock_volatility=clock_volatility, tilt=tilt)
    return passage_probability(distance=t_k, drift=1.0 + extra, volatility=v, years=horizon)
