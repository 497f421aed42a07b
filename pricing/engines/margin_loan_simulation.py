"""Margin loans by daily Monte Carlo under the pricing measure: the default method, and the loan's ledger.

**Model** the share is lognormal, its owner defaults at the first passage of a correlated driver (`pricing.paths.drivers`); where the market
has a belief, the share jumps at its breaks and the owner may default at them (`pricing.paths.belief`); each close is marked as the terms
say, and `pricing.mechanics.margin_loan` does the rest. Value to the lender = E[discounted receipts after `as_of`]; what was lent is not in
it, so that a loan at its fair margin is worth its principal. Where the market moves the short rate, receipts are discounted along its
path, and interest that floats on that curve follows it.

**Not modelled** other jumps of the share (without a belief a gap comes from lags, from lots and from their impact), a share that falls
because its owner fails beyond the correlation of the two and their common breaks, the borrower's early repayment, extension options,
stochastic volatility.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from instruments.contracts.margin_loan import MarginLoan
from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from pricing.engines.contract_rows import ContractRows
from pricing.ledger.margin_loan import INTEREST, LOST, PAID, PRINCIPAL, margin_loan_postings
from pricing.ledger.outcomes import KeptAlong
from pricing.ledger.runs import ContractRun, run_contract
from pricing.mechanics.margin_loan import roll_margin_loan
from pricing.mechanics.share_sale import average_factor
from pricing.paths.daily_rates import MOVING
from pricing.paths.month_days import simulate_in_deal
from pricing.paths.rates import present_amounts
from pricing.paths.streams import check_seed
from pricing.registry import Outcome, Task, register_engine, register_simulator
from pricing.schedules.margin_loan import MarginPlan, planned_interest, resolve_margin_loan
from pricing.schedules.types import Floats

METHOD = "simulation"
MEASURES = (
    "value",
    "fair_margin",
    "loss_against_default_free",
    "expected_shortfall_discounted",
    "expected_shortfall",
    "expected_loss_rate",
    "margin_call_probability",
    "liquidation_probability",
    "gap_loss",
    "gap_probability",
    "share_ltv",
    "break_even_share_price",
)
SIDES = "receipts after the date; the borrower also loses what a quick sale costs"
QUANTILES = (0.05, 0.5, 0.95)
BUMP = 0.01
"""Step of the margin from which the fair one is found: the value is all but straight in it."""


@dataclass(frozen=True)
class _Found:
    """What a block leaves beside its postings, [path] each."""

    called: Floats
    liquidated: Floats
    gap: Floats
    gap_discounted: Floats
    shortfall: Floats
    shortfall_discounted: Floats
    bumped: Floats
    """Discounted receipts of the lender at a margin of `BUMP` more; nothing where no fair margin is asked for."""
    ltv: Floats
    """[date, path]"""


def margin_loan_of(task: Task) -> MarginLoan:
    """The contract of a task, if it is a margin loan."""
    if not isinstance(task.contract, MarginLoan):
        raise PricingError(problem("unsupported", subject=task.contract_id, why="not a margin loan", remedy="name a margin loan"))
    return task.contract


def simulated(task: Task) -> tuple[MarginPlan, ContractRun, list[_Found]]:
    """A margin loan rolled over paths, with what was found beside its postings, block by block."""
    loan = margin_loan_of(task)
    plan = resolve_margin_loan(task.deal, loan, task.market, task.contract_id)
    seed = check_seed(task.settings.seed)
    bumped = task.settings.wants("fair_margin")

    def roll(block: int) -> tuple[Floats, _Found, Floats | None]:
        world = simulate_in_deal(plan.drivers, plan.days, seed, block)
        closes = world.closes[loan.underlying]
        never = np.full(closes.shape[1], closes.shape[0], dtype=np.int64)
        defaulted = world.defaulted[plan.credit] if plan.credit else never
        gained = world.rates.gained if world.rates is not None else None
        rolled = roll_margin_loan(plan, closes, defaulted, gained=gained)
        ledger = rolled.ledger
        lost = ledger[:, INTEREST + LOST] + ledger[:, PRINCIPAL + LOST]
        more = np.zeros(closes.shape[1])
        if bumped:
            again = roll_margin_loan(plan, closes, defaulted, plan.spread + BUMP, gained).ledger
            more = present_amounts(rolled.factors, again[:, INTEREST + PAID] + again[:, PRINCIPAL + PAID])
        found = _Found(
            called=rolled.called.astype(np.float64),
            liquidated=(rolled.liquidated < closes.shape[0]).astype(np.float64),
            gap=rolled.gap,
            gap_discounted=rolled.gap_discounted,
            shortfall=lost.sum(axis=0),
            shortfall_discounted=present_amounts(rolled.factors, lost),
            bumped=more,
            ltv=rolled.ltv,
        )
        return ledger, found, rolled.factors if gained is not None else None

    kept = KeptAlong(roll)
    postings = margin_loan_postings(task.contract_id, loan)
    run = run_contract(
        task.contract_id,
        postings,
        plan.dates,
        plan.discount,
        kept,
        paths=task.settings.paths,
        threads=task.settings.threads,
        along=kept.along if plan.drivers.rate is not None else None,
    )
    return plan, run, kept.found()


def default_free_value(plan: MarginPlan) -> float:
    """Planned interest and principal, discounted on the daily grid, USD."""
    discounts = plan.drivers.grid.discounts
    return float((planned_interest(plan) * discounts).sum()) + plan.loan.amount_usd * float(discounts[plan.maturity])


@register_simulator(MarginLoan)
def simulate_margin_loan(task: Task) -> ContractRun:
    """The ledger of a margin loan on paths."""
    return simulated(task)[1]


@register_engine(MarginLoan, METHOD, measures=MEASURES, default=True, note="daily marks, calls, sale in lots, recourse, on joint paths")
def margin_loan_by_simulation(task: Task) -> Outcome:
    """Value, loss, odds and fair margin of a margin loan; see the module."""
    loan = margin_loan_of(task)
    plan, run, blocks = simulated(task)
    moving = plan.drivers.rate is not None
    rows = ContractRows(task, METHOD, loan.lender, MOVING if moving else None)
    value, error = run.value(loan.lender)
    rows.add_sides("value", value, error, other=loan.borrower, note=f"{SIDES}; {MOVING}" if moving else SIDES)

    def mean(name: str) -> tuple[float, float]:
        found = np.concatenate([getattr(block, name) for block in blocks])
        return float(found.mean()), float(found.std(ddof=1) / np.sqrt(found.size))

    if task.settings.wants("fair_margin"):
        slope = (mean("bumped")[0] - value) / BUMP
        if slope > 0.0:
            fair = plan.spread + (loan.amount_usd - value) / slope
            rows.add("fair_margin", fair, error / slope, note="straight line through the margin of the terms and 1 % more, same paths")
    free = default_free_value(plan)
    rows.add("loss_against_default_free", free - value, error)
    short, short_error = mean("shortfall_discounted")
    rows.add("expected_shortfall_discounted", short, short_error)
    rows.add("expected_shortfall", *mean("shortfall"))
    rows.add("expected_loss_rate", short / loan.amount_usd, short_error / loan.amount_usd)
    rows.add("margin_call_probability", *mean("called"))
    rows.add("liquidation_probability", *mean("liquidated"))
    rows.add("gap_loss", *mean("gap_discounted"))
    gapped = np.concatenate([block.gap > 0.0 for block in blocks]).astype(np.float64)
    rows.add("gap_probability", float(gapped.mean()), float(gapped.std(ddof=1) / np.sqrt(gapped.size)))
    if task.settings.wants("share_ltv"):
        _add_ltv(rows, plan, np.concatenate([block.ltv for block in blocks], axis=1))
    rows.add("break_even_share_price", break_even(plan), note="the principal alone, whole block, market of the day of the sale")
    return Outcome(rows.rows, sample=np.asarray(run.of(loan.lender), dtype=np.float64) if task.settings.keep_sample else None)


def break_even(plan: MarginPlan) -> float:
    """Share price at which selling the pledged block brings the principal, after impact and cost; 0 is never: it cannot."""
    loan = plan.loan
    strength = loan.sale.impact / loan.sale.depth_shares if loan.sale.depth_shares is not None else 0.0
    kept = average_factor(loan.shares, strength) * (1.0 - loan.sale.cost)
    return loan.amount_usd / (loan.shares * kept) if kept > 0.0 else float("inf")


def _add_ltv(rows: ContractRows, plan: MarginPlan, ltv: Floats) -> None:
    """Quantiles of the unmarked ratio over the paths on which the loan still stands."""
    for index, day in enumerate(np.flatnonzero(plan.interest)):
        standing = np.sort(ltv[index][~np.isnan(ltv[index])])
        if not standing.size:
            continue
        for level in QUANTILES:
            found = float(standing[min(int(level * standing.size), standing.size - 1)])
            note = f"order statistic of {standing.size:,} paths on which the loan stands"
            rows.add("share_ltv", found, part=f"{100 * level:g} %", date=plan.drivers.grid.dates[day], note=note)
