"""The compiled lane of loan deltas: the value of a loan with its derivative by every quote behind its curves, in one backward chain.

V depends on discount factors and survivals at its dates, these on the logarithms at the nodes of the curves, and these on the quotes. The
loop gathers dV/d(node), sparse and one pass over the months; one small matrix per pair of curves makes quotes of nodes.
"""

import numba
import numpy as np

from pricing.kernels.loans import (
    AMOUNT,
    DEPRECIATED,
    FIRST,
    FIXED_SHARE,
    FLOATING_SHARE,
    KIND,
    LEVEL,
    MARGIN,
    MONTHLY_RATE,
    MONTHS,
    PAIR,
    RATE,
    RECOVERY,
    depreciated_after,
    level_terms,
)

DISCOUNT, MIDDLE, SURVIVAL, ACCRUAL, THIRTY, BY_DISCOUNT, BY_MIDDLE, BY_SURVIVAL = range(8)
"""Columns of a pair's tables: factors at each date, fractions of the month, weights of the later node in the logarithm of each factor."""
AT_DISCOUNT, AT_MIDDLE, AT_SURVIVAL = range(3)
"""Columns of the nodes' places: the earlier of the two nodes."""


@numba.njit(cache=True, nogil=True, error_model="numpy")
def loan_delta(terms, ints, table, place, life, nodes):
    """Value of one loan of amount one; adds dV/d(ln D), then dV/d(ln S), at the nodes to `nodes` [rates, credit]."""
    months, first, kind = ints[MONTHS], ints[FIRST], ints[KIND]
    share, recovery = terms[FLOATING_SHARE], terms[RECOVERY]
    by_accrual, by_thirty = share * terms[MARGIN], terms[FIXED_SHARE] * terms[RATE]
    annuity, slope, start = 0.0, 0.0, 1.0
    if kind == LEVEL:
        annuity, slope, start = level_terms(terms, ints)
    left, total = 1.0, 0.0
    d0, s0 = 1.0, 1.0
    for t in range(months):
        after = left
        if t == months - 1:
            after = 0.0
        elif t >= first:
            if kind == LEVEL:
                annuity += 1.0 + annuity * terms[MONTHLY_RATE]
                after = start * (1.0 - slope * annuity)
            elif kind == DEPRECIATED and t > 0:
                after = depreciated_after(terms, ints, life, t, left)
        row = table[t]
        d, m, s = row[DISCOUNT], row[MIDDLE], row[SURVIVAL]
        paid = left * (by_accrual * row[ACCRUAL] + by_thirty * row[THIRTY] - share) + left - after
        lost = recovery * left * m
        before, now = share * left * d0, paid * d
        total += s * (before + now) + lost * (s0 - s)
        if t > 0:
            # the month's own start: the date before
            add(nodes, place[t - 1, AT_DISCOUNT], table[t - 1, BY_DISCOUNT], s * before)
            add(nodes, place[t - 1, AT_SURVIVAL], table[t - 1, BY_SURVIVAL], lost * s0)
        add(nodes, place[t, AT_DISCOUNT], row[BY_DISCOUNT], s * now)
        add(nodes, place[t, AT_MIDDLE], row[BY_MIDDLE], lost * (s0 - s))
        add(nodes, place[t, AT_SURVIVAL], row[BY_SURVIVAL], s * (before + now) - lost * s)
        left, d0, s0 = after, d, s
    return total


@numba.njit(cache=True, nogil=True, error_model="numpy")
def add(nodes, at, weight, amount):
    """Spread a derivative by the logarithm of a factor over the two nodes around it."""
    later = weight * amount
    nodes[at] += amount - later
    nodes[at + 1] += later


@numba.njit(cache=True, nogil=True, error_model="numpy")
def loan_deltas(terms, ints, tables, places, chains, life, out, deltas):
    """Values [row] and deltas [row, factor]; tables [pair, time, 8], places [pair, time, 3], chains [pair, node, factor]."""
    nodes = np.zeros(chains.shape[1])
    for i in range(out.shape[0]):
        pair = ints[i, PAIR]
        nodes[:] = 0.0
        amount = terms[i, AMOUNT]
        out[i] = amount * loan_delta(terms[i], ints[i], tables[pair], places[pair], life, nodes)
        found, chain = deltas[i], chains[pair]
        found[:] = 0.0
        for n in range(nodes.shape[0]):
            by = amount * nodes[n]
            if by != 0.0:
                for f in range(found.shape[0]):
                    found[f] += by * chain[n, f]
