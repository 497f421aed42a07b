"""Step four of the month: what falls due, and the priority of payments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pricing.ledger import facility as k
from pricing.mechanics.deliveries import Income
from pricing.mechanics.draws import schedule_limit
from pricing.mechanics.prepayment import pay_claim
from pricing.mechanics.state import State
from pricing.mechanics.tranches import average_step
from pricing.schedules import plan as p
from pricing.schedules.plan import Drivers
from pricing.schedules.types import Bools, Floats


@dataclass(frozen=True)
class Dues:
    """What newly falls due in the month, [path], without what was put off before."""

    operating: Floats
    agent: Floats
    undrawn: Floats
    lender: Floats
    """Fees that waivers have made due."""
    floating: Floats
    """Interest in cash."""
    fixed: Floats
    pik_floating: Floats
    """Interest capitalised."""
    pik_fixed: Floats
    swap: Floats
    scheduled: Floats
    """Scheduled principal."""
    principal: Floats
    """Scheduled, prepaid by the forward trigger, or accelerated."""
    management: Floats

    @property
    def service(self) -> Floats:
        """Scheduled interest in cash, principal and net swap payment."""
        return self.floating + self.fixed + self.swap + self.scheduled


def dues(state: State, t: int, income: Income, opening: tuple[Floats, Floats, Floats]) -> Dues:
    """Dues of month t. `opening`: floating, fixed and drawn total before this month's draws, on which interest and fees run."""
    plan = state.plan
    floating, fixed, drawn = opening
    live = state.status < k.CLOSED
    performing = state.status == k.PERFORMING
    late = np.where(performing, np.where(state.late > 0, plan.late_margin, 0.0), plan.default_margin) + state.step + average_step(state)
    undrawn = np.where(t <= state.window, plan.undrawn_fee * np.maximum(plan.commitment - drawn, 0.0) * plan.accrual[t], 0.0)
    interest_floating = np.where(live, floating * (plan.floating_interest[t] + late * plan.accrual[t]), 0.0)
    interest_fixed = np.where(live, fixed * (plan.fixed_interest[t] + late * plan.accrual[t]), 0.0)
    swap = np.where(live & ~state.swap_ended, np.where(performing, plan.swap_due[t], plan.swap_close[t]) * state.swap_left, 0.0)
    state.swap_ended = state.swap_ended | (state.status == k.ENFORCEMENT)
    kind = _capitalise(state, t, income, interest_floating, interest_fixed)
    not_due = state.balance - state.principal_arrears
    scheduled = np.where(performing, not_due * _share_due(state, t), 0.0)
    ahead = _negative_income(state, t) + state.prepay
    if plan.schedule_continuous:
        ahead = np.maximum(ahead, not_due - scheduled - schedule_limit(state, t))
    extra = np.where(performing, np.minimum(ahead, not_due - scheduled), 0.0)
    lender = np.where(live, state.fee, 0.0)
    state.fee, state.prepay = np.zeros_like(lender), np.zeros_like(lender)
    principal = np.where(performing, scheduled + extra, np.where(live, not_due, 0.0))
    return Dues(
        operating=income.operating,
        agent=np.where(live, plan.agent_fee, 0.0),
        undrawn=np.where(performing, undrawn, 0.0),
        lender=lender,
        floating=interest_floating - kind[0],
        fixed=interest_fixed - kind[1],
        pik_floating=kind[0],
        pik_fixed=kind[1],
        swap=swap,
        scheduled=scheduled,
        principal=principal,
        management=plan.management_share * income.revenue,
    )


def _capitalise(state: State, t: int, income: Income, floating: Floats, fixed: Floats) -> tuple[Floats, Floats]:
    """Interest added to the balance instead of being paid: lent and paid in one."""
    plan, row = state.plan, state.row
    chosen = (state.status == k.PERFORMING) & (state.balance > 0)
    if plan.pik_toggle:
        chosen &= income.revenue - income.credit - income.operating < floating + fixed
    share = np.where(chosen, plan.pik[t], 0.0)
    row[k.PIK_FLOATING], row[k.PIK_FIXED] = floating * share, fixed * share
    state.floating = state.floating + row[k.PIK_FLOATING]
    state.fixed = state.fixed + row[k.PIK_FIXED]
    return row[k.PIK_FLOATING], row[k.PIK_FIXED]


def _share_due(state: State, t: int) -> Floats | float:
    """Scheduled share of the balance not yet due: of the common schedule, or of all draws by their own."""
    plan = state.plan
    if len(plan.tenor) == 0 or t >= plan.maturity - 1:
        return float(plan.amortisation[t])
    left = state.due_later[t:].sum(axis=0)
    return np.where(left > 0, np.minimum(state.due_later[t] / np.where(left > 0, left, 1.0), 1.0), 0.0)


def _negative_income(state: State, t: int) -> Floats:
    """Sum over delayed sites of the projected loss of the month `lead` ahead: revenue less cost less the site's share of interest."""
    plan = state.plan
    total = np.zeros_like(state.floating)
    s = t + plan.negative_lead
    if plan.negative_lead == 0 or s >= min(plan.maturity, plan.contract_end):
        return total
    interest = state.floating * plan.floating_interest[s] + state.fixed * plan.fixed_interest[s]
    spent = np.where(state.funded, plan.cost[:, None], 0.0).sum(axis=0)
    rate = interest / np.where(spent > 0, spent, 1.0)
    for c in range(len(plan.cost)):
        delayed = state.funded[c] & (0 <= plan.accept[c] < s) & (state.accepted_at[c] >= s) & (t < state.dead_from)
        loss = plan.units[c, s] * plan.site_cost[s] + rate * plan.cost[c]
        total = total + np.where(delayed, loss, 0.0)
    return total


def pay(state: State, drivers: Drivers, t: int, income: Income, due: Dues, cash: Floats) -> None:
    """Pay month t in the order of the plan; posts every payment and every change of what is put off.

    A shortfall of operating cost, interest or principal is met from the liquidity reserve while the loan performs; in enforcement
    the reserve keeps only the fleet running. Power is met from the power reserve first.
    """
    plan, row = state.plan, state.row
    performing = state.status == k.PERFORMING
    receipt = np.maximum(-due.swap, 0.0)
    swap = np.maximum(due.swap, 0.0)
    junior = np.where(performing, 0.0, swap) if plan.swap_junior else np.zeros_like(swap)
    swap = swap - junior
    state.trapped, cash = _release(state, cash + receipt)
    total = state.balance
    owed = due.principal + state.principal_arrears
    left = np.where(total > 0, 1.0 - owed / np.where(total > 0, total, 1.0), 0.0)
    liquidity = np.where(
        performing,
        left * (state.floating * plan.floating_next[t] + state.fixed * plan.fixed_next[t])
        + plan.swap_next[t] * state.swap_left
        + income.standing * plan.operating_next[t],
        state.liquidity,
    )
    liquidity = np.where(performing, np.maximum(liquidity, plan.liquidity_floor[t]), liquidity)
    power = np.where(performing, income.standing * plan.power_next[t], state.power)
    support = _support(state, drivers, t, due, swap, cash, liquidity, power)
    cash = cash + support
    row[k.SUPPORT] = support
    row[k.SWAP] = -receipt
    start_liquidity, start_power = state.liquidity, state.power
    for rank in plan.waterfall:
        if rank == p.RANK_OPEX:
            cash = _pay_operating(state, income, due, cash)
        elif rank == p.RANK_FEES:
            cash = _pay_fees(state, due, cash)
        elif rank == p.RANK_INTEREST:
            cash = _pay_interest(state, due, swap, cash, performing)
        elif rank == p.RANK_PRINCIPAL:
            cash = _pay_principal(state, due.principal, cash, performing)
        elif rank == p.RANK_LIQUIDITY:
            move = np.minimum(cash, liquidity - state.liquidity)
            state.liquidity, cash = state.liquidity + move, cash - move
        elif rank == p.RANK_POWER:
            move = np.minimum(cash, power - state.power)
            state.power, cash = state.power + move, cash - move
        elif rank == p.RANK_TRAP:
            cash = _hold(state, cash, state.trap_on)
        elif rank == p.RANK_SWEEP:
            cash = _sweep(state, cash, performing)
        elif rank == p.RANK_SUBORDINATED:
            owed = due.management + state.management_arrears
            paid = np.minimum(cash, owed)
            row[k.MANAGEMENT], cash = paid, cash - paid
            row[k.MANAGEMENT_DUE], row[k.MANAGEMENT_DEFERRED] = due.management, owed - paid - state.management_arrears
            state.management_arrears = owed - paid
        else:
            cash = _pay_junior(state, junior, _hold(state, cash, state.stands(p.LOCK_UP)))
            cash = pay_claim(state, cash)
            row[k.DISTRIBUTION] = cash
            cash = np.zeros_like(cash)
    row[k.TO_LIQUIDITY] = state.liquidity - start_liquidity
    row[k.TO_POWER_RESERVE] = state.power - start_power


def _hold(state: State, cash: Floats, when: Bools) -> Floats:
    """Keep what is left from the owners while something is owed; returns what stays free."""
    move = np.where(when & (state.status == k.PERFORMING) & ~state.repaid, cash, 0.0)
    state.trapped = state.trapped + move
    state.row[k.TO_TRAP] += move
    return cash - move


def _release(state: State, cash: Floats) -> tuple[Floats, Floats]:
    """Trapped cash that flows again once neither trap nor lock-up is on."""
    free = np.where(~state.trap_on & ~state.stands(p.LOCK_UP) & (state.status == k.PERFORMING), state.trapped, 0.0)
    state.row[k.TO_TRAP] = -free
    return state.trapped - free, cash + free


def _support(state: State, drivers: Drivers, t: int, due: Dues, swap: Floats, cash: Floats, liquidity: Floats, power: Floats) -> Floats:
    plan = state.plan
    if not plan.support:
        return np.zeros_like(cash)
    waiting = (state.funded & (state.accepted_at >= t) & (plan.accept[:, None] >= 0)).any(axis=0)
    active = waiting & (drivers.operator > t) & (t < state.dead_from) & (state.status == k.PERFORMING)
    need = due.operating + due.agent + due.undrawn + due.lender + due.floating + due.fixed + swap + due.principal
    need = need + state.opex_arrears + state.fee_arrears + state.interest_arrears + state.swap_arrears + state.principal_arrears
    need = need + np.maximum(liquidity - state.liquidity, 0.0) + np.maximum(power - state.power, 0.0)
    return np.where(active, np.maximum(need - cash, 0.0), 0.0)


def _pay_operating(state: State, income: Income, due: Dues, cash: Floats) -> Floats:
    row = state.row
    owed = due.operating + state.opex_arrears
    paid = np.minimum(cash, owed)
    cash = cash - paid
    from_power = np.minimum(np.minimum(state.power, owed - paid), income.power)
    state.power = state.power - from_power
    from_liquidity = np.minimum(state.liquidity, owed - paid - from_power)
    state.liquidity = state.liquidity - from_liquidity
    paid = paid + from_power + from_liquidity
    some = due.operating > 0
    share = np.where(some, paid / np.where(some, due.operating, 1.0), 0.0)
    row[k.POWER] = income.power * share
    row[k.TRANSITION] = income.transition * share
    row[k.SITE] = np.where(some, income.site * share, paid)
    row[k.OPEX_DUE], row[k.OPEX_DEFERRED] = due.operating, owed - paid - state.opex_arrears
    state.opex_arrears = owed - paid
    return cash


def _pay_fees(state: State, due: Dues, cash: Floats) -> Floats:
    row = state.row
    new = due.agent + due.undrawn + due.lender
    owed = new + state.fee_arrears
    paid = np.minimum(cash, owed)
    some = new > 0
    whole = np.where(some, new, 1.0)
    undrawn, lender = paid * np.where(some, due.undrawn / whole, 0.0), paid * np.where(some, due.lender / whole, 0.0)
    row[k.UNDRAWN_FEE] = undrawn
    row[k.LENDER_FEE] += lender
    row[k.AGENT_FEE] = paid - undrawn - lender
    row[k.FEES_DUE] += new
    row[k.FEES_DEFERRED] = owed - paid - state.fee_arrears
    state.fee_arrears = owed - paid
    return cash - paid


def _pay_interest(state: State, due: Dues, swap: Floats, cash: Floats, performing: Bools) -> Floats:
    """Interest of both parts and the net swap payment, pro rata to what is owed."""
    row = state.row
    owed_floating = due.floating + state.floating_arrears
    owed_fixed = due.fixed + state.fixed_arrears
    owed_swap = swap + state.swap_arrears
    owed = owed_floating + owed_fixed + owed_swap
    paid = np.minimum(cash, owed)
    cash = cash - paid
    reserve = np.where(performing, np.minimum(state.liquidity, owed - paid), 0.0)
    state.liquidity = state.liquidity - reserve
    some = owed > 0
    share = np.where(some, (paid + reserve) / np.where(some, owed, 1.0), 0.0)
    row[k.INTEREST_FLOATING] = owed_floating * share + due.pik_floating
    row[k.INTEREST_FIXED] = owed_fixed * share + due.pik_fixed
    row[k.SWAP] += owed_swap * share
    before = state.interest_arrears
    put_off = 1.0 - share
    row[k.SWAP_DUE], row[k.SWAP_DEFERRED] = due.swap, owed_swap * put_off - state.swap_arrears
    state.floating_arrears, state.fixed_arrears = owed_floating * put_off, owed_fixed * put_off
    state.swap_arrears = owed_swap * put_off
    row[k.INTEREST_DUE] = due.floating + due.fixed + due.pik_floating + due.pik_fixed
    row[k.INTEREST_DEFERRED] = state.interest_arrears - before
    return cash


def _pay_junior(state: State, new: Floats, cash: Floats) -> Floats:
    """The close-out of the swap that ranks behind principal."""
    owed = new + state.junior_arrears
    paid = np.minimum(cash, owed)
    state.row[k.SWAP] += paid
    state.row[k.SWAP_DEFERRED] += owed - paid - state.junior_arrears
    state.junior_arrears = owed - paid
    return cash - paid


def _pay_principal(state: State, new: Floats, cash: Floats, performing: Bools) -> Floats:
    owed = new + state.principal_arrears
    paid = np.minimum(cash, owed)
    cash = cash - paid
    reserve = np.where(performing, np.minimum(state.liquidity, owed - paid), 0.0)
    state.liquidity = state.liquidity - reserve
    state.row[k.PRINCIPAL_DUE] += new
    state.row[k.PRINCIPAL_DEFERRED] += owed - paid - reserve - state.principal_arrears
    state.principal_arrears = owed - paid - reserve
    reduce_principal(state, paid + reserve)
    return cash


def reduce_principal(state: State, paid: Floats) -> None:
    """Apply a payment to both parts, pro rata to their balances, and post it."""
    total = state.balance
    share = np.where(total > 0, paid / np.where(total > 0, total, 1.0), 0.0)
    floating, fixed = state.floating * share, state.fixed * share
    state.row[k.PRINCIPAL_FLOATING] += floating
    state.row[k.PRINCIPAL_FIXED] += fixed
    state.floating, state.fixed = state.floating - floating, state.fixed - fixed


def _sweep(state: State, cash: Floats, performing: Bools) -> Floats:
    """Prepay with a share of what is left, by the band that coverage was last in; what is prepaid counts as due and paid."""
    plan = state.plan
    share = np.full_like(cash, plan.sweep)
    for below, banded in zip(plan.sweep_below[::-1], plan.sweep_share[::-1], strict=True):
        share = np.where(state.coverage < below, banded, share)
    amount = np.where(performing, np.minimum(share * cash, state.balance - state.principal_arrears), 0.0)
    state.row[k.PRINCIPAL_DUE] += amount
    reduce_principal(state, amount)
    return cash - amount
