"""A stand-alone offtake simulated: its ledger, its decisions, and what each right to leave is worth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pricing.ledger.offtake import offtake_ledger, offtake_postings
from pricing.ledger.runs import ContractRun, run_contract
from pricing.mechanics.offtake_leaving import SIDES, Choice, Fitted, Side, choice_of, decide, decided, fit, foresight, notice_of
from pricing.mechanics.offtake_settlement import nobody, settle
from pricing.mechanics.offtake_world import OfftakeModel, offtake_model, offtake_world
from pricing.paths.rates import discounts_along
from pricing.paths.streams import BLOCK, blocks_for, run_blocks
from pricing.schedules.offtake import NEVER_ROW, OfftakePlan, resolve_offtake
from pricing.schedules.types import Floats, Ints

if TYPE_CHECKING:
    from curves.market import Market
    from instruments.deal import Deal

FIT_BLOCKS = 2
"""Blocks on which exercise is fitted."""
FIRST_FIT_BLOCK = 1 << 24
"""They lie far behind the blocks that are valued: fresh paths."""


class Facts(NamedTuple):
    """What is kept of every path: [path] each."""

    notice: Ints
    """Row of the notice that ends the contract, `NEVER_ROW` for none."""
    by_customer: Floats
    """1 where it is the customer's."""
    saved: dict[Side, Floats]
    """What each right saves by its rule, as if the other side never left; discounted USD."""
    best: dict[Side, Floats]
    """The same by foresight."""
    optimal: dict[Side, Floats]
    """The same by fitted exercise, where it was fitted."""


@dataclass(frozen=True)
class OfftakeSetup:
    """One offtake resolved, with the model of its paths."""

    plan: OfftakePlan
    model: OfftakeModel

    def run(self, *, paths: int, seed: int, threads: int | None) -> ContractRun:
        """Put it on the ledger."""
        fitted = self.fitted(seed, threads, only_used=True)

        def roll(block: int) -> Floats:
            world = offtake_world(self.model, seed, block)
            notices = decide(self.plan, world, fitted, payoffs=False).notices
            return offtake_ledger(self.plan, settle(self.plan, world, notices["customer"], notices["provider"]))

        plan = self.plan
        postings = offtake_postings(plan)
        along = discounts_along(self.model.facility.rates, seed)
        return run_contract(plan.contract_id, postings, plan.dates, plan.discount, roll, paths=paths, threads=threads, along=along)

    def facts(self, *, paths: int, seed: int, threads: int | None) -> Facts:
        """Decisions and what they save, on the very paths of `run`."""
        fitted = self.fitted(seed, threads, only_used=False)
        used = self.fitted(seed, threads, only_used=True)

        def work(block: int) -> Facts:
            world = offtake_world(self.model, seed, block)
            found = decide(self.plan, world, used)
            customer, provider = found.notices["customer"], found.notices["provider"]
            optimal = {
                side: notice_of(choice, decided(choice, "optimal", fitted.get(side)), BLOCK)[1] for side, choice in found.choices.items()
            }
            return Facts(
                notice=np.minimum(customer, provider),
                by_customer=((customer <= provider) & (customer < NEVER_ROW)).astype(np.float64),
                saved=found.saved,
                best={side: foresight(choice, BLOCK) for side, choice in found.choices.items()},
                optimal=optimal,
            )

        blocks = tuple(run_blocks(work, blocks_for(paths), threads))
        sides = tuple(blocks[0].saved)

        def joined(name: str) -> dict[Side, Floats]:
            return {side: np.concatenate([getattr(block, name)[side] for block in blocks]) for side in sides}

        return Facts(
            np.concatenate([block.notice for block in blocks]),
            np.concatenate([block.by_customer for block in blocks]),
            joined("saved"),
            joined("best"),
            joined("optimal"),
        )

    def fitted(self, seed: int, threads: int | None, *, only_used: bool) -> dict[Side, Fitted]:
        """Least squares of each right: of all, or of those whose rule is optimal exercise."""
        sides = [
            side
            for side in SIDES
            if (right := self.plan.customer if side == "customer" else self.plan.provider) is not None
            and (not only_used or right.terms.exercise == "optimal")
        ]
        return {side: _fitted(self, side, seed, threads) for side in sides}

    def without(self, *keys: str | None) -> OfftakeSetup:
        """The same where the named credits never default."""
        return replace(self, model=self.model.without(*keys))


def _fitted(setup: OfftakeSetup, side: Side, seed: int, threads: int | None) -> Fitted:
    def work(block: int) -> Choice:
        world = offtake_world(setup.model, seed, FIRST_FIT_BLOCK + block)
        stay = settle(setup.plan, world, nobody(BLOCK), nobody(BLOCK))
        return choice_of(setup.plan, world, side, stay)

    return fit(list(run_blocks(work, FIT_BLOCKS, threads)))


def set_up_offtake(deal: Deal, contract_id: str, market: Market) -> OfftakeSetup:
    """Resolve a stand-alone offtake and fit its credits.

    Raises:
        InputError: the contract is over.
        MarketError: a quote is missing, or correlations contradict each other.
    """
    plan = resolve_offtake(deal, contract_id, market)
    return OfftakeSetup(plan, offtake_model(deal, plan, market))


@lru_cache(maxsize=32)
def simulated_offtake(
    deal: Deal, contract_id: str, market: Market, paths: int, seed: int, threads: int | None
) -> tuple[OfftakeSetup, ContractRun]:
    """An offtake and its run, remembered by value: `price`, `simulate` and laws share one simulation."""
    setup = set_up_offtake(deal, contract_id, market)
    return setup, setup.run(paths=paths, seed=seed, threads=threads)
