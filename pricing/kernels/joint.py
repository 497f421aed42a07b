"""The compiled joint step: correlated drivers walked over a chunk of days in one pass, in the place of their normals."""

from __future__ import annotations

import numba


@numba.njit(cache=True, nogil=True, fastmath={"contract"})
def step_joint(first_day, moves, factor, drift, deviation, level):
    """Turn independent normals into levels, in place: level += drift + deviation x (factor x normals).

    Args:
        first_day: index of the chunk's first day.
        moves: [driver, day, path] independent standard normals in, levels at the end of each day out.
        factor: lower triangular correlation factor [driver, driver].
        drift, deviation: over each step [driver, all days].
        level: [driver, path] where the chunk starts; left where it ends.
    """
    drivers, days, paths = moves.shape
    for i in range(days):
        # the last driver first: the others' normals are still there
        for d in range(drivers - 1, -1, -1):
            row, here = moves[d, i], level[d]
            add, own = drift[d, first_day + i], deviation[d, first_day + i] * factor[d, d]
            for p in range(paths):
                here[p] += add + own * row[p]
            for j in range(d):
                share = deviation[d, first_day + i] * factor[d, j]
                if share != 0.0:
                    other = moves[j, i]
                    for p in range(paths):
                        here[p] += share * other[p]
            for p in range(paths):
                row[p] = here[p]
