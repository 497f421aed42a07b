"""A contract on the ledger: a plan of postings known before the run, amounts block by block, reduced as they come, any path replayable.

The family brings `roll(block)`: every posting of one block of paths, [time, posting, path]. Everything else is the same for all of them:
means, present values by party with standard errors, replay, and the checks that claims add up.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.ledger.plan import LedgerPlan
from pricing.paths.streams import BLOCK, blocks_for, run_blocks
from pricing.schedules.types import Floats

Roll = Callable[[int], Floats]
"""Block number to postings [time, posting, path]; it depends on nothing but its argument."""


@dataclass(frozen=True)
class ContractRun:
    """One contract simulated: means of every posting, and what each party gets on every path.

    Memory while running: threads x times x postings x 4,096 paths x 8 bytes; kept: parties x paths numbers.
    """

    contract_id: str
    plan: LedgerPlan
    dates: tuple[dt.date, ...]
    discount: Floats
    """[time]"""
    paths: int
    mean_ledger: Floats
    """[time, posting] mean over paths."""
    parties: tuple[str, ...]
    present: Floats
    """[party, path] discounted cash and terminal value received less given, USD."""
    roll: Roll
    discounted: Floats | None = None
    """[time, posting] mean of postings discounted along their paths; None where rates stay at their forwards."""

    @property
    def present_ledger(self) -> Floats:
        """[time, posting] mean of every posting's present value, each posting's dates side by side in memory."""
        return np.asfortranarray(self.mean_ledger * self.discount[:, None] if self.discounted is None else self.discounted)

    def of(self, party: str) -> Floats:
        """Discounted net receipts of a party [path]; nothing for one that has no posting."""
        return self.present[self.parties.index(party)] if party in self.parties else np.zeros(self.paths)

    def value(self, party: str) -> tuple[float, float]:
        """Value to a party and its standard error, USD."""
        net = self.of(party)
        return float(net.mean()), float(net.std(ddof=1) / np.sqrt(net.size))

    def path(self, number: int) -> Floats:
        """Every posting of one path [time, posting], by running its block again. Raises InputError: no such path."""
        if not 0 <= number < self.paths:
            raise InputError(
                problem("bad_option", subject="path", value=number, expected=f"between 0 and {self.paths - 1}", hint="count from 0")
            )
        block, column = divmod(number, BLOCK)
        return self.roll(block)[:, :, column]


def run_contract(
    contract_id: str, plan: LedgerPlan, dates: tuple[dt.date, ...], discount: Floats, roll: Roll, *, paths: int, threads: int | None = None,
    along: Roll | None = None,
) -> ContractRun:  # fmt: skip
    """Roll a contract over whole blocks of 4,096 paths and reduce its ledger; the same bytes for any number of threads.

    Args:
        contract_id: for messages and tables.
        plan: the columns.
        dates: of the rows.
        discount: [time].
        roll: postings of one block.
        paths: rounded up to whole blocks.
        threads: None uses every processor.
        along: block number to discount factors along its paths [time, path]; None where rates stay at their forwards.
    """
    count = blocks_for(paths)
    parties = plan.parties()
    signs = party_signs(plan, parties)

    def reduced(block: int) -> tuple[Floats, Floats, Floats | None]:
        ledger = roll(block)
        if along is None:
            discounted, means = np.einsum("t,tkp->kp", discount, ledger), None
        else:
            factors = along(block)
            discounted, means = np.einsum("tp,tkp->kp", factors, ledger), np.einsum("tp,tkp->tk", factors, ledger) / (count * BLOCK)
        # not a matrix product: its sums would depend on how many threads the linear algebra library takes
        return ledger.sum(axis=2), np.einsum("qk,kp->qp", signs, discounted), means

    total: Floats = np.zeros((len(dates), len(plan)))
    mean_present: Floats | None = None if along is None else np.zeros((len(dates), len(plan)))
    present = np.empty((len(parties), count * BLOCK))
    for block, (sums, nets, means) in enumerate(run_blocks(reduced, count, threads)):
        total = total + sums
        if mean_present is not None and means is not None:
            mean_present = mean_present + means
        present[:, block * BLOCK : (block + 1) * BLOCK] = nets
    mean = total / (count * BLOCK)
    return ContractRun(contract_id, plan, dates, discount, count * BLOCK, mean, parties, present, roll, mean_present)


def party_signs(plan: LedgerPlan, parties: tuple[str, ...]) -> Floats:
    """+1 where a party receives a posting of cash or terminal value in USD, -1 where it gives, [party, posting]."""
    signs = np.zeros((len(parties), len(plan)))
    for column, posting in enumerate(plan.postings):
        if posting.unit == "USD" and posting.claim in ("cash", "terminal"):
            signs[parties.index(posting.payee), column] += 1.0
            signs[parties.index(posting.payer), column] -= 1.0
    return signs


@dataclass(frozen=True, slots=True)
class ClaimGap:
    """How far one claim is from adding up, at worst over dates and paths."""

    claim: str
    difference: float
    """USD: |due - paid - deferred - written off|."""


def claim_gaps(plan: LedgerPlan, ledger: Floats) -> tuple[ClaimGap, ...]:
    """Due = paid + deferred + written off, for each claim of the plan, on every path and date.

    A claim is a due posting (payer, payee, contract, reason); what is paid on it are the cash postings with the same four names, what
    is put off (the change) and given up the postings of those kinds.

    Args:
        plan: the columns.
        ledger: [time, posting, path].
    """
    found: list[ClaimGap] = []
    for posting in plan.postings:
        if posting.claim != "due":
            continue
        names = (posting.payer, posting.payee, posting.contract, posting.reason)
        gap = np.zeros(ledger.shape[::2])
        for column, other in enumerate(plan.postings):
            if (other.payer, other.payee, other.contract, other.reason) == names:
                gap += ledger[:, column] * (1.0 if other.claim == "due" else 0.0 if other.claim == "terminal" else -1.0)
        found.append(ClaimGap(f"{posting.reason} of {posting.payer} to {posting.payee}", float(np.abs(gap).max(initial=0.0))))
    return tuple(found)
