"""Rows of notes: by party, by class, by test, from whatever rolled them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from instruments.contracts.coupons import FixedCoupon, spread_of
from instruments.priority import CoverageTest
from pricing.engines.contract_rows import ContractRows
from pricing.ledger.notes import LOST, PAID, NotesColumns
from pricing.mechanics.notes import NotesRolled
from pricing.mechanics.pool import Collections
from pricing.schedules.grid import day_counts, thirty_360
from pricing.schedules.notes import NotesPlan
from pricing.schedules.types import Floats

CLASS_MEASURES = (
    "value",
    "expected_shortfall_discounted",
    "expected_shortfall",
    "expected_loss_rate",
    "shortfall_probability",
    "attachment",
    "detachment",
    "wal",
    "irr",
    "fair_coupon",
)
POOL_MEASURES = ("coverage_breach_probability", "call_probability", "pool_default_share", "recovery_rate")
QUANTILES = (0.05, 0.5, 0.95)
TAIL = 0.999
WORST = 0.01
"""Part of the paths, those on which most defaults, for which the recovery is shown again."""
RATE_NOTE = "not discounted: sum of what comes back / sum of what defaults"
FIRST_ORDER = "first order: the other flows held as they are; exact where the class never loses"


@dataclass(frozen=True)
class NotesFound:
    """What a block of paths leaves beside its postings; [class, path] where not said otherwise."""

    value: Floats
    shortfall: Floats
    shortfall_discounted: Floats
    principal: Floats
    principal_years: Floats
    """Sum of years x principal."""
    annuity: Floats
    """Discounted accrual of a coupon of 1."""
    irr: Floats
    failed: Floats
    """[test, path]"""
    called: Floats
    """[path]"""
    defaulted: Floats
    """Defaulted balance over the opening pool [path]."""
    recovered: Floats
    """What comes back of it, over the opening pool [path]."""


def found_of(plan: NotesPlan, columns: NotesColumns, rolled: NotesRolled, pool: Collections, *, irr: bool) -> NotesFound:
    """Reduce one rolled block over time."""
    classes = plan.notes.classes
    labels = [each.label for each in classes]
    ledger, discount = rolled.ledger, plan.discount
    interest = np.stack([ledger[:, columns.interest[name] + PAID] for name in labels])
    principal = np.stack([ledger[:, columns.principal[name] + PAID] for name in labels])
    lost = np.stack([ledger[:, columns.interest[name] + LOST] + ledger[:, columns.principal[name] + LOST] for name in labels])
    opening = np.array([each.balance_usd for each in classes])
    before = np.concatenate([np.broadcast_to(opening[:, None, None], (len(classes), 1, lost.shape[2])), rolled.balances[:, :-1]], axis=1)
    accrual = _accruals(plan)
    tests = [index for index, step in enumerate(plan.notes.order) if isinstance(step, CoverageTest)]
    none = np.zeros(lost.shape[2], dtype=np.bool_)
    return NotesFound(
        value=np.einsum("t,ctp->cp", discount, interest + principal),
        shortfall=lost.sum(axis=1),
        shortfall_discounted=np.einsum("t,ctp->cp", discount, lost),
        principal=principal.sum(axis=1),
        principal_years=np.einsum("t,ctp->cp", plan.years, principal),
        annuity=np.einsum("ct,t,ctp->cp", accrual, discount, before),
        irr=np.stack([yearly_irr(interest[k] + principal[k], opening[k]) for k in range(len(classes))])
        if irr
        else np.zeros_like(lost[:, 0]),
        failed=np.array([rolled.failed.get(index, none) for index in tests], dtype=np.float64).reshape(len(tests), none.size),
        called=rolled.called.astype(np.float64),
        defaulted=pool.defaulted.sum(axis=0) / plan.opening[:, 0].sum(),
        recovered=pool.recovery.sum(axis=0) / plan.opening[:, 0].sum(),
    )


def _accruals(plan: NotesPlan) -> Floats:
    """Day-count fraction of each month, by class."""
    as_of = plan.dates[0].fromordinal(plan.dates[0].toordinal() - round(float(plan.years[0]) * 365.0))
    thirty, actual = thirty_360(as_of, plan.dates), day_counts(as_of, plan.dates)[1] / 360.0
    return np.stack([thirty if isinstance(each.coupon, FixedCoupon) else actual for each in plan.notes.classes])


def yearly_irr(flows: Floats, price: float) -> Floats:
    """Effective yearly rate at which monthly flows [time, path] are worth a price; -1 where less than a millionth comes back, [path].

    Months count as equal. Bisection on the monthly discount factor: the value rises in it, so there is one answer.
    """
    low, high = np.full(flows.shape[1], 0.1), np.full(flows.shape[1], 10.0)
    for _ in range(60):
        factor = np.sqrt(low * high)
        worth = np.zeros(flows.shape[1])
        for row in flows[::-1]:
            worth = (worth + row) * factor
        dear = worth > price
        high, low = np.where(dear, factor, high), np.where(dear, low, factor)
    return np.where(flows.sum(axis=0) > 1e-6 * price, (low * high) ** -6.0 - 1.0, -1.0)


def add_class_rows(rows: ContractRows, plan: NotesPlan, found: NotesFound, weights: Floats | None = None) -> None:
    """Every measure of every class.

    Args:
        weights: of paths that are nodes of a quadrature, adding to one; None are random paths, and errors are shown.
    """
    pool = float(plan.opening[:, 0].sum())
    above = 0.0
    for index, each in enumerate(plan.notes.classes):
        put = _Adder(rows, each.label, each.holder, weights)
        put.mean("value", found.value[index])
        put.mean("expected_shortfall_discounted", found.shortfall_discounted[index])
        put.mean("expected_shortfall", found.shortfall[index])
        put.mean("expected_loss_rate", found.shortfall_discounted[index] / each.balance_usd)
        put.mean("shortfall_probability", (found.shortfall[index] > 1e-6 * each.balance_usd).astype(np.float64))
        put.number("detachment", 1.0 - above / pool)
        above += each.balance_usd
        put.number("attachment", max(0.0, 1.0 - above / pool))
        repaid = put.average(found.principal[index])
        if repaid > 0.0:
            put.number("wal", put.average(found.principal_years[index]) / repaid, "over the principal that is repaid")
        annuity = put.average(found.annuity[index])
        if annuity > 0.0:
            gap = (each.balance_usd - put.average(found.value[index])) / annuity
            put.number("fair_coupon", spread_of(each.coupon) + gap, FIRST_ORDER)
        if weights is None and rows.task.settings.wants("irr"):
            ordered = np.sort(found.irr[index])
            for level in QUANTILES:
                name = f"{each.label}, {100 * level:g} %"
                at = float(ordered[min(int(level * ordered.size), ordered.size - 1)])
                rows.add("irr", at, part=name, party=each.holder, note=f"order statistic of {ordered.size:,} paths; bought at par")


def add_pool_rows(rows: ContractRows, plan: NotesPlan, found: NotesFound) -> None:
    """Tests, call, and what defaults."""
    put = _Adder(rows, None, plan.notes.residual_holder, None)
    tests = [step for step in plan.notes.order if isinstance(step, CoverageTest)]
    for index, step in enumerate(tests):
        put.mean("coverage_breach_probability", found.failed[index], part=f"{step.measure} {step.through}")
    put.mean("call_probability", found.called)
    put.mean("pool_default_share", found.defaulted)
    ordered = np.sort(found.defaulted)
    level = float(ordered[min(int(TAIL * ordered.size), ordered.size - 1)])
    rows.add("pool_default_share", level, part=f"{100 * TAIL:g} %", party=plan.notes.residual_holder, note="order statistic")
    worst = np.argsort(found.defaulted, kind="stable")[-max(1, round(WORST * found.defaulted.size)) :]
    for part, of in ((None, slice(None)), (f"worst {100 * WORST:g} %", worst)):
        gone, back = found.defaulted[of], found.recovered[of]
        if gone.sum() > 0.0:
            rate = float(back.sum() / gone.sum())
            error = float((back - rate * gone).std(ddof=1) * np.sqrt(gone.size) / gone.sum()) if gone.size > 1 else None
            rows.add("recovery_rate", rate, error, part=part, party=plan.notes.residual_holder, note=RATE_NOTE)


@dataclass(frozen=True)
class _Adder:
    rows: ContractRows
    part: str | None
    party: str
    weights: Floats | None

    def average(self, values: Floats) -> float:
        return float(values.mean() if self.weights is None else np.einsum("p,p->", self.weights, values))

    def mean(self, measure: str, values: Floats, part: str | None = None) -> None:
        error = float(values.std(ddof=1) / np.sqrt(values.size)) if self.weights is None else None
        self.rows.add(measure, self.average(values), error, part=part or self.part, party=self.party)

    def number(self, measure: str, value: float, note: str | None = None) -> None:
        self.rows.add(measure, value, part=self.part, party=self.party, note=note)
