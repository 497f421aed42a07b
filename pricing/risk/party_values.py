"""What every party gets out of all contracts of a deal, path by path; and what defaults take from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from zlib import crc32

import numpy as np

from curves import Market
from instruments.contracts.loan import Loan
from instruments.deal import Deal
from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from pricing.engines.facility_default import set_up_as
from pricing.engines.facility_run import Setup
from pricing.kernels.facility import roll_kept
from pricing.ledger.runs import party_signs
from pricing.paths.facility import drivers_of
from pricing.paths.residual import DefaultModel
from pricing.paths.streams import BLOCK, blocks_for, run_blocks
from pricing.registry import Settings, Task, simulator_for
from pricing.risk.switches import without_defaults
from pricing.schedules.plan import Drivers, Events, present_by_path
from pricing.schedules.types import Floats

STRIP = 256
"""Paths of a facility whose whole ledger is in memory at a time: 256 x months x 71 x 8 bytes a thread."""


@dataclass(frozen=True)
class PartyValues:
    """Present value of everything each party receives less what it gives, all contracts together."""

    parties: tuple[str, ...]
    """Parties of the deal and the outside (`market`, `supplier`, `hedge`, ...), sorted; accounts count to their owner."""
    values: Floats
    """[party, path] USD; every path sums to nought over the parties."""

    def of(self, party: str) -> Floats:
        """Values of one party [path]; nothing for one that has no posting."""
        return self.values[self.parties.index(party)] if party in self.parties else np.zeros(self.values.shape[1])


@dataclass(frozen=True)
class PartyLosses:
    """What defaults cost each party over all contracts of a deal: value without any default less value, on the same path.

    A gain is a loss below nought: who defaults keeps what it does not pay. On every path the losses of all parties, the outside among
    them, sum to nought.
    """

    parties: tuple[str, ...]
    losses: Floats
    """[party, path] USD, discounted."""
    inside: tuple[str, ...]
    """The parties of the deal; the others are the outside."""

    def of(self, party: str) -> Floats:
        """Losses of one party [path]."""
        return self.losses[self.parties.index(party)] if party in self.parties else np.zeros(self.losses.shape[1])

    @property
    def total(self) -> Floats:
        """Joint loss [path]: what the parties of the deal lose, those that gain not netted."""
        rows = [index for index, party in enumerate(self.parties) if party in self.inside]
        return np.maximum(self.losses[rows], 0.0).sum(axis=0)


def simulated_contracts(deal: Deal) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Facilities of a deal by their loan, and its other contracts that have a simulator.

    Raises:
        PricingError: there is neither.
    """
    loans = tuple(name for name, contract in deal.contracts.items() if isinstance(contract, Loan) and contract.collateral is not None)
    settled = {*loans, *(getattr(deal.contracts[name], "offtake", None) for name in loans)}  # a facility's ledger holds its offtake
    others = tuple(name for name, contract in deal.contracts.items() if name not in settled and simulator_for(type(contract)) is not None)
    if not loans and not others:
        raise PricingError(
            problem("unsupported", subject=deal.id, why="no loan of the deal has collateral and offtake", remedy="price it instead")
        )
    return loans, others


def party_values(deal: Deal, market: Market, settings: Settings, model: DefaultModel = "endogenous", *, apart: bool = False) -> PartyValues:
    """Roll every contract of a deal over the same paths and add up by party.

    Args:
        deal, market: what is simulated.
        settings: `paths` rounded up to whole blocks, `seed`, `threads`.
        model: where the defaults of facilities' vehicles come from (`pricing.engines.facility_default`).
        apart: give every contract but the first random numbers of its own: the same odds, nothing in common but the market's date.
    """
    return _remembered(deal, market, replace(settings, measures=frozenset({"value"}), keep_sample=False), model, apart)


@lru_cache(maxsize=24)
def _remembered(deal: Deal, market: Market, settings: Settings, model: DefaultModel, apart: bool) -> PartyValues:
    total: dict[str, Floats] = {}
    loans, others = simulated_contracts(deal)
    first = next(name for name in deal.contracts if name in loans or name in others)
    for name in (*loans, *others):
        seed = settings.seed + (crc32(name.encode()) if apart and name != first else 0)
        how = replace(settings, seed=seed)
        for party, values in _facility(deal, market, name, how, model) if name in loans else _contract(deal, market, name, how):
            owner = party.split("/")[0]
            total[owner] = total[owner] + values if owner in total else values
    names = tuple(sorted(total))
    found = np.array([total[name] for name in names])
    found.setflags(write=False)
    return PartyValues(names, found)


def _facility(deal: Deal, market: Market, name: str, settings: Settings, model: DefaultModel) -> Iterator[tuple[str, Floats]]:
    setup = set_up_as(deal, name, market, model, paths=settings.paths, seed=settings.seed, threads=settings.threads)
    yield from zip(setup.facility.postings.parties(), facility_values(setup, settings), strict=True)


def _contract(deal: Deal, market: Market, name: str, settings: Settings) -> Iterator[tuple[str, Floats]]:
    contract = deal.contracts[name]
    simulator = simulator_for(type(contract))
    if simulator is not None:
        run = simulator(Task(deal=deal, contract_id=name, contract=contract, market=market, settings=settings))
        yield from zip(run.parties, run.present, strict=True)


def facility_values(setup: Setup, settings: Settings) -> Floats:
    """Present value of each party's postings in a facility [party, path], USD, in the order of its plan's parties.

    What is decided outside the facility counts as in its run: another loan's event of default, a default that its cash does not explain.
    """
    facility = setup.facility
    signs = party_signs(facility.postings, facility.postings.parties())

    def work(block: int) -> Floats:
        whole = drivers_of(setup.model, settings.seed, block)
        events = setup.events(settings.seed, block, whole)
        parts = []
        for first in range(0, BLOCK, STRIP):
            some = Drivers._make(np.ascontiguousarray(item[..., first : first + STRIP]) for item in whole)
            decided = None if events is None else Events._make(np.ascontiguousarray(item[first : first + STRIP]) for item in events)
            ledger = roll_kept(facility.plan, some, decided)[0]
            # not a matrix product: its sums would depend on how many threads the linear algebra library takes
            parts.append(np.einsum("qk,kp->qp", signs, present_by_path(facility.plan, some, ledger)))
        return np.concatenate(parts, axis=1)

    return np.concatenate(list(run_blocks(work, blocks_for(settings.paths), settings.threads)), axis=1)


def losses_by_party(
    deal: Deal, market: Market, settings: Settings, model: DefaultModel = "endogenous", *, apart: bool = False
) -> PartyLosses:
    """What defaults cost each party on every path: the deal is rolled twice, once with nobody defaulting, on the same random numbers.

    With a residual, what no cash explains is a default like any other: the roll without defaults has none of it, and what cash alone brings
    about is in both. Other arguments and errors as `party_values` and `set_up_as`.
    """
    with_them = party_values(deal, market, settings, model, apart=apart)
    calm: DefaultModel = "endogenous" if model == "endogenous_with_residual" else model
    without = party_values(deal, without_defaults(market), settings, calm, apart=apart)
    parties = tuple(sorted({*with_them.parties, *without.parties}))
    losses = np.array([without.of(party) - with_them.of(party) for party in parties])
    return PartyLosses(parties, losses, tuple(deal.parties))
