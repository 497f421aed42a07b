"""The compiled joint step: correlated drivers walked over a chunk of days in one pass, in the place of their normals."""

from __future__ import annotations

from math import factorial

import numba
import numpy as np

STRIP = 512
"""Paths walked through a chunk at a time: levels and normals of five drivers fit the nearest cache."""
LOG2_E = float(1.0 / np.log(2.0))
LN2_HIGH, LN2_LOW = 0.693147180369123816490, 1.90821492927058770002e-10
"""ln 2 in two parts: a whole multiple of the first, up to 2^10, has no rounding."""
C = tuple(1.0 / factorial(n) for n in range(13))
"""Taylor coefficients of e^r: enough for |r| <= ln 2 / 2 at double precision."""
MOST = 700.0
"""Levels beyond it either way are cut: e^700 is 1e304."""


@numba.njit(cache=True, nogil=True, fastmath={"contract"}, error_model="numpy")
def exp_row(x, out, scale):
    """e^x of a row, several numbers at a time: 2^n e^r with n whole and |r| <= ln 2 / 2; `scale` is room of the row's size.

    Within 4e-16, relative, of the library's exp, of which a processor takes one number at a time.
    """
    bits = scale.view(np.int64)
    for p in range(x.shape[0]):
        level = x[p]
        level = level if level < MOST else MOST
        level = level if level > -MOST else -MOST
        n = np.floor(level * LOG2_E + 0.5)
        r = (level - n * LN2_HIGH) - n * LN2_LOW
        e = C[11] + r * C[12]
        e = C[10] + r * e
        e = C[9] + r * e
        e = C[8] + r * e
        e = C[7] + r * e
        e = C[6] + r * e
        e = C[5] + r * e
        e = C[4] + r * e
        e = C[3] + r * e
        e = C[2] + r * e
        e = C[1] + r * e
        out[p] = C[0] + r * e
        bits[p] = np.int64(np.int32(n) + np.int32(1023)) << 52
    for p in range(x.shape[0]):
        out[p] *= scale[p]


@numba.njit(cache=True, nogil=True, fastmath={"contract"})
def step_joint(first_day, moves, factor, drift, deviation, priced, level):
    """Turn independent normals into levels, in place: level += drift + deviation x (factor x normals).

    Args:
        first_day: index of the chunk's first day.
        moves: [driver, day, path] independent standard normals in; out, levels at the end of each day, or e to them where `priced`.
        factor: lower triangular correlation factor [driver, driver].
        drift, deviation: over each step [driver, all days].
        priced: whether a driver's level is the logarithm of what is wanted [driver].
        level: [driver, path] where the chunk starts; left where it ends.
    """
    scale = np.empty(STRIP)
    drivers, days, paths = moves.shape
    for begin in range(0, paths, STRIP):
        end = min(begin + STRIP, paths)
        for i in range(days):
            day = first_day + i
            # the last driver first: the others' normals are still there
            for d in range(drivers - 1, -1, -1):
                row, here = moves[d, i, begin:end], level[d, begin:end]
                add, own = drift[d, day], deviation[d, day] * factor[d, d]
                j = 0
                while j + 1 < d:
                    first, second = moves[j, i, begin:end], moves[j + 1, i, begin:end]
                    one, two = deviation[d, day] * factor[d, j], deviation[d, day] * factor[d, j + 1]
                    for p in range(end - begin):
                        here[p] += one * first[p] + two * second[p]
                    j += 2
                if j < d:
                    first, one = moves[j, i, begin:end], deviation[d, day] * factor[d, j]
                    for p in range(end - begin):
                        here[p] += one * first[p]
                for p in range(end - begin):
                    here[p] += add + own * row[p]
                    row[p] = here[p]
                if priced[d]:
                    exp_row(here, row, scale[: end - begin])
