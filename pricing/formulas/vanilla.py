"""Black-Scholes values on arrays: calls, puts and digitals, the limits and controls of warrants."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_ndtr, ndtr

from pricing.formulas.checks import checked, positive

Array = NDArray[np.float64]


def _d1_d2(spot: Array, strike: Array, carry: Array, spread: Array) -> tuple[Array, Array]:
    """Of a forward spot e^carry; a forward at the strike counts as above it where nothing moves."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        moneyness = np.log(spot) - np.log(strike) + carry
        sides = [
            np.where(spread > 0, moneyness / spread + sign * 0.5 * spread, np.where(moneyness >= 0.0, np.inf, -np.inf)) for sign in (1, -1)
        ]
    return sides[0], sides[1]


def call_value(
    *, spot: ArrayLike, strike: ArrayLike, volatility: ArrayLike, years: ArrayLike, rate: ArrayLike = 0.0, dividend_yield: ArrayLike = 0.0
) -> Array:
    """European call on a lognormal share, USD per share.

    Args:
        spot: USD, above zero. strike: USD, at or above zero (0 gives the prepaid share).
        volatility, rate, dividend_yield: yearly decimals, continuous.
        years: time to expiry.

    Returns:
        Value, broadcast shape. Limits: T = 0 or s = 0: discounted intrinsic value of the forward.

    Source: Black and Scholes (1973), Merton (1973).

    Example:
        >>> round(float(call_value(spot=100, strike=100, volatility=0.2, years=1, rate=0.05)), 4)
        10.4506
    """
    s0, k, s, t, r, q = checked(spot=spot, strike=strike, volatility=volatility, years=years, rate=rate, dividend_yield=dividend_yield)
    positive(strict=True, spot=s0)
    positive(strike=k, volatility=s, years=t)
    d1, d2 = _d1_d2(s0, k, (r - q) * t, s * np.sqrt(t))
    # in logs: a discount factor overflows where its Phi underflows
    share, cash = s0 * np.exp(log_ndtr(d1) - q * t), k * np.exp(log_ndtr(d2) - r * t)
    return np.where(k > 0.0, np.maximum(share - cash, 0.0), s0 * np.exp(-q * t))


def put_value(
    *, spot: ArrayLike, strike: ArrayLike, volatility: ArrayLike, years: ArrayLike, rate: ArrayLike = 0.0, dividend_yield: ArrayLike = 0.0
) -> Array:
    """European put on a lognormal share, USD per share: put-call parity on `call_value`."""
    s0, k, t, r, q = checked(spot=spot, strike=strike, years=years, rate=rate, dividend_yield=dividend_yield)
    call = call_value(spot=spot, strike=strike, volatility=volatility, years=years, rate=rate, dividend_yield=dividend_yield)
    return np.maximum(call - s0 * np.exp(-q * t) + k * np.exp(-r * t), 0.0)


def share_digital(
    *, spot: ArrayLike, target: ArrayLike, volatility: ArrayLike, years: ArrayLike, rate: ArrayLike = 0.0, dividend_yield: ArrayLike = 0.0
) -> Array:
    """One share if it stands at or above a target at the horizon (tested on that day alone), USD per share."""
    s0, h, s, t, r, q = checked(spot=spot, target=target, volatility=volatility, years=years, rate=rate, dividend_yield=dividend_yield)
    positive(strict=True, spot=s0, target=h)
    positive(volatility=s, years=t)
    d1, _ = _d1_d2(s0, h, (r - q) * t, s * np.sqrt(t))
    return s0 * np.exp(-q * t) * ndtr(d1)
