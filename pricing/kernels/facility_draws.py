"""Draws and the customer's prepayment of one path and month, compiled: what `pricing.mechanics.draws` and `prepayment` state in numpy."""

from __future__ import annotations

from typing import NamedTuple

from pricing.kernels import facility_steps as steps
from pricing.kernels.facility_steps import inlined, jit
from pricing.ledger import facility as k
from pricing.schedules import plan as p
from pricing.schedules.types import Floats, Ints


class DrawPlan(NamedTuple):
    """What draws and prepayments read of the facility's plan, under its names.

    The whole plan as an argument would cost more than the arithmetic: inlined, each of its arrays is counted in and out again at every
    call; called, each is copied.
    """

    months: int
    contract_end: int
    fund: Ints
    cost: Floats
    top_up_capacity: Floats
    units: Floats
    market_value: Floats
    schedule_value: Floats
    tenor: Floats
    prepaid: Floats
    commitment: float
    initial_commitment: float
    at_funding: float
    after_acceptance: float
    floating_share: float
    draw_fee: float
    market_share: float
    schedule_share: float
    size_at_funding: int
    prepaid_when: int
    prepaid_refund: float


@inlined
def draws_of(plan):
    """The part of the plan that draws read."""
    return DrawPlan(
        plan.months, plan.contract_end, plan.fund, plan.cost, plan.top_up_capacity, plan.units, plan.market_value, plan.schedule_value,
        plan.tenor, plan.prepaid, plan.commitment, plan.initial_commitment, plan.at_funding, plan.after_acceptance, plan.floating_share,
        plan.draw_fee, plan.market_share, plan.schedule_share, plan.size_at_funding, plan.prepaid_when, plan.prepaid_refund,
    )  # fmt: skip


@jit
def draw(plan, t, linked, funded, accepted, lent, later, row, cash, bf, bx, drawn, advanced, rest, unearned, advance):
    """Fund cohorts that are due, the customer's money first, and top up those accepted; the month allows it. Returns what changed."""
    n_tenor, n_pre = plan.tenor.shape[0], plan.prepaid.shape[0]
    for c in range(plan.fund.shape[0]):
        for top_up in range(2):
            amount = 0.0
            if top_up == 0:
                if plan.fund[c] != t:
                    continue
                spent = 0.0
                if n_pre > 0 and plan.prepaid_when != p.AT_ACCEPTANCE:
                    ahead = plan.prepaid[c]
                    if plan.prepaid_when == p.AT_SIGNING:
                        ahead = min(ahead, advance)
                        advance -= ahead
                        row[k.TO_ADVANCE] -= ahead
                    else:
                        row[k.PREPAID] += ahead
                        unearned += ahead
                    spent = min(ahead, plan.cost[c])
                    cash += ahead - spent
                room = max(min(plan.initial_commitment - advanced, plan.commitment - drawn), 0.0)
                amount = plan.at_funding * plan.cost[c]
                if plan.size_at_funding == 1:
                    amount = min(amount, plan.top_up_capacity[c])
                if plan.market_share > 0:
                    amount = min(amount, plan.market_share * plan.market_value[c, t] * linked)
                if n_pre > 0:
                    amount = min(amount, plan.cost[c] - spent)
                funded[c] = 1.0
                spare = steps.schedule_room(plan.schedule_share, plan.schedule_value, funded, t, bf + bx)
                amount = min(min(amount, room), spare)
                advanced += amount
                row[k.CAPEX] += plan.cost[c]
                row[k.EQUITY] += plan.cost[c] - spent - amount + plan.draw_fee * amount
                row[k.DELIVERED] += plan.units[c, t]
            else:
                if not (funded[c] > 0 and accepted[c] == t):
                    continue
                spare = steps.schedule_room(plan.schedule_share, plan.schedule_value, funded, t, bf + bx)
                room = min(max(plan.commitment - drawn, 0.0), spare)
                amount = min(max(min(plan.after_acceptance * plan.cost[c], plan.top_up_capacity[c]) - lent[c], 0.0), room)
                cash += amount - plan.draw_fee * amount
            floating = amount * plan.floating_share
            row[k.DRAW_FLOATING] += floating
            row[k.DRAW_FIXED] += amount - floating
            bf += floating
            bx += amount - floating
            drawn += amount
            lent[c] += amount
            row[k.LENDER_FEE] += plan.draw_fee * amount
            row[k.FEES_DUE] += plan.draw_fee * amount
            for m in range(min(n_tenor, plan.months - 1 - t)):
                later[t + 1 + m] += plan.tenor[m] * amount
                rest += plan.tenor[m] * amount
    return cash, bf, bx, drawn, advanced, rest, unearned, advance


@jit
def prepayment(plan, t, live, dead, customer, funded, accepted, row, cash, unearned, advance):
    """What is paid at acceptance, and what happens to the unearned in the contract's last month; returns the customer's claim too."""
    claim = 0.0
    if plan.prepaid_when == p.AT_ACCEPTANCE and live and t + 1 < dead:
        for c in range(plan.prepaid.shape[0]):
            if funded[c] > 0 and accepted[c] == t:
                row[k.PREPAID] += plan.prepaid[c]
                unearned += plan.prepaid[c]
                cash += plan.prepaid[c]
    last = t + 1 == dead
    forfeited = last and customer + 1 == dead
    over = last
    if advance > 0.0 and not over:
        over = True
        for c in range(plan.fund.shape[0]):
            over = over and t >= plan.fund[c]
    if over:
        left = advance
        row[k.TO_ADVANCE] -= left
        home = 0.0 if forfeited else left
        gone = unearned if last else left
        if last and not forfeited:
            claim = (1.0 if dead < plan.contract_end else plan.prepaid_refund) * (gone - home)
        row[k.PREPAID_DUE] += gone
        row[k.PREPAID_BACK] += home
        row[k.PREPAID_LOST] += gone - home - claim
        unearned -= gone
        advance = 0.0
        cash += left - home
    return cash, unearned, advance, claim


@inlined
def close_prepayment(row, arrears):
    """At the end of the facility: the customer's claim out of what the owner would get, then by the owner who keeps the fleet."""
    paid = min(row[k.DISTRIBUTION], arrears)
    redeemed = min(row[k.TERMINAL], arrears - paid)
    row[k.DISTRIBUTION] -= paid
    row[k.SUPPORT] += redeemed
    row[k.PREPAID_BACK] += paid + redeemed
    row[k.PREPAID_LOST] += arrears - paid - redeemed
    row[k.PREPAID_DEFERRED] -= arrears


@jit
def prepay_by_choice(price, share, cost, rest_of_swap, row, bf, bx, swap_left):
    """What `pricing.mechanics.refinancing` states in numpy: both balances, and the share of the swap that runs on."""
    amount = share * (bf + bx)
    row[k.CALL_PREMIUM], row[k.NEW_LOAN_COST] = (price - 1.0) * amount, cost * amount
    close = rest_of_swap * share * swap_left
    row[k.SWAP] += close
    row[k.SWAP_DUE] += close
    row[k.REFINANCED] = amount + row[k.CALL_PREMIUM] + row[k.NEW_LOAN_COST] + close
    row[k.NEW_LOAN] = row[k.REFINANCED]
    row[k.PRINCIPAL_DUE] += amount
    bf, bx = steps.repay(row, bf, bx, amount)
    return bf, bx, swap_left * (1.0 - share)


@jit
def divide(share, step, pro_rata, tiny, row, held):
    """What `pricing.mechanics.tranches` states in numpy: moves the balances held, returns what the tranches add on average."""
    total = 0.0
    for c in range(held.shape[0]):
        total += held[c]
    growth = 1.0 + ((row[k.PIK_FLOATING] + row[k.PIK_FIXED]) / total if total > 0 else 0.0)
    paid = row[k.PRINCIPAL_FLOATING] + row[k.PRINCIPAL_FIXED]
    lent, total = row[k.DRAW_FLOATING] + row[k.DRAW_FIXED], 0.0
    for c in range(held.shape[0]):
        held[c] = held[c] * growth + share[c] * lent
        total += held[c]
    keep = 1.0 - (min(paid / total, 1.0) if total > 0 else 0.0)
    total = weighted = 0.0
    for c in range(held.shape[0]):
        if row[k.PRINCIPAL_LOST] > 0:
            held[c] = 0.0
        elif pro_rata:
            held[c] *= keep
        else:
            took = min(held[c], paid)
            held[c] -= took
            paid -= took
        total += held[c]
        weighted += held[c] * step[c]
    return weighted / total if total > tiny else 0.0
