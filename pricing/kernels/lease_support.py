"""The compiled lane of guarantees of leases as strips of puts: what the lessee leaves unpaid, month of default by month of default.

The readable statement is `pricing.engines.support_options.strip_of`, one guarantee at a time.
"""

from math import erfc, exp, log, sqrt

import numba
import numpy as np

from pricing.kernels.leases import ADVANCE, MONTHS, RESIDUAL, START, implicit_rate, rent_due

RESIDUAL_VALUE, FIRST_LOSS, BACKSTOP, PAYMENT = range(4)
"""Forms of cover."""
FORM, AT_MARKET, FIRST, LAST, WAIT, LAG, FULL, GUARANTOR, LESSEE, ASSET = range(10)
"""Columns of a guarantee's whole numbers: form, 1 where V is the market value, first and last month of a claim, months to repossession
and to payment, 1 where the lessee's estate owes the rest, rows of the survival table (guarantor, lessee) and of the table of values."""
SHARE, UNITS, LESSEE_RECOVERY, GUARANTOR_RECOVERY, FORCED, SALE_COST, ELASTICITY, VOLATILITY = range(8)
"""Columns of its terms: share of the cover, capacity, recoveries, price of one lot over the market's, cost of selling, law of the value."""


@numba.njit(cache=True, nogil=True, error_model="numpy")
def put(forward, strike, deviation):
    """Undiscounted put on a lognormal forward."""
    if deviation <= 0.0 or forward <= 0.0 or strike <= 0.0:
        return max(strike - forward, 0.0)
    ratio = log(forward / strike) / deviation
    below, above = 0.5 * erfc((ratio - 0.5 * deviation) / sqrt(2.0)), 0.5 * erfc((ratio + 0.5 * deviation) / sqrt(2.0))
    return strike * below - forward * above


@numba.njit(cache=True, nogil=True, error_model="numpy")
def threshold(knots, amounts, month):
    """G at a month: straight lines between the knots that are given, the first amount before them, nothing after the last."""
    before = -1
    for at in range(knots.shape[0]):
        if np.isnan(amounts[at]):
            continue
        if knots[at] >= month:
            if before < 0 or knots[at] == month:
                return amounts[at]
            slope = (amounts[at] - amounts[before]) / (knots[at] - knots[before])
            return amounts[before] + slope * (month - knots[before])
        before = at
    return 0.0


@numba.njit(cache=True, nogil=True, error_model="numpy")
def claim(terms, strike, lower, forward, years):
    """Expected shortfall of the value under a strike, less that under a lower one, undiscounted."""
    elasticity, volatility = terms[ELASTICITY], terms[VOLATILITY]
    moved = forward * exp(0.5 * elasticity * (elasticity - 1.0) * volatility**2 * years)
    deviation = elasticity * volatility * sqrt(years)
    value = put(moved, strike, deviation)
    return value - put(moved, lower, deviation) if lower > 0.0 else value


@numba.njit(cache=True, nogil=True, error_model="numpy")
def support_value(lease, dates, terms, ints, knots, amounts, years, discount, survival, values):
    """Value of one guarantee to the lessor; `lease` and `dates` as in `lease_value`; tables [row], `survival` [credit, row]."""
    rate = implicit_rate(lease, dates)
    if not np.isfinite(rate):
        return np.nan
    start, term, form = dates[START], dates[MONTHS], ints[FORM]
    guarantor, lessee, worth = survival[ints[GUARANTOR]], survival[ints[LESSEE]], values[ints[ASSET]]
    kept = 1.0 - terms[SALE_COST]
    if form <= FIRST_LOSS:  # held against a threshold
        if term < ints[FIRST] or term > ints[LAST]:
            return 0.0
        row, pay = start + term, start + term + ints[LAG]
        strike = threshold(knots, amounts, term)
        lower = (1.0 - terms[SHARE]) * strike if form == FIRST_LOSS else 0.0
        forward = terms[UNITS] * worth[row] * (1.0 if ints[AT_MARKET] == 1 else kept)
        alive = guarantor[pay] + terms[GUARANTOR_RECOVERY] * (1.0 - guarantor[pay])
        return lessee[row] * alive * discount[pay] * claim(terms, strike, lower, forward, years[row])
    left, paid = np.empty(term + 1), np.empty(term + 1)
    left[term] = lease[RESIDUAL]
    for month in range(term, 0, -1):
        left[month - 1] = (left[month] + rent_due(lease, dates, month)) / (1.0 + rate)
    paid[0] = rent_due(lease, dates, 0)
    for month in range(1, term + 1):
        paid[month] = paid[month - 1] + rent_due(lease, dates, month)
    advance, total = dates[ADVANCE], 0.0
    for fails in range(1, term + 1):
        back = fails + ints[WAIT]
        if back < ints[FIRST] or back > ints[LAST]:
            continue
        row, pay = start + back, start + back + ints[LAG]
        arrears = max(paid[min(back, term) - advance] - paid[fails - 1], 0.0)
        owed = left[back] if back <= term else 0.0
        forward = terms[UNITS] * worth[row] * terms[FORCED] * kept
        if form == BACKSTOP:
            due = claim(terms, terms[SHARE] * (arrears + owed), 0.0, forward, years[row])
        else:
            due = claim(terms, owed, 0.0, forward, years[row]) + arrears
        alive = guarantor[pay] + terms[GUARANTOR_RECOVERY] * (1.0 - guarantor[pay])
        total += (lessee[start + fails - 1] - lessee[start + fails]) * alive * discount[pay] * due
    return total * (1.0 - terms[LESSEE_RECOVERY] if form == PAYMENT and ints[FULL] == 1 else 1.0)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def support_values(leases, dates, terms, ints, knots, amounts, years, discount, survival, values, out):
    """Values [row] into `out`; leases [row, 5], dates [row, 4], terms [row, 8], ints [row, 10], knots [knot], amounts [row, knot]."""
    for i in range(out.shape[0]):
        out[i] = support_value(leases[i], dates[i], terms[i], ints[i], knots, amounts[i], years, discount, survival, values)
