"""Forwards and drift of a share that pays dividends, costs to borrow, and can default."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from curves.arrays import FloatArray, bad_argument, checked_times, finite_array
from curves.credit.build import survival_curve
from curves.equity.inputs import equity_inputs
from curves.lookup import default_rates_key
from curves.market import Market
from curves.rates.build import discount_curve


def equity_forward(
    market: Market, key: str, times_years: npt.ArrayLike, *, credit: str | None = None, rates: str | None = None
) -> FloatArray:
    """Forwards of a share; with `credit`, the mean of the price on paths without default.

    Model: S e^{-q T} / D(T), q with the borrow rate. A share that falls to nothing at default drifts at r - q + h before it: its forward
    given survival is S e^{-q T} / (D(T) S(T)), so that discounted price x alive is a martingale (a default at a Cox time, independent
    of the share). Where default is the first passage of a state that is correlated with the share this drift is wrong: it must use the
    conditional odds, path by path.

    Args:
        market: the snapshot.
        key: the share.
        times_years: times of any shape.
        credit: whose default ends the share; None leaves default in the spot.
        rates: discount curve; by default the market's only one, else `rates:USD-SOFR`.

    Returns:
        USD per share, same shape as the times; the spot at time 0.
    """
    share = equity_inputs(market, key)
    times = checked_times(key, "times_years", times_years)
    found = (
        share.spot_usd * np.exp(-share.dividend_yield * times) / discount_curve(market, rates or default_rates_key(market)).discount(times)
    )
    return found if credit is None else found / survival_curve(market, credit, rates=rates).survival(times)


def equity_drift(*, rate: npt.ArrayLike, dividend_yield: npt.ArrayLike = 0.0, hazard: npt.ArrayLike = 0.0) -> FloatArray:
    """Drift of a share before default under the pricing measure: r - q + h, broadcast, yearly.

    Args:
        rate, dividend_yield: continuous decimals; the yield includes the borrow rate.
        hazard: of the entity whose default wipes the share out, at or above 0.

    Example:
        >>> round(float(equity_drift(rate=0.04, dividend_yield=0.01, hazard=0.06)), 4)
        0.09
    """
    r, q, h = (finite_array("equity_drift", name, value) for name, value in (("rate", rate), ("yield", dividend_yield), ("hazard", hazard)))
    if h.size and float(h.min()) < 0.0:
        raise bad_argument("equity_drift", "hazard", float(h.min()), "at or above 0", "an intensity is not negative")
    return r - q + h
