"""Leases by simulation: value to each side, rates, what the residual carries, what a default costs."""

from __future__ import annotations

import numpy as np

from instruments.contracts.lease import Lease
from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from pricing.engines.contract_rows import ContractRows
from pricing.engines.lease_run import SAMPLE, Simulated, simulated_lease
from pricing.ledger.runs import ContractRun, party_signs
from pricing.registry import Outcome, Task, register_engine, register_simulator
from pricing.schedules.lease_rates import average_life, classification, effective_cost, internal_rate, planned_flows

METHOD = "simulation"
MEASURES = (
    "value", "implicit_rate", "internal_rate_of_return", "effective_cost", "average_life", "finance_lease", "term_to_life", "rent_to_value",
    "loss_against_default_free", *SAMPLE,
)  # fmt: skip
NOTE = "rents, costs and asset of both sides; the use of the asset is not counted; guarantees are valued as contracts of their own"


def _simulated(task: Task) -> Simulated:
    if not isinstance(task.contract, Lease):
        raise PricingError(problem("unsupported", subject=task.contract_id, why="not a lease", remedy="name a lease"))
    s = task.settings
    return simulated_lease(task.deal, task.contract_id, task.market, s.paths, s.seed, s.threads)


@register_engine(
    Lease, METHOD, measures=MEASURES, default=True, note="monthly paths of rent, resale and credit, choices of the lessee, ledger"
)
def lease_by_simulation(task: Task) -> Outcome:
    """Price a lease on monthly paths.

    **Model**: `pricing.mechanics.lease`, on one lognormal rent, resale moving with a power of it, and first-passage defaults
    (`pricing.paths`); rates are deterministic. Value to the lessor: everything it receives less what it pays, the price of the asset
    included; to the lessee: deposits, rents, costs and the asset if it buys it. Their sum is what outsiders receive, by name in the ledger.

    **Not modelled**: taxes and tax leases, the lessee's use of the asset, sub-letting, launches on paths.
    """
    found = _simulated(task)
    run, lease = found.run, found.setup.plan.lease
    rows = ContractRows(task, METHOD, lease.lessor)
    for party in (lease.lessor, lease.lessee):
        value, error = run.value(party)
        rows.add("value", value, error, party=party, note=NOTE)
    _rates(rows, found)
    _risks(rows, found, task)
    warnings = () if found.setup.lessee is not None else (f"{task.contract_id}: the lessee has no credit, so it never defaults",)
    sample = run.of(lease.lessor).astype(np.float64) if task.settings.keep_sample else None
    return Outcome(rows=rows.rows, warnings=warnings, sample=sample)


@register_simulator(Lease)
def lease_on_the_ledger(task: Task) -> ContractRun:
    """The lease's ledger."""
    return _simulated(task).run


def _rates(rows: ContractRows, found: Simulated) -> None:
    plan, lease = found.setup.plan, found.setup.plan.lease
    phase, grid = plan.phases[0], plan.grid
    monthly = "nominal, compounded monthly"
    first = "" if len(plan.phases) == 1 else f", of phase {phase.label}"
    rows.add("implicit_rate", 12.0 * phase.implicit_rate, note=f"{monthly}: rents and planned residual pay for the asset{first}")
    mean = found.run.mean_ledger
    signs = party_signs(found.run.plan, found.run.parties)[found.run.parties.index(lease.lessor)]
    earned = internal_rate((mean * signs).sum(axis=1))
    said = f"{monthly}: of the mean of the lessor's cash" if earned is not None else "the lessor's mean cash has no rate of return"
    rows.add("internal_rate_of_return", None if earned is None else 12.0 * earned, note=said)
    cost = effective_cost(lease, phase)
    text = f"{monthly}: on the plan, value received against rents, deposit, return and the residual given up{first}"
    rows.add("effective_cost", None if cost is None else 12.0 * cost, party=lease.lessee, note=text if cost is not None else "no such rate")
    rows.add("average_life", average_life(planned_flows(lease, phase, grid)), note=f"of the lessor's principal, from the handover{first}")
    tests = classification(lease, phase)
    rows.add("finance_lease", float(tests.finance), note=tests.sentence)
    rows.add("term_to_life", tests.term_to_life, note="first term over useful life: 75 % makes a finance lease")
    rows.add("rent_to_value", tests.rent_to_value, note="rents of the first term at the implicit rate over fair value: 90 % makes one")


def _risks(rows: ContractRows, found: Simulated, task: Task) -> None:
    run, setup, settings = found.run, found.setup, task.settings
    lessor, phases = setup.plan.lease.lessor, setup.plan.phases
    lost = "rent and claims that the lessee never pays, before guarantees"
    notes = {
        "residual_exposure": "present value of what the asset fetches at its end, by sale or option",
        "purchase_option_value": "to the lessee: the asset bought less its price",
        "expected_shortfall_discounted": lost,
        "expected_shortfall": lost,
    }
    for name, numbers in zip(SAMPLE, found.sample, strict=True):
        note = notes.get(name, "by share of phases" if len(phases) > 1 else None)
        party = setup.plan.lease.lessee if name == "purchase_option_value" else None
        rows.add(name, numbers.mean(), numbers.std(ddof=1) / np.sqrt(run.paths), party=party, note=note)
    if settings.wants("loss_against_default_free"):
        free, _ = setup.without(setup.lessee).run(paths=run.paths, seed=settings.seed, threads=settings.threads)
        step = free.of(lessor) - run.of(lessor)
        said = "same paths, the lessee cut from default"
        rows.add("loss_against_default_free", step.mean(), step.std(ddof=1) / np.sqrt(run.paths), note=said)
