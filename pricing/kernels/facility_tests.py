"""Covenants of one path and month, compiled: what `pricing.mechanics.covenants` states in numpy."""

from __future__ import annotations

from pricing.kernels.facility_steps import inlined, jit, repay
from pricing.ledger import facility as k
from pricing.schedules import plan as p

CURED, WAIVED, FAILED, IN_ROW = range(4)
"""What a path remembers of each covenant: [covenant, item]."""


@jit
def open_memory(cfads, service, received, used, past_c, past_s, past_r, book):
    """What a path remembers as it starts: the months before the grid, and of each covenant the cures and waivers used by then."""
    for i in range(cfads.shape[0]):
        past_c[i], past_s[i], past_r[i] = cfads[i], service[i], received[i]
    for i in range(book.shape[0]):
        book[i, CURED], book[i, WAIVED], book[i, FAILED], book[i, IN_ROW] = used[0, i], used[1, i], 0.0, 0.0


@inlined
def run_tests(
    tests, t, solvent, tiny, a_i, cost, funded, value, row, bf, bx, liq, pwr, trap, a_p, past_c, past_s, past_r, book, verdict,
):  # fmt: skip
    """Every covenant of the date in turn; the loan performs. Returns balances, reserves, and what falls due on the next date."""
    prepay = fee = step = 0.0
    last = past_c.shape[0]
    for i in range(tests.codes.shape[0]):
        verdict[i, :] = 0.0
        level, kind = tests.level[i, t], tests.codes[i, p.KIND]
        if level < 0:
            continue
        owes = bf + bx + a_i > tiny  # a cure of the test before may have repaid the loan
        part = whole = 0.0
        if kind == p.DSCR:
            for m in range(last - tests.codes[i, p.WINDOW], last):
                part += past_c[m]
                whole += past_s[m]
            need, possible = level * whole - part, whole > 0
        elif kind == p.REALISATION:
            for m in range(last - tests.codes[i, p.WINDOW], last):
                part += past_r[m]
            whole = tests.base[i, t]
            need, possible = level * whole - part, owes and whole > 0
        elif kind == p.MINIMUM_LIQUIDITY:
            part, whole = liq + pwr + trap, 1.0
            need, possible = level - part, owes
        else:
            part, whole = bf + bx, value
            if kind == p.LOAN_TO_COST:
                whole = 0.0
                for c in range(cost.shape[0]):
                    if funded[c] > 0:
                        whole += cost[c]
            need, possible = part - level * whole, owes and whole > 0
        if not possible:
            continue
        found = part / whole if whole > 0 else 0.0
        breached = found > level if kind >= p.LOAN_TO_COST else found < level
        free = t < tests.codes[i, p.FREE_UNTIL]
        cured = breached and solvent and (free or book[i, CURED] < tests.codes[i, p.CURES])
        if cured:
            amount = need if tests.codes[i, p.IN_CASH] == 1 else min(need, bf + bx - a_p)
            row[k.CURE] += amount
            if kind == p.MINIMUM_LIQUIDITY:
                liq += amount
                row[k.TO_LIQUIDITY] += amount
            elif tests.codes[i, p.IN_CASH] == 1:
                trap += amount
                row[k.TO_TRAP] += amount
            else:
                row[k.PRINCIPAL_DUE] += amount
                bf, bx = repay(row, bf, bx, amount)
            if kind == p.DSCR:
                past_c[last - 1] += need
            elif kind == p.REALISATION:
                past_r[last - 1] += need
            if not free:
                book[i, CURED] += 1.0
        waived = breached and not cured and book[i, WAIVED] < tests.codes[i, p.WAIVERS]
        if waived:
            book[i, WAIVED] += 1.0
            fee += tests.waiver[i, 0] * (bf + bx)
            step += tests.waiver[i, 1]
        failed = breached and not cured and not waived
        book[i, FAILED] = 1.0 if failed else 0.0
        book[i, IN_ROW] = book[i, IN_ROW] + 1.0 if failed else 0.0
        if failed and tests.codes[i, p.CONSEQUENCE] == p.PREPAY:
            prepay += need
        verdict[i, k.TEST_MADE], verdict[i, k.TEST_FAILED], verdict[i, k.TEST_VALUE] = 1.0, 1.0 if breached else 0.0, found
        verdict[i, k.TEST_CURED], verdict[i, k.TEST_WAIVED] = 1.0 if cured else 0.0, 1.0 if waived else 0.0
    return bf, bx, liq, trap, prepay, fee, step
