"""Claims on one share that a margin loan is made of: a payment when a lower barrier is touched, and a put with a gap."""

from __future__ import annotations

import datetime as dt

import numpy as np
import QuantLib as ql

from curves._quantlib.session import session, to_ql
from pricing._quantlib.touch import _process


def down_touch(
    *, as_of: dt.date, expiry: dt.date, spot: float, barrier: float, volatility: float, rate: float, dividend_yield: float
) -> tuple[float, float]:
    """Value of 1 USD paid when the share first touches a lower barrier, and the odds of a touch by expiry; watched continuously.

    A barrier at or above the spot is touched at once.
    """
    if barrier >= spot:
        return 1.0, 1.0
    with session(as_of):
        today, last = to_ql(as_of), to_ql(expiry)
        process = _process(today, spot, rate, dividend_yield, volatility)
        payoff = ql.CashOrNothingPayoff(ql.Option.Put, barrier, 1.0)
        engine = ql.AnalyticDigitalAmericanEngine(process)
        found = []
        for at_expiry in (False, True):
            option = ql.VanillaOption(payoff, ql.AmericanExercise(today, last, at_expiry))
            option.setPricingEngine(engine)
            found.append(float(option.NPV()))
        years = (expiry - as_of).days / 365.0
        return found[0], float(found[1] * np.exp(rate * years))


def gap_put(
    *,
    as_of: dt.date,
    expiry: dt.date,
    spot: float,
    strike: float,
    kept: float,
    volatility: float,
    rate: float,
    dividend_yield: float,
) -> float:
    """Value of (strike - kept x S_T) where S_T is below the strike, per share: a plain put on `kept` shares and a digital for the gap.

    Args:
        kept: share of the price that a sale leaves, in [0, 1].
    """
    with session(as_of):
        today, last = to_ql(as_of), to_ql(expiry)
        engine = ql.AnalyticEuropeanEngine(_process(today, spot, rate, dividend_yield, volatility))
        put = ql.VanillaOption(ql.PlainVanillaPayoff(ql.Option.Put, strike), ql.EuropeanExercise(last))
        digital = ql.VanillaOption(ql.CashOrNothingPayoff(ql.Option.Put, strike, strike), ql.EuropeanExercise(last))
        put.setPricingEngine(engine)
        digital.setPricingEngine(engine)
        return kept * float(put.NPV()) + (1.0 - kept) * float(digital.NPV())
