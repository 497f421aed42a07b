"""Compiled loop of contagion over dates. The numpy statement of the same model is `pricing.web.dates`."""

from __future__ import annotations

import numpy as np
from numba import njit

from pricing.kernels.clearing import FLAG_REL

SETTLED_REL = 1e-15
"""A sweep that moves nothing by more than this share of all assets is the last."""
PRICE_REL = 1e-13
"""A round that moves no price by more than this share is the last."""
ROUNDING = 4e-16
"""Moves within rounding of a value are none."""


@njit(cache=True, nogil=True)
def _start(own, owed, debts, held, inverse, promised, value, received, part, worth):
    """Values above every solution: all debts paid, equity counted whole, no guarantee called; `part` and `worth` are what is passed on."""
    n = len(own)
    for i in range(n):
        value[i] = 0.0
        for j in range(n):
            value[i] += inverse[i, j] * (own[j] + promised[j])
    received[:] = 0.0
    for i in range(n):
        part[i] = min(1.0, value[i] / owed[i]) if owed[i] > 0.0 else 1.0
        worth[i] = max(0.0, value[i] - owed[i])
        for j in range(n):
            received[j] += debts[i, j] * part[i] + held[j, i] * worth[i]


@njit(cache=True, nogil=True)
def _clear(own, owed, outside, debts, held, guarantor, debtor, cap, keep, down, value, received, part, worth, due, most):
    """Greatest value of every entity, down from `value`; `down` marks who is in default and only grows. False: did not settle.

    `due` is what each owes with the guarantees that are called: shortfalls of the outside debts they cover, up to their caps.
    """
    n = len(own)
    total = 0.0
    for i in range(n):
        total += own[i]
    for _ in range(most):
        moved = False
        for i in range(n):
            due[i] = owed[i]
            for q in range(len(cap)):
                if guarantor[q] == i:
                    due[i] += min(cap[q], outside[debtor[q]] * (1.0 - part[debtor[q]]))
            have = own[i] + received[i]
            if have < due[i] - FLAG_REL * (due[i] + have):
                down[i] = True
            target = keep * have if down[i] else have
            new_part = min(1.0, target / due[i]) if due[i] > 0.0 else 1.0
            new_worth = max(0.0, target - due[i])
            small = SETTLED_REL * total + ROUNDING * abs(value[i])
            if abs(target - value[i]) <= small and abs(new_worth - worth[i]) <= small and abs(new_part - part[i]) * due[i] <= small:
                continue
            moved = True
            value[i] = target
            for j in range(n):
                received[j] += debts[i, j] * (new_part - part[i]) + held[j, i] * (new_worth - worth[i])
            part[i], worth[i] = new_part, new_worth
        if not moved:
            return True
    return False


@njit(cache=True, nogil=True)
def run_rows(
    cash0, business0, belief_share, units0, outside0, margin0, limit, goal, ratio, debts, held, inverse,
    effect, impact, cap, guarantor, debtor, keep, feedback,
    price_factor, belief_factor, cash_factor, business_factor, recalled, value0, equity0, most,
    prices, values, equities, lenders, defaults, calls, sold, terms, audit, settled,
):  # fmt: skip
    """Run every scenario through every date; outputs are filled in place (shapes in `pricing.web.dates.Run`)."""
    rows, dates, m = price_factor.shape
    n = len(cash0)
    own, value, received = np.empty(n), np.empty(n), np.empty(n)
    share, called, capital, prior, owed = np.empty(n), np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    gap, left_with, part, worth, due = np.empty(n), np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    start, now = np.empty(m), np.empty(m)
    inside, promised = np.zeros(n), np.zeros(n)
    for i in range(n):
        for j in range(n):
            inside[i] += debts[i, j]
            promised[j] += debts[i, j]
    for s in range(rows):
        cash, business, units = cash0.copy(), business0.copy(), units0.copy()
        outside, margin = outside0.copy(), margin0.copy()
        down = np.zeros(n, np.bool_)
        now[:] = 1.0
        repaid, weight_before, all_equity, echo = 0.0, 0.0, equity0, 1.0
        spill = np.ones(n)
        prior[:] = value0
        settled[s] = True
        for t in range(dates):
            # shocks, then what last date's losses do to belief and to business
            shock, belief_loss, business_loss = 0.0, 0.0, 0.0
            for k in range(m):
                start[k] = now[k] * price_factor[s, t, k]
                for i in range(n):
                    shock += units[i, k] * (now[k] - start[k])
            for i in range(n):
                shock += cash[i] * (1.0 - cash_factor[s, t, i])
                cash[i] *= cash_factor[s, t, i]
                moved = business[i] * business_factor[s, t, i] * (1.0 - belief_share[i] * (1.0 - belief_factor[s, t]))
                shock += business[i] - moved
                felt = moved * (1.0 - belief_share[i] * (1.0 - echo))
                belief_loss += moved - felt
                business[i] = felt * spill[i]
                business_loss += felt - business[i]
            # triggers: loans recalled and paid from cash, margin calls at the shocked price
            for i in range(n):
                gap[i] = outside[i] * recalled[s, t, i]
                gone = min(cash[i], gap[i])
                cash[i] -= gone
                outside[i] -= gone
                margin[i] = min(margin[i], outside[i])
                gap[i] -= gone
                repaid += gone
                left_with[i] = gone
                pledged = 0.0
                for k in range(m):
                    pledged += units[i, k] * start[k]
                called[i] = 0.0
                if margin[i] > 0.0 and margin[i] > limit[i] * pledged:
                    called[i] = min(1.0, max(0.0, (margin[i] - goal[i] * pledged) / (pledged * (1.0 - goal[i])))) if pledged > 0.0 else 1.0
                calls[s, t, i] = called[i] > 0.0 or gap[i] > 0.0
                share[i] = called[i]
            # clearing and forced sales, to a joint fixed point from the highest price down
            now[:] = start
            done = False
            for attempt in range(most):
                for i in range(n):
                    owed[i] = outside[i] + inside[i]
                    risky = 0.0
                    for k in range(m):
                        risky += units[i, k] * now[k]
                    own[i] = cash[i] + business[i] + risky
                    if gap[i] > risky * (1.0 + FLAG_REL):
                        down[i] = True  # solvent or not, it cannot pay what is asked for now
                if attempt == 0:  # later rounds go on downwards: at a lower price the last values are above every solution
                    _start(own, owed, debts, held, inverse, promised, value, received, part, worth)
                if not _clear(
                    own, owed, outside, debts, held, guarantor, debtor, cap, keep, down, value, received, part, worth, due, most
                ):  # fmt: skip
                    break
                for i in range(n):
                    risky = 0.0
                    for k in range(m):
                        risky += units[i, k] * now[k]
                    capital[i] = own[i] + received[i] - due[i]
                    wanted = 0.0
                    if down[i]:
                        wanted = 1.0
                    elif risky > 0.0:
                        wanted = min(1.0, gap[i] / risky)
                        if ratio[i] > 0.0:
                            wanted = max(wanted, min(1.0, 1.0 - capital[i] / (ratio[i] * risky)))
                    share[i] = max(share[i], wanted)
                done = True
                for k in range(m):
                    pressure = 0.0
                    for i in range(n):
                        pressure += units[i, k] * share[i]
                    fresh = start[k] * np.exp(-impact[k] * pressure)
                    if now[k] - fresh > PRICE_REL * start[k]:
                        done = False
                    now[k] = min(now[k], fresh)
                if done:
                    break
            settled[s] = settled[s] and done
            # sales are settled at the last price; they repay margin debt first
            fire, claims, equity_sum, weight, assets = 0.0, repaid, 0.0, 0.0, repaid
            for i in range(n):
                proceeds, gone = 0.0, 0.0
                for k in range(m):
                    fire += units[i, k] * (start[k] - now[k])
                    amount = units[i, k] * share[i]
                    sold[s, t, k] += amount
                    units[i, k] -= amount
                    proceeds += amount * now[k]
                gone = min(max(margin[i], gap[i]), proceeds, outside[i])
                if down[i]:
                    gone = 0.0  # a defaulter's proceeds are shared by all its creditors
                margin[i] = max(0.0, margin[i] - gone)
                outside[i] -= gone
                repaid += gone
                cash[i] += proceeds - gone
                claims += gone
                assets += gone
                value[i] -= gone
                owed[i] -= gone
                due[i] -= gone
                left_with[i] += gone
            for i in range(n):
                outside_share = 1.0
                for j in range(n):
                    outside_share -= held[j, i]
                own_worth = max(0.0, value[i] - due[i])
                rate = min(1.0, value[i] / due[i]) if due[i] > 0.0 else 0.0
                paid = rate * outside[i]
                claims += rate * (due[i] - owed[i])  # paid under guarantees, to the lenders they protect
                values[s, t, i], equities[s, t, i], lenders[s, t, i] = value[i], own_worth, paid
                defaults[s, t, i] = down[i]
                claims += paid + outside_share * own_worth
                equity_sum += own_worth
                left = cash[i] + business[i]
                for k in range(m):
                    left += units[i, k] * now[k]
                assets += left
                if down[i]:
                    weight += (1.0 - keep) * (left + received[i])
            for k in range(m):
                prices[s, t, k] = now[k]
            terms[s, t, 0], terms[s, t, 1], terms[s, t, 2] = shock, fire, weight - weight_before
            terms[s, t, 3], terms[s, t, 4] = belief_loss, business_loss
            audit[s] = max(audit[s], abs(claims - (assets - weight)) / max(assets, 1e-300))
            # what this date does to the next one
            fall = 1.0 - equity_sum / all_equity if all_equity > 0.0 else 0.0
            echo = max(0.0, 1.0 - feedback * max(0.0, fall))
            all_equity, weight_before = equity_sum, weight
            for j in range(n):
                spill[j] = 1.0
                for i in range(n):
                    if effect[i, j] > 0.0 and prior[i] > 0.0:
                        spill[j] *= max(0.0, 1.0 - effect[i, j] * max(0.0, 1.0 - (value[i] + left_with[i]) / prior[i]))
            prior[:] = value
