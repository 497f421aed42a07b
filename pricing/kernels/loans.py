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
KIND_STEP, INDEX_STEP, CREDIT_STEP = 8, 9, 10
"""Places of `steps` beyond those of the numbers."""
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


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def loan_value(terms, ints, table, life):
    """Value of one loan; `table` [time, 6], `life` [time] days from `as_of` to each date.

    A level schedule leaves 1 - (1 - b) a_k / a_n after k of n payments, a_k = ((1 + i)^k - 1) / i, or k without a rate; so
    a_(k+1) = 1 + (1 + i) a_k.
    """
    last, first, kind = ints[MONTHS] - 1, ints[FIRST], ints[KIND]
    by_growth, by_accrual = terms[FLOATING_SHARE], terms[FLOATING_SHARE] * terms[MARGIN]
    by_thirty, recovery = terms[FIXED_SHARE] * terms[RATE], terms[RECOVERY]
    annuity, slope, start = 0.0, 0.0, 1.0
    if kind == LEVEL:
        annuity, slope, start = level_terms(terms, ints)
    growth, unit = 1.0 + terms[MONTHLY_RATE], start * slope
    left, earned, repaid = 1.0, 0.0, 0.0
    for t in range(last + 1):
        row = table[t]
        months = by_growth * row[DS_FORWARD] + by_accrual * row[DS_ACCRUAL]
        months += by_thirty * row[DS_THIRTY] + recovery * (row[MID_BEFORE] - row[MID_AFTER])
        earned += left * months
        if t < first or kind == BULLET:
            after = left
        elif kind == LEVEL:
            annuity = 1.0 + growth * annuity
            after = start - unit * annuity
        else:
            after = depreciated_after(terms, ints, life, t, left) if t > 0 else left
        after = after if t < last else 0.0
        repaid += (left - after) * row[DS]
        left = after
    return terms[AMOUNT] * (earned + repaid)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def loan_value_spread(terms, ints, table, days, life):
    """The same with a flat hazard of the loan's own on top of its curve; `days` [time] lengths of the months."""
    last, first, kind = ints[MONTHS] - 1, ints[FIRST], ints[KIND]
    by_growth, by_accrual = terms[FLOATING_SHARE], terms[FLOATING_SHARE] * terms[MARGIN]
    by_thirty, recovery, hazard = terms[FIXED_SHARE] * terms[RATE], terms[RECOVERY], terms[HAZARD]
    annuity, slope, start = 0.0, 0.0, 1.0
    if kind == LEVEL:
        annuity, slope, start = level_terms(terms, ints)
    growth, unit = 1.0 + terms[MONTHLY_RATE], start * slope
    a_day, shortest = np.exp(-hazard / 365.0), np.exp(-28.0 * hazard / 365.0)
    kept = (shortest, shortest * a_day, shortest * a_day * a_day, shortest * a_day * a_day * a_day)
    left, alive, earned, repaid = 1.0, 1.0, 0.0, 0.0
    for t in range(last + 1):
        row = table[t]
        # the first month may be a stub of any length
        next_alive = np.exp(-hazard * days[0] / 365.0) if t == 0 else alive * kept[days[t] - SHORTEST]
        months = by_growth * row[DS_FORWARD] + by_accrual * row[DS_ACCRUAL] + by_thirty * row[DS_THIRTY]
        earned += left * (next_alive * months + recovery * (alive * row[MID_BEFORE] - next_alive * row[MID_AFTER]))
        if t < first or kind == BULLET:
            after = left
        elif kind == LEVEL:
            annuity = 1.0 + growth * annuity
            after = start - unit * annuity
        else:
            after = depreciated_after(terms, ints, life, t, left) if t > 0 else left
        after = after if t < last else 0.0
        repaid += next_alive * (left - after) * row[DS]
        left, alive = after, next_alive
    return terms[AMOUNT] * (earned + repaid)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def loan_values(terms, ints, tables, days, life, out):
    """Values [row] into `out`; terms [row, 10], ints [row, 7], tables [pair, time, 6]."""
    for i in range(out.shape[0]):
        if terms[i, HAZARD] == 0.0:
            out[i] = loan_value(terms[i], ints[i], tables[ints[i, PAIR]], life)
        else:
            out[i] = loan_value_spread(terms[i], ints[i], tables[ints[i, PAIR]], days, life)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def put_loan(columns, i, terms, ints):
    """Row `i` of the columns of a book as a loan's terms and whole numbers; a column of one cell holds for every row."""
    numbers, step = columns.numbers, columns.steps
    code = columns.kind[i * step[KIND_STEP]]
    pair = columns.index[i * step[INDEX_STEP]] * columns.credits + columns.credit[i * step[CREDIT_STEP]]
    terms[FLOATING_SHARE] = numbers[FLOATING_SHARE][i * step[FLOATING_SHARE]]
    terms[MARGIN] = numbers[MARGIN][i * step[MARGIN]]
    terms[FIXED_SHARE] = numbers[FIXED_SHARE][i * step[FIXED_SHARE]]
    terms[RATE] = numbers[RATE][i * step[RATE]]
    terms[AMOUNT] = numbers[AMOUNT][i * step[AMOUNT]]
    rate = numbers[MONTHLY_RATE][i * step[MONTHLY_RATE]] / 12.0
    terms[MONTHLY_RATE] = rate if columns.rated[code] else 0.0
    terms[BALLOON] = numbers[BALLOON][i * step[BALLOON]]
    terms[LIFE_YEARS] = numbers[LIFE_YEARS][i * step[LIFE_YEARS]]
    terms[RECOVERY] = columns.recoveries[pair]
    terms[HAZARD] = 0.0
    began = columns.start[i]
    start, end = columns.calendar[began - columns.first_day], columns.calendar[columns.maturity[i] - columns.first_day]
    ints[MONTHS] = end + 1
    ints[FIRST], ints[DONE] = max(start, 0), max(-start, 0)
    ints[PAYMENTS] = end - start + 1
    ints[KIND], ints[PAIR], ints[AGE] = columns.schedules[code], pair, columns.as_of - began


@numba.njit(cache=True, nogil=True, error_model="numpy")
def loan_rows(columns, terms, ints):
    """Rows of a book put together: terms [row, 10], ints [row, 7]."""
    for i in range(terms.shape[0]):
        put_loan(columns, i, terms[i], ints[i])


@numba.njit(cache=True, nogil=True, error_model="numpy")
def loan_book(columns, tables, life, out):
    """Values [row] into `out`, read from the columns of a book where they lie."""
    terms, ints = np.empty(10), np.empty(7, dtype=np.int64)
    for i in range(out.shape[0]):
        put_loan(columns, i, terms, ints)
        out[i] = loan_value(terms, ints, tables[ints[PAIR]], life)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def loan_fits(columns, ends, planned, tolerance, out):
    """Which rows [row] have shares that add up, a schedule of the lane, dates in order and a maturity at a month end.

    `ends` [day] is 1 at the end of a month; `planned` [code] is 1 where the lane has the schedule.
    """
    numbers, step = columns.numbers, columns.steps
    for i in range(out.shape[0]):
        code, end = columns.kind[i * step[KIND_STEP]], columns.maturity[i]
        shares = numbers[FLOATING_SHARE][i * step[FLOATING_SHARE]] + numbers[FIXED_SHARE][i * step[FIXED_SHARE]]
        level = columns.schedules[code] == LEVEL or numbers[BALLOON][i * step[BALLOON]] == 0.0
        in_order = columns.start[i] <= end and ends[end - columns.first_day] == 1
        out[i] = abs(shares - 1.0) <= tolerance and planned[code] == 1 and level and in_order
