"""Staged equity on the ledger: money from the investor, shares back, and what became of every tranche, by month.

A tranche falls due when its trigger comes, is put off until the draw, and is then paid or written off: stopped by a side, which gives a
notice to the other, or lost to a default. A tranche whose trigger never comes is not due. The worth of shares when they are issued stands
in the ledger as a terminal value, so that the parties' values are those of the price on the same paths; where triggers are watched daily,
postings are discounted from the end of their month, along the path of the short rate where the market moves it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curves import default_rates_key, discount_curve, years_between
from instruments.contracts.staged import StagedEquity
from pricing.engines.staged_paths import Draws, simulate_draws
from pricing.engines.staged_setup import Days, StagedRun, prepare
from pricing.engines.warrant_rows import unique_names
from pricing.ledger.outcomes import KeptAlong
from pricing.ledger.plan import LedgerPlan, Posting
from pricing.ledger.runs import ContractRun, run_contract
from pricing.paths.streams import BLOCK
from pricing.registry import Task, register_simulator
from pricing.schedules.grid import month_end

Array = NDArray[np.float64]
PER_TRANCHE = 6
"""Postings of a tranche: draw, due, deferred, written off, shares, worth of the shares."""


@register_simulator(StagedEquity)
def simulate_staged(task: Task) -> ContractRun:
    """Every tranche on paths under the pricing measure; memory: see `ContractRun`, postings are 6 a tranche and 2."""
    run = prepare(task)
    dates, month_of = _months(run)
    plan = staged_plan(run)
    discount = discount_curve(task.market, default_rates_key(task.market)).discount(
        np.array([years_between(task.market.as_of, date) for date in dates])
    )

    last = np.flatnonzero(np.append(np.diff(month_of), 1))

    def roll(block: int) -> tuple[Array, None, Array | None]:
        draws = simulate_draws(run, "pricing", block)
        rates = draws.world.rates
        moved = np.exp(-rates.gained[last]) * discount[:, None] if rates is not None else None
        return staged_postings(run, draws, month_of, len(dates), len(plan)), None, moved

    kept = KeptAlong(roll)
    return run_contract(
        task.contract_id,
        plan,
        dates,
        discount,
        kept,
        paths=task.settings.paths,
        threads=task.settings.threads,
        along=kept.along if run.drivers.rate is not None else None,
    )


def staged_plan(run: StagedRun) -> LedgerPlan:
    """The postings, by tranche, then the notices."""
    investor, issuer, contract = run.contract.investor, run.contract.issuer, run.task.contract_id
    found: list[Posting] = []
    for name in unique_names([terms.stage.label for terms in run.tranches]):
        draw = f"draw of {name}"
        found += [
            Posting(investor, issuer, contract, draw, "USD", "cash"),
            Posting(investor, issuer, contract, draw, "USD", "due"),
            Posting(investor, issuer, contract, draw, "USD", "deferred"),
            Posting(investor, issuer, contract, draw, "USD", "written_off"),
            Posting(issuer, investor, contract, f"shares for {name}", "shares", "cash"),
            Posting(issuer, investor, contract, f"worth of the shares for {name}", "USD", "terminal"),
        ]
    found += [
        Posting(investor, issuer, contract, "stopped by the investor", "notices", "cash"),
        Posting(issuer, investor, contract, "refused by the issuer", "notices", "cash"),
    ]
    return LedgerPlan(tuple(found))


def _months(run: StagedRun) -> tuple[tuple[dt.date, ...], Days]:
    """Dates of the ledger's rows, and the row of each grid day: the grid itself where it is monthly."""
    grid = run.drivers.grid
    if run.monthly:
        return grid.dates, np.arange(grid.size)
    ends = [month_end(date.year, date.month) for date in grid.dates]
    dates = tuple(sorted(set(ends)))
    return dates, np.array([dates.index(end) for end in ends])


@dataclass(frozen=True)
class _Sheet:
    """A block of the ledger being written."""

    ledger: Array

    def add(self, rows: Days, column: int, amounts: Array) -> None:
        """Amounts [path] at a row for each path; paths come once, so nothing is overwritten."""
        self.ledger[rows, column, np.arange(BLOCK)] += amounts


def staged_postings(run: StagedRun, draws: Draws, month_of: Days, months: int, columns: int) -> Array:
    """Every posting of one block [row, posting, path]; `month_of` is the row of each grid day."""
    sheet = _Sheet(np.zeros((months, columns, BLOCK)))
    paid = draws.paid
    for index, terms in enumerate(run.tranches):
        first, amount = index * PER_TRANCHE, terms.open_usd
        if amount == 0.0:
            continue
        due = np.where(draws.released[index], amount, 0.0)
        drawn = np.where(paid[index], amount, 0.0)
        trigger, draw, issue = (month_of[days[index]] for days in (draws.trigger, draws.draw, draws.convert))
        sheet.add(trigger, first + 1, due)
        sheet.add(trigger, first + 2, due)
        sheet.add(draw, first + 2, -due)
        sheet.add(draw, first, drawn)
        sheet.add(draw, first + 3, due - drawn)
        issued = paid[index] & draws.issued[index]
        sheet.add(issue, first + 4, np.where(issued, amount * draws.shares[index], 0.0))
        sheet.add(issue, first + 5, np.where(issued, amount * draws.worth[index], 0.0))
        wanted = draws.investor_goes_on[index]
        sheet.add(draw, columns - 2, (draws.alive[index] & ~wanted).astype(np.float64))
        sheet.add(draw, columns - 1, (draws.alive[index] & wanted & ~draws.issuer_goes_on[index]).astype(np.float64))
    return sheet.ledger
