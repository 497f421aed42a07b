"""Do the random facilities and drivers of the tests reach every part of a facility's life?"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from pricing.kernels.facility import roll_kept
from pricing.ledger import facility as k
from tests.facilities import deal, rough_drivers, rough_events, setup

KIND: dict[str, Any] = {
    "pik": {"share": 0.5, "until": dt.date(2027, 3, 31)},
    "offtake": {"prepayment": {"share": 0.1, "paid": "at_signing", "refund": 0.5}},
    "prepayment": {"first": dt.date(2026, 10, 31), "schedule": {dt.date(2026, 10, 31): 1.02}, "cost": 0.01, "share": 0.5},
    "draws": deal().contracts["loan"].draws.model_dump() | {"upfront_fee": 0.01},  # type: ignore[union-attr]
}


def test_rough_drivers_reach_every_posting() -> None:
    facility = setup(deal(maintenance=deal().contracts["loan"].maintenance.model_dump() | {"cures": 2}, sweep=0.3, **KIND)).facility  # type: ignore[union-attr]
    ways = [(rough_drivers(facility, seed), rough_events(facility, seed)) for seed in range(6)]
    ledger = np.concatenate([roll_kept(facility.plan, drivers, events)[0] for drivers, events in ways], axis=2)
    never = [str(posting.reason) for i, posting in enumerate(facility.postings.postings) if not np.abs(ledger[:, i]).any()]
    assert never == []


def test_rough_drivers_reach_breach_cure_default_recovery_and_loss() -> None:
    facility = setup().facility
    ledger, states, outcomes, _ = roll_kept(facility.plan, rough_drivers(facility, 5, paths=400))
    status = states[:, k.STATUS]
    assert (states[:, k.BREACHED] > 0).any()
    assert (ledger[:, k.CURE] > 0).any()
    assert (status == k.ENFORCEMENT).any()
    assert (status == k.AWAITING).any()
    healed = (status[:-1] == k.ENFORCEMENT) & (status[1:] == k.PERFORMING)
    assert healed.any()
    whole = (outcomes[k.DEFAULT_MONTH] < facility.plan.months) & (outcomes[k.SHORTFALL] == 0.0)
    assert whole.any()
    assert (outcomes[k.SHORTFALL] > 0.0).any()
    assert (ledger[:, k.TO_TRAP] > 0).any()
    assert (ledger[:, k.TO_TRAP] < 0).any()
