"""Rows of what only some facilities have: a customer's prepayment, a cross-default, tranches."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from instruments.contracts.loan_tranches import LoanTranches
from pricing.engines.facility_run import FacilityRun, Setup, planned_run
from pricing.engines.tranche_run import run_tranches
from pricing.ledger import facility as k, tranches as t

if TYPE_CHECKING:
    from pricing.engines.facility_rows import Rows

MEASURES = (
    "funding_share", "prepayment_liability", "prepayment_lost", "cross_default_probability", "lender_default_undrawn",
    "lender_default_cost",
)  # fmt: skip
"""What is added where a feature is there."""
OF_TRANCHES = ("value", "expected_shortfall_discounted", "expected_loss_rate")
YEAR = 12
"""Months between the rows of what is unearned."""


def feature_rows(rows: Rows, setup: Setup, run: FacilityRun) -> None:
    """Add the asked measures of every feature that the facility has."""
    if len(setup.facility.plan.prepaid):
        _prepaid(rows, setup, run)
    if setup.facility.loan.cross_defaults:
        odds = float(run.outcomes[k.CROSS_CALLED].mean())
        note = "no default of its own by then"
        rows.add("cross_default_probability", odds, float(np.sqrt(odds * (1.0 - odds) / run.paths)), note=note)
    if setup.model.lender is not None and rows.wants("lender_default_undrawn", "lender_default_cost"):
        _lender(rows, setup, run)
    if setup.facility.loan.tranches is not None and rows.wants(*OF_TRANCHES):
        _tranches(rows, run, setup.facility.loan.tranches)


def _lender(rows: Rows, setup: Setup, run: FacilityRun) -> None:
    """What a lender that fails with something undrawn costs the borrower's owners: the same paths on which it never fails."""
    sure = replace(setup, model=replace(setup.model, lender=None)).run(paths=run.paths, seed=run.seed)
    borrower, note = run.facility.loan.borrower, "same paths with and without the lender's default; no other lender takes its place"
    for measure, outcome in (("lender_default_undrawn", k.PAID_IN), ("lender_default_cost", k.EQUITY_VALUE)):
        step = sure.outcomes[outcome] - run.outcomes[outcome]
        rows.add(measure, float(step.mean()), float(step.std(ddof=1) / np.sqrt(run.paths)), party=borrower, note=note)


def _tranches(rows: Rows, run: FacilityRun, terms: LoanTranches) -> None:
    """Value and loss of every tranche, to its holder."""
    divided = run_tranches(run)
    present = divided.present_ledger
    owed = run.facility.plan.opening[0] + run.facility.plan.opening[1]
    for i, each in enumerate(terms.classes):
        ledger = present[:, t.COLUMNS * i : t.COLUMNS * (i + 1)]
        got = ledger[:, [t.FEES, t.INTEREST, t.PRINCIPAL]].sum(axis=1) - ledger[:, [t.DRAW, t.CAPITALISED]].sum(axis=1)
        lost = float(ledger[:, [t.INTEREST_LOST, t.PRINCIPAL_LOST]].sum())
        paid_in = float(ledger[:, t.DRAW].sum()) + each.share * float(owed)
        note = "mean over the facility's paths; no error is kept for single postings"
        rows.add("value", float(got.sum()), part=each.label, party=each.holder, note=note)
        rows.add("expected_shortfall_discounted", lost, part=each.label, party=each.holder, note=note)
        if paid_in > 0:
            rows.add("expected_loss_rate", lost / paid_in, part=each.label, party=each.holder, note=note)


def _prepaid(rows: Rows, setup: Setup, run: FacilityRun) -> None:
    """Who pays for the hardware on the plan, what is unearned over time, and what the customer loses of it."""
    facility, plan = setup.facility, setup.facility.plan
    offtake = facility.offtake
    planned = planned_run(facility)
    ledger, cost = planned.ledger[:, :, 0], float(planned.ledger[:, k.CAPEX].sum())
    if cost > 0:
        drawn = float(ledger[:, [k.DRAW_FLOATING, k.DRAW_FIXED]].sum())
        for part, amount in (("draws", drawn), ("prepayment", float(ledger[:, k.PREPAID].sum()))):
            rows.add("funding_share", amount / cost, part=part, party=facility.loan.borrower)
    for month in range(YEAR - 1, plan.maturity, YEAR):
        owed, date = float(run.mean_states[month, k.UNEARNED] + run.mean_states[month, k.PREPAID_ARREARS]), facility.dates[month]
        rows.add("prepayment_liability", owed, date=date, party=offtake.customer, part="mean over paths", note="mean over paths")
        rows.add("prepayment_liability", planned.states[month, k.UNEARNED, 0], date=date, party=offtake.customer, part="plan")
    lost = float(np.sum(run.present_ledger[:, k.PREPAID_LOST]))
    rows.add("prepayment_lost", lost, party=offtake.customer, note="mean over the facility's paths; no error is kept for single postings")
