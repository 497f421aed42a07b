"""Borrowing-base revolvers by monthly Monte Carlo: the default method, and their ledger.

**Model** rents are one lognormal around their forward; borrower and obligors default at first passages correlated with it month by month;
values run off, follow rents by their elasticity and count while their obligor lives (`pricing.mechanics.base_count`). The borrower draws up
to its usage of availability. Where the market has a belief, its breaks move rents and default credits; where it moves the short rate, money
is discounted along its path and interest that floats on that curve follows it. Value to the lender = E[discounted receipts less draws after
`as_of`]; what is drawn already is not in it.

**Not modelled** new assets that replace those that run off, dilution and disputes, field examinations, the borrower's cash (a living
borrower prepays any deficiency, or none, as the terms say), protective advances.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from instruments.contracts.borrowing_base import BorrowingBase
from instruments.contracts.coupons import FixedCoupon
from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from pricing.engines.contract_rows import ContractRows
from pricing.ledger.borrowing_base import DRAW, FEE, INTEREST, LOST, PRINCIPAL, borrowing_base_postings
from pricing.ledger.outcomes import KeptAlong
from pricing.ledger.runs import ContractRun, run_contract
from pricing.mechanics.base_count import count_base
from pricing.mechanics.borrowing_base import roll_borrowing_base
from pricing.paths.rates import present_amounts
from pricing.paths.streams import check_seed
from pricing.registry import Outcome, Task, register_engine, register_simulator
from pricing.schedules.borrowing_base import BasePlan, base_paths, resolve_borrowing_base
from pricing.schedules.types import Floats

METHOD = "simulation"
MEASURES = (
    "value",
    "fair_margin",
    "expected_shortfall_discounted",
    "expected_shortfall",
    "expected_loss_rate",
    "default_probability",
    "deficiency_probability",
    "borrowing_base",
    "eligible_value",
    "concentration_excess",
    "excess_availability",
    "availability",
)
QUANTILES = (0.05, 0.5)
HELD = "order statistic; held from an event of default on"
EVERY = 6
"""Months between the dates of which availability is shown."""


@dataclass(frozen=True)
class _Found:
    """What a block leaves beside its postings, [path] each."""

    shortfall: Floats
    shortfall_discounted: Floats
    draws: Floats
    annuity: Floats
    """Discounted accrual of a margin of 1 on what was drawn."""
    defaulted: Floats
    deficient: Floats
    available: Floats
    """[time, path]"""


def base_of(task: Task) -> BorrowingBase:
    """The contract of a task, if it is a borrowing base."""
    if not isinstance(task.contract, BorrowingBase):
        raise PricingError(problem("unsupported", subject=task.contract_id, why="not a borrowing base", remedy="name one"))
    return task.contract


def simulated(task: Task) -> tuple[BasePlan, ContractRun, _Found]:
    """A revolver rolled over paths, with what was found beside its postings."""
    terms, seed = base_of(task), check_seed(task.settings.seed)
    plan = resolve_borrowing_base(task.deal, terms, task.market, task.contract_id)

    def roll(block: int) -> tuple[Floats, _Found, Floats | None]:
        paths = base_paths(plan, seed, block)
        rolled = roll_borrowing_base(plan, paths.ratio, paths.failed, paths.factors)
        factors = plan.discount if paths.factors is None else paths.factors
        ledger = rolled.ledger
        lost = ledger[:, INTEREST + LOST] + ledger[:, PRINCIPAL + LOST] + ledger[:, FEE + LOST]
        before = np.concatenate([np.full((1, lost.shape[1]), terms.drawn_usd), rolled.drawn[:-1]])
        found = _Found(
            shortfall=lost.sum(axis=0),
            shortfall_discounted=present_amounts(factors, lost),
            draws=present_amounts(factors, ledger[:, DRAW]),
            annuity=present_amounts(factors, plan.accrual[:, None] * before),
            defaulted=rolled.defaulted.astype(np.float64),
            deficient=rolled.deficient.astype(np.float64),
            available=rolled.available,
        )
        return ledger, found, paths.factors

    kept = KeptAlong(roll)
    postings = borrowing_base_postings(task.contract_id, terms)
    run = run_contract(
        task.contract_id,
        postings,
        plan.dates,
        plan.discount,
        kept,
        paths=task.settings.paths,
        threads=task.settings.threads,
        along=kept.along if plan.model.rates is not None else None,
    )
    blocks = kept.found()
    joined = {name: np.concatenate([getattr(each, name) for each in blocks], axis=-1) for name in _Found.__dataclass_fields__}
    return plan, run, _Found(**joined)


@register_simulator(BorrowingBase)
def simulate_borrowing_base(task: Task) -> ContractRun:
    """The ledger of a borrowing base on paths."""
    return simulated(task)[1]


@register_engine(BorrowingBase, METHOD, measures=MEASURES, default=True, note="base counted each month on joint paths of rents and credits")
def borrowing_base_by_simulation(task: Task) -> Outcome:
    """Value, loss, odds of a deficiency, and the base as counted now and later; see the module."""
    terms = base_of(task)
    plan, run, found = simulated(task)
    rows = ContractRows(task, METHOD, terms.lender)
    value, error = run.value(terms.lender)
    rows.add_sides("value", value, error, other=terms.borrower, note="the borrower also loses what a forced sale gives away")

    def mean(measure: str, values: Floats, scale: float = 1.0) -> None:
        rows.add(measure, float(values.mean()) / scale, float(values.std(ddof=1) / np.sqrt(values.size)) / scale)

    annuity, lent = float(found.annuity.mean()), terms.drawn_usd + float(found.draws.mean())
    if annuity > 0.0:
        name = "fixed rate" if isinstance(terms.coupon, FixedCoupon) else "spread"
        fair = plan.spread + (terms.drawn_usd - value) / annuity
        rows.add("fair_margin", fair, error / annuity, note=f"first order in the {name}: draws and defaults as they are")
    mean("expected_shortfall_discounted", found.shortfall_discounted)
    mean("expected_shortfall", found.shortfall)
    if lent > 0.0:
        mean("expected_loss_rate", found.shortfall_discounted, lent)
    mean("default_probability", found.defaulted)
    mean("deficiency_probability", found.deficient)
    _add_count(rows, plan)
    for month in range(EVERY - 1, plan.maturity, EVERY):
        ordered = np.sort(found.available[month])
        for level in QUANTILES:
            at = float(ordered[min(int(level * ordered.size), ordered.size - 1)])
            rows.add(
                "availability",
                at,
                part=f"{100 * level:g} %",
                date=plan.dates[month],
                note=HELD,
            )
    return Outcome(rows.rows, sample=np.asarray(run.of(terms.lender), dtype=np.float64) if task.settings.keep_sample else None)


def _add_count(rows: ContractRows, plan: BasePlan) -> None:
    """The base as counted now."""
    terms = plan.terms
    count = count_base(terms, plan.values[:, :1], np.ones((len(terms.assets), 1), dtype=np.bool_), 0)
    rows.add("borrowing_base", float(count.base[0]))
    rows.add("excess_availability", float(count.available[0]) - terms.drawn_usd)
    for index, asset in enumerate(terms.assets):
        rows.add("eligible_value", float(count.eligible[index, 0]), part=asset.label)
        rows.add("concentration_excess", float(count.eligible[index, 0] - count.counted[index, 0]), part=asset.label)
