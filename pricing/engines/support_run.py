"""A guarantee of a lease on the ledger: the lease's own paths, then who pays, and whether it still can."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from curves import survival_curve
from instruments.contracts.support import LeaseBackstop, LeaseGuarantee
from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from pricing.engines.lease_run import LeaseSetup, set_up_lease
from pricing.ledger import support as k
from pricing.ledger.runs import ContractRun, run_contract
from pricing.mechanics.lease import PhaseOutcome
from pricing.mechanics.lease_choices import LeasePaths
from pricing.mechanics.support import claim_of, counts, row_of_condition
from pricing.paths.lease import independent
from pricing.paths.rates import discounts_along, present_amounts
from pricing.paths.streams import BLOCK
from pricing.schedules.plan import NEVER
from pricing.schedules.types import Floats, Ints

if TYPE_CHECKING:
    from curves.market import Market
    from instruments.deal import Deal


@dataclass(frozen=True)
class SupportSetup:
    """A guarantee with its lease."""

    contract_id: str
    terms: LeaseGuarantee
    lease: LeaseSetup
    credits: dict[str, str | None]
    """Party to credit key."""
    recovery: dict[str, float]
    """Party to what its estate pays."""

    @property
    def guarantor(self) -> str | None:
        """Credit key of the guarantor."""
        return self.credits[self.terms.guarantor]

    @property
    def separate(self) -> bool:
        """Whether the guarantor has a credit of its own, apart from the lessee's."""
        return self.guarantor is not None and self.guarantor != self.lease.lessee

    def safe(self) -> SupportSetup:
        """The same with a guarantor that cannot default."""
        return replace(self, lease=self.lease.without(self.guarantor))

    def apart(self) -> SupportSetup:
        """The same with a guarantor independent of everything else, its own odds unchanged."""
        return replace(self, lease=replace(self.lease, model=independent(self.lease.model, self.guarantor)))

    def run(self, *, paths: int, seed: int, threads: int | None) -> tuple[ContractRun, Floats]:
        """The guarantee on its ledger, and numbers of every path [item, path]: called, paid, and escrow and indemnity discounted."""
        samples: dict[int, Floats] = {}
        grid, lease = self.lease.plan.grid, self.lease.plan.lease
        plan = k.support_ledger(self.contract_id, self.terms, lease)
        along = discounts_along(self.lease.model.rates, seed)

        def roll(block: int) -> Floats:
            drawn, _, phases = self.lease.block(seed, block)
            ledger = self.postings(drawn, phases)
            called = (ledger[:, k.DUE].sum(axis=0) + ledger[:, k.ESCROW_PAID].sum(axis=0) > 0.0).astype(np.float64)
            factors = grid.discount if along is None else along(block)
            parts = [present_amounts(factors, ledger[:, column]) for column in (k.ESCROW_PAID, k.INDEMNITY)]
            samples[block] = np.array([called, ledger[:, k.PAID].sum(axis=0), *parts])
            return ledger

        run = run_contract(self.contract_id, plan, grid.dates, grid.discount, roll, paths=paths, threads=threads, along=along)
        return run, np.concatenate([samples[block] for block in range(run.paths // BLOCK)], axis=1)

    def row_of(self, paths: LeasePaths, party: str) -> Ints:
        """Row of a party's default [path]."""
        return paths.row_of(self.credits[party])

    def postings(self, paths: LeasePaths, phases: tuple[PhaseOutcome, ...]) -> Floats:
        """Every posting of one block [row, posting, path].

        **Model**: each phase's claim, in their order, is paid out of escrow, then by the guarantor up to what is left of its cap; the
        guarantor's part falls due after the lag, in full if it is alive on that date, else at its recovery rate; the indemnitor owes the
        guarantor what it has paid, on the same terms. **Not modelled**: default costs of calling a weak guarantor, disputes.
        """
        terms, grid, plan = self.terms, self.lease.plan.grid, self.lease.plan
        count = paths.ratio.shape[1]
        ledger = np.zeros((len(grid.dates), k.POSTINGS, count))
        columns, start = np.arange(count), plan.phases[0].start
        springs = row_of_condition(terms.springs, grid, lambda party: self.row_of(paths, party), count)
        released = self._released(paths, start, count)
        escrow = np.full(count, terms.escrow.amount_usd if terms.escrow else 0.0)
        ledger[start, k.ESCROW_IN] = escrow
        ledger[start, k.FEE] = terms.fee_usd
        left = np.full(count, np.inf if terms.cap_usd is None else terms.cap_usd)
        guarantor = self.row_of(paths, terms.guarantor)
        for phase, found in zip(plan.phases, phases, strict=True):
            claim = claim_of(terms, phase, found) * counts(terms, phase, found, springs, released)
            first = np.minimum(escrow, claim)
            escrow = escrow - first
            most = left
            if terms.cap_falls_with_rent and terms.cap_usd is not None:
                most = np.minimum(left, phase.share * terms.cap_usd * found.outstanding / phase.price)
            due = np.minimum(claim - first, most)
            left = left - due
            pays = np.minimum(found.row + terms.payment_lag_months, len(grid.dates) - 1)
            paid = due * np.where(guarantor > pays, 1.0, self.recovery[terms.guarantor])
            ledger[found.row, k.ESCROW_PAID, columns] += first
            for column, amount in ((k.DUE, due), (k.PAID, paid), (k.LOST, due - paid)):
                ledger[pays, column, columns] += amount
            self._indemnify(paths, paid, pays, columns, ledger)
            if isinstance(terms.cover, LeaseBackstop) and terms.cover.step_in:
                takes = (due > 0.0) & (guarantor > pays)
                ledger[pays, k.STEP_IN, columns] += np.where(takes, np.maximum(found.relet - np.maximum(found.recovery, 0.0), 0.0), 0.0)
        ledger[-1, k.ESCROW_BACK] = escrow
        return ledger

    def _released(self, paths: LeasePaths, start: int, count: int) -> Ints:
        odds = 1.0 - (1.0 - self.terms.release_odds_per_year) ** (1.0 / 12.0)
        if odds <= 0.0:
            return np.full(count, NEVER, dtype=np.int64)
        return start + paths.luck(f"{self.contract_id}/release").geometric(odds, size=count)

    def _indemnify(self, paths: LeasePaths, paid: Floats, pays: Ints, columns: Ints, ledger: Floats) -> None:
        name = self.terms.indemnitor
        if name is None:
            return
        back = paid * np.where(self.row_of(paths, name) > pays, 1.0, self.recovery[name])
        for column, amount in ((k.INDEMNITY_DUE, paid), (k.INDEMNITY, back), (k.INDEMNITY_LOST, paid - back)):
            ledger[pays, column, columns] += amount


def set_up_support(deal: Deal, contract_id: str, market: Market) -> SupportSetup:
    """A guarantee with its lease, resolved and fitted. Raises as `set_up_lease`, and PricingError where the contract is no guarantee."""
    terms = deal.contracts[contract_id]
    if not isinstance(terms, LeaseGuarantee):
        raise PricingError(problem("unsupported", subject=contract_id, why="not a guarantee of a lease", remedy="name one"))
    credits = {name: party.credit for name, party in deal.parties.items()}
    named = [terms.guarantor, *([terms.indemnitor] if terms.indemnitor else [])]
    recovery = {name: survival_curve(market, key).recovery if (key := credits[name]) is not None else 1.0 for name in named}
    return SupportSetup(contract_id, terms, set_up_lease(deal, terms.lease, market), credits, recovery)


@dataclass(frozen=True)
class SimulatedSupport:
    """A guarantee, its run, and numbers of every path."""

    setup: SupportSetup
    run: ContractRun
    sample: Floats
    """[called, paid, escrow, indemnity; path]"""


def _simulated(deal: Deal, contract_id: str, market: Market, paths: int, seed: int, threads: int | None) -> SimulatedSupport:
    setup = set_up_support(deal, contract_id, market)
    return SimulatedSupport(setup, *setup.run(paths=paths, seed=seed, threads=threads))


simulated_support = lru_cache(maxsize=8)(_simulated)
"""A guarantee and its run, remembered by value."""
