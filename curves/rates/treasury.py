"""The Treasury curve, and coupons struck at the Treasury yield plus a spread."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import cast

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from curves.arrays import DAYS_PER_YEAR, FloatArray, bad_argument, finite_array
from curves.lookup import block_of
from curves.market import Market
from curves.rate_quotes import TreasuryQuotes
from curves.rates.build import discount_curve
from curves.rates.curve import DiscountCurve
from curves.tenors import add_tenor

DAYS_PER_TENOR_UNIT = {"D": 1.0, "W": 7.0}
HALF_YEAR_MONTHS = 6


def tenor_years(tenor: str) -> float:
    """Nominal length of a tenor in years: '18M' is 1.5, '1W' is 7/365."""
    count, unit = int(tenor[:-1]), tenor[-1]
    return count * DAYS_PER_TENOR_UNIT[unit] / DAYS_PER_YEAR if unit in DAYS_PER_TENOR_UNIT else count / (12.0 if unit == "M" else 1.0)


def bootstrap_treasury(as_of: dt.date, par_yields: Mapping[str, float], *, key: str = "rates") -> tuple[FloatArray, FloatArray]:
    """Discount factors that reprice Treasury par yields.

    Model: up to six months a bill, D = 1 / (1 + y T) with the nominal T; beyond, a bond with coupon y/2 every six months back from its
    maturity is worth par; dates unadjusted; log-linear factors, one node per quote. Not modelled: the fitting method of the published
    constant-maturity curve, on-the-run premia, settlement.

    Args:
        as_of: date of the yields.
        par_yields: tenor to yield, decimals, in any order; beyond 6M multiples of six months.
        key: market key, for messages.

    Returns:
        times_years, discount_factors: [1 + quote], the first node 0 and 1.

    Raises:
        InputError: no quote, a yield that is not finite, a tenor between coupon dates, or two tenors with one maturity.
        CalibrationError: no positive factor reprices a yield.

    Limits: yields of 0 give factors of 1.

    Checked against: tests/oracle/curves/test_rates_oracle.py (QuantLib's bond helpers).
    """
    finite_array(key, "quotes", list(par_yields.values()))
    tenors = sorted(par_yields, key=lambda tenor: add_tenor(as_of, tenor))
    if not tenors or len({add_tenor(as_of, tenor) for tenor in tenors}) < len(tenors):
        raise bad_argument(key, "quotes", ", ".join(tenors), "at least one, no two with the same maturity", "keep one of 12M and 1Y")
    times, logs = [0.0], [0.0]
    for tenor in tenors:
        times.append((add_tenor(as_of, tenor) - as_of).days / DAYS_PER_YEAR)
        logs.append(_node(as_of, tenor, par_yields[tenor], times, logs, key))
    return np.array(times), np.exp(np.array(logs))


def _node(as_of: dt.date, tenor: str, rate: float, times: list[float], logs: list[float], key: str) -> float:
    months = round(tenor_years(tenor) * 12.0)
    if tenor_years(tenor) <= 0.5:
        return -float(np.log1p(rate * tenor_years(tenor)))
    if months % HALF_YEAR_MONTHS or tenor[-1] not in "MY":
        raise bad_argument(key, f"quotes.{tenor}", rate, "a bill up to 6M or a bond of whole half-years", "leave this tenor out")
    coupons = [
        (add_tenor(as_of, f"{month}M") - as_of).days / DAYS_PER_YEAR for month in range(HALF_YEAR_MONTHS, months + 1, HALF_YEAR_MONTHS)
    ]

    def gap(log: float) -> float:
        paid = np.exp(np.interp(coupons, times, [*logs, log]))
        return float(0.5 * rate * paid.sum() + paid[-1] - 1.0)

    # a factor between e^-40 and e^10 covers every yield that the plausible range lets in
    if gap(-40.0) * gap(10.0) > 0.0:
        raise bad_argument(key, f"quotes.{tenor}", rate, "a yield that leaves a positive discount factor", "check the quotes around it")
    return cast(float, brentq(gap, -40.0, 10.0, xtol=1e-15, rtol=1e-15))


def treasury_yield(curve: DiscountCurve, tenor: str) -> float:
    """The yield of one quoted tenor on a Treasury curve, by the conventions of `bootstrap_treasury`: a bill up to 6M, else a par bond."""
    months = round(tenor_years(tenor) * 12.0)
    if tenor_years(tenor) <= 0.5:
        end = (add_tenor(curve.as_of, tenor) - curve.as_of).days / DAYS_PER_YEAR
        return float(1.0 / curve.discount(end) - 1.0) / tenor_years(tenor)
    ends = [add_tenor(curve.as_of, f"{month}M") for month in range(HALF_YEAR_MONTHS, months + 1, HALF_YEAR_MONTHS)]
    factors = curve.discount([(end - curve.as_of).days / DAYS_PER_YEAR for end in ends])
    return float(2.0 * (1.0 - factors[-1]) / factors.sum())


def par_yield(curve: DiscountCurve, years: npt.ArrayLike, *, start_years: float = 0.0) -> FloatArray:
    """Semi-annual par yields of bonds of whole half-years, now or forward: 2 (D(s) - D(s + n)) / sum of D(s + i/2).

    Args:
        curve: a Treasury curve.
        years: maturities [...], multiples of 0.5, above 0.
        start_years: when the bond starts; a forward yield is the curve's, without convexity.

    Raises:
        InputError: a maturity that is not a positive multiple of half a year.
    """
    lengths = np.atleast_1d(finite_array(curve.key, "years", years))
    halves = np.rint(2.0 * lengths).astype(np.int64)
    if bool((np.abs(2.0 * lengths - halves) > 1e-9).any()) or bool((halves < 1).any()):
        raise bad_argument(curve.key, "years", lengths, "positive multiples of 0.5", "round the maturity")
    factors = curve.discount(start_years + 0.5 * np.arange(int(halves.max()) + 1))
    annuity = np.cumsum(factors[1:])
    found = 2.0 * (factors[0] - factors[halves]) / annuity[halves - 1]
    return found.reshape(np.shape(years))


def treasury_coupon(market: Market, key: str, years: float, *, spread: float, start_years: float = 0.0) -> float:
    """The fixed coupon of a draw struck at the Treasury yield of its maturity plus a spread.

    Model: for a draw today the quoted par yields, joined by straight lines in maturity (flat outside), as loan agreements interpolate;
    for a later draw the forward par yield of the curve at the nearest whole half-year.

    Args:
        market: the snapshot.
        key: a Treasury curve, such as `rates:UST`.
        years: maturity of the draw, above 0.
        spread: decimal.
        start_years: when the draw is made.

    Returns:
        Decimal, semi-annual bond basis.

    Raises:
        InputError: the key holds no Treasury yields, or `years` is not above 0.
    """
    block = block_of(market, key, "rates", market.rates)
    if not isinstance(block, TreasuryQuotes):
        raise bad_argument(key, "kind", block.kind, "treasury", "a coupon over Treasuries needs their yields, not swaps")
    if years <= 0.0:
        raise bad_argument(key, "years", years, "above 0", "give the maturity of the draw")
    if start_years == 0.0:
        tenors = sorted(block.quotes, key=tenor_years)
        base = float(np.interp(years, [tenor_years(tenor) for tenor in tenors], [block.quotes[tenor].value for tenor in tenors]))
    else:
        base = float(par_yield(discount_curve(market, key), max(round(2.0 * years) / 2.0, 0.5), start_years=start_years))
    return base + spread
