"""The last step of a performing month: the borrower prepays by choice, out of a new loan."""

from __future__ import annotations

import numpy as np

from pricing.ledger import facility as k
from pricing.mechanics.state import State
from pricing.mechanics.waterfall import reduce_principal
from pricing.schedules.plan import Events
from pricing.schedules.types import Bools, Floats


def prepay(state: State, events: Events, t: int) -> Bools:
    """Prepay the share agreed where this month was chosen and the loan performs, with nothing put off; returns where, [path].

    A new lender pays principal, premium, cost and the close-out of the same share of the swap. The owner owes it as much from then on,
    as a value that stands at the end: the new loan is made at the market, and is not followed.
    """
    plan, row = state.plan, state.row
    if len(plan.call_price) == 0:
        return np.zeros(len(state.floating), dtype=np.bool_)
    done: Bools = (events.prepay == t) & (state.status == k.PERFORMING) & (state.late == 0) & ~state.repaid & (t < plan.maturity - 1)
    amount = np.where(done, plan.call_share * state.balance, 0.0)
    row[k.CALL_PREMIUM] = (plan.call_price[t] - 1.0) * amount
    row[k.NEW_LOAN_COST] = plan.call_cost * amount
    close: Floats = np.where(done & ~state.swap_ended, (plan.swap_close[t] - plan.swap_due[t]) * plan.call_share * state.swap_left, 0.0)
    row[k.SWAP] += close
    row[k.SWAP_DUE] += close
    row[k.REFINANCED] = amount + row[k.CALL_PREMIUM] + row[k.NEW_LOAN_COST] + close
    row[k.NEW_LOAN] = row[k.REFINANCED]
    row[k.PRINCIPAL_DUE] += amount
    reduce_principal(state, amount)
    state.swap_left = np.where(done, state.swap_left * (1.0 - plan.call_share), state.swap_left)
    return done
