"""Steps of one path and month, compiled: small payments that the month is made of."""

from __future__ import annotations

import math
from typing import Any

from numba import njit

from pricing.ledger import facility as k

jit: Any = njit(cache=True, nogil=True, error_model="numpy")
inlined: Any = njit(inline="always", error_model="numpy")
"""For what every month does: a call of its own would cost as much as its arithmetic."""


@jit
def open_cohorts(fund, accept, drawn, delay, j, funded, lent, accepted):
    """Cohorts as path j starts: funded or not, lent so far, month of acceptance; returns the last month in which one changes."""
    settled_at = -1
    for c in range(fund.shape[0]):
        funded[c] = 1.0 if fund[c] < 0 else 0.0
        lent[c] = drawn[c]
        accepted[c] = -1 if accept[c] < 0 else accept[c] + delay[c, j]
        settled_at = max(settled_at, fund[c], int(accepted[c]))
    return settled_at


@inlined
def count(t, units, opening_units, market_value, accept, funded, accepted):
    """Units of a month cohort by cohort: serving, standing, owned, their market value at the forward rent, and those lost since."""
    served = standing = owned = value = lost = 0.0
    for c in range(units.shape[0]):
        if funded[c] > 0:
            u = units[c, t]
            owned += u
            value += market_value[c, t]
            if accept[c] < t:
                standing += u
            if accepted[c] < t:
                served += u
            lost += (units[c, t - 1] if t > 0 else opening_units[c]) - u
    return served, standing, owned, value, lost


@jit
def repay(row, bf, bx, paid):
    """Apply a payment of principal to both parts, pro rata, and post it."""
    share = paid / (bf + bx) if bf + bx > 0 else 0.0
    row[k.PRINCIPAL_FLOATING] += bf * share
    row[k.PRINCIPAL_FIXED] += bx * share
    return bf - bf * share, bx - bx * share


@jit
def schedule_limit(share, value, funded, t):
    """Most that may be owed against the depreciated cost of what is bought."""
    total = 0.0
    for c in range(value.shape[0]):
        if funded[c] > 0:
            total += value[c, t]
    return share * total


@jit
def schedule_room(share, value, funded, t, balance):
    """What that limit leaves to draw."""
    return max(schedule_limit(share, value, funded, t) - balance, 0.0) if share > 0 else math.inf


@inlined
def pay_operating(row, cash, operating, power, transition, site, put_off, pwr, liq):
    """Operating cost, helped by both reserves; returns cash, what is put off, power and liquidity reserve."""
    owed = operating + put_off
    paid = min(cash, owed)
    cash -= paid
    from_pwr = min(min(pwr, owed - paid), power)
    from_liq = min(liq, owed - paid - from_pwr)
    paid = paid + from_pwr + from_liq
    if operating > 0:
        share = paid / operating
        row[k.POWER], row[k.TRANSITION], row[k.SITE] = power * share, transition * share, site * share
    else:
        row[k.SITE] = paid
    row[k.OPEX_DUE], row[k.OPEX_DEFERRED] = operating, owed - paid - put_off
    return cash, owed - paid, pwr - from_pwr, liq - from_liq


@inlined
def pay_fees(row, cash, agent, undrawn, lender, put_off):
    """Agent, undrawn and lender's fees, pro rata; returns cash and what is put off."""
    new = agent + undrawn + lender
    owed = new + put_off
    paid = min(cash, owed)
    to_undrawn = paid * (undrawn / new) if new > 0 else 0.0
    to_lender = paid * (lender / new) if new > 0 else 0.0
    row[k.UNDRAWN_FEE] = to_undrawn
    row[k.LENDER_FEE] += to_lender
    row[k.AGENT_FEE] = paid - to_undrawn - to_lender
    row[k.FEES_DUE] += new
    row[k.FEES_DEFERRED] = owed - paid - put_off
    return cash - paid, owed - paid


@inlined
def pay_interest(row, cash, reserve, n_f, n_x, kind, swap, swap_out, a_f, a_x, a_s):
    """Interest in cash and the net swap payment, pro rata, helped by the reserve; returns cash, what it took, and what is put off."""
    o_f, o_x, o_s = n_f + a_f, n_x + a_x, swap_out + a_s
    owed = o_f + o_x + o_s
    paid = min(cash, owed)
    used = min(reserve, owed - paid)
    share = (paid + used) / owed if owed > 0 else 0.0
    row[k.INTEREST_FLOATING], row[k.INTEREST_FIXED] = o_f * share, o_x * share
    row[k.SWAP] += o_s * share
    off = 1.0 - share
    row[k.SWAP_DUE], row[k.SWAP_DEFERRED] = swap, o_s * off - a_s
    row[k.INTEREST_DUE], row[k.INTEREST_DEFERRED] = n_f + n_x + kind, o_f * off + o_x * off - (a_f + a_x)
    return cash - paid, used, o_f * off, o_x * off, o_s * off


@inlined
def pay_claim(row, paid_column, deferred_column, cash, new, put_off):
    """One claim, the new part and what was put off; returns cash and what is put off."""
    owed = new + put_off
    paid = min(cash, owed)
    row[paid_column] += paid
    row[deferred_column] += owed - paid - put_off
    return cash - paid, owed - paid


@jit
def pay_lender(row, given, a_f, a_x, a_p, bf, bx):
    """Reserves or a guarantee to the lender: interest put off first, then principal; returns what is left of both."""
    interest = min(given, a_f + a_x)
    share = interest / (a_f + a_x) if a_f + a_x > 0 else 0.0
    row[k.INTEREST_FLOATING] += a_f * share
    row[k.INTEREST_FIXED] += a_x * share
    row[k.INTEREST_DEFERRED] -= interest
    principal = given - interest
    row[k.PRINCIPAL_DEFERRED] -= principal
    bf, bx = repay(row, bf, bx, principal)
    return a_f * (1.0 - share), a_x * (1.0 - share), a_p - principal, bf, bx


@jit
def close(row, trap, liq, pwr, a_op, a_fee, a_i, a_s, a_p, a_m):
    """What is held goes to the owner; what is still put off is lost: the change of it stands in the column before."""
    row[k.DISTRIBUTION] += trap + liq + pwr
    row[k.TO_TRAP] -= trap
    row[k.TO_LIQUIDITY] -= liq
    row[k.TO_POWER_RESERVE] -= pwr
    for lost, amount in (
        (k.OPEX_LOST, a_op), (k.FEES_LOST, a_fee), (k.INTEREST_LOST, a_i), (k.SWAP_LOST, a_s), (k.PRINCIPAL_LOST, a_p),
        (k.MANAGEMENT_LOST, a_m),
    ):  # fmt: skip
        row[lost] = amount
        row[lost - 1] -= amount
