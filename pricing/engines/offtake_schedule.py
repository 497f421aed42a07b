"""Offtakes by their planned rents on arrays: the special case of the QuantLib engine, by plain discounting."""

from __future__ import annotations

import numpy as np

from curves import survival_curve
from instruments.contracts.offtake import Offtake
from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from pricing.engines.contract_rows import ContractRows
from pricing.engines.offtake_quantlib import planned_payments
from pricing.engines.offtake_simulation import facility_of
from pricing.registry import Outcome, Task, register_engine
from pricing.schedules.offtake import resolve_offtake


@register_engine(Offtake, "schedule", measures=("value",), note="planned rents on the customer's credit, no recovery, by arrays")
def offtake_by_schedule(task: Task) -> Outcome:
    """Sum of D(t) S(t) rent(t) and what is paid ahead: nobody leaves, no outage, the operator never fails, no recovery.

    Raises:
        PricingError: a facility rests on the offtake: its plan is the facility's.
    """
    offtake = task.contract
    assert isinstance(offtake, Offtake)  # the registry calls it for offtakes alone
    if facility_of(task.deal, task.contract_id) is not None:
        why = "a facility rests on it, whose plan decides"
        raise PricingError(problem("unsupported", subject=task.contract_id, why=why, remedy="use method quantlib or simulation"))
    plan = resolve_offtake(task.deal, task.contract_id, task.market)
    key = task.deal.parties[offtake.customer].credit
    survival = survival_curve(task.market, key).survival(plan.years) if key else np.ones(len(plan.years))
    flows = planned_payments(plan, None)
    cash = np.array([flows[date] for date in plan.dates])
    rows = ContractRows(task, "schedule", offtake.provider, note=f"planned rents on {key or 'no credit'}, no recovery")
    value = plan.prepaid_usd + float((plan.discount * survival * cash)[1:].sum())
    rows.add_sides("value", value, other=offtake.customer)
    return Outcome(rows=rows.rows)
