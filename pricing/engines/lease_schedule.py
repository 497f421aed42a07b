"""Leases as bonds: the first term's rents and planned residual on the lessee's credit at a constant recovery, by arrays or by QuantLib."""

from __future__ import annotations

import numpy as np

from curves import default_rates_key, discount_curve, survival_curve
from instruments.contracts.lease import Lease
from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from pricing.engines.contract_rows import ContractRows
from pricing.registry import Outcome, Task, register_engine
from pricing.schedules.lease import LeasePlan, resolve_lease
from pricing.schedules.lease_rates import planned_flows
from pricing.schedules.loan import scheduled_value
from pricing.schedules.types import Floats

NOTE = (
    "special case: a bond of the first term, rents and planned residual on the lessee's credit{credit}; no choices, no second tenant, "
    "nothing beyond the plan; the price of the asset taken off"
)


def _sure(times: Floats) -> Floats:
    return np.ones_like(times)


def bond_rows(task: Task, method: str, *, by_quantlib: bool) -> Outcome:
    """Value of the plan to the lessor, and default-free.

    Raises:
        PricingError: the rents do not amortise the price: no bond without negative balances.
    """
    lease = task.contract
    if not isinstance(lease, Lease):
        raise PricingError(problem("unsupported", subject=task.contract_id, why="not a lease", remedy="name a lease"))
    plan = resolve_lease(task.deal, task.contract_id, task.market)
    key = task.deal.parties[lease.lessee].credit
    curve = survival_curve(task.market, key) if key is not None else None
    survival, recovery = (curve.survival, curve.recovery) if curve is not None else (_sure, 1.0)
    said = f" ({key}, recovery {recovery:g})" if curve is not None else ", which never defaults"
    rows = ContractRows(task, method, lease.lessor, note=NOTE.format(credit=said))
    free, risky = _values(task, plan, survival, recovery, by_quantlib=by_quantlib)
    rows.add_sides("value", risky, other=lease.lessee)
    rows.add("value", free, part="default-free")
    return Outcome(rows=rows.rows)


def _values(task: Task, plan: LeasePlan, survival: object, recovery: float, *, by_quantlib: bool) -> tuple[float, float]:
    discount = discount_curve(task.market, default_rates_key(task.market)).discount
    free = risky = 0.0
    for phase in plan.phases:
        flows = planned_flows(plan.lease, phase, plan.grid)
        if by_quantlib:
            from pricing._quantlib.loan import quantlib_value  # QuantLib is loaded by those who ask for it

            found = quantlib_value(flows, discount, survival, recovery, subject=task.contract_id)  # type: ignore[arg-type]
        else:
            found = scheduled_value(flows, discount, survival, recovery)  # type: ignore[arg-type]
        # a handover on the market's date is paid outside the bond: price, less a first rent in advance, is its opening balance
        free, risky = free + found.default_free - flows.opening, risky + found.risky - flows.opening
    return free, risky


@register_engine(Lease, "schedule", measures=("value",), note="first term as a bond on the lessee's credit, constant recovery, by arrays")
def lease_by_schedule(task: Task) -> Outcome:
    """The lease as a bond; see `pricing.schedules.loan.scheduled_value`."""
    return bond_rows(task, "schedule", by_quantlib=False)


@register_engine(Lease, "quantlib", measures=("value",), note="as 'schedule', by QuantLib's fixed leg and risky bond engine")
def lease_by_quantlib(task: Task) -> Outcome:
    """The lease as a bond of QuantLib: fixed-rate amortising leg at the implicit rate, risky bond engine at constant recovery."""
    return bond_rows(task, "quantlib", by_quantlib=True)
