"""What a lender sees of every path, compiled: one path after the other through the month's kernel, three numbers kept of each month."""

from __future__ import annotations

from pricing.kernels.facility_path import walk
from pricing.kernels.facility_steps import jit
from pricing.ledger import facility as k
from pricing.mechanics.state import DEBT_TOL


@jit
def walk_lender(plan, dr, ev, month, made, out, scratch, found):
    """Fill found [item, time, path]: cash of the lender, balance, whether the loan performs with nothing put off. `month` is scratch."""
    tiny = DEBT_TOL * plan.commitment
    for j in range(dr.ratio.shape[1]):
        month[:] = 0.0
        walk(plan, dr, ev, j, j + 1, month, made, out, scratch)
        for t in range(plan.months):
            row = month[t]
            cash = row[k.UNDRAWN_FEE] + row[k.INTEREST_FLOATING] + row[k.INTEREST_FIXED] + row[k.PRINCIPAL_FLOATING]
            cash += row[k.PRINCIPAL_FIXED] + row[k.LENDER_FEE] + row[k.CALL_PREMIUM] - row[k.PIK_FLOATING] - row[k.PIK_FIXED]
            found[0, t, j] = cash - row[k.DRAW_FLOATING] - row[k.DRAW_FIXED]
            i = k.POSTINGS
            balance = row[i + k.FLOATING] + row[i + k.FIXED]
            late = row[i + k.OPEX_ARREARS] + row[i + k.FEE_ARREARS] + row[i + k.INTEREST_ARREARS]
            late += row[i + k.SWAP_ARREARS] + row[i + k.PRINCIPAL_ARREARS]
            found[1, t, j] = balance
            found[2, t, j] = 1.0 if row[i + k.STATUS] == k.PERFORMING and balance > tiny and late <= tiny else 0.0
