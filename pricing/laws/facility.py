"""Laws of a facility: its ledger adds up, draws stay within the commitment, losses within what was drawn, on every path."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from curves import Market
from instruments.contracts.loan import Loan
from instruments.deal import Deal
from instruments.ground.tolerances import CASH_CONSERVATION_ABS
from pricing.engines.facility_run import Setup, set_up
from pricing.kernels.facility import roll_kept
from pricing.laws.law import Law
from pricing.ledger import facility as k
from pricing.ledger.checks import check_ledger
from pricing.mechanics.rollforward import Rolled
from pricing.paths.facility import drivers_of
from pricing.registry import Settings
from pricing.schedules.plan import Drivers, Events

PATHS = 512
"""Paths of the first block on which the whole ledger is kept and checked."""


def facilities(deal: Deal) -> tuple[str, ...]:
    """The loans of a deal that have collateral."""
    return tuple(name for name, contract in deal.contracts.items() if isinstance(contract, Loan) and contract.collateral is not None)


def has_facilities(deal: Deal) -> bool:
    """Whether there are any."""
    return bool(facilities(deal))


def _kept(deal: Deal, market: Market, settings: Settings, loan_id: str) -> tuple[Setup, Drivers, Rolled]:
    setup = set_up(deal, loan_id, market)
    whole = drivers_of(setup.model, settings.seed, 0)
    drivers = Drivers._make(np.ascontiguousarray(item[..., :PATHS]) for item in whole)
    events = setup.events(settings.seed, 0, whole)
    few = None if events is None else Events._make(np.ascontiguousarray(item[:PATHS]) for item in events)
    return setup, drivers, Rolled(*roll_kept(setup.facility.plan, drivers, few))


def ledger_adds_up(deal: Deal, market: Market, settings: Settings) -> str | None:
    """What the ledger's own checks find; None where they find nothing."""
    for name in facilities(deal):
        setup, drivers, rolled = _kept(deal, market, settings, name)
        for check in check_ledger(setup.facility.plan, drivers, rolled):
            if not check.relative <= CASH_CONSERVATION_ABS:
                return f"{name}: {check.name} is wrong by {check.difference:,.2f} USD on some path"
    return None


def draws_within_commitment(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where no path draws more than the commitment, old draws included."""
    for name in facilities(deal):
        setup, _, rolled = _kept(deal, market, settings, name)
        plan = setup.facility.plan
        most = float(rolled.states[:, k.DRAWN].max())
        if most > plan.commitment * (1.0 + CASH_CONSERVATION_ABS):
            return f"{name}: {most:,.0f} USD are drawn on some path, {plan.commitment:,.0f} are committed"
    return None


def losses_within_claims(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where the principal written off lies between nothing and what is drawn or capitalised, on every path and date."""
    for name in facilities(deal):
        setup, _, rolled = _kept(deal, market, settings, name)
        slack = CASH_CONSERVATION_ABS * setup.facility.plan.commitment
        lost = np.cumsum(rolled.ledger[:, k.PRINCIPAL_LOST], axis=0)
        kind = np.cumsum(rolled.ledger[:, k.PIK_FLOATING] + rolled.ledger[:, k.PIK_FIXED], axis=0)
        if lost.min() < -slack or (lost - rolled.states[:, k.DRAWN] - kind).max() > slack:
            return f"{name}: {lost.max():,.0f} USD of principal are written off on some path, more than was drawn, or less than nothing"
    return None


def has_cross_defaults(deal: Deal) -> bool:
    """Whether a facility is tied to another."""
    return any(isinstance(contract, Loan) and contract.cross_defaults for contract in deal.contracts.values())


def cross_default_never_delays(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where no path has its event of default later than the same loan tied to no other."""
    for name in facilities(deal):
        tied = set_up(deal, name, market)
        if not tied.others:
            continue
        with_it = tied.run(paths=1, seed=settings.seed, threads=settings.threads).outcomes[k.DEFAULT_MONTH]
        alone = replace(tied, others=()).run(paths=1, seed=settings.seed, threads=settings.threads).outcomes[k.DEFAULT_MONTH]
        if (with_it > alone).any():
            return f"{name}: on {int((with_it > alone).sum())} of {with_it.size} paths the event of default comes later for the cross-default"
    return None


LAWS: tuple[Law, ...] = (
    Law(
        "ledger_adds_up",
        "balances rebuilt from postings are the engine's, due = paid + deferred + lost, interest and rent come out again",
        "facilities, on 512 paths of every market tried",
        has_facilities,
        ledger_adds_up,
    ),
    Law("draws_within_commitment", "no path draws more than is committed", "facilities", has_facilities, draws_within_commitment),
    Law(
        "losses_within_claims",
        "principal written off is never negative, nor more than was drawn",
        "facilities",
        has_facilities,
        losses_within_claims,
    ),
    Law(
        "cross_default_never_delays",
        "a cross-default never brings the event of default later",
        "facilities tied to others, path by path",
        has_cross_defaults,
        cross_default_never_delays,
        markets=40,
    ),
)
"""Laws of facilities."""
