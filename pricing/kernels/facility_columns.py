"""Some columns of every path kept, compiled: one path after the other through the month's kernel."""

from __future__ import annotations

from pricing.kernels.facility_path import walk
from pricing.kernels.facility_steps import jit


@jit
def walk_columns(plan, dr, ev, month, made, out, scratch, columns, found):
    """Fill found [column, time, path]; `month` is scratch."""
    for j in range(dr.ratio.shape[1]):
        month[:] = 0.0
        walk(plan, dr, ev, j, j + 1, month, made, out, scratch)
        for i in range(columns.shape[0]):
            for t in range(plan.months):
                found[i, t, j] = month[t, columns[i]]
