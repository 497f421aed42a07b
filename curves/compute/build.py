"""From the market's rent quotes to a rent curve."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from curves.arrays import DAYS_PER_YEAR
from curves.compute.curve import RentCurve
from curves.compute.factors import LaunchModel, TwoFactor
from curves.compute.term_rates import TermRates
from curves.compute_quotes import RentQuotes
from curves.lookup import block_of, default_rates_key
from curves.market import Market
from curves.rates.build import discount_curve
from curves.rates.curve import DiscountCurve
from curves.rent_quotes import Launch, TwoFactorRent
from curves.tenors import add_tenor

THIN_MEAN_REVERSION = 1.0
"""A thin quote has no short-term deviation, so that its speed means nothing."""


def rent_curve(market: Market, key: str, *, rates: str | None = None) -> RentCurve:
    """The rent curve behind a key such as `rent:H100` or `rent:H100:contract-1y`.

    Model: see `RentCurve`. A thin quote has one factor: its volatility is the long-term one, its forward spot e^{growth t}. Where the
    market has no `rent:MODEL:BASIS`, `rent:MODEL` serves. Remembered by the value of quotes, discount curve and date.

    Args:
        market: the snapshot.
        key: model, or model and basis.
        rates: discount curve for term rates; by default the market's only one, else `rates:USD-SOFR`.

    Raises:
        InputError: another kind of key, a launch that is over, term rates that imply a negative forward.
        MarketError: the market has no such key.

    Example:
        >>> quotes = {"kind": "thin_rent", "spot_usd_per_hour": 2.0, "growth": -0.2, "volatility": 0.3}
        >>> market = Market(as_of=dt.date(2026, 3, 31), rates={"X": {"kind": "flat", "rate": 0.04}}, rent={"H100": quotes})
        >>> round(float(rent_curve(market, "rent:H100").forward(1.0)), 4)
        1.6375
    """
    model = key if key.split(":", 1)[-1] in market.rent else ":".join(key.split(":")[:2])
    block = block_of(market, model, "rent", market.rent)
    discount = discount_curve(market, rates or default_rates_key(market)) if isinstance(block, TwoFactorRent) and block.terms else None
    return _build(model, market.as_of, block, discount)


@lru_cache(maxsize=256)
def _build(key: str, as_of: dt.date, block: RentQuotes | TwoFactorRent, discount: DiscountCurve | None) -> RentCurve:
    none = np.zeros(1)
    spot = block.spot_usd_per_hour.value
    if isinstance(block, RentQuotes):
        volatility = block.volatility.value
        factors = TwoFactor(THIN_MEAN_REVERSION, 0.0, volatility, growth=block.growth.value - 0.5 * volatility**2)
        return RentCurve(key, as_of, spot, factors, (), none, none)
    factors = TwoFactor(
        mean_reversion=block.mean_reversion.value,
        short_volatility=block.short_volatility.value,
        long_volatility=block.long_volatility.value,
        correlation=block.factor_correlation.value,
        growth=block.growth.value,
        short_premium=block.short_premium.value,
        short_deviation=block.short_deviation.value,
        real_world_growth=block.real_world_growth.value if block.real_world_growth else None,
    )
    launches = launch_models(as_of, block.launches)
    bare = RentCurve(key, as_of, spot, factors, launches, none, none)
    if discount is not None:
        times, rates = _nodes(as_of, {tenor: quote.value for tenor, quote in block.terms.items()}, spot)
        terms = TermRates(key, times, rates, block.payment, discount)
        terms.forward(np.linspace(0.0, times[-1], 1 + round(DAYS_PER_YEAR * times[-1] / 7.0)))  # a negative forward is found now, not later
        return RentCurve(key, as_of, spot, factors, launches, none, none, terms, block.access_wedge.value, block.access_wedge_years.value)
    times, prices = _nodes(as_of, {tenor: quote.value for tenor, quote in block.forwards.items()}, spot)
    logs = np.log(prices / bare.model_forward(times))
    logs[0] = 0.0
    return RentCurve(key, as_of, spot, factors, launches, times, logs)


def launch_models(as_of: dt.date, launches: Mapping[str, Launch]) -> tuple[LaunchModel, ...]:
    """Launches as a market writes them, in years from its date. Raises InputError for one that is over."""
    return tuple(
        LaunchModel(
            name,
            (one.expected - as_of).days / DAYS_PER_YEAR,
            one.window_years.value,
            one.delay,
            one.jump_mean.value,
            one.jump_volatility.value,
        )
        for name, one in launches.items()
    )


def _nodes(as_of: dt.date, quotes: dict[str, float], spot: float) -> tuple[np.ndarray, np.ndarray]:
    ordered = sorted(quotes, key=lambda tenor: add_tenor(as_of, tenor))
    times = np.array([0.0, *((add_tenor(as_of, tenor) - as_of).days / DAYS_PER_YEAR for tenor in ordered)])
    return times, np.array([spot, *(quotes[tenor] for tenor in ordered)])
