"""Tranches inside a facility: their balances move its average margin."""

from __future__ import annotations

import numpy as np

from pricing.ledger import facility as k
from pricing.mechanics.state import DEBT_TOL, State
from pricing.schedules.types import Bools, Floats


def average_step(state: State) -> Floats:
    """What the tranches add to both coupons on average over their balances: [path]."""
    if len(state.plan.tranche_share) == 0:
        return np.zeros_like(state.floating)
    total = state.tranches.sum(axis=0)
    weighted = (state.tranches * state.plan.tranche_step[:, None]).sum(axis=0)
    owed = total > DEBT_TOL * state.plan.commitment
    return np.where(owed, weighted / np.where(owed, total, 1.0), 0.0)


def divide(state: State, performing: Bools) -> None:
    """Move the tranches' balances by the month's draws, interest in kind, principal and losses; `performing`: at the month's start."""
    plan, row = state.plan, state.row
    if len(plan.tranche_share) == 0:
        return
    total = state.tranches.sum(axis=0)
    kind = row[k.PIK_FLOATING] + row[k.PIK_FIXED]
    grown = state.tranches * (1.0 + np.where(total > 0, kind / np.where(total > 0, total, 1.0), 0.0))
    balance = grown + plan.tranche_share[:, None] * (row[k.DRAW_FLOATING] + row[k.DRAW_FIXED])
    paid = row[k.PRINCIPAL_FLOATING] + row[k.PRINCIPAL_FIXED]
    total = balance.sum(axis=0)
    alike = balance * (1.0 - np.where(total > 0, np.minimum(paid / np.where(total > 0, total, 1.0), 1.0), 0.0))
    first, left = np.empty_like(balance), paid
    for c in range(len(balance)):
        first[c] = np.maximum(balance[c] - left, 0.0)
        left = np.maximum(left - balance[c], 0.0)
    pro_rata = np.where(performing, plan.tranche_how[0], plan.tranche_how[1]) > 0
    lost = row[k.PRINCIPAL_LOST] > 0
    state.tranches = np.where(lost, 0.0, np.where(pro_rata, alike, first))
