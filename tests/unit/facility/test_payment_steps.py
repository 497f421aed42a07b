"""Steps of the priority of payments by hand: states of a cent, arrears without a new due, months after the loan has stopped performing."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from pricing.ledger import facility as k
from pricing.mechanics.deliveries import Income
from pricing.mechanics.state import State, opening_state
from pricing.mechanics.waterfall import Dues, _pay_fees, _share_due, dues
from tests.facilities import drivers, setup


def state(**changes: Any) -> State:
    """The small facility at its start, one path."""
    facility = setup().facility
    found = opening_state(facility.plan, drivers(facility))
    found.row = np.zeros((k.POSTINGS, 1))
    return dataclasses.replace(found, **changes)


def one(value: float) -> np.ndarray:
    return np.array([value])


def test_nothing_is_scheduled_once_the_loan_has_stopped_performing() -> None:
    found = state(floating=one(30e6), fixed=one(10e6))
    t = 12
    opening = (found.floating, found.fixed, one(40e6))
    income = Income(**{field.name: np.zeros(1) for field in dataclasses.fields(Income)})
    assert dues(found, t, income, opening).scheduled[0] > 0.0
    for status in (k.ENFORCEMENT, k.CLOSED):
        due = dues(dataclasses.replace(found, status=np.array([status])), t, income, opening)
        assert due.scheduled[0] == 0.0
        assert due.service[0] == due.floating[0] + due.fixed[0] + due.swap[0]


@pytest.mark.parametrize("new", ["nothing", "agent", "undrawn", "lender"])
def test_fees_put_off_and_paid_without_a_new_one_are_the_agents(new: str) -> None:
    found = state(fee_arrears=one(5.0))
    zeros = {field.name: np.zeros(1) for field in dataclasses.fields(Dues)}
    due = Dues(**zeros | ({new: one(2.0)} if new != "nothing" else {}))
    left = _pay_fees(found, due, one(10.0))
    owed = 5.0 if new == "nothing" else 7.0
    paid = {name: found.row[row, 0] for name, row in {"agent": k.AGENT_FEE, "undrawn": k.UNDRAWN_FEE, "lender": k.LENDER_FEE}.items()}
    assert paid == {name: owed if name == ("agent" if new == "nothing" else new) else 0.0 for name in paid}
    assert (left[0], found.fee_arrears[0], found.row[k.FEES_DEFERRED, 0]) == (10.0 - owed, 0.0, -5.0)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e6])
def test_draws_with_a_tenor_follow_their_own_schedule_until_the_last_month(scale: float) -> None:
    found = state()
    months, end = found.plan.months, found.plan.maturity
    later = np.zeros((months, 1))
    later[end - 3 : end, 0] = np.array([0.1, 0.3, 0.6]) * scale
    plan = found.plan._replace(tenor=np.array([0.5, 0.5]))
    found = dataclasses.replace(found, plan=plan, due_later=later)
    shares = [float(np.asarray(_share_due(found, t)).ravel()[0]) for t in range(end - 4, end)]
    assert shares == pytest.approx([0.0, 0.1, 1.0 / 3.0, plan.amortisation[end - 1]], abs=1e-12)
    assert plan.amortisation[end - 1] == 1.0
