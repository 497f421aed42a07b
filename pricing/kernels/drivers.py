"""Drivers of a facility from normals and uniforms, fused: rent ratio and default months path by path."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from pricing.schedules.plan import NEVER
from pricing.schedules.types import Floats, Ints

_jit: Any = njit(cache=True, nogil=True, error_model="numpy")


@_jit
def _drive(normals, uniforms, mix, steps, vol_step, drift_step, elasticity, ratio, linked, months_out):
    n_f, months, paths = normals.shape
    level = np.empty(paths)
    for j in range(paths):
        level[j] = 0.0
    for t in range(months):
        for j in range(paths):
            level[j] += drift_step[t] + vol_step[t] * normals[0, t, j]
            ratio[t, j] = math.exp(level[j])
            linked[t, j] = ratio[t, j] if elasticity == 1.0 else math.exp(elasticity * level[j])
    for f in range(1, n_f):
        for j in range(paths):
            level[j] = 1.0
            months_out[f - 1, j] = NEVER
        for t in range(months):
            step = steps[f - 1, t]
            if step <= 0.0:
                continue
            root = math.sqrt(step)
            for j in range(paths):
                z = 0.0
                for g in range(f + 1):
                    z += mix[f, g] * normals[g, t, j]
                before = level[j]
                after = before + root * z
                level[j] = after
                if months_out[f - 1, j] == NEVER:
                    if after <= 0.0:
                        months_out[f - 1, j] = t
                    else:
                        reach = 2.0 * before * after / step
                        # beyond 40 the crossing has odds below 1e-17: no uniform is that small
                        if reach < 40.0 and uniforms[f - 1, t, j] < math.exp(-reach):
                            months_out[f - 1, j] = t


def drive(
    normals: Floats, uniforms: Floats, mix: Floats, clocks: Floats, volatility: float, years: Floats, elasticity: float
) -> tuple[Floats, Floats, Ints]:
    """Rent ratio, its power `elasticity`, and default months.

    Args:
        normals: independent, [factor, time, path]; factor 0 is the rent, the others credits.
        uniforms: [credit, time, path], for crossings between dates.
        mix: lower triangular [factor, factor] root of the correlation matrix.
        clocks: [credit, time] of `pricing.paths.credit.default_clock` with barrier 1.
        volatility: yearly lognormal volatility of the rent.
        years: [time] from the valuation date.
        elasticity: of resale value to rent.

    Returns:
        ratio [time, path] with mean one, ratio ** elasticity, months [credit, path] (`NEVER` where none).
    """
    _, months, paths = normals.shape
    dt = np.diff(np.concatenate([[0.0], years]))
    ratio, linked = np.empty((months, paths)), np.empty((months, paths))
    out = np.empty((clocks.shape[0], paths), dtype=np.int64)
    steps = np.diff(np.concatenate([np.zeros((clocks.shape[0], 1)), clocks], axis=1), axis=1)
    vol = volatility * np.sqrt(dt)
    _drive(normals, uniforms, mix, steps, vol, -0.5 * vol * vol, elasticity, ratio, linked, out)
    return ratio, linked, out
