"""Laws of borrowing bases: the ledger adds up, drawn stays within commitment and count, more never counts for less, doubling doubles."""

from __future__ import annotations

import numpy as np

from curves import Market
from instruments.contracts.borrowing_base import BorrowingBase
from instruments.deal import Deal
from instruments.ground.tolerances import CASH_CONSERVATION_ABS
from pricing.laws.law import SUM_REL, Law
from pricing.ledger.borrowing_base import DRAW, LOST, PAID, PRINCIPAL, borrowing_base_postings
from pricing.ledger.runs import claim_gaps
from pricing.mechanics.borrowing_base import BaseRolled, roll_borrowing_base
from pricing.registry import Settings
from pricing.schedules.borrowing_base import base_paths, resolve_borrowing_base

PATHS = 512
"""Paths of the first block that are looked at one by one."""


def bases_in(deal: Deal) -> dict[str, BorrowingBase]:
    """The borrowing bases of a deal by contract id."""
    return {name: contract for name, contract in deal.contracts.items() if isinstance(contract, BorrowingBase)}


def has_bases(deal: Deal) -> bool:
    """Whether there are any."""
    return bool(bases_in(deal))


def rolled_of(deal: Deal, market: Market, settings: Settings, terms: BorrowingBase, name: str) -> BaseRolled:
    """The first paths of a revolver, rolled."""
    plan = resolve_borrowing_base(deal, terms, market, name)
    paths = base_paths(plan, settings.seed, 0)
    factors = paths.factors[:, :PATHS] if paths.factors is not None else None
    return roll_borrowing_base(plan, paths.ratio[:, :PATHS], paths.failed[:, :PATHS], factors)


def _adds_up(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name, terms in bases_in(deal).items():
        ledger = rolled_of(deal, market, settings, terms, name).ledger
        for gap in claim_gaps(borrowing_base_postings(name, terms), ledger):
            if not gap.difference <= CASH_CONSERVATION_ABS * terms.commitment_usd:
                return f"{name}: {gap.claim}: due, paid, deferred and lost differ by {gap.difference:,.2f} USD"
        back = (ledger[:, PRINCIPAL + PAID] + ledger[:, PRINCIPAL + LOST] - ledger[:, DRAW]).sum(axis=0)
        if not np.abs(back - terms.drawn_usd).max() <= CASH_CONSERVATION_ABS * terms.commitment_usd * len(ledger):
            return f"{name}: principal paid and lost is not what was drawn on some path"
    return None


def _within(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name, terms in bases_in(deal).items():
        found = rolled_of(deal, market, settings, terms, name)
        slack = CASH_CONSERVATION_ABS * terms.commitment_usd
        if found.drawn.max() > terms.commitment_usd + slack:
            return f"{name}: more is drawn than committed on some path"
        stands = found.waiting > terms.grace_months + terms.test_months
        if stands.any():
            return f"{name}: a deficiency stands for {found.waiting.max()} months on some path, beyond its grace"
    return None


def _scales(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name, terms in bases_in(deal).items():
        once = rolled_of(deal, market, settings, terms, name).ledger
        twice = rolled_of(deal, market, settings, doubled(terms), name).ledger
        if not np.abs(twice - 2.0 * once).max() <= SUM_REL * terms.commitment_usd:
            return f"{name}: twice of everything is not twice the ledger"
    return None


def doubled(terms: BorrowingBase) -> BorrowingBase:
    """Twice of everything that is counted in dollars."""
    return terms.evolve(
        commitment_usd=2.0 * terms.commitment_usd,
        drawn_usd=2.0 * terms.drawn_usd,
        reserves_usd=2.0 * terms.reserves_usd,
        assets=tuple(asset.evolve(value_usd=2.0 * asset.value_usd) for asset in terms.assets),
    )


LAWS: tuple[Law, ...] = (
    Law(
        "borrowing_base_adds_up",
        "due = paid + deferred + lost on every path and date, and principal paid and lost is what was drawn",
        f"borrowing bases, on {PATHS} paths of every market tried",
        has_bases,
        _adds_up,
    ),
    Law(
        "drawn_within_base",
        "drawn never exceeds the commitment, nor the last count of the base once the grace of a deficiency is over",
        "borrowing bases; between two counts a base may fall below what is drawn",
        has_bases,
        _within,
    ),
    Law(
        "borrowing_base_scales",
        "twice the commitment, draws, assets and reserves have twice the ledger",
        "borrowing bases",
        has_bases,
        _scales,
    ),
)
"""Laws of borrowing bases."""
