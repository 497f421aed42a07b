"""Compiled loop of batched valuation with cross-held claims. The numpy statement is `HoldingsMap` of `pricing.clearing.holdings`."""

from __future__ import annotations

from numba import njit

from pricing.kernels.clearing import FLAG_REL, STEP_REL


@njit(cache=True, nogil=True)
def _claim(layer, layers, debts, k, j, value, weight, floor):
    """Worth of one claim on entity j: a debt layer, its shares (layer = layers), its warrants (layers + 1)."""
    ahead = 0.0
    for q in range(min(layer, layers)):
        ahead += debts[k, q, j]
    if layer < layers:
        return min(debts[k, layer, j], max(0.0, value - ahead))
    equity = max(0.0, value - ahead)
    warrants = weight[j] * max(0.0, equity - floor[j])
    return warrants if layer > layers else equity - warrants


@njit(cache=True, nogil=True)
def value_rows(assets, debts, start, holder, share, weight, floor, alpha, beta, greatest, most, value, arrived, default, sweeps):
    """Sweep every scenario to its fixed point: down from above all solutions (greatest) or up from nothing (least).

    assets [scenario, n]; debts [1 or scenario, layer, n]; holdings by column (start, holder, share) for claim * n + issuer; value,
    arrived and default hold the start and are updated in place.
    """
    rows, n = assets.shape
    layers = debts.shape[1]
    for s in range(rows):
        k = s if len(debts) > 1 else 0
        total = 0.0
        for i in range(n):
            total += assets[s, i]
        smallest = STEP_REL * max(total, 1e-300)
        sweeps[s] = most + 1
        for sweep in range(most):
            moved = False
            for j in range(n):
                have, owed = assets[s, j] + arrived[s, j], 0.0
                for q in range(layers):
                    owed += debts[k, q, j]
                fails = have < owed - FLAG_REL * (owed + abs(have))
                default[s, j] = (default[s, j] or fails) if greatest else (default[s, j] and fails)
                target = alpha * assets[s, j] + beta * arrived[s, j] if default[s, j] else have
                old = value[s, j]
                # a rounding error of the value itself is no move, or large gross values would never settle
                if abs(target - old) <= smallest + 4e-16 * abs(old):
                    continue
                moved = True
                value[s, j] = target
                for c in range(layers + 2):
                    first, last = start[c * n + j], start[c * n + j + 1]
                    if first == last:
                        continue
                    change = _claim(c, layers, debts, k, j, target, weight, floor) - _claim(c, layers, debts, k, j, old, weight, floor)
                    if change != 0.0:
                        for q in range(first, last):
                            arrived[s, holder[q]] += share[q] * change
            if not moved:
                sweeps[s] = sweep + 1
                break
