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


def _blocks(version: str) -> tuple[Any, Any]:
    """The two loops over paths. numba keys its cache by a loop's own code and by what it closes over, so the month's version is closed
    over: a changed month is compiled again.
    """

    @_jit
    def reduced(plan, dr, sums, out, cohorts):
        row = np.empty(WIDTH if len(version) > 0 else 0)
        for j in range(dr.ratio.shape[1]):
            path_forward(plan, dr, j, sums, out, cohorts, row)

    @_jit
    def kept(plan, dr, ledger, states, out, cohorts):
        n = ledger.shape[1]
        row, whole = np.empty(WIDTH if len(version) > 0 else 0), np.zeros((plan.months, WIDTH))
        for j in range(dr.ratio.shape[1]):
            whole[:] = 0.0
            path_forward(plan, dr, j, whole, out, cohorts, row)
            ledger[:, :, j] = whole[:, :n]
            states[:, :, j] = whole[:, n:]

    return reduced, kept


_reduced, _kept = _blocks(sha256(path_forward.py_func.__code__.co_code).hexdigest())


def _scratch(plan: FacilityPlan) -> Floats:
    return np.zeros((5, max(len(plan.fund), len(plan.past_cfads))))


def roll_reduced(plan: FacilityPlan, drivers: Drivers) -> tuple[Floats, Floats]:
    """Sums over the block's paths of every posting and state [time, posting + state], and outcomes [outcome, path]."""
    sums, out = np.zeros((plan.months, WIDTH)), np.zeros((k.OUTCOMES, drivers.ratio.shape[1]))
    _reduced(plan, drivers, sums, out, _scratch(plan))
    return sums, out


def roll_kept(plan: FacilityPlan, drivers: Drivers) -> tuple[Floats, Floats, Floats]:
    """Every posting [time, posting, path], every state [time, item, path], outcomes [outcome, path]."""
    paths = drivers.ratio.shape[1]
    ledger, states = np.zeros((plan.months, k.POSTINGS, paths)), np.zeros((plan.months, k.STATES, paths))
    out = np.zeros((k.OUTCOMES, paths))
    _kept(plan, drivers, ledger, states, out, _scratch(plan))
    return ledger, states, out
