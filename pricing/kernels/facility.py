"""Blocks of paths of a facility through the compiled month: summed, or kept."""

from __future__ import annotations

import numpy as np

from pricing.kernels.facility_path import WIDTH, walk
from pricing.ledger import facility as k
from pricing.schedules.plan import Drivers, FacilityPlan
from pricing.schedules.types import Floats


def _scratch(plan: FacilityPlan) -> tuple[Floats, ...]:
    """What a path needs to remember by cohort and by month of the test's window."""
    cohorts, window = len(plan.fund), len(plan.past_cfads)
    return np.zeros(cohorts), np.zeros(cohorts), np.zeros(cohorts), np.zeros(window), np.zeros(window)


def roll_reduced(plan: FacilityPlan, drivers: Drivers) -> tuple[Floats, Floats]:
    """Sums over the block's paths of every posting and state [time, posting + state], and outcomes [outcome, path]."""
    paths = drivers.ratio.shape[1]
    sums, out = np.zeros((plan.months, WIDTH)), np.zeros((k.OUTCOMES, paths))
    walk(plan, drivers, 0, paths, sums, out, _scratch(plan))
    return sums, out


def roll_kept(plan: FacilityPlan, drivers: Drivers) -> tuple[Floats, Floats, Floats]:
    """Every posting [time, posting, path], every state [time, item, path], outcomes [outcome, path]: for replays, path by path."""
    paths = drivers.ratio.shape[1]
    kept, out, scratch = np.zeros((paths, plan.months, WIDTH)), np.zeros((k.OUTCOMES, paths)), _scratch(plan)
    for j in range(paths):
        walk(plan, drivers, j, j + 1, kept[j], out, scratch)
    return np.moveaxis(kept[:, :, : k.POSTINGS], 0, 2), np.moveaxis(kept[:, :, k.POSTINGS :], 0, 2), out
