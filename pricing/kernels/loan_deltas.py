"""The compiled lane of loan deltas: the value of a loan with its derivative by every quote behind its curves, in one backward chain.

V depends on discount factors and survivals at its dates, these on the logarithms at the nodes of the curves, and these on the quotes. The
loop gathers dV/d(node), sparse and one pass over the months; one small matrix per pair of curves makes quotes of nodes.
"""

import numba
import numpy as np

from pricing.kernels.loans import (
    AMOUNT,
    BULLET,
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
from pricing.kernels.vectors import add_products

DS, D_BEFORE_S, DS_ACCRUAL, DS_THIRTY, MID_BEFORE, MID_AFTER, BY_DISCOUNT, BY_MIDDLE, BY_SURVIVAL = range(9)
"""Columns of a pair's tables at each date: D S; D of the date before times S; D S times ACT/360 and 30/360 fractions; D(mid) S before and
after; weights of the later node in the logarithm of each factor."""
AT_DISCOUNT, AT_MIDDLE, AT_SURVIVAL, MOVES = range(4)
"""Columns of the nodes' places: the earlier of the two nodes; and whether, at a month, one of them is another than at the month before."""


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def loan_delta(terms, ints, table, place, life, nodes):
    """Value of one loan of amount one; adds dV/d(ln D), then dV/d(ln S), at the nodes to `nodes` [rates, credit].

    The derivative by a factor is spread over the two nodes around its date. Sums run in registers while dates stay between the same nodes;
    those of a date are complete a month later, when what falls due from its balance is known.
    """
    last, first, kind = ints[MONTHS] - 1, ints[FIRST], ints[KIND]
    share, recovery = terms[FLOATING_SHARE], terms[RECOVERY]
    by_accrual, by_thirty = share * terms[MARGIN], terms[FIXED_SHARE] * terms[RATE]
    annuity, slope, start = 0.0, 0.0, 1.0
    if kind == LEVEL:
        annuity, slope, start = level_terms(terms, ints)
    growth, unit = 1.0 + terms[MONTHLY_RATE], start * slope
    left, total = 1.0, 0.0
    at_d, at_m, at_s = place[0, AT_DISCOUNT], place[0, AT_MIDDLE], place[0, AT_SURVIVAL]
    d_all, d_later, m_all, m_later, s_all, s_later = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    of_d, of_s, weight_d, weight_s = 0.0, 0.0, 0.0, 0.0
    for t in range(last + 1):
        after = left
        if t >= first and kind != BULLET:
            if kind == LEVEL:
                annuity = 1.0 + growth * annuity
                after = start - unit * annuity
            elif t > 0:
                after = depreciated_after(terms, ints, life, t, left)
        after = after if t < last else 0.0
        row = table[t]
        before = share * left * row[D_BEFORE_S]
        now = left * (by_accrual * row[DS_ACCRUAL] + by_thirty * row[DS_THIRTY]) + ((1.0 - share) * left - after) * row[DS]
        lost = recovery * left
        kept, gone = lost * row[MID_BEFORE], lost * row[MID_AFTER]
        by_middle = kept - gone
        total += before + now + by_middle
        if place[t, MOVES] != 0:
            nodes[at_d] += d_all - d_later
            nodes[at_d + 1] += d_later
            nodes[at_m] += m_all - m_later
            nodes[at_m + 1] += m_later
            nodes[at_s] += s_all - s_later
            nodes[at_s + 1] += s_later
            at_d, at_m, at_s = place[t - 1, AT_DISCOUNT], place[t, AT_MIDDLE], place[t - 1, AT_SURVIVAL]
            d_all, d_later, m_all, m_later, s_all, s_later = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        m_all += by_middle
        m_later += row[BY_MIDDLE] * by_middle
        # the date before, to which this month's start belongs; nothing for the market's own date
        if t > 0:
            of_d += before
            of_s += kept
            d_all += of_d
            d_later += weight_d * of_d
            s_all += of_s
            s_later += weight_s * of_s
        of_d, of_s, weight_d, weight_s = now, before + now - gone, row[BY_DISCOUNT], row[BY_SURVIVAL]
        left = after
    nodes[place[last, AT_DISCOUNT]] += of_d * (1.0 - weight_d)
    nodes[place[last, AT_DISCOUNT] + 1] += of_d * weight_d
    nodes[place[last, AT_SURVIVAL]] += of_s * (1.0 - weight_s)
    nodes[place[last, AT_SURVIVAL] + 1] += of_s * weight_s
    nodes[at_d] += d_all - d_later
    nodes[at_d + 1] += d_later
    nodes[at_m] += m_all - m_later
    nodes[at_m + 1] += m_later
    nodes[at_s] += s_all - s_later
    nodes[at_s + 1] += s_later
    return total


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def loan_deltas(terms, ints, tables, places, chains, rates, life, out, deltas):
    """Values [row] and deltas [row, active factor] by the quotes behind each row's own curves.

    tables [pair, time, 9]; places [pair, time, 4]; chains [pair, node, active factor], a multiple of eight factors; rates [pair] how many
    of the nodes are of the discount curve, the first ones.
    """
    nodes, width = np.zeros(chains.shape[1]), chains.shape[2]
    every, flat = deltas.reshape(-1), chains.reshape(-1)
    for i in range(out.shape[0]):
        pair = ints[i, PAIR]
        nodes[:] = 0.0
        amount = terms[i, AMOUNT]
        place = places[pair]
        out[i] = amount * loan_delta(terms[i], ints[i], tables[pair], place, life, nodes)
        # nodes beyond the loan's last date have nothing
        last = ints[i, MONTHS] - 1
        until, start = place[last, AT_DISCOUNT] + 2, rates[pair]
        ends = place[last, AT_SURVIVAL] + 2
        for n in range(ends):
            nodes[n] *= amount
        deltas[i] = 0.0
        for f in range(0, width, 8):
            of = pair * nodes.shape[0] * width + f
            add_products(every, i * width + f, nodes, 0, until, flat, of, width)
            add_products(every, i * width + f, nodes, start, ends, flat, of, width)
