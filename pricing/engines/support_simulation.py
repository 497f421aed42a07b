"""Guarantees of leases by simulation: value to each side, odds and size of a call, what the guarantor's own credit costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from instruments.contracts.support import LeaseGuarantee
from pricing.engines.contract_rows import ContractRows
from pricing.engines.support_run import SimulatedSupport, SupportSetup, simulated_support
from pricing.ledger.runs import ContractRun
from pricing.registry import Outcome, Task, find_engine, register_engine, register_simulator

METHOD = "simulation"
MEASURES = (
    "value", "guarantor_default_cost", "wrong_way_cost", "call_probability", "expected_payment", "largest_payment", "escrow_value",
    "indemnity_value", "fee_value", "premium_value",
)  # fmt: skip


@register_engine(LeaseGuarantee, METHOD, measures=MEASURES, default=True, note="on its lease's paths, guarantor alive at the payment date")
def guarantee_by_simulation(task: Task) -> Outcome:
    """Price a guarantee of a lease on its lease's paths; see `SupportSetup.postings`.

    Worth E[D(t_pay) (payment x guarantor alive at t_pay + recovery x payment x guarantor defaulted by t_pay)], escrow first. A fee or a
    warrant received for it is valued beside. **Not modelled**: what calling it does to the guarantor.
    """
    s = task.settings
    simulated = simulated_support(task.deal, task.contract_id, task.market, s.paths, s.seed, s.threads)
    setup, run = simulated.setup, simulated.run
    lessor, terms = setup.lease.plan.lease.lessor, setup.terms
    rows = ContractRows(task, METHOD, lessor)
    note = "payments out of escrow and by the guarantor, less the fee; indemnity to the guarantor"
    for party in dict.fromkeys((lessor, terms.guarantor, *(name for name in run.parties if name in task.deal.parties))):
        value, error = run.value(party)
        rows.add("value", value, error, party=party, note=note)
    if any(s.wants(measure) for measure in MEASURES[1:]):
        _credit(rows, setup, run, task)
        _calls(rows, simulated)
        _premiums(rows, setup, task)
    warnings = () if setup.guarantor is not None else (f"{task.contract_id}: the guarantor has no credit, so it never defaults",)
    return Outcome(rows=rows.rows, warnings=warnings, sample=run.of(lessor).astype(np.float64) if s.keep_sample else None)


@register_simulator(LeaseGuarantee)
def guarantee_on_the_ledger(task: Task) -> ContractRun:
    """The guarantee's ledger."""
    s = task.settings
    return simulated_support(task.deal, task.contract_id, task.market, s.paths, s.seed, s.threads).run


def _credit(rows: ContractRows, setup: SupportSetup, run: ContractRun, task: Task) -> None:
    """What the guarantor's own credit takes off, and its dependence on everything else."""
    lessor, s = setup.lease.plan.lease.lessor, task.settings
    if not setup.separate:
        why = (
            "the guarantor has no credit"
            if setup.guarantor is None
            else "the guarantor and the lessee are one credit: they cannot be told apart"
        )
        for measure in ("guarantor_default_cost", "wrong_way_cost"):
            rows.add(measure, 0.0 if setup.guarantor is None else None, note=why)
        return
    for measure, other, note in (
        ("guarantor_default_cost", setup.safe(), "same paths, a guarantor that cannot default"),
        ("wrong_way_cost", setup.apart(), "same marginals, the guarantor independent of lessee and rents"),
    ):
        if not s.wants(measure):
            continue
        step = other.run(paths=run.paths, seed=s.seed, threads=s.threads)[0].of(lessor) - run.of(lessor)
        rows.add(measure, step.mean(), step.std(ddof=1) / np.sqrt(run.paths), note=note)


def _calls(rows: ContractRows, simulated: SimulatedSupport) -> None:
    setup, run, sample = simulated.setup, simulated.run, simulated.sample
    mean, error = sample.mean(axis=1), sample.std(axis=1, ddof=1) / np.sqrt(run.paths)
    rows.add("call_probability", mean[0], error[0])
    rows.add("expected_payment", mean[1], error[1], note="by the guarantor, not discounted")
    rows.add("largest_payment", float(sample[1].max()), note=f"over {run.paths:,} paths")
    if setup.terms.escrow is not None:
        rows.add("escrow_value", mean[2], error[2])
    if setup.terms.indemnitor is not None:
        rows.add("indemnity_value", mean[3], error[3], party=setup.terms.guarantor)


def _premiums(rows: ContractRows, setup: SupportSetup, task: Task) -> None:
    """What the guarantor receives for it, beside its value."""
    terms, plan = setup.terms, setup.lease.plan
    if terms.fee_usd > 0:
        rows.add("fee_value", terms.fee_usd * float(plan.grid.discount[plan.phases[0].start]), party=terms.guarantor)
    if terms.premium is not None and task.settings.wants("premium_value"):
        warrant = task.deal.contracts[terms.premium]
        asked = replace(task.settings, measures=frozenset({"value"}), keep_sample=False)
        found = find_engine(type(warrant), None).engine(replace(task, contract_id=terms.premium, contract=warrant, settings=asked))
        row = next(row for row in found.rows if row.measure == "value" and row.part is None and row.party == terms.guarantor)
        rows.add("premium_value", row.value, row.standard_error, party=terms.guarantor, note=f"the warrant '{terms.premium}'")
