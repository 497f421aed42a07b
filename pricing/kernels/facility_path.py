"""The facility's month, fused and compiled: what `pricing.mechanics` states in numpy, path by path in one pass.

One path walks all its months while its postings stay in cache. The order of arithmetic follows the statement; a test compares them.
"""

from __future__ import annotations

import math

import numpy as np

from pricing.kernels import facility_steps as steps
from pricing.kernels.facility_draws import close_prepayment, divide, draw, draws_of, prepay_by_choice, prepayment
from pricing.kernels.facility_tests import FAILED, IN_ROW, open_memory, run_tests
from pricing.ledger import facility as k
from pricing.mechanics.state import DEBT_TOL, RELET, RUN, SELL, UNDECIDED
from pricing.schedules import plan as p
from pricing.schedules.plan import NEVER

WIDTH = k.POSTINGS + k.STATES
"""Columns of a month: postings, then states."""
PERFORMING, ENFORCEMENT, CLOSED, AWAITING = k.PERFORMING, k.ENFORCEMENT, k.CLOSED, k.AWAITING


@steps.jit
def walk(plan, dr, ev, first, stop, acc, made, out, scratch):
    """Roll paths first to stop forward: postings and states are added to acc [time, column], tests to made, outcomes go to out[:, path].

    `row` is scratch for one month: it stays in the first cache, which is what makes the pass fast.
    """
    row = np.empty(WIDTH)
    n_c, n_past, n_pre, n_call = plan.fund.shape[0], plan.past_cfads.shape[0], plan.prepaid.shape[0], plan.call_price.shape[0]
    n_tr = plan.tranche_share.shape[0]
    units, opening_units, fleet_units, opening_total = plan.units, plan.opening_units, plan.fleet_units, plan.opening_units.sum()
    draws = draws_of(plan)
    special = n_pre + n_call > 0 or ev.crossed.min() < plan.months
    funded, lent, accepted, past_c, past_s, past_r, book, verdict, later, held = scratch
    tests, n_tests, n_bands, n_tenor = plan.tests, plan.tests.codes.shape[0], plan.sweep_below.shape[0], plan.tenor.shape[0]
    tiny, lots, contract_end = DEBT_TOL * plan.commitment, plan.lots, plan.contract_end
    for j in range(first, stop):
        customer, operator, guarantor = dr.customer[j], dr.operator[j], dr.guarantor[j]
        window = min(plan.window, dr.lender[j] - 1) if dr.lender.shape[0] > 0 else plan.window
        substituted = dr.substituted[j] == 1
        dead = min(customer + 1, contract_end)
        if not substituted:
            dead = min(dead, min(operator, NEVER - 64) + 1 + plan.substitute_delay)
        early_end = dead < contract_end
        settled_at, all_funded = steps.open_cohorts(plan.fund, plan.accept, plan.cohort_drawn, dr.delay, j, funded, lent, accepted), True
        bf, bx, liq, pwr, trap, drawn, advanced, raised, unearned, advance = plan.opening
        a_op = a_fee = a_f = a_x = a_s = a_p = a_m = a_r = a_j = 0.0
        status, mode, sale_first, pay_at = PERFORMING, UNDECIDED, NEVER, NEVER
        late, fee_due, prepay, rest = 0, 0.0, 0.0, 0.0
        trap_on, swap_ended, locked, blocked, caught, beyond = trap > 0, False, False, False, False, False
        coverage, first_breached, first_month = math.inf, -1.0, float(plan.months)
        open_memory(plan.past_cfads, plan.past_service, plan.past_received, tests.used, past_c, past_s, past_r, book)
        if n_tenor > 0:
            for t in range(plan.months):
                later[t] = plan.prior_due[t]
            rest = later.sum()
        called_at, exposure, least, swap_left = float(plan.months), 0.0, math.inf, 1.0
        prepaid_at, by_cross, blend = float(plan.months), 0.0, 0.0
        for c in range(n_tr):
            held[c] = plan.tranche_share[c] * (bf + bx)
        paid_in = received = gone_total = gone_present = owner_value = hedge_value = recovered = 0.0
        for t in range(plan.months):
            if status == CLOSED:
                acc[t, k.POSTINGS + k.DRAWN] += drawn
                acc[t, k.POSTINGS + k.STATUS] += CLOSED
                acc[t, k.POSTINGS + k.MARGIN_STEP] += raised
                continue
            row[:] = 0.0
            performing = status == PERFORMING
            live = status < CLOSED
            selling = mode == SELL
            ratio = dr.ratio[t, j]
            # deliveries, revenue, operating cost
            if t > settled_at and all_funded:
                # every cohort stands and serves: the plan's totals are theirs
                owned = standing = served = fleet_units[t]
                value = plan.fleet_value[t]
                lost = (fleet_units[t - 1] if t > 0 else opening_total) - owned
            else:
                served, standing, owned, value, lost = steps.count(
                    t, units, opening_units, plan.market_value, plan.accept, funded, accepted
                )
            before = after = 1.0
            if selling:
                before = 1.0 - min(max(t - sale_first, 0), lots) / lots
                after = 1.0 - min(max(t - sale_first + 1, 0), lots) / lots
            linked = dr.linked[t, j] if live else 0.0
            value *= linked
            interim = operator < t <= operator + plan.substitute_delay
            rent = relet = running = transition = site = sale = 0.0
            if live:
                if not selling and t < dead:
                    share = plan.interim_share if interim else 1.0
                    rent = served * plan.hours[t] * plan.price[t] * share
                    running = served * share
                    if substituted and t == operator + plan.substitute_delay:
                        transition = standing * plan.substitute_cost
                if not selling and t >= dead + plan.relet_months:
                    spot = ratio * plan.forward_rent[t] * plan.hours[t] * plan.relet_share
                    if spot > plan.power_cost[t]:
                        relet = standing * spot
                        running += standing
                site = standing * plan.site_cost[t]
                if t > operator:
                    site *= 1.0 + plan.cost_uplift
                if selling:
                    site *= plan.idle_share * before
                row[k.SOLD] = (before - after) * owned
                row[k.LOST_UNITS] = lost * before
                if selling and sale_first <= t < sale_first + lots:
                    step = plan.impact * owned / lots
                    average = -math.expm1(-step) / step if step > 1e-9 else 1.0
                    sale = value / lots * math.exp(-step * (t - sale_first)) * average * (1.0 - plan.sale_cost)
            power = running * plan.power_cost[t]
            operating = power + site + transition
            row[k.RENT], row[k.RELET], row[k.SALE] = rent, relet, sale
            revenue = rent + relet
            # draws
            of, ox, od = bf, bx, drawn
            cash = revenue + sale
            credit = 0.0
            if n_pre > 0:
                credit = min(unearned, plan.burn_rate * rent)
                row[k.PREPAID_BACK] = row[k.PREPAID_DUE] = credit
                unearned -= credit
                cash -= credit
                if t == 0 and plan.prepaid_at_start > 0:
                    row[k.PREPAID] = row[k.TO_ADVANCE] = plan.prepaid_at_start
                    unearned += plan.prepaid_at_start
                    advance += plan.prepaid_at_start
            if t <= window and performing and not trap_on and not blocked and operator > t and t + 1 < dead:
                cash, bf, bx, drawn, advanced, rest, unearned, advance = draw(
                    draws, t, linked, funded, accepted, lent, later, row, cash, bf, bx, drawn, advanced, rest, unearned, advance
                )
            for c in range(n_c if t <= settled_at else 0):
                all_funded = all_funded and (plan.fund[c] != t or funded[c] > 0)
            claim = 0.0
            if n_pre > 0:
                cash, unearned, advance, claim = prepayment(draws, t, live, dead, customer, funded, accepted, row, cash, unearned, advance)
            # dues
            n_f = n_x = swap = 0.0
            if live:
                extra = plan.default_margin
                if performing:
                    extra = plan.late_margin if late > 0 else 0.0
                extra = (extra + raised + blend) * plan.accrual[t]
                n_f = of * (plan.floating_interest[t] + extra)
                n_x = ox * (plan.fixed_interest[t] + extra)
                if not swap_ended:
                    swap = (plan.swap_due[t] if performing else plan.swap_close[t]) * swap_left
            if status == ENFORCEMENT:
                swap_ended = True
            undrawn = plan.undrawn_fee * max(plan.commitment - od, 0.0) * plan.accrual[t] if performing and t <= window else 0.0
            agent = plan.agent_fee if live else 0.0
            pik_f = pik_x = 0.0
            if plan.pik[t] > 0 and performing and bf + bx > 0 and (plan.pik_toggle == 0 or revenue - credit - operating < n_f + n_x):
                pik_f, pik_x = n_f * plan.pik[t], n_x * plan.pik[t]
                row[k.PIK_FLOATING], row[k.PIK_FIXED] = pik_f, pik_x
                bf, bx, n_f, n_x = bf + pik_f, bx + pik_x, n_f - pik_f, n_x - pik_x
            not_due = bf + bx - a_p
            share_due = plan.amortisation[t]
            if n_tenor > 0 and t < plan.maturity - 1:
                share_due = min(later[t] / rest, 1.0) if rest > tiny else 0.0
                rest -= later[t]
            scheduled = not_due * share_due if performing else 0.0
            new_p = not_due if live else 0.0
            if performing:
                ahead = 0.0
                s = t + plan.negative_lead
                if plan.negative_lead > 0 and s < plan.maturity and s < contract_end and t < dead and s <= settled_at:
                    spent = 0.0
                    late_cost = late_site = 0.0
                    for c in range(n_c):
                        if funded[c] > 0:
                            spent += plan.cost[c]
                            if 0 <= plan.accept[c] < s <= accepted[c]:
                                late_cost += plan.cost[c]
                                late_site += plan.units[c, s] * plan.site_cost[s]
                    if late_cost > 0:
                        ahead = late_site + (bf * plan.floating_interest[s] + bx * plan.fixed_interest[s]) / spent * late_cost
                ahead += prepay
                if plan.schedule_continuous == 1:
                    limit = steps.schedule_limit(plan.schedule_share, plan.schedule_value, funded, t)
                    ahead = max(ahead, not_due - scheduled - limit)
                new_p = scheduled + min(ahead, not_due - scheduled)
            lender_fee = fee_due if live else 0.0
            fee_due = prepay = 0.0
            management = plan.management_share * revenue
            service = n_f + n_x + swap + scheduled if performing else 0.0
            # payments
            receipt, swap_out = max(-swap, 0.0), max(swap, 0.0)
            junior = swap_out if plan.swap_junior == 1 and not performing else 0.0
            swap_out -= junior
            cash += receipt
            if not trap_on and not locked and performing:
                row[k.TO_TRAP] = -trap
                cash += trap
                trap = 0.0
            target, target_pwr = liq, pwr
            if performing:
                total = bf + bx
                left = 1.0 - (new_p + a_p) / total if total > 0 else 0.0
                target = left * (bf * plan.floating_next[t] + bx * plan.fixed_next[t]) + plan.swap_next[t] * swap_left
                target += standing * plan.operating_next[t]
                target = max(target, plan.liquidity_floor[t])
                target_pwr = standing * plan.power_next[t]
                if plan.support == 1 and operator > t and t < dead and t <= settled_at:
                    waiting = False
                    for c in range(n_c):
                        waiting = waiting or (funded[c] > 0 and accepted[c] >= t and plan.accept[c] >= 0)
                    if waiting:
                        need = (
                            operating + agent + undrawn + lender_fee + n_f + n_x + swap_out + new_p + a_op + a_fee + (a_f + a_x) + a_s + a_p
                        )
                        need = need + max(target - liq, 0.0) + max(target_pwr - pwr, 0.0)
                        support = max(need - cash, 0.0)
                        row[k.SUPPORT] = support
                        cash += support
            row[k.SWAP] = -receipt
            liq0, pwr0 = liq, pwr
            for rank in plan.waterfall:
                if rank == p.RANK_OPEX:
                    cash, a_op, pwr, liq = steps.pay_operating(row, cash, operating, power, transition, site, a_op, pwr, liq)
                elif rank == p.RANK_FEES:
                    cash, a_fee = steps.pay_fees(row, cash, agent, undrawn, lender_fee, a_fee)
                elif rank == p.RANK_INTEREST:
                    reserve = liq if performing else 0.0
                    cash, used, a_f, a_x, a_s = steps.pay_interest(
                        row, cash, reserve, n_f, n_x, pik_f + pik_x, swap, swap_out, a_f, a_x, a_s
                    )
                    row[k.INTEREST_FLOATING] += pik_f
                    row[k.INTEREST_FIXED] += pik_x
                    liq -= used
                elif rank == p.RANK_PRINCIPAL or rank == p.RANK_SWEEP:
                    if rank == p.RANK_PRINCIPAL:
                        owed = new_p + a_p
                        paid = min(cash, owed)
                        cash -= paid
                        if performing:
                            reserve = min(liq, owed - paid)
                            liq -= reserve
                            paid += reserve
                        row[k.PRINCIPAL_DUE] += new_p
                        row[k.PRINCIPAL_DEFERRED] += owed - paid - a_p
                        a_p = owed - paid
                    else:
                        share = plan.sweep
                        for m in range(n_bands - 1, -1, -1):
                            if coverage < plan.sweep_below[m]:
                                share = plan.sweep_share[m]
                        paid = min(share * cash, bf + bx - a_p) if performing else 0.0
                        row[k.PRINCIPAL_DUE] += paid
                        cash -= paid
                    bf, bx = steps.repay(row, bf, bx, paid)
                elif rank == p.RANK_LIQUIDITY:
                    move = min(cash, target - liq)
                    liq += move
                    cash -= move
                elif rank == p.RANK_POWER:
                    move = min(cash, target_pwr - pwr)
                    pwr += move
                    cash -= move
                elif rank == p.RANK_TRAP:
                    if trap_on and performing and bf + bx + (a_f + a_x) > tiny:
                        trap += cash
                        row[k.TO_TRAP] += cash
                        cash = 0.0
                elif rank == p.RANK_SUBORDINATED:
                    row[k.MANAGEMENT_DUE] = management
                    cash, a_m = steps.pay_claim(row, k.MANAGEMENT, k.MANAGEMENT_DEFERRED, cash, management, a_m)
                else:
                    if locked and performing and bf + bx + (a_f + a_x) > tiny:
                        trap += cash
                        row[k.TO_TRAP] += cash
                        cash = 0.0
                    if junior + a_j > 0.0:
                        cash, a_j = steps.pay_claim(row, k.SWAP, k.SWAP_DEFERRED, cash, junior, a_j)
                    if claim + a_r > 0.0:
                        cash, a_r = steps.pay_claim(row, k.PREPAID_BACK, k.PREPAID_DEFERRED, cash, claim, a_r)
                    row[k.DISTRIBUTION] = cash
                    cash = 0.0
            row[k.TO_LIQUIDITY], row[k.TO_POWER_RESERVE] = liq - liq0, pwr - pwr0
            # tests, cure, trap
            cfads = revenue - credit - operating if live else 0.0
            sum_c = sum_s = 0.0
            for i in range(n_past):
                past_c[i] = past_c[i + 1] if i + 1 < n_past else cfads
                past_s[i] = past_s[i + 1] if i + 1 < n_past else service
                past_r[i] = past_r[i + 1] if i + 1 < n_past else rent
                if i >= n_past - plan.test_months:
                    sum_c += past_c[i]
                    sum_s += past_s[i]
            has = performing and sum_s > 0 and t < plan.maturity
            trailing = sum_c / sum_s if has else 0.0
            coverage = trailing if has else math.inf
            tested = breached = False
            if n_tests > 0 and performing and t < plan.maturity:
                bf, bx, liq, trap, prepay, fee_due, add = run_tests(
                    tests, t, operator > t, tiny, a_f + a_x, plan.cost, funded, value * after, row, bf, bx, liq, pwr, trap, a_p, past_c,
                    past_s, past_r, book, verdict,
                )  # fmt: skip
                raised += add
                locked = blocked = caught = beyond = False
                for i in range(n_tests):
                    if verdict[i, k.TEST_MADE] > 0:
                        for m in range(k.TEST_ITEMS):
                            made[i, t, m] += verdict[i, m]
                    if book[i, FAILED] > 0:
                        blocked, what = True, tests.codes[i, p.CONSEQUENCE]
                        locked, caught = locked or what == p.LOCK_UP, caught or what == p.TRAP
                        beyond = beyond or (what == p.CALL and book[i, IN_ROW] > tests.codes[i, p.GRACE])
                    if verdict[i, k.TEST_FAILED] > 0 and first_breached < 0:
                        first_breached, first_month = float(i), float(t)
                if plan.threshold > 0:
                    tested, breached = verdict[0, k.TEST_MADE] > 0, verdict[0, k.TEST_FAILED] > 0
            settled = substituted and t >= operator + plan.substitute_delay + plan.release_months
            settled = settled and (sum_s <= 0 or trailing >= plan.release_dscr)
            trap_on = (operator <= t and not settled and plan.trap_operator == 1) or caught
            trap_on = trap_on or (early_end and t + 1 >= dead and plan.trap_customer == 1)
            # events of default
            debt = bf + bx + (a_f + a_x)
            if performing and debt > tiny:
                late = late + 1 if a_op + a_fee + (a_f + a_x) + a_s + a_p > tiny else 0
                called = late > plan.grace or beyond or t == plan.maturity - 1
                called = called or (early_end and t + 1 >= dead and plan.customer_event == 1)
                crossed = not called and ev.crossed[j] <= t
                if called or crossed:
                    status = ENFORCEMENT
                    row[k.CROSS_NOTICE] = 1.0 if crossed else 0.0
                    if called_at == plan.months:
                        called_at, exposure, by_cross = float(t), debt, 1.0 if crossed else 0.0
                elif n_call > 0 and ev.prepay[j] == t and late == 0:
                    prepaid_at = float(t)
                    close = 0.0 if swap_ended else plan.swap_close[t] - plan.swap_due[t]
                    bf, bx, swap_left = prepay_by_choice(plan.call_price[t], plan.call_share, plan.call_cost, close, row, bf, bx, swap_left)
                    debt = bf + bx + (a_f + a_x)
            else:
                late = 0
            # sites not yet accepted wait for the operator's replacement
            if t == operator and t < settled_at:
                for c in range(n_c):
                    if accepted[c] > t:
                        accepted[c] += plan.substitute_delay
                        settled_at = max(settled_at, int(accepted[c]))
            # the lender's choice
            if status == ENFORCEMENT and mode != SELL:
                if debt <= tiny:
                    status, mode, late, locked, blocked, caught, beyond = PERFORMING, UNDECIDED, 0, False, False, False, False
                    book[:, IN_ROW] = 0.0
                    book[:, FAILED] = 0.0
                elif t + 1 < dead and t + 1 < plan.maturity:
                    mode = RUN
                else:
                    again = t + 1 < plan.maturity
                    if again and mode != RELET:
                        keep = ratio * plan.relet_income[t] - plan.relet_cost[t] + linked * plan.relet_rest[t]
                        again = keep > linked * plan.sale_estimate[t] - plan.sale_idle[t]
                    if again:
                        mode = RELET
                    else:
                        mode, sale_first = SELL, t + 1 + plan.repossession
            # the end of it
            given = 0.0
            last_lot = status == ENFORCEMENT and mode == SELL and t == sale_first + lots - 1
            if last_lot:
                from_trap = min(trap, debt)
                from_liq = min(liq, debt - from_trap)
                from_pwr = min(pwr, debt - from_trap - from_liq)
                trap, liq, pwr = trap - from_trap, liq - from_liq, pwr - from_pwr
                row[k.TO_TRAP] -= from_trap
                row[k.TO_LIQUIDITY] -= from_liq
                row[k.TO_POWER_RESERVE] -= from_pwr
                given = from_trap + from_liq + from_pwr
            over = status == ENFORCEMENT and mode == SELL and debt - given <= tiny
            over = over or (status == PERFORMING and t == plan.maturity - 1 and debt <= tiny)
            if over:
                row[k.TERMINAL] = value * after * (1.0 - plan.sale_cost)
            entitled = last_lot and not over and plan.guarantee_cap > 0
            entitled = entitled and (plan.guarantee_bad_acts == 0 or (dr.bad_act[j] == 1 and operator <= t))
            if entitled:
                pay_at, status = t + plan.guarantee_lag, AWAITING
            for source in range(2):
                if source == 1:
                    if not (status == AWAITING and t == pay_at):
                        continue
                    given = min(plan.guarantee_cap, bf + bx + (a_f + a_x)) * (1.0 if guarantor > t else plan.guarantor_recovery)
                    row[k.GUARANTEE] = given
                    over = True
                if given > 0:
                    a_f, a_x, a_p, bf, bx = steps.pay_lender(row, given, a_f, a_x, a_p, bf, bx)
            if over or (last_lot and not entitled):
                steps.close(row, trap, liq, pwr, a_op, a_fee, a_f + a_x, a_s + a_j, a_p, a_m)
                if a_r > 0.0:
                    close_prepayment(row, a_r)
                trap = liq = pwr = bf = bx = a_op = a_fee = a_f = a_x = a_s = a_p = a_m = a_r = a_j = 0.0
                status = CLOSED
            if n_tr > 0:
                blend = divide(plan.tranche_share, plan.tranche_step, plan.tranche_how[0 if performing else 1] > 0, tiny, row, held)
            i = k.POSTINGS
            row[i + k.FLOATING], row[i + k.FIXED], row[i + k.LIQUIDITY], row[i + k.POWER_RESERVE], row[i + k.TRAP] = bf, bx, liq, pwr, trap
            row[i + k.OPEX_ARREARS], row[i + k.FEE_ARREARS], row[i + k.INTEREST_ARREARS] = a_op, a_fee, a_f + a_x
            row[i + k.SWAP_ARREARS], row[i + k.PRINCIPAL_ARREARS], row[i + k.MANAGEMENT_ARREARS] = a_s + a_j, a_p, a_m
            row[i + k.DRAWN], row[i + k.UNITS], row[i + k.STATUS] = drawn, owned * after if live else 0.0, status
            row[i + k.CFADS], row[i + k.SERVICE], row[i + k.TRAILING] = cfads, service, trailing
            row[i + k.TESTED], row[i + k.BREACHED] = 1.0 if tested else 0.0, 1.0 if breached else 0.0
            row[i + k.MARKET_VALUE], row[i + k.MARGIN_STEP] = value * after, raised
            row[i + k.UNEARNED], row[i + k.PREPAID_ARREARS], row[i + k.ADVANCE] = unearned, a_r, advance
            row[i + k.TRANCHE_STEP] = blend
            if tested and trailing < least:
                least = trailing
            d = plan.discount[t]
            got = row[k.UNDRAWN_FEE] + row[k.INTEREST_FLOATING] + row[k.INTEREST_FIXED] + row[k.PRINCIPAL_FLOATING] + row[k.PRINCIPAL_FIXED]
            got += row[k.CALL_PREMIUM] + row[k.LENDER_FEE] - row[k.PIK_FLOATING] - row[k.PIK_FIXED]
            gone = row[k.INTEREST_LOST] + row[k.PRINCIPAL_LOST]
            owner = row[k.MANAGEMENT] + row[k.DISTRIBUTION] + row[k.TERMINAL] - row[k.EQUITY] - row[k.SUPPORT] - row[k.CURE]
            owner -= row[k.NEW_LOAN]
            paid_in += (row[k.DRAW_FLOATING] + row[k.DRAW_FIXED]) * d
            received += got * d
            gone_total += gone
            gone_present += gone * d
            owner_value += owner * d
            hedge_value += row[k.SWAP] * d
            if t > called_at:
                recovered += got * d
            for i in range(k.PLAIN):
                acc[t, i] += row[i]
            for i in range(k.PLAIN if special else k.POSTINGS, WIDTH):
                acc[t, i] += row[i]
        out[k.PAID_IN, j], out[k.RECEIVED, j], out[k.RECOVERED, j] = paid_in, received, recovered
        out[k.SHORTFALL, j], out[k.SHORTFALL_DISCOUNTED, j] = gone_total, gone_present
        out[k.EQUITY_VALUE, j], out[k.HEDGE_VALUE, j] = owner_value, hedge_value
        out[k.DEFAULT_MONTH, j], out[k.EXPOSURE_AT_DEFAULT, j] = called_at, exposure
        out[k.FIRST_BREACHED, j], out[k.FIRST_BREACH_MONTH, j] = first_breached, first_month
        out[k.PREPAID_MONTH, j], out[k.CROSS_CALLED, j] = prepaid_at, by_cross
        out[k.LEAST_TRAILING, j] = least if least < math.inf else 0.0
