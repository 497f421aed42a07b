"""Blocks of paths of a facility through the compiled month: summed, or kept."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import numpy as np
from numba import njit

from pricing.kernels.facility_path import WIDTH, path_forward
from pricing.ledger import facility as k
from pricing.schedules.plan import Drivers, FacilityPlan
from pricing.schedules.types import Floats

_jit: Any = njit(cache=True, nogil=True, error_model="numpy")


def _compiled(version: str) -> Any:
    """The loop over paths. numba keys its cache by a loop's own code and by what it closes over, so the month's version is closed over: a
    changed month is compiled again."""

    @_jit
    def walk(plan, dr, first, stop, sums, out, cohorts):
        row = np.empty(WIDTH if len(version) > 0 else 0)
        for j in range(first, stop):
            path_forward(plan, dr, j, sums, out, cohorts, row)

    return walk


_walk = _compiled(sha256(path_forward.py_func.__code__.co_code).hexdigest())


def _scratch(plan: FacilityPlan) -> Floats:
    return np.zeros((5, max(len(plan.fund), len(plan.past_cfads))))


def roll_reduced(plan: FacilityPlan, drivers: Drivers) -> tuple[Floats, Floats]:
    """Sums over the block's paths of every posting and state [time, posting + state], and outcomes [outcome, path]."""
    paths = drivers.ratio.shape[1]
    sums, out = np.zeros((plan.months, WIDTH)), np.zeros((k.OUTCOMES, paths))
    _walk(plan, drivers, 0, paths, sums, out, _scratch(plan))
    return sums, out


def roll_kept(plan: FacilityPlan, drivers: Drivers) -> tuple[Floats, Floats, Floats]:
    """Every posting [time, posting, path], every state [time, item, path], outcomes [outcome, path]: for replays, path by path."""
    paths = drivers.ratio.shape[1]
    kept, out, scratch = np.zeros((paths, plan.months, WIDTH)), np.zeros((k.OUTCOMES, paths)), _scratch(plan)
    for j in range(paths):
        _walk(plan, drivers, j, j + 1, kept[j], out, scratch)
    return np.moveaxis(kept[:, :, : k.POSTINGS], 0, 2), np.moveaxis(kept[:, :, k.POSTINGS :], 0, 2), out
