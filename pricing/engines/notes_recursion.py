"""Notes by the loss of their pool alone: a second opinion in closed form, by the recursion over obligors.

**Model** each obligor defaults while it owes something with the odds of its curve, and loses then the mean of what it owes at default,
less its recovery (`pricing.formulas.loans_loss_odds`). The pool's loss goes to the residual first, then to the classes from the junior one
up: class [attachment, detachment] loses min(max(loss - attachment, 0), balance). What stands between this and the simulation is what
the order of payments adds: spread that pays for losses, tests and triggers, principal repaid before the losses come, missed interest.
Bullet loans without interest, classes without coupon: the same. Value = what the class is worth if nobody defaults, less the discounted
loss at the legal final: coupons on what is lost, and the time of the loss, are left out.

**Not modelled** groups' own factors, hardware on paths (it is sold at forward rents), first passages (one static factor).
"""

from __future__ import annotations

import numpy as np

from instruments.contracts.notes import Notes
from pricing.engines.contract_rows import ContractRows
from pricing.engines.notes_simulation import notes_of
from pricing.formulas import loans_loss_odds
from pricing.ledger.notes import PAID, notes_columns
from pricing.mechanics.notes import roll_notes
from pricing.mechanics.pool import hardware_price, planned_collections
from pricing.registry import Outcome, Task, register_engine
from pricing.schedules.notes import NotesPlan, resolve_notes
from pricing.schedules.types import Floats

METHOD = "recursion"
UNITS = 1000
NOTE = "special case: the pool's loss straight to the classes, junior first: no spread, tests, order or time; obligors one by one"


def obligors(plan: NotesPlan) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """What each obligor owes at default on average, USD, its odds, loading, recovery and slope of recovery: [obligor] each."""
    found: list[tuple[float, float, float, float, float]] = []
    for index, (line, hardware) in enumerate(zip(plan.lines, plan.hardware, strict=True)):
        opening = plan.opening[index]
        odds = np.diff(line.default_odds, prepend=0.0) * (opening > 0.0)
        total = float(odds.sum())
        owed = float((odds * opening).sum()) / total if total > 0.0 else float(opening[0])
        rate = line.recovery
        if hardware is not None and total > 0.0:
            lag = plan.notes.recovery_lag_months
            price = hardware_price(hardware, np.zeros((len(opening), 1)), None)[:, 0]
            back = np.minimum(opening[: len(opening) - lag], hardware.units * price[lag:])
            rate = float((odds[: len(back)] * back).sum()) / (total * owed)
        slope = 0.0 if hardware is not None else line.recovery_slope
        found += [(owed / line.count, total, line.loading, rate, slope)] * line.count
    owed, odds, loading, recovery, slope = (np.array(column) for column in zip(*found, strict=True))
    return owed, odds, loading, np.clip(recovery, 0.0, 1.0), slope


@register_engine(
    Notes, METHOD, measures=("value", "expected_shortfall", "attachment", "detachment"), note="losses of the pool alone, class by class"
)
def notes_by_recursion(task: Task) -> Outcome:
    """What each class loses of its principal if the pool's loss goes straight to it."""
    notes = notes_of(task)
    plan = resolve_notes(notes, task.market, task.contract_id)
    owed, odds, loading, recovery, slope = obligors(plan)
    losses, weights = loans_loss_odds(
        notional=owed, default_probability=odds, loading=loading, recovery=recovery, recovery_slope=slope, units=UNITS
    )
    lost = losses * owed.sum()
    pool = float(plan.opening[:, 0].sum())
    rows = ContractRows(task, METHOD, notes.classes[0].holder, note=NOTE)
    columns = notes_columns(task.contract_id, notes)
    ledger = roll_notes(plan, columns, planned_collections(plan)).ledger[:, :, 0]
    values: dict[str, float] = {}
    above = 0.0
    for each in notes.classes:
        # the pool left for those before this class; where it is overcollateralised, what the residual bears first
        first = pool - above - each.balance_usd
        loss = np.clip(lost - first, 0.0, each.balance_usd)
        expected = float((weights * loss).sum())
        planned = ledger[:, columns.interest[each.label] + PAID] + ledger[:, columns.principal[each.label] + PAID]
        value = float((plan.discount * planned).sum()) - float(plan.discount[-1]) * expected
        values[each.holder] = values.get(each.holder, 0.0) + value
        rows.add("value", value, part=each.label, party=each.holder)
        rows.add("expected_shortfall", expected, part=each.label, party=each.holder)
        rows.add("detachment", 1.0 - above / pool, part=each.label, party=each.holder)
        above += each.balance_usd
        rows.add("attachment", max(0.0, 1.0 - above / pool), part=each.label, party=each.holder)
    for party, value in values.items():
        rows.add("value", value, party=party)
    return Outcome(rows.rows)
