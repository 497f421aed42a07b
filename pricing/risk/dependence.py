"""CVA of a facility with its dependence, and with dependence cut at the same marginals; what a guarantee and its guarantor's credit do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pricing.engines.facility_run import FacilityRun, Setup
from pricing.schedules.types import Floats

if TYPE_CHECKING:
    from pricing.engines.facility_rows import Rows

SAME = "same paths"


def uncorrelated(setup: Setup) -> Setup:
    """The same facility with rents and every credit independent: each keeps its own law, and its own random numbers.

    **Model** the correlation of the drivers becomes the identity. Two parties on one market key stay one credit: their dependence is no
    correlation and is not cut. Resale values still follow the rent.
    """
    return with_correlation(setup, np.eye(len(setup.model.correlation)))


def with_correlation(setup: Setup, correlation: Floats) -> Setup:
    """The same facility with another correlation of rent and credits [factor, factor], in the order of its model."""
    return replace(setup, model=setup.model.with_correlation(correlation))


def unguaranteed(setup: Setup) -> Setup:
    """The same facility without its guarantee."""
    return _with_guarantee(setup, cap=0.0)


def surely_guaranteed(setup: Setup) -> Setup:
    """The same facility with a guarantor that always pays in full; as an operator the same party may still default."""
    return _with_guarantee(setup, recovery=1.0)


def _with_guarantee(setup: Setup, *, cap: float | None = None, recovery: float | None = None) -> Setup:
    plan = setup.facility.plan
    moved = plan._replace(
        guarantee_cap=plan.guarantee_cap if cap is None else cap,
        guarantor_recovery=plan.guarantor_recovery if recovery is None else recovery,
    )
    return replace(setup, facility=replace(setup.facility, plan=moved))


def mean_and_error(sample: Floats) -> tuple[float, float]:
    """Mean over paths and its standard error."""
    return float(sample.mean()), float(sample.std(ddof=1) / np.sqrt(sample.size))


def dependence_rows(rows: Rows, setup: Setup, run: FacilityRun, threads: int | None) -> None:
    """CVA is the value if nobody could default less the value, so equal to `loss_against_default_free`.

    Cut, it is the same difference on the same random numbers with independent drivers; the wrong-way cost is what lies between them.
    """
    free = setup.free().run(paths=run.paths, seed=run.seed, threads=threads)
    apart = uncorrelated(setup).run(paths=run.paths, seed=run.seed, threads=threads)
    rows.add("cva", *mean_and_error(free.net - run.net), note=f"{SAME}; customer, operator and guarantor, with their dependence")
    note = f"{SAME}; rents and credits independent at unchanged odds"
    rows.add("cva_without_dependence", *mean_and_error(free.net - apart.net), note=note)
    rows.add("wrong_way_cost", *mean_and_error(apart.net - run.net), note=f"{SAME}; cva - cva_without_dependence")


def support_rows(rows: Rows, setup: Setup, run: FacilityRun, threads: int | None) -> None:
    """What the guarantee adds to the loan, and what the guarantor's own credit takes off it."""
    if setup.facility.guarantee is None:
        return
    how = {"paths": run.paths, "seed": run.seed, "threads": threads}
    part = setup.facility.guarantee_id
    if rows.wants("guarantee_value"):
        step = run.net - unguaranteed(setup).run(**how).net
        rows.add("guarantee_value", *mean_and_error(step), part=part, note=f"{SAME} with and without it")
    if rows.wants("guarantor_default_cost"):
        sure = "no credit: the guarantor never defaults" if setup.model.guarantor is None else f"{SAME}, a guarantor that always pays"
        step = surely_guaranteed(setup).run(**how).net - run.net
        rows.add("guarantor_default_cost", *mean_and_error(step), part=part, note=sure)
