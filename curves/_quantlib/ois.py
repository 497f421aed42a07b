"""The bootstrap of SOFR swaps, by QuantLib."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import QuantLib as ql

from curves._quantlib.session import refusals, serials, session, to_ql
from curves.arrays import DAYS_PER_YEAR, FloatArray, bad_argument, finite_array
from curves.tenors import add_tenor
from instruments.ground.errors import CalibrationError

SETTLEMENT_DAYS = 2
PAYMENT_LAG_DAYS = 2
ACCURACY = 1e-14
"""Accuracy of each node; the quotes are then repriced far inside CALIB_REPRICE_ABS."""


def bootstrap_ois(
    as_of: dt.date, tenors: Sequence[str], par_rates: Sequence[float], *, key: str = "rates"
) -> tuple[FloatArray, FloatArray]:
    """Discount factors that reprice par rates of overnight-indexed swaps on SOFR.

    Model: annual swaps, ACT/360 on both legs, compounded in arrears, two business days to settle, payment two business days after
    each period, modified following, calendar of SOFR; log-linear discount factors, one node per swap at its last payment; one
    curve projects and discounts. The reference date is `as_of`, always: quotes seen earlier are read as quotes of the same
    *tenors* made on `as_of`, not as swaps between the old dates. Not modelled: convexity of futures, bid and offer, turn of the
    year, collateral in another currency.

    Args:
        as_of: reference date of the curve.
        tenors: [quote], such as '1M', '18M', '10Y', in any order; no two with the same last payment.
        par_rates: [quote], decimals a year, above -1, finite.
        key: market key, for messages.

    Returns:
        times_years, discount_factors: [1 + quote], rising times in ACT/365F years from `as_of`; the first node is 0 and 1.

    Raises:
        InputError: lengths differ, no quote, or a rate that is not finite or not above -1.
        CalibrationError: no curve fits; it names the first pillar at which the bootstrap stops.

    Limits: with one quote the curve has one forward rate; rates of 0 give factors of 1; negative rates give factors above 1.

    Checked against: tests/oracle/curves/test_ois_oracle.py (QuantLib's swaps, and an array repricing of our own).
    """
    rates = finite_array(key, "quotes", par_rates)
    if len(tenors) != rates.size or not tenors:
        raise bad_argument(key, "quotes", len(tenors), "one rate for each tenor, and at least one", "give both")
    if float(rates.min()) <= -1.0:
        raise bad_argument(key, "quotes", float(rates.min()), "above -1", "rates are decimals: 0.04 is 4 %")
    order = sorted(range(len(tenors)), key=lambda index: add_tenor(as_of, tenors[index]))
    quotes = [(tenors[index], float(rates[index])) for index in order]
    with session(as_of):
        try:
            return _nodes(as_of, quotes, key)
        except CalibrationError:
            # QuantLib's text does not say which quote it stopped at: the shortest failing list of quotes does
            for count in range(1, len(quotes)):
                _nodes(as_of, quotes[:count], key)
            raise


def _nodes(as_of: dt.date, quotes: list[tuple[str, float]], key: str) -> tuple[FloatArray, FloatArray]:
    pillar, quote = quotes[-1]
    reference = to_ql(as_of)
    with refusals(key=key, pillar=pillar, quote=quote):
        index = ql.Sofr()
        helpers = [ql.OISRateHelper(SETTLEMENT_DAYS, ql.Period(tenor), rate, index, paymentLag=PAYMENT_LAG_DAYS) for tenor, rate in quotes]
        curve = ql.PiecewiseLogLinearDiscount(reference, helpers, ql.Actual365Fixed(), ql.IterativeBootstrap(ACCURACY))
        dates = curve.dates()
        factors = np.array([curve.discount(date) for date in dates], dtype=np.float64)
        if not bool((np.isfinite(factors) & (factors > 0.0)).all()):
            raise RuntimeError("a discount factor that is not a positive number")
    return (serials(dates) - reference.serialNumber()) / DAYS_PER_YEAR, factors
