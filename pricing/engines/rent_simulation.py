"""Swaps and futures on simulated paths, with the default of either side: what the ledger says, and what credit costs."""

from __future__ import annotations

import numpy as np

from instruments.contracts.compute_derivatives import RentFuture, RentSwap
from pricing.engines.rent_forward import swap_values
from pricing.engines.rent_setup import RentRun, prepare_rent
from pricing.ledger.rent_derivatives import future_run, swap_ledger
from pricing.paths.streams import blocks_for, run_blocks
from pricing.registry import Outcome, Task, register_engine
from pricing.schedules.types import Floats

METHOD = "monte_carlo"
NOTE = "ledger of daily paths: the value without default, less what each side's default takes"


@register_engine(
    RentSwap,
    METHOD,
    measures=("value", "default_free_value", "cva", "cva_without_dependence"),
    note="value with the default of either side, close-out netted, dependence with rents",
)
def swap_by_simulation(task: Task) -> Outcome:
    """Value of a swap with the default of either side.

    **Model** the ledger of `pricing.ledger.rent_derivatives`. Write-offs of each side are averaged over the paths; the value is the exact
    one without default less those of the fixed payer plus those of its counterparty, so that only credit has noise.
    """
    run = prepare_rent(task)
    free = float(swap_values(run).sum())
    lost, errors, net = _written_off(run, dependence=True)
    receiver = run.sides[1]
    rows = run.rows(METHOD, NOTE)
    error = float(net.std(ddof=1) / np.sqrt(net.size))
    rows.add_sides("value", free + float(net.mean()), error, other=receiver)
    rows.add_sides("default_free_value", free, other=receiver)
    for party in run.sides:
        rows.add("cva", lost[party], errors[party], party=party)
    if task.settings.wants("cva_without_dependence"):
        lost, errors, _ = _written_off(run, dependence=False)
        for party in run.sides:
            rows.add("cva_without_dependence", lost[party], errors[party], party=party)
    return Outcome(rows.rows, sample=np.asarray(free + net, dtype=np.float64) if task.settings.keep_sample else None)


def _written_off(run: RentRun, *, dependence: bool) -> tuple[dict[str, float], dict[str, float], Floats]:
    """Discounted write-offs by the party that loses them, their errors, and the net gain of the first side [path]."""
    plan, roll = swap_ledger(run, dependence=dependence)
    settings, (first, second) = run.task.settings, run.sides

    def losses(block: int) -> list[Floats]:
        ledger = roll(block)
        return [
            np.einsum(
                "t,tcp->p", run.discounts, ledger[:, [c for c in plan.columns(claim="written_off") if plan.postings[c].payee == party]]
            )
            for party in run.sides
        ]

    found = list(run_blocks(losses, blocks_for(settings.paths), settings.threads))
    lost = {party: np.concatenate([block[index] for block in found]) for index, party in enumerate(run.sides)}
    means = {party: float(each.mean()) for party, each in lost.items()}
    errors = {party: float(each.std(ddof=1) / np.sqrt(each.size)) for party, each in lost.items()}
    return means, errors, lost[second] - lost[first]


@register_engine(RentFuture, METHOD, measures=("value",), note="variation margin on paths")
def future_by_simulation(task: Task) -> Outcome:
    """Value of a future as the sum of its variation margin."""
    run = prepare_rent(task)
    value, error = future_run(run).value(run.sides[0])
    rows = run.rows(METHOD, "sum of variation margin on paths, undiscounted")
    rows.add_sides("value", value, error, other=run.sides[1])
    return Outcome(rows.rows)
