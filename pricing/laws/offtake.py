"""Laws of offtakes that stand alone: their claims add up, firm is no more than headline, no rule of leaving beats foresight."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from curves import Market
from instruments.contracts.offtake import Offtake
from instruments.deal import Deal
from instruments.ground.tolerances import CASH_CONSERVATION_ABS
from pricing.engines.offtake_run import OfftakeSetup, set_up_offtake
from pricing.engines.offtake_simulation import facility_of
from pricing.laws.law import Law
from pricing.ledger.offtake import offtake_ledger, offtake_postings
from pricing.ledger.runs import claim_gaps, party_signs
from pricing.mechanics.offtake_leaving import decide, foresight
from pricing.mechanics.offtake_settlement import settle
from pricing.mechanics.offtake_world import offtake_world
from pricing.registry import Settings
from pricing.schedules.offtake import firm_usd


def alone(deal: Deal) -> tuple[str, ...]:
    """The offtakes of a deal on which no loan rests."""
    return tuple(name for name, c in deal.contracts.items() if isinstance(c, Offtake) and facility_of(deal, name) is None)


def _has_any(deal: Deal) -> bool:
    return bool(alone(deal))


def _setups(deal: Deal, market: Market) -> Iterator[tuple[str, OfftakeSetup, float]]:
    for name in alone(deal):
        setup = set_up_offtake(deal, name, market)
        yield name, setup, max(float(setup.plan.full_rent_usd.sum()), 1.0)


def offtake_adds_up(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where due = paid + written off, parties sum to nought, and no amount is negative, on every path of the first block."""
    for name, setup, scale in _setups(deal, market):
        plan, postings = setup.plan, offtake_postings(setup.plan)
        world = offtake_world(setup.model, settings.seed, 0)
        found = decide(plan, world, setup.fitted(settings.seed, 1, only_used=True)).notices
        ledger = offtake_ledger(plan, settle(plan, world, found["customer"], found["provider"]))
        for gap in claim_gaps(postings, ledger):
            if gap.difference > CASH_CONSERVATION_ABS * scale:
                return f"{name}: {gap.claim} is wrong by {gap.difference:,.2f} USD on some path"
        least = float(ledger.min(initial=0.0))
        if least < -CASH_CONSERVATION_ABS * scale:
            column = int(np.argmin(ledger.min(axis=(0, 2))))
            return f"{name}: {postings.postings[column].reason} is {least:,.2f} on some path: amounts go from payer to payee"
        nets = np.einsum("qk,tkp->qp", party_signs(postings, postings.parties()), ledger)
        worst = float(np.abs(nets.sum(axis=0)).max())
        if worst > CASH_CONSERVATION_ABS * scale * len(plan.dates):
            return f"{name}: what parties receive and give differs by {worst:,.2f} USD on some path"
    return None


def firm_within_headline(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where nothing <= firm <= headline."""
    for name, setup, scale in _setups(deal, market):
        firm = firm_usd(setup.plan)[0]
        if not -CASH_CONSERVATION_ABS * scale <= firm <= scale * (1.0 + CASH_CONSERVATION_ABS):
            return f"{name}: firm {firm:,.0f} is outside 0 to the headline {scale:,.0f} USD"
    return None


def leaving_within_foresight(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where no side's rule saves more on any path than the best date known ahead, which is never a loss."""
    for name, setup, scale in _setups(deal, market):
        world = offtake_world(setup.model, settings.seed, 0)
        found = decide(setup.plan, world, setup.fitted(settings.seed, 1, only_used=True))
        for side, choice in found.choices.items():
            best = foresight(choice, world.spot.shape[1])
            if float(best.min()) < 0.0 or float((found.saved[side] - best).max()) > CASH_CONSERVATION_ABS * scale:
                return f"{name}: the {side} saves more by its rule than by foresight on some path"
    return None


LAWS: tuple[Law, ...] = (
    Law(
        "offtake_adds_up",
        "of every claim due = paid + written off, parties sum to nothing, no amount flows backwards",
        "offtakes on which no loan of the deal rests, on every path",
        _has_any,
        offtake_adds_up,
    ),
    Law(
        "firm_within_headline",
        "the least that the customer can pay is between nothing and the headline",
        "offtakes on which no loan of the deal rests; termination payments as terms allow them",
        _has_any,
        firm_within_headline,
    ),
    Law(
        "leaving_within_foresight",
        "no rule of leaving saves more than perfect foresight does, which never loses",
        "rights of stand-alone offtakes, path by path, the other side never leaving",
        _has_any,
        leaving_within_foresight,
    ),
)
"""Laws of stand-alone offtakes."""
