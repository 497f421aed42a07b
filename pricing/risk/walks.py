"""What is read off single paths of a facility beyond its outcomes: each party's present value, coverage, loan to value, life and yield."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pricing.engines.facility_run import FacilityRun
from pricing.kernels.facility import roll_kept
from pricing.ledger import facility as k
from pricing.ledger.runs import party_signs
from pricing.mechanics.state import DEBT_TOL
from pricing.paths.facility import drivers_of
from pricing.paths.streams import BLOCK, run_blocks
from pricing.risk.yields import lives, yearly_rates
from pricing.schedules.plan import Drivers, Events, present_by_path
from pricing.schedules.types import Floats

EVERY = 6
"""Months between the dates of a fan."""
CHUNK = 256
"""Paths whose whole ledger is held at a time."""


@dataclass(frozen=True)
class Walk:
    """Numbers of every path of a run; NaN where a path is outside the domain of a number."""

    months: tuple[int, ...]
    """Month indices of the fans' dates."""
    parties: tuple[str, ...]
    present: Floats
    """[party, path] discounted cash and terminal value received less given after the market's date, USD."""
    performing: Floats
    """[date, path] 1 where the loan comes to the date outstanding, or still to be drawn, and not accelerated."""
    coverage: Floats
    """[date, path] trailing coverage of the tests' window; while performing until the date, with service due on it."""
    to_value: Floats
    """[date, path] balance over market value; while performing until the date and owing after it, with hardware owned."""
    life: Floats
    """[path] years a dollar of principal is out."""
    rate: Floats
    """[path] effective yearly rate of the lender."""


def walk(run: FacilityRun, *, threads: int | None = None) -> Walk:
    """Roll the paths of a run again and keep what is asked of each.

    The paths are those of the run: present values to the lender are its `net`. Memory while running: threads x 256 paths x months x 86
    columns x 8 bytes; kept: paths x (parties + 3 x dates + 2) x 8 bytes, since exact quantiles need every path of a date.

    Args:
        run: a simulated facility.
        threads: changes speed, never bytes.
    """
    facility = run.facility
    plan = facility.plan
    months = tuple(range(min(EVERY, plan.maturity) - 1, plan.maturity, EVERY))
    parties = tuple(name for name in facility.postings.parties() if name in facility.deal.parties)
    signs = party_signs(facility.postings, facility.postings.parties())[[facility.postings.parties().index(name) for name in parties]]
    lender = signs[parties.index(facility.loan.lender)]
    opening, tiny = float(plan.opening[0] + plan.opening[1]), DEBT_TOL * plan.commitment

    def chunk(drivers: Drivers, events: Events | None) -> Floats:
        ledger, states, _, _ = roll_kept(plan, drivers, events)
        present = np.einsum("qk,kp->qp", signs, present_by_path(plan, drivers, ledger))
        balance = states[:, k.FLOATING] + states[:, k.FIXED]
        status = np.concatenate([np.full((1, states.shape[2]), k.PERFORMING), states[:-1, k.STATUS]])
        owed = np.concatenate([np.full((1, states.shape[2]), opening), balance[:-1]])
        # a claim that enforcement repays in full leaves a loan that performs and owes nothing: it is no longer there
        there = (status == k.PERFORMING) & ((owed > tiny) | (np.arange(plan.months)[:, None] <= plan.window))
        at, performing = states[list(months)], there[list(months)]
        covers = performing & (at[:, k.SERVICE] > 0)
        owes = performing & (at[:, k.MARKET_VALUE] > 0) & (balance[list(months)] > tiny)
        value = np.where(owes, at[:, k.MARKET_VALUE], 1.0)
        repaid = ledger[:, k.PRINCIPAL_FLOATING] + ledger[:, k.PRINCIPAL_FIXED]
        lent = ledger[:, [k.DRAW_FLOATING, k.DRAW_FIXED, k.PIK_FLOATING, k.PIK_FIXED]].sum(axis=1)
        return np.concatenate([
            present,
            performing.astype(np.float64),
            np.where(covers, at[:, k.TRAILING], np.nan),
            np.where(owes, balance[list(months)] / value, np.nan),
            lives(facility.times, repaid, lent, opening)[None],
            yearly_rates(facility.times, np.einsum("k,tkp->tp", lender, ledger), opening)[None],
        ])  # fmt: skip

    def work(block: int) -> Floats:
        whole = drivers_of(run.model, run.seed, block)
        events = run.decided(run.seed, block, whole) if run.decided else None

        def part(at: int) -> Floats:
            drivers = Drivers._make(np.ascontiguousarray(item[..., at : at + CHUNK]) for item in whole)
            mine = None if events is None else Events._make(np.ascontiguousarray(item[at : at + CHUNK]) for item in events)
            return chunk(drivers, mine)

        return np.concatenate([part(at) for at in range(0, BLOCK, CHUNK)], axis=1)

    numbers = np.concatenate(list(run_blocks(work, run.paths // BLOCK, threads)), axis=1)
    ends = np.cumsum([len(parties), len(months), len(months), len(months), 1])
    present, performing, coverage, to_value, life, rate = np.split(numbers, ends)
    return Walk(months, parties, present, performing, coverage, to_value, life[0], rate[0])
