"""What a guarantee of a lease owes, and who pays it: escrow first, then a guarantor that must be alive on the payment date."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from instruments.conditions import AllOf, AnyOf, DateReached, EventHappened, Group, Leg, Sequence
from instruments.contracts.lease_parts import by_month
from instruments.contracts.support import FirstLoss, LeaseBackstop, LeaseGuarantee, PaymentCover, ThresholdCover
from pricing.formulas.support import lease_backstop_payment, residual_payment
from pricing.mechanics.lease import PhaseOutcome
from pricing.mechanics.lease_choices import BOUGHT, DEFAULT, EARLY, END, NON_RENEWAL
from pricing.schedules.lease import LeaseGrid, PhasePlan
from pricing.schedules.plan import NEVER
from pricing.schedules.types import Floats, Ints

TRIGGERS = {"end": END, "non_renewal": NON_RENEWAL, "early_exit": EARLY, "default": DEFAULT}
"""Names of the terms to codes of how a lease ends."""


def threshold_at(cover: ThresholdCover, phase: PhasePlan, row: Ints | int) -> Floats:
    """G of a phase at a row, USD; nothing after the last stated month."""
    months, amounts = by_month(cover.threshold_usd)
    return phase.share * np.interp(np.asarray(row) - phase.start, months, amounts, right=0.0)


def claim_of(terms: LeaseGuarantee, phase: PhasePlan, found: PhaseOutcome) -> Floats:
    """What is claimed under a guarantee for one phase, before caps and conditions, USD [path]."""
    cover = terms.cover
    if isinstance(cover, ThresholdCover):
        worth = found.value if cover.measured == "market_value" else np.maximum(found.recovery, 0.0)
        share = cover.share if isinstance(cover, FirstLoss) else None
        due = residual_payment(threshold=threshold_at(cover, phase, found.row), value=worth, share=share)
        return np.where(np.isin(found.how, [TRIGGERS[name] for name in cover.triggers]), due, 0.0)
    failed = found.how == DEFAULT
    if isinstance(cover, LeaseBackstop):
        return np.where(
            failed, lease_backstop_payment(outstanding=found.owed, share=cover.share, recovery=np.maximum(found.recovery, 0.0)), 0.0
        )
    assert isinstance(cover, PaymentCover), "four forms of cover"
    return np.where(failed, found.unpaid, 0.0)


def counts(terms: LeaseGuarantee, phase: PhasePlan, found: PhaseOutcome, springs: Ints, released: Ints) -> Floats:
    """1 where a claim counts: in its months, sprung, not released, conditions met [path].

    Args:
        springs: row from which the guarantee exists [path].
        released: row from which it is gone [path].
    """
    month = found.row - phase.start
    good = found.started & (found.how != BOUGHT) & (month >= terms.first_month) & (found.row >= springs) & (found.row < released)
    if terms.last_month is not None:
        good &= month <= terms.last_month
    if terms.needs_return_conditions:
        good &= found.met
    return good.astype(np.float64)


def row_of_condition(condition: Leg | Group | None, grid: LeaseGrid, default_row: Callable[[str], Ints], paths: int) -> Ints:
    """First row on which a condition of dates and defaults holds, latched; `NEVER` where it does not [path]."""
    if condition is None:
        return np.zeros(paths, dtype=np.int64)
    if isinstance(condition, DateReached):
        row = next((index for index, date in enumerate(grid.dates) if date >= condition.on), NEVER)
        return np.full(paths, row, dtype=np.int64)
    if isinstance(condition, EventHappened):
        return default_row(condition.party)
    assert isinstance(condition, AllOf | AnyOf | Sequence), "the terms allow no other legs"
    rows = [row_of_condition(leg, grid, default_row, paths) for leg in condition.legs]
    if isinstance(condition, Sequence):
        whole = rows[0]
        for row in rows[1:]:
            whole = np.where(row >= whole, row, NEVER)
        return whole
    return np.minimum.reduce(rows) if isinstance(condition, AnyOf) else np.maximum.reduce(rows)


def owed_by_leaving(guarantees: list[LeaseGuarantee], phase: PhasePlan, row: int, how: int, value: Floats) -> Floats:
    """What the lessee owes as its own residual guarantor if it leaves at a row, before lags and caps over phases, USD [path]."""
    total = np.zeros_like(value)
    for terms in guarantees:
        cover, month = terms.cover, row - phase.start
        late = terms.last_month is not None and month > terms.last_month
        if (
            not isinstance(cover, ThresholdCover)
            or month < terms.first_month
            or late
            or how not in [TRIGGERS[name] for name in cover.triggers]
        ):
            continue
        share = cover.share if isinstance(cover, FirstLoss) else None
        due = residual_payment(threshold=threshold_at(cover, phase, row), value=value, share=share)
        total = total + (due if terms.cap_usd is None else np.minimum(due, terms.cap_usd))
    return total
