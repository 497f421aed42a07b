"""Rows of what only some facilities have: a customer's prepayment, a cross-default."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pricing.engines.facility_run import FacilityRun, Setup, planned_run
from pricing.ledger import facility as k

if TYPE_CHECKING:
    from pricing.engines.facility_rows import Rows

MEASURES = ("funding_share", "prepayment_liability", "prepayment_lost", "cross_default_probability")
"""What is added where a feature is there."""
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
    for t in range(YEAR - 1, plan.maturity, YEAR):
        owed, date = float(run.mean_states[t, k.UNEARNED] + run.mean_states[t, k.PREPAID_ARREARS]), facility.dates[t]
        rows.add("prepayment_liability", owed, date=date, party=offtake.customer, part="mean over paths", note="mean over paths")
        rows.add("prepayment_liability", planned.states[t, k.UNEARNED, 0], date=date, party=offtake.customer, part="plan")
    lost = float(np.sum(run.mean_ledger[:, k.PREPAID_LOST] * plan.discount))
    rows.add("prepayment_lost", lost, party=offtake.customer, note="mean over the facility's paths; no error is kept for single postings")
