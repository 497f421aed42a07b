"""From the market's rates to a discount curve."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import numpy as np

from curves.lookup import block_of
from curves.market import Market
from curves.rate_quotes import FlatRate, RatesBlock, TreasuryQuotes
from curves.rates.curve import DiscountCurve


def discount_curve(market: Market, key: str) -> DiscountCurve:
    """The discount curve behind a key such as `rates:USD-SOFR`.

    Model: swap quotes, with their shift, are bootstrapped by QuantLib (`curves._quantlib.ois`, which states the conventions; quotes
    older than the market keep their tenors); Treasury yields by `bootstrap_treasury`; a flat rate r gives exp(-r t). Curves are
    remembered by the value of their quotes and date.

    Raises:
        InputError: the key is not of the kind `rates`.
        MarketError: the market has no such key; the message lists those it has.
        CalibrationError: no curve fits the quotes; key, pillar and quote are named.

    Example:
        >>> market = Market(as_of=dt.date(2025, 10, 3), rates={"USD-SOFR": {"kind": "flat", "rate": 0.04}})
        >>> round(float(discount_curve(market, "rates:USD-SOFR").discount(1.0)), 6)
        0.960789
    """
    return _build(key, market.as_of, block_of(market, key, "rates", market.rates))


@lru_cache(maxsize=512)
def _build(key: str, as_of: dt.date, block: RatesBlock) -> DiscountCurve:
    if isinstance(block, FlatRate):
        return DiscountCurve(key, as_of, np.array([0.0, 1.0]), np.array([1.0, np.exp(-block.rate.value)]))
    if isinstance(block, TreasuryQuotes):
        from curves.rates.treasury import bootstrap_treasury  # it builds on curves itself

        return DiscountCurve(key, as_of, *bootstrap_treasury(as_of, {name: quote.value for name, quote in block.quotes.items()}, key=key))
    from curves._quantlib.ois import bootstrap_ois  # QuantLib is loaded by those who have swap quotes

    rates = block.par_rates()
    times, factors = bootstrap_ois(as_of, tuple(rates), tuple(rates.values()), key=key)
    return DiscountCurve(key, as_of, times, factors)
