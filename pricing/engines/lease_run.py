"""A lease simulated with every guarantee that stands behind it, on one set of paths."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from instruments.contracts.lease_parts import LeasedFleet
from instruments.contracts.support import LeaseGuarantee
from pricing.ledger import lease as k
from pricing.ledger.runs import ContractRun, run_contract
from pricing.mechanics.lease import PhaseOutcome, roll_phase
from pricing.mechanics.lease_choices import BOUGHT, DEFAULT, EARLY, NON_RENEWAL, LeasePaths
from pricing.mechanics.support import owed_by_leaving
from pricing.paths.facility import FacilityModel
from pricing.paths.lease import lease_model, lease_paths
from pricing.paths.rates import discounts_along, present_amounts
from pricing.paths.streams import BLOCK
from pricing.schedules.lease import LeasePlan, PhasePlan, resolve_lease
from pricing.schedules.types import Floats

if TYPE_CHECKING:
    from curves.market import Market
    from instruments.deal import Deal


SAMPLE = (
    "residual_exposure", "purchase_option_value", "expected_shortfall_discounted", "expected_shortfall", "default_probability",
    "non_renewal_probability", "early_exit_probability", "purchase_probability",
)  # fmt: skip
"""Numbers kept of every path, named as the measures that their means are."""


@dataclass(frozen=True)
class LeaseSetup:
    """A lease resolved and its paths fitted."""

    plan: LeasePlan
    model: FacilityModel
    lessee: str | None
    """Credit key; None never defaults."""
    recovery: float
    """Of the lessee's estate."""
    own: tuple[LeaseGuarantee, ...]
    """Guarantees that the lessee itself gives for this lease."""

    def without(self, *keys: str | None) -> LeaseSetup:
        """The same, where the named credits never default."""
        return replace(self, model=self.model.without(*keys))

    def block(self, seed: int, block: int) -> tuple[LeasePaths, Floats, tuple[PhaseOutcome, ...]]:
        """Paths, ledger [row, posting, path] and how each phase ends."""
        paths = lease_paths(self.model, seed, block)
        return paths, *self.rolled(paths)

    def rolled(self, paths: LeasePaths) -> tuple[Floats, tuple[PhaseOutcome, ...]]:
        """Ledger [row, posting, path] and how each phase ends, on paths from wherever."""
        lease = self.plan.lease
        ledger = np.zeros((len(self.plan.grid.dates), k.POSTINGS, paths.ratio.shape[1]))

        def owed(phase: PhasePlan, row: int, how: int, value: Floats) -> Floats:
            return owed_by_leaving(list(self.own), phase, row, how, value)

        default = paths.row_of(self.lessee)
        found = tuple(roll_phase(lease, phase, self.plan.grid, paths, default, self.recovery, owed, ledger) for phase in self.plan.phases)
        return ledger, found

    def run(self, *, paths: int, seed: int, threads: int | None) -> tuple[ContractRun, Floats]:
        """The lease on its ledger, and numbers of every path [item of `SAMPLE`, path], taken in the same pass."""
        samples: dict[int, Floats] = {}
        grid, along = self.plan.grid, discounts_along(self.model.rates, seed)

        def roll(block: int) -> Floats:
            _, ledger, phases = self.block(seed, block)
            samples[block] = self._sample(ledger, phases, grid.discount if along is None else along(block))
            return ledger

        ledger = k.lease_ledger(self.plan.lease_id, self.plan.lease)
        run = run_contract(self.plan.lease_id, ledger, grid.dates, grid.discount, roll, paths=paths, threads=threads, along=along)
        return run, np.concatenate([samples[block] for block in range(run.paths // BLOCK)], axis=1)

    def _sample(self, ledger: Floats, phases: tuple[PhaseOutcome, ...], factors: Floats) -> Floats:
        back = present_amounts(factors, ledger[:, k.SALE]) + present_amounts(factors, ledger[:, k.OPTION])
        option = present_amounts(factors, ledger[:, k.BOUGHT]) - present_amounts(factors, ledger[:, k.OPTION])
        lost = ledger[:, k.RENT_LOST] + ledger[:, k.CLAIM_LOST]
        parts: list[Floats] = [back, option, present_amounts(factors, lost), lost.sum(axis=0)]
        for code in (DEFAULT, NON_RENEWAL, EARLY, BOUGHT):
            part = np.zeros(ledger.shape[2])
            for phase, one in zip(self.plan.phases, phases, strict=True):
                part = part + phase.share * (one.started & (one.how == code))
            parts.append(part)
        return np.array(parts)


def guarantees_of(deal: Deal, lease_id: str) -> dict[str, LeaseGuarantee]:
    """Guarantees of a lease by contract id."""
    return {name: c for name, c in deal.contracts.items() if isinstance(c, LeaseGuarantee) and c.lease == lease_id}


def set_up_lease(deal: Deal, lease_id: str, market: Market) -> LeaseSetup:
    """Resolve a lease and fit the credits of everybody behind it.

    Raises:
        PricingError, MarketError, InputError: as `resolve_lease`; a credit or correlation is missing or contradicts others.
    """
    from curves import resale_curve, survival_curve
    from instruments.conditions import EventHappened, legs_of

    behind = guarantees_of(deal, lease_id)
    tail = max((terms.payment_lag_months for terms in behind.values()), default=0)
    plan = resolve_lease(deal, lease_id, market, tail_months=tail)
    lease = plan.lease
    lessee = deal.parties[lease.lessee].credit
    names = [lease.lessee]
    for terms in behind.values():
        names += [terms.guarantor, *([terms.indemnitor] if terms.indemnitor else [])]
        names += [leg.party for _, leg in (legs_of(terms.springs) if terms.springs else ()) if isinstance(leg, EventHappened)]
    asset = lease.asset
    used = deal.assets[asset.fleet] if isinstance(asset, LeasedFleet) else asset
    model = lease_model(
        deal,
        market,
        owner=lease_id,
        rent=used.rent,
        elasticity=resale_curve(market, used.resale).rent_elasticity,
        years=plan.grid.years[1:],
        credits=[deal.parties[name].credit for name in names],
    )
    recovery = survival_curve(market, lessee).recovery if lessee is not None else 1.0
    return LeaseSetup(plan, model, lessee, recovery, tuple(terms for terms in behind.values() if terms.guarantor == lease.lessee))


@dataclass(frozen=True)
class Simulated:
    """A lease's run and how its phases end on every path."""

    setup: LeaseSetup
    run: ContractRun
    sample: Floats
    """[item of `SAMPLE`, path]"""


SHORT_PATHS = 4096
"""Runs of exposure tables: many and small, asked for again by each contract of the deal."""


def _simulated(deal: Deal, lease_id: str, market: Market, paths: int, seed: int, threads: int | None) -> Simulated:
    setup = set_up_lease(deal, lease_id, market)
    return Simulated(setup, *setup.run(paths=paths, seed=seed, threads=threads))


_short = lru_cache(maxsize=64)(_simulated)
_long = lru_cache(maxsize=4)(_simulated)


def simulated_lease(deal: Deal, lease_id: str, market: Market, paths: int, seed: int, threads: int | None) -> Simulated:
    """A lease and its run, remembered by value."""
    return (_short if paths <= SHORT_PATHS else _long)(deal, lease_id, market, paths, seed, threads)
