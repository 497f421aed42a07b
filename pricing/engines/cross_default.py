"""Cross-default between the facilities of a deal: whose event of default accelerates whom, month by month, on the same paths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from instruments.contracts.loan import Loan
from instruments.deal import Deal
from pricing.kernels.facility import roll_reduced
from pricing.ledger import facility as k
from pricing.paths.facility import FacilityModel, drivers_of
from pricing.schedules.plan import NEVER, FacilityPlan, no_events
from pricing.schedules.types import Ints


class Member(NamedTuple):
    """A facility that names others, or is named."""

    loan_id: str
    loan: Loan
    plan: FacilityPlan
    model: FacilityModel


def linked(deal: Deal, loan_id: str) -> tuple[str, ...]:
    """Loans whose events of default reach this one, directly or through others; not itself."""
    found: list[str] = []
    waiting = [loan_id]
    while waiting:
        loan = deal.contracts[waiting.pop()]
        for cross in loan.cross_defaults if isinstance(loan, Loan) else ():
            if cross.contract not in found and cross.contract != loan_id:
                found.append(cross.contract)
                waiting.append(cross.contract)
    return tuple(found)


def crossed_months(members: Sequence[Member], loan_id: str, seed: int, block: int) -> Ints:
    """Month from whose end on another facility's event of default accelerates this one: [path], `NEVER` where none does.

    **Model**: every facility is rolled forward on its own paths of the common drivers; one whose own event of default comes accelerates
    those that name it after their grace, which may accelerate others. Rounds are repeated until no month moves: each can only bring
    months forward, so there are at most as many rounds as facilities.

    Args:
        members: the facility and all that reach it.
        loan_id: which of them.
        seed, block: of the paths.
    """
    drivers = {each.loan_id: drivers_of(each.model, seed, block) for each in members}
    paths = next(iter(drivers.values())).ratio.shape[1]
    crossed = {each.loan_id: no_events(paths).crossed for each in members}
    for _ in range(len(members)):
        called: dict[str, Ints] = {}
        size: dict[str, np.ndarray] = {}
        for each in members:
            events = no_events(paths)._replace(crossed=crossed[each.loan_id])
            outcomes = roll_reduced(each.plan, drivers[each.loan_id], events)[1]
            month = outcomes[k.DEFAULT_MONTH].astype(np.int64)
            called[each.loan_id] = np.where(month < each.plan.months, month, NEVER)
            size[each.loan_id] = outcomes[k.EXPOSURE_AT_DEFAULT]
        moved = False
        for each in members:
            first = crossed[each.loan_id]
            for cross in each.loan.cross_defaults:
                counts = (called[cross.contract] < NEVER) & (size[cross.contract] >= cross.threshold_usd)
                first = np.minimum(first, np.where(counts, called[cross.contract] + cross.grace_months, NEVER))
            moved = moved or bool((first < crossed[each.loan_id]).any())
            crossed[each.loan_id] = first
        if not moved:
            break
    return crossed[loan_id]
