"""Timing of the market room against QuantLib: prints one ratio a line. `python tests/benchmarks/bench_curves.py`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from statistics import median
from time import perf_counter

import numpy as np
import QuantLib as ql

from curves import DiscountCurve, Market, bootstrap_hazard, cds_schedule, discount_curve, discount_jacobian, with_quote
from curves._quantlib.session import session, to_ql

AS_OF = dt.date(2025, 10, 3)
QUOTES = {"1M": 0.0434, "3M": 0.0433, "6M": 0.0422, "12M": 0.0399, "2Y": 0.0363, "3Y": 0.0354, "5Y": 0.0357, "7Y": 0.0367, "10Y": 0.0383}
CDS = {"1Y": 0.020, "3Y": 0.030, "5Y": 0.037, "7Y": 0.039, "10Y": 0.040}
FLAT = DiscountCurve("rates:X", AS_OF, np.array([0.0, 1.0]), np.array([1.0, np.exp(-0.04)]))
MARKET = Market.model_validate({"as_of": AS_OF, "rates": {"X": {"kind": "ois", "quotes": QUOTES}}})
TIMES = np.linspace(0.1, 10.0, 1000)
PAIRS = 15


def seconds(work: Callable[[], object]) -> float:
    begin = perf_counter()
    work()
    return perf_counter() - begin


def ratio(ours: Callable[[], object], theirs: Callable[[], object], pairs: int) -> float:
    """Median over interleaved pairs of their time over ours."""
    ours(), theirs()
    return median(seconds(theirs) / seconds(ours) for _ in range(pairs))


def our_hazards() -> object:
    return bootstrap_hazard(list(CDS.values()), cds_schedule(AS_OF, list(CDS)), recovery=0.4, discount=FLAT)


def their_hazards() -> object:
    with session(AS_OF):
        curve = ql.YieldTermStructureHandle(ql.FlatForward(to_ql(AS_OF), 0.04, ql.Actual365Fixed()))
        rule = (ql.NullCalendar(), ql.Quarterly, ql.Unadjusted, ql.DateGeneration.CDS2015, ql.Actual360(), 0.4, curve)
        helpers = [ql.SpreadCdsHelper(ql.QuoteHandle(ql.SimpleQuote(spread)), ql.Period(tenor), 0, *rule) for tenor, spread in CDS.items()]
        found = ql.PiecewiseFlatHazardRate(to_ql(AS_OF), helpers, ql.Actual365Fixed())
        return found.hazardRate(1.0)


def our_jacobian() -> object:
    return discount_jacobian(MARKET, "rates:X", TIMES)


def bumped() -> object:
    # a new bump each time: curves are remembered by the value of their quotes
    step = 1e-6 * float(np.random.default_rng().random())
    moved = [with_quote(MARKET, f"rates.X.quotes.{tenor}", rate + step) for tenor, rate in QUOTES.items()]
    return [discount_curve(market, "rates:X").discount(TIMES) for market in moved]


def our_discounts() -> object:
    return discount_curve(MARKET, "rates:X").discount(TIMES)


def their_discounts() -> object:
    curve = discount_curve(MARKET, "rates:X")
    with session(AS_OF):
        dates = [to_ql(AS_OF) + round(time * 365) for time in curve.times_years.tolist()]
        theirs = ql.DiscountCurve(dates, curve.discounts.tolist(), ql.Actual365Fixed())
        return [theirs.discount(float(time)) for time in TIMES]


RACES = {
    "hazard bootstrap, 5 pillars": (our_hazards, their_hazards),
    "Jacobian of 1,000 factors to 9 quotes, against bumps of QuantLib's bootstrap": (our_jacobian, bumped),
    "1,000 discount factors": (our_discounts, their_discounts),
}


def main(pairs: int = PAIRS) -> dict[str, float]:
    """Every ratio, printed and returned."""
    found = {name: ratio(ours, theirs, pairs) for name, (ours, theirs) in RACES.items()}
    for name, value in found.items():
        print(f"{name}: {value:.1f} x")
    return found


if __name__ == "__main__":
    main()
