"""What a customer pays ahead: taken in, spent on hardware before any draw, burned off against its rent, claimed where it is unearned."""

from __future__ import annotations

import numpy as np

from pricing.ledger import facility as k
from pricing.mechanics.state import State
from pricing.schedules.plan import AT_ACCEPTANCE, AT_SIGNING, Drivers
from pricing.schedules.types import Bools, Floats


def burn(state: State, rent: Floats) -> Floats:
    """The part of the month's rent that is paid by what is unearned at its start: the customer's credit."""
    credit = np.minimum(state.unearned, state.plan.burn_rate * rent)
    state.row[[k.PREPAID_BACK, k.PREPAID_DUE]] = credit
    state.unearned = state.unearned - credit
    return credit


def sign(state: State, t: int) -> None:
    """On the first date: everything is paid in and kept on the account, where it is due at signing."""
    if t == 0 and state.plan.prepaid_at_start > 0:
        _take(state, np.full_like(state.unearned, state.plan.prepaid_at_start))
        _account(state, state.row[k.PREPAID])


def for_hardware(state: State, cohort: int, bought: Bools) -> Floats:
    """The customer's money for a cohort that is bought: off the account, or paid now; [path]."""
    plan = state.plan
    if len(plan.prepaid) == 0 or plan.prepaid_when == AT_ACCEPTANCE:
        return np.zeros_like(state.unearned)
    amount = np.where(bought, plan.prepaid[cohort], 0.0)
    if plan.prepaid_when == AT_SIGNING:
        amount = np.minimum(amount, state.advance)
        _account(state, -amount)
    else:
        _take(state, amount)
    return amount


def at_acceptance(state: State, t: int) -> Floats:
    """The customer's money for cohorts accepted this month, where it is due then: cash of the waterfall, [path]."""
    plan, total = state.plan, np.zeros_like(state.unearned)
    if len(plan.prepaid) == 0 or plan.prepaid_when != AT_ACCEPTANCE:
        return total
    for c in range(len(plan.prepaid)):
        now = state.funded[c] & (state.accepted_at[c] == t) & (t + 1 < state.dead_from) & (state.status < k.CLOSED)
        total = total + np.where(now, plan.prepaid[c], 0.0)
    _take(state, total)
    return total


def end_contract(state: State, drivers: Drivers, t: int) -> Floats:
    """Settle what is unearned in the contract's last month; returns cash set free for the waterfall, [path].

    After the customer's default it is forfeited. After the operator's failure the customer claims all of it, at the agreed end the
    refund. What lies on the account for hardware that nobody will buy any more goes back to the customer first.
    """
    plan, row = state.plan, state.row
    state.prepaid_claim = np.zeros_like(state.unearned)
    if len(plan.prepaid) == 0:
        return np.zeros_like(state.unearned)
    last = t + 1 == state.dead_from
    forfeited = last & (drivers.customer + 1 == state.dead_from)
    left = np.where(last | (t >= plan.fund.max()), state.advance, 0.0)
    _account(state, -left)
    home = np.where(forfeited, 0.0, left)
    unearned = np.where(last, state.unearned, left)
    share = np.where(forfeited, 0.0, np.where(state.ends_early, 1.0, plan.prepaid_refund))
    state.prepaid_claim = np.where(last, share * (unearned - home), 0.0)
    row[k.PREPAID_DUE] += unearned
    row[k.PREPAID_BACK] += home
    row[k.PREPAID_LOST] += unearned - home - state.prepaid_claim
    state.unearned = state.unearned - unearned
    return left - home


def pay_claim(state: State, cash: Floats) -> Floats:
    """Pay the customer's claim, the new one and what was put off, before the owners get anything; returns the cash left."""
    owed = state.prepaid_claim + state.prepaid_arrears
    paid = np.minimum(cash, owed)
    state.row[k.PREPAID_BACK] += paid
    state.row[k.PREPAID_DEFERRED] += owed - paid - state.prepaid_arrears
    state.prepaid_arrears = owed - paid
    return cash - paid


def close_claim(state: State, when: Bools, free: Floats) -> Floats:
    """At the end of the facility: the claim is paid from the reserves set free, then by the owner who keeps the fleet, up to what it is
    worth; the rest is lost. Returns what of `free` the owner gets.
    """
    row = state.row
    owed = np.where(when, state.prepaid_arrears, 0.0)
    paid = np.minimum(free, owed)
    redeemed = np.minimum(row[k.TERMINAL], owed - paid)
    row[k.SUPPORT] += redeemed
    row[k.PREPAID_BACK] += paid + redeemed
    row[k.PREPAID_LOST] += owed - paid - redeemed
    row[k.PREPAID_DEFERRED] -= owed
    state.prepaid_arrears = state.prepaid_arrears - owed
    return free - paid


def _take(state: State, amount: Floats) -> None:
    state.row[k.PREPAID] += amount
    state.unearned = state.unearned + amount


def _account(state: State, amount: Floats) -> None:
    state.row[k.TO_ADVANCE] += amount
    state.advance = state.advance + amount
