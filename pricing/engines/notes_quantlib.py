"""Notes by QuantLib: each class as an amortising bond on the flows of a pool in which nobody defaults."""

from __future__ import annotations

import numpy as np

from curves import default_rates_key, discount_curve
from instruments.contracts.coupons import FixedCoupon
from instruments.contracts.notes import NoteClass, Notes
from pricing._quantlib.loan import quantlib_value
from pricing.engines.contract_rows import ContractRows
from pricing.engines.notes_simulation import notes_of
from pricing.ledger.notes import LOST, PAID, notes_columns
from pricing.mechanics.notes import roll_notes
from pricing.mechanics.pool import planned_collections
from pricing.registry import Outcome, Task, register_engine
from pricing.schedules.loan import LoanFlows
from pricing.schedules.notes import NotesPlan, resolve_notes
from pricing.schedules.types import Floats

NOTE = "special case: nobody defaults, planned principal through the order of payments"


def class_flows(task: Task, plan: NotesPlan, each: NoteClass, paid: Floats) -> LoanFlows:
    """The planned flows of one class: principal [time], and the balances that carry its coupon."""
    balance = each.balance_usd - np.concatenate([[0.0], np.cumsum(paid)[:-1]])
    balance[balance < 1e-9 * each.balance_usd] = 0.0  # rounding of the sum of principal
    zero = np.zeros(len(plan.dates))
    fixed = isinstance(each.coupon, FixedCoupon)
    return LoanFlows(
        as_of=task.market.as_of,
        dates=plan.dates,
        floating=zero if fixed else balance,
        fixed=balance if fixed else zero,
        principal=paid,
        margin=0.0 if isinstance(each.coupon, FixedCoupon) else each.coupon.spread,
        rate=each.coupon.rate if isinstance(each.coupon, FixedCoupon) else 0.0,
        fees=zero,
        opening=each.balance_usd,
    )


@register_engine(Notes, "quantlib", measures=("value",), note="each class as a bond on a pool without defaults")
def notes_by_quantlib(task: Task) -> Outcome:
    """The value of each class if nobody defaults, by QuantLib's bonds; a class that its own plan does not pay is left out, and said."""
    notes = notes_of(task)
    plan, columns = resolve_notes(notes, task.market, task.contract_id), notes_columns(task.contract_id, notes)
    ledger = roll_notes(plan, columns, planned_collections(plan)).ledger[:, :, 0]
    rows = ContractRows(task, "quantlib", notes.classes[0].holder, note=NOTE)
    values: dict[str, float] = {}
    parts: list[tuple[NoteClass, float]] = []
    warnings: list[str] = []
    for each in notes.classes:
        start, coupons = columns.principal[each.label], columns.interest[each.label]
        if ledger[:, [start + LOST, coupons + LOST]].sum() > 0.0 or np.abs(ledger[:, coupons + 2]).max() > 1e-6 * each.balance_usd:
            warnings.append(f"{task.contract_id}: class {each.label} is not paid in time even if nobody defaults: no bond")
            continue
        index = "" if isinstance(each.coupon, FixedCoupon) else each.coupon.index
        curve = discount_curve(task.market, index or default_rates_key(task.market)).discount
        flows = class_flows(task, plan, each, ledger[:, start + PAID])
        found = quantlib_value(flows, curve, np.ones_like, 1.0, subject=f"{task.contract_id}.{each.label}").default_free
        parts.append((each, found))
        values[each.holder] = values.get(each.holder, 0.0) + found
    for party, value in values.items():
        rows.add("value", value, party=party)
    for each, value in parts:
        rows.add("value", value, part=each.label, party=each.holder)
    return Outcome(rows.rows, tuple(warnings))
