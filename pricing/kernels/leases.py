"""The compiled lane of leases as bonds: implicit rate, balance and planned flows of many leases on their lessees' credits.

The readable statement is `pricing.schedules.lease` with `pricing.schedules.loan.scheduled_value`, one lease at a time.
"""

import numba
import numpy as np

PRICE, RENT, INCREASE, RESIDUAL, RECOVERY = range(5)
"""Columns of a lease's terms."""
START, MONTHS, ADVANCE, CREDIT = range(4)
"""Columns of its whole numbers: row of the handover, months, 1 where rent is paid in advance, row of the survival table."""
LOWEST, HIGHEST = -0.05, 1.0
"""Where an implicit rate is looked for, a month."""
ROUNDS = 200


@numba.njit(cache=True, nogil=True, error_model="numpy")
def rent_due(terms, ints, month):
    """Rent paid `month` months after the handover."""
    paid = month if ints[ADVANCE] == 1 else month - 1
    return terms[RENT] * (1.0 + terms[INCREASE]) ** (paid // 12) if 0 <= paid < ints[MONTHS] else 0.0


@numba.njit(cache=True, nogil=True, error_model="numpy")
def gap(terms, ints, rate):
    """Worth of rents and residual at a rate a month less the price, and its derivative by the rate."""
    v = 1.0 / (1.0 + rate)
    worth, slope = terms[RESIDUAL], 0.0
    for month in range(ints[MONTHS], 0, -1):
        worth += rent_due(terms, ints, month)
        slope = (slope - worth * v) * v
        worth *= v
    return worth + rent_due(terms, ints, 0) - terms[PRICE], slope


@numba.njit(cache=True, nogil=True, error_model="numpy")
def implicit_rate(terms, ints):
    """Rate at which rents and residual are worth the price, by Newton's method; NaN where there is none."""
    if gap(terms, ints, LOWEST)[0] < 0.0 or gap(terms, ints, HIGHEST)[0] > 0.0:
        return np.nan
    rate = 0.0
    for _ in range(ROUNDS):
        # convex and falling: from the left of the root every step stays on the left
        found, slope = gap(terms, ints, rate)
        after = min(max(rate - found / slope, LOWEST), HIGHEST)
        if abs(after - rate) <= 1e-16 + 1e-15 * abs(rate):
            return after
        rate = after
    return rate


@numba.njit(cache=True, nogil=True, error_model="numpy")
def lease_value(terms, ints, discount, middle, thirty, survival):
    """Value of one lease to its lessor; tables [row], row 0 the market's date; `survival` of its lessee."""
    rate = implicit_rate(terms, ints)
    if not np.isfinite(rate):
        return np.nan
    start, recovery = ints[START], terms[RECOVERY]
    left, total = terms[RESIDUAL], 0.0
    for month in range(ints[MONTHS], 0, -1):
        row = start + month
        after = 0.0 if month == ints[MONTHS] else left
        left = (left + rent_due(terms, ints, month)) / (1.0 + rate)
        cash = left * 12.0 * rate * thirty[row] + left - after
        total += discount[row] * survival[row] * cash + recovery * left * (survival[row - 1] - survival[row]) * middle[row]
    return total - discount[start] * survival[start] * left


@numba.njit(cache=True, nogil=True, error_model="numpy")
def lease_values(terms, ints, discount, middle, thirty, survival, out):
    """Values [row] into `out`; terms [row, 5], ints [row, 4], survival [credit, row]; NaN where no rate amortises the price."""
    for i in range(out.shape[0]):
        out[i] = lease_value(terms[i], ints[i], discount, middle, thirty, survival[ints[i, CREDIT]])
