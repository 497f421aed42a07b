"""The compiled loan lane: planned flows of many loans on many credits, each with its own dates, margin and schedule.

The readable statement is `pricing.schedules.loan.scheduled_value`, one loan at a time.
"""

import numba
import numpy as np

BULLET, LEVEL, DEPRECIATED = 0, 1, 2
"""Kinds of schedule; straight and annuity are LEVEL, a rate of 0 is straight."""
FLOATING_SHARE, MARGIN, FIXED_SHARE, RATE, AMOUNT, MONTHLY_RATE, BALLOON, LIFE_YEARS, RECOVERY, HAZARD = range(10)
"""Columns of a loan's terms."""
MONTHS, FIRST, DONE, PAYMENTS, KIND, PAIR, AGE = range(7)
"""Columns of a loan's whole numbers: payment dates left; index of the first with principal; payments done before; payments in all;
schedule; row of the tables; days from the start of a depreciation schedule to `as_of`."""
DS, DS_FORWARD, DS_ACCRUAL, DS_THIRTY, MID_BEFORE, MID_AFTER = range(6)
"""Columns of a pair of curves at each date: D S, and times the month's growth, ACT/360 and 30/360 fractions; D(mid) S before and after."""
SHORTEST = 28
"""Days of the shortest month."""


@numba.njit(cache=True, nogil=True, error_model="numpy")
def level_terms(terms, ints):
    """Annuity a_k of the payments done, what one unit of it repays, and the share outstanding as a divisor, of a level schedule."""
    rate, done, payments = terms[MONTHLY_RATE], float(ints[DONE]), float(ints[PAYMENTS])
    annuity = done if rate == 0.0 else np.expm1(done * np.log1p(rate)) / rate
    slope = (1.0 - terms[BALLOON]) / (payments if rate == 0.0 else np.expm1(payments * np.log1p(rate)) / rate)
    return annuity, slope, 1.0 / (1.0 - slope * annuity)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def depreciated_after(terms, ints, life, t, left):
    """Balance in proportion to the depreciated cost of one asset."""
    value = 1.0 - ((life[t] + ints[AGE]) / 365.0 + 1.0 / 12.0) / terms[LIFE_YEARS]
    before = 1.0 - ((life[t - 1] + ints[AGE]) / 365.0 + 1.0 / 12.0) / terms[LIFE_YEARS]
    value, before = min(max(value, 0.0), 1.0), min(max(before, 0.0), 1.0)
    return left * value / before if before > 0.0 and value < before else left


@numba.njit(cache=True, nogil=True, error_model="numpy")
def loan_value(terms, ints, table, days, life):
    """Value of one loan; `table` [time, 6], `days` [time] lengths of the months, `life` [time] days from `as_of` to each date.

    A level schedule leaves 1 - (1 - b) a_k / a_n after k of n payments, a_k = ((1 + i)^k - 1) / i, or k without a rate.
    """
    months, first, kind = ints[MONTHS], ints[FIRST], ints[KIND]
    rate, recovery, hazard = terms[MONTHLY_RATE], terms[RECOVERY], terms[HAZARD]
    by_growth, by_accrual = terms[FLOATING_SHARE], terms[FLOATING_SHARE] * terms[MARGIN]
    by_thirty = terms[FIXED_SHARE] * terms[RATE]
    annuity, slope, start = 0.0, 0.0, 1.0
    if kind == LEVEL:
        annuity, slope, start = level_terms(terms, ints)
    a_day, shortest = np.exp(-hazard / 365.0), np.exp(-28.0 * hazard / 365.0)
    kept = (shortest, shortest * a_day, shortest * a_day * a_day, shortest * a_day * a_day * a_day)
    left, alive, total = 1.0, 1.0, 0.0
    for t in range(months):
        after = left
        if t == months - 1:
            after = 0.0
        elif t >= first:
            if kind == LEVEL:
                annuity += 1.0 + annuity * rate
                after = start * (1.0 - slope * annuity)
            elif kind == DEPRECIATED and t > 0:
                after = depreciated_after(terms, ints, life, t, left)
        if hazard == 0.0:
            next_alive = alive
        elif t == 0:
            next_alive = np.exp(-hazard * days[0] / 365.0)
        else:
            next_alive = alive * kept[days[t] - SHORTEST]
        row = table[t]
        earned = left * (by_growth * row[DS_FORWARD] + by_accrual * row[DS_ACCRUAL] + by_thirty * row[DS_THIRTY])
        total += next_alive * (earned + (left - after) * row[DS])
        total += recovery * left * (alive * row[MID_BEFORE] - next_alive * row[MID_AFTER])
        left, alive = after, next_alive
    return terms[AMOUNT] * total


@numba.njit(cache=True, nogil=True, error_model="numpy")
def loan_values(terms, ints, tables, days, life, out):
    """Values [row] into `out`; terms [row, 10], ints [row, 7], tables [pair, time, 6]."""
    for i in range(out.shape[0]):
        out[i] = loan_value(terms[i], ints[i], tables[ints[i, PAIR]], days, life)
