"""Offtakes by simulation: inside a facility from its ledger, on their own with every right to leave."""

from __future__ import annotations

import datetime as dt

import numpy as np

from instruments.contracts.loan import Loan
from instruments.contracts.offtake import Offtake
from instruments.deal import Deal
from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from pricing.engines.contract_rows import ContractRows
from pricing.engines.loan_simulation import METHOD, offtake_in_facility
from pricing.engines.offtake_run import Facts, OfftakeSetup, simulated_offtake
from pricing.ledger.runs import ContractRun
from pricing.mechanics.offtake_leaving import Side
from pricing.registry import Outcome, Task, register_engine, register_simulator
from pricing.schedules.offtake import NEVER_ROW, firm_usd

MEASURES = (
    "value", "headline", "firm", "expected_received", "effective_rent", "relet_value", "loss_from_customer", "cancellation_probability",
    "cancellation_option", "cancellation_option_lower_bound", "cancellation_option_upper_bound", "prepayment_liability",
)  # fmt: skip
EVERY = 6
"""Months between the dates of measures by date; the last is always there."""
OF_PATHS = frozenset({"cancellation_probability", "prepayment_liability"})
OF_RIGHTS = frozenset({"cancellation_option", "cancellation_option_lower_bound", "cancellation_option_upper_bound"})


def facility_of(deal: Deal, contract_id: str) -> str | None:
    """The loan that rests on an offtake, or None where it stands alone."""
    return next((name for name, c in deal.contracts.items() if isinstance(c, Loan) and c.offtake == contract_id), None)


@register_engine(Offtake, METHOD, measures=MEASURES, default=True, note="months on paths of rent and credit, with rights to leave")
def offtake_by_simulation(task: Task) -> Outcome:
    """Value of an offtake: what the customer pays, before the cost of serving it.

    **Model** Where a loan of the deal rests on it, the rents in that facility's simulation, `value` alone. On its own: months on paths of
    rent (two factors and launches), customer's and operator's credit, outages and acceptance; each side leaves by its stated rule
    (`pricing.mechanics.offtake_leaving`); settled by `pricing.mechanics.offtake_settlement`, on the ledger. **Not modelled**: disputes,
    renegotiation, the other side's right in a side's own decision, reletting after the operator's failure.
    """
    loan_id = facility_of(task.deal, task.contract_id)
    if loan_id is None:
        return _alone(task)
    if not task.settings.wants("value"):
        why = f"inside the facility '{loan_id}' an offtake has its value alone"
        raise PricingError(
            problem("unsupported", subject=task.contract_id, why=why, remedy="ask for value, or price it in a deal of its own")
        )
    return offtake_in_facility(task, loan_id)


@register_simulator(Offtake)
def offtake_on_ledger(task: Task) -> ContractRun:
    """A stand-alone offtake on the ledger."""
    return _simulated(task)[1]


def _simulated(task: Task) -> tuple[OfftakeSetup, ContractRun]:
    how = task.settings
    return simulated_offtake(task.deal, task.contract_id, task.market, how.paths, how.seed, how.threads)


def _alone(task: Task) -> Outcome:
    setup, run = _simulated(task)
    offtake, wants = setup.plan.offtake, task.settings.wants
    rows = ContractRows(task, METHOD, offtake.provider)
    paid = -run.of(offtake.customer)
    rows.add_sides("value", float(paid.mean()), _error(paid), other=offtake.customer, note=_how(setup))
    firm, notice = firm_usd(setup.plan)
    rows.add("headline", float(setup.plan.full_rent_usd.sum()))
    rows.add("firm", firm, note=f"exact; notice on {notice}" if notice else "exact; the customer may not leave, or gains nothing by it")
    net = _mean_from_customer(run, offtake.customer)
    rows.add("expected_received", float(net.sum()), note="mean over paths, not discounted")
    hours = _mean_hours(run)
    billed = float(np.sum(hours * setup.plan.discount))
    rows.add(
        "effective_rent", float(paid.mean()) / billed if billed > 0 else None, note="no hour is delivered" if billed <= 0 else "of means"
    )
    rows.add("relet_value", *_relet(run))
    if wants("loss_from_customer"):
        key = setup.model.facility.customer
        cut = setup.without(key).run(paths=run.paths, seed=task.settings.seed, threads=task.settings.threads) if key else run
        loss = -cut.of(offtake.customer) - paid
        rows.add(
            "loss_from_customer", float(loss.mean()), _error(loss), note=None if key else "the customer has no credit: it never defaults"
        )
    if setup.plan.rights and any(wants(measure) for measure in OF_PATHS | OF_RIGHTS):
        facts = setup.facts(paths=run.paths, seed=task.settings.seed, threads=task.settings.threads)
        _rights(rows, setup, facts)
    if offtake.prepayment is not None and wants("prepayment_liability"):
        _liability(rows, setup, run)
    return Outcome(rows=rows.rows, warnings=_warnings(task, setup), sample=paid.astype(np.float64) if task.settings.keep_sample else None)


def _error(sample: np.ndarray) -> float:
    return float(sample.std(ddof=1) / np.sqrt(sample.size))


def _how(setup: OfftakeSetup) -> str | None:
    said = [f"{party} leaves by rule: {right.terms.exercise}" for party, right in setup.plan.rights]
    return "; ".join(said) or None


def _mean_from_customer(run: ContractRun, customer: str) -> np.ndarray:
    """Mean cash from the customer by row, USD."""
    total = np.zeros(len(run.dates))
    for column, posting in enumerate(run.plan.postings):
        if posting.unit == "USD" and posting.claim == "cash" and customer in (posting.payer, posting.payee):
            total = total + (1.0 if posting.payer == customer else -1.0) * run.mean_ledger[:, column]
    return total


def _mean_hours(run: ContractRun) -> np.ndarray:
    return sum((run.mean_ledger[:, c] for c in run.plan.columns(unit="hours")), np.zeros(len(run.dates)))


def _relet(run: ContractRun) -> tuple[float, float]:
    found = -run.of("market")
    return float(found.mean()), _error(found)


def _rights(rows: ContractRows, setup: OfftakeSetup, facts: Facts) -> None:
    dates, sides = setup.plan.dates, {"customer": setup.plan.offtake.customer, "provider": setup.plan.offtake.provider}
    size = facts.notice.size

    def odds(given: np.ndarray, *, party: str | None = None, part: str | None = None, date: dt.date | None = None) -> None:
        share = float(given.mean())
        error = float(np.sqrt(max(share * (1.0 - share), 0.0) / size))
        rows.add("cancellation_probability", share, error, party=party, part=part, date=date)

    left = facts.notice < NEVER_ROW
    odds(left)
    for side, party in sides.items():
        if side in facts.saved:
            odds(left & (facts.by_customer == (1.0 if side == "customer" else 0.0)), party=party, part=f"by the {side}")
    for row in sorted({*range(EVERY, setup.plan.end, EVERY), setup.plan.end}):
        odds(facts.notice <= row, part="notice given by then", date=dates[row])
    for side in facts.saved:
        _option(rows, setup, facts, side, sides[side])


def _option(rows: ContractRows, setup: OfftakeSetup, facts: Facts, side: Side, party: str) -> None:
    right = setup.plan.customer if side == "customer" else setup.plan.provider
    assert right is not None
    rule, best, optimal = facts.saved[side], facts.best[side], facts.optimal[side]
    note = f"by the rule '{right.terms.exercise}', alone; the best rule lies between the bounds"
    rows.add("cancellation_option", float(rule.mean()), _error(rule), party=party, note=note)
    lower = "least squares fitted on other paths: a lower bound of the best rule"
    rows.add("cancellation_option_lower_bound", float(optimal.mean()), _error(optimal), party=party, note=lower)
    rows.add(
        "cancellation_option_upper_bound",
        float(best.mean()),
        _error(best),
        party=party,
        note="perfect foresight: an upper bound of any rule",
    )


def _liability(rows: ContractRows, setup: OfftakeSetup, run: ContractRun) -> None:
    """Prepayment less what has burned off, come back or been lost, mean over paths: read off the ledger."""
    ledger, postings = run.mean_ledger, run.plan.postings
    column = {(p.reason, p.claim): c for c, p in enumerate(postings)}
    left = np.cumsum(ledger[:, column["prepayment", "cash"]] - ledger[:, column["prepaid_capacity", "due"]])
    for row in sorted({0, *range(EVERY, setup.plan.end, EVERY), setup.plan.end}):
        rows.add("prepayment_liability", float(max(left[row], 0.0)), date=setup.plan.dates[row], note="mean over paths", part="outstanding")


def _warnings(task: Task, setup: OfftakeSetup) -> tuple[str, ...]:
    said = []
    for role, key in (("customer", setup.model.facility.customer), ("operator", setup.model.facility.operator)):
        if key is None:
            said.append(f"{task.contract_id}: the {role} has no credit, so it never defaults")
    return tuple(said)
