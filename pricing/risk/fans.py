"""Rows of fans over time, and of the distribution of life and yield."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from pricing.engines.facility_run import FacilityRun
from pricing.risk.quantiles import quantiles
from pricing.risk.walks import Walk
from pricing.schedules.types import Floats

if TYPE_CHECKING:
    from pricing.engines.facility_rows import Rows

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
FEWEST = 20
"""Paths below which a date has no fan."""


def fan_rows(rows: Rows, run: FacilityRun, found: Walk) -> None:
    """Trailing coverage and loan to value by date: quantiles over the paths that perform until it, whose share stands beside."""
    for row, t in enumerate(found.months):
        date = run.facility.dates[t]
        odds = float(found.performing[row].mean())
        rows.add("performing_probability", odds, float(np.sqrt(odds * (1.0 - odds) / run.paths)), date=date)
        for measure, sample in (("dscr_fan", found.coverage[row]), ("ltv_fan", found.to_value[row])):
            _levels(rows, measure, sample[~np.isnan(sample)], run.paths, date=date)


def yield_rows(rows: Rows, run: FacilityRun, found: Walk) -> None:
    """Life and yield by path, and how many paths have no yield."""
    missing = np.isnan(found.rate)
    odds = float(missing.mean())
    rows.add("no_irr_probability", odds, float(np.sqrt(odds * (1.0 - odds) / run.paths)))
    _levels(rows, "wal_quantile", found.life[~np.isnan(found.life)], run.paths)
    _levels(rows, "irr_quantile", found.rate[~missing], run.paths)


def _levels(rows: Rows, measure: str, sample: Floats, paths: int, *, date: dt.date | None = None) -> None:
    if sample.size < FEWEST:
        return
    note = f"order statistic of {sample.size:,} of {paths:,} paths with its 95 % interval"
    for each in quantiles(sample, LEVELS):
        rows.add(measure, each.value, each.standard_error, quantile=each, note=note, date=date)
