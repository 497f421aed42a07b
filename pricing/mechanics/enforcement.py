"""Step nine of the month: what the lender does after an event of default, in order contract cash, hardware, reserves, guarantees, loss."""

from __future__ import annotations

import numpy as np

from pricing.ledger import facility as k
from pricing.mechanics.deliveries import Income
from pricing.mechanics.prepayment import close_claim
from pricing.mechanics.state import RELET, RUN, SELL, UNDECIDED, State
from pricing.mechanics.waterfall import reduce_principal
from pricing.schedules.plan import Drivers
from pricing.schedules.types import Bools, Floats


def slip(state: State, drivers: Drivers, t: int) -> None:
    """Sites not yet accepted when the operator defaults wait for its replacement."""
    waiting = (drivers.operator == t) & (state.accepted_at > t)
    state.accepted_at = np.where(waiting, state.accepted_at + state.plan.substitute_delay, state.accepted_at)


def decide(state: State, drivers: Drivers, t: int, income: Income) -> None:
    """Choose for the months ahead: run the contract while it lives, else let again or sell, whichever the lender values higher.

    The lender's estimates take forward rents from the path's present rent on, the whole fleet on its planned dates, and its own costs.
    """
    plan = state.plan
    enforcing = state.status == k.ENFORCEMENT
    back = enforcing & state.repaid & (state.mode != SELL)
    state.status = np.where(back, k.PERFORMING, state.status)
    state.mode = np.where(back, UNDECIDED, state.mode)
    state.in_row = np.where(back, 0, state.in_row)
    state.failed = state.failed & ~back
    state.late = np.where(back, 0, state.late)

    open_ = enforcing & ~back & (state.mode != SELL)
    lives = (t + 1 < state.dead_from) & (t + 1 < plan.maturity)
    ratio, linked = drivers.ratio[t], drivers.linked[t]
    keep = ratio * plan.relet_income[t] - plan.relet_cost[t] + linked * plan.relet_rest[t]
    sell = linked * plan.sale_estimate[t] - plan.sale_idle[t]
    stay = (state.mode == RELET) | ((state.mode != RELET) & (keep > sell))
    again = open_ & ~lives & (t + 1 < plan.maturity) & stay
    sold = open_ & ~lives & ~again
    state.mode = np.where(open_ & lives, RUN, np.where(again, RELET, np.where(sold, SELL, state.mode)))
    state.sale_first = np.where(sold, t + 1 + plan.repossession, state.sale_first)


def settle(state: State, drivers: Drivers, t: int, income: Income) -> None:
    """Close what has come to its end: after the last lot reserves, then the guarantee, then the loss; at maturity the owner's residue."""
    plan = state.plan
    last_lot = (state.status == k.ENFORCEMENT) & (state.mode == SELL) & (t == state.sale_first + plan.lots - 1)
    _apply_reserves(state, last_lot)
    repaid = state.repaid
    early = (state.status == k.ENFORCEMENT) & (state.mode == SELL) & repaid
    matured = (state.status == k.PERFORMING) & (t == plan.maturity - 1) & repaid
    over = early | matured
    state.row[k.TERMINAL] = np.where(over, income.market_value * (1.0 - plan.sale_cost), 0.0)

    entitled = last_lot & ~over & (plan.guarantee_cap > 0)
    entitled = entitled & ((plan.guarantee_bad_acts == 0) | ((drivers.bad_act == 1) & (drivers.operator <= t)))
    state.guarantee_at = np.where(entitled, t + plan.guarantee_lag, state.guarantee_at)
    state.status = np.where(entitled, k.AWAITING, state.status)
    paying = (state.status == k.AWAITING) & (t == state.guarantee_at)
    worth = np.where(drivers.guarantor > t, 1.0, plan.guarantor_recovery)
    amount = np.where(paying, np.minimum(plan.guarantee_cap, state.debt) * worth, 0.0)
    state.row[k.GUARANTEE] = amount
    _pay_lender(state, amount)
    over = over | paying | (last_lot & ~entitled)
    _release_reserves(state, over)
    _write_off(state, over)
    state.status = np.where(over, k.CLOSED, state.status)


def _apply_reserves(state: State, when: Bools) -> None:
    """Trapped cash, liquidity and power reserve go to the lender, in that order, up to what it is owed."""
    row = state.row
    need = np.where(when, state.debt, 0.0)
    trapped = np.minimum(state.trapped, need)
    liquidity = np.minimum(state.liquidity, need - trapped)
    power = np.minimum(state.power, need - trapped - liquidity)
    state.trapped, state.liquidity, state.power = state.trapped - trapped, state.liquidity - liquidity, state.power - power
    row[k.TO_TRAP] -= trapped
    row[k.TO_LIQUIDITY] -= liquidity
    row[k.TO_POWER_RESERVE] -= power
    _pay_lender(state, trapped + liquidity + power)


def _pay_lender(state: State, amount: Floats) -> None:
    """Interest put off first, then principal."""
    row = state.row
    arrears = state.interest_arrears
    interest = np.minimum(amount, arrears)
    share = np.where(arrears > 0, interest / np.where(arrears > 0, arrears, 1.0), 0.0)
    row[k.INTEREST_FLOATING] += state.floating_arrears * share
    row[k.INTEREST_FIXED] += state.fixed_arrears * share
    row[k.INTEREST_DEFERRED] -= interest
    state.floating_arrears = state.floating_arrears * (1.0 - share)
    state.fixed_arrears = state.fixed_arrears * (1.0 - share)
    principal = amount - interest
    row[k.PRINCIPAL_DEFERRED] -= principal
    state.principal_arrears = state.principal_arrears - principal
    reduce_principal(state, principal)


def _release_reserves(state: State, when: Bools) -> None:
    row, total = state.row, np.zeros_like(state.trapped)
    for account, column in (("trapped", k.TO_TRAP), ("liquidity", k.TO_LIQUIDITY), ("power", k.TO_POWER_RESERVE)):
        free = np.where(when, getattr(state, account), 0.0)
        row[column] -= free
        total = total + free
        setattr(state, account, getattr(state, account) - free)
    row[k.DISTRIBUTION] += close_claim(state, when, total)


def _write_off(state: State, when: Bools) -> None:
    """What is still put off is lost."""
    row = state.row
    lost = {name: np.where(when, getattr(state, name), 0.0) for name in _ARREARS}
    for (lost_column, deferred_column), names in _COLUMNS.items():
        total = sum((lost[name] for name in names), np.zeros_like(state.floating))
        row[lost_column] = total
        row[deferred_column] -= total
    for name in _ARREARS:
        setattr(state, name, getattr(state, name) - lost[name])
    state.floating = np.where(when, 0.0, state.floating)
    state.fixed = np.where(when, 0.0, state.fixed)


_ARREARS = (
    "opex_arrears", "fee_arrears", "floating_arrears", "fixed_arrears", "swap_arrears", "junior_arrears", "principal_arrears",
    "management_arrears",
)  # fmt: skip
_COLUMNS = {
    (k.OPEX_LOST, k.OPEX_DEFERRED): ("opex_arrears",),
    (k.FEES_LOST, k.FEES_DEFERRED): ("fee_arrears",),
    (k.INTEREST_LOST, k.INTEREST_DEFERRED): ("floating_arrears", "fixed_arrears"),
    (k.SWAP_LOST, k.SWAP_DEFERRED): ("swap_arrears", "junior_arrears"),
    (k.PRINCIPAL_LOST, k.PRINCIPAL_DEFERRED): ("principal_arrears",),
    (k.MANAGEMENT_LOST, k.MANAGEMENT_DEFERRED): ("management_arrears",),
}
