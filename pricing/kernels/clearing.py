"""Compiled loop of batched clearing: one scenario after another, plain arrays, lock released.

The numpy statements of the same model are in `pricing.clearing.solvers`.
"""

from __future__ import annotations

import numpy as np
from numba import njit

FLAG_REL = 1e-13
"""Cash may miss what is owed by this share before a node counts as insolvent: cash equal to what is owed is solvent."""
STEP_REL = 1e-15
"""A sweep that changes no payment by more than this share of total debt is the last."""
DAMPED = 1.0 - 1e-7
"""Feedback used where a group passes all its losses on to itself, so that the linear step stays finite; the cap ends such a group."""


@njit(cache=True, nogil=True)
def _solve(matrix, right):
    """Gauss elimination without pivoting: the columns of I - share' are diagonally dominant. False where a pivot vanishes."""
    n = len(right)
    for k in range(n):
        pivot = matrix[k, k]
        if pivot < 1e-12:
            return False
        for i in range(k + 1, n):
            factor = matrix[i, k] / pivot
            if factor != 0.0:
                for j in range(k + 1, n):
                    matrix[i, j] -= factor * matrix[k, j]
                right[i] -= factor * right[k]
    for i in range(n - 1, -1, -1):
        total = right[i]
        for j in range(i + 1, n):
            total -= matrix[i, j] * right[j]
        right[i] = total / matrix[i, i]
    return True


@njit(cache=True, nogil=True)
def _jump(active, count, share, value, arrived, base, owed, feedback):
    """Move along the line to the solution of the linear part, as far as the first cap. Stays below the least fixed point."""
    for damp in (1.0, DAMPED):
        matrix = np.empty((count, count))
        right = np.empty(count)
        for a in range(count):
            j = active[a]
            inside = 0.0
            for b in range(count):
                i = active[b]
                inside += share[i, j] * value[i]
                matrix[a, b] = -feedback * damp * share[i, j]
            matrix[a, a] += 1.0
            right[a] = base[j] + feedback * (arrived[j] - inside)
        if not _solve(matrix, right):
            continue
        step, fine = 1.0, True
        for a in range(count):
            move = right[a] - value[active[a]]
            if not np.isfinite(move):
                fine = False
            elif move > 0.0 and value[active[a]] + step * move > owed[active[a]]:
                step = (owed[active[a]] - value[active[a]]) / move
        if not fine:
            continue
        for a in range(count):
            i = active[a]
            move = step * max(0.0, right[a] - value[i])
            if move > 0.0:
                value[i] = min(owed[i], value[i] + move)
                for j in range(len(arrived)):
                    arrived[j] += share[i, j] * move
        return


@njit(cache=True, nogil=True)
def _row(share, owed, base, threshold, feedback, greatest, margin, smallest, most, value, arrived, flagged):
    """Least fixed point of one scenario's map, from zero up; returns the number of sweeps.

    Greatest clearing vector: value is the shortfall, a flagged node is in default and falls short by base + feedback * arrived.
    Least: value is the payment, a flagged node is solvent and pays all, the others base + feedback * arrived.
    """
    n = len(owed)
    active = np.empty(n, np.int64)
    for sweep in range(most):
        moved, count = False, 0
        for i in range(n):
            if not flagged[i]:
                over = arrived[i] - threshold[i]
                flagged[i] = over > margin[i] if greatest else over >= -margin[i]
            target = 0.0 if greatest else owed[i]
            if flagged[i] == greatest:
                target = min(owed[i], max(0.0, base[i] + feedback * arrived[i]))
            move = target - value[i]
            if move > smallest:
                value[i] = target
                moved = True
                for j in range(n):
                    arrived[j] += share[i, j] * move
            if flagged[i] == greatest and 0.0 < value[i] < owed[i]:
                active[count] = i
                count += 1
        if not moved:
            return sweep + 1
        # a linear step pays where its cubic cost is below that of some more sweeps
        if count and (sweep % 100 == 99 or (sweep % 3 == 2 and count * count < 60 * n)):
            _jump(active, count, share, value, arrived, base, owed, feedback)
    return most + 1


@njit(cache=True, nogil=True)
def clear_rows(assets, first_claims, shares, owed, received_in_full, alpha, beta, greatest, most, paid, flagged, sweeps):
    """Clear every scenario. `shares`, `owed`, `received_in_full` have one row for all scenarios or one each; outputs are filled in place.

    assets, first_claims: [scenario, node]; shares: [1 or scenario, node, node]; owed, received_in_full: [1 or scenario, node].
    """
    rows, n = assets.shape
    base, threshold, margin = np.empty(n), np.empty(n), np.empty(n)
    value, arrived, flag = np.empty(n), np.empty(n), np.empty(n, np.bool_)
    for s in range(rows):
        k = s if len(owed) > 1 else 0
        total = 0.0
        for i in range(n):
            due, cash, ahead, full = owed[k, i], assets[s, i], first_claims[s, i], received_in_full[k, i]
            total += due
            margin[i] = FLAG_REL * (due + ahead + cash + full)
            if greatest:
                threshold[i] = cash + full - ahead - due
                base[i] = due + ahead - alpha * cash - beta * full
            else:
                threshold[i] = ahead + due - cash
                base[i] = alpha * cash - ahead
            value[i], arrived[i], flag[i] = 0.0, 0.0, False
        sweeps[s] = _row(shares[k], owed[k], base, threshold, beta, greatest, margin, STEP_REL * total, most, value, arrived, flag)
        for i in range(n):
            paid[s, i] = owed[k, i] - value[i] if greatest else value[i]
            flagged[s, i] = flag[i] == greatest
