"""Laws of a facility: its ledger adds up, draws stay within the commitment, losses within what was drawn, on every path."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from curves import Market
from instruments.contracts.loan import Loan
from instruments.deal import Deal
from instruments.ground.tolerances import CASH_CONSERVATION_ABS
from pricing.engines.facility_run import Setup, set_up
from pricing.engines.tranche_run import tranche_ledger
from pricing.kernels.facility import roll_kept
from pricing.laws.law import Law
from pricing.ledger import facility as k, tranches as c
from pricing.ledger.checks import check_ledger
from pricing.mechanics.rollforward import Rolled
from pricing.paths.facility import drivers_of
from pricing.registry import Settings
from pricing.schedules.plan import Drivers, Events

DUST = 1e-9
"""Principal below this share of the commitment is rounding, and so is a difference of two recovered shares below it."""
PATHS = 512
"""Paths of the first block on which the whole ledger is kept and checked."""


def facilities(deal: Deal) -> tuple[str, ...]:
    """The loans of a deal that have collateral."""
    return tuple(name for name, contract in deal.contracts.items() if isinstance(contract, Loan) and contract.collateral is not None)


def has_facilities(deal: Deal) -> bool:
    """Whether there are any."""
    return bool(facilities(deal))


def kept(deal: Deal, market: Market, settings: Settings, loan_id: str) -> tuple[Setup, Drivers, Rolled]:
    """A facility, and the first paths of its first block with every posting."""
    setup = set_up(deal, loan_id, market)
    whole = drivers_of(setup.model, settings.seed, 0)
    drivers = Drivers._make(np.ascontiguousarray(item[..., :PATHS]) for item in whole)
    return setup, drivers, Rolled(*roll_kept(setup.facility.plan, drivers, events_of(setup, settings)))


def events_of(setup: Setup, settings: Settings) -> Events | None:
    """What other loans do to the first paths."""
    events = setup.events(settings.seed, 0, drivers_of(setup.model, settings.seed, 0)) if setup.others else None
    return None if events is None else Events._make(np.ascontiguousarray(item[:PATHS]) for item in events)


def ledger_adds_up(deal: Deal, market: Market, settings: Settings) -> str | None:
    """What the ledger's own checks find; None where they find nothing."""
    for name in facilities(deal):
        setup, drivers, rolled = kept(deal, market, settings, name)
        for check in check_ledger(setup.facility.plan, drivers, rolled):
            if not check.relative <= CASH_CONSERVATION_ABS:
                return f"{name}: {check.name} is wrong by {check.difference:,.2f} USD on some path"
    return None


def draws_within_commitment(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where no path draws more than the commitment, old draws included."""
    for name in facilities(deal):
        setup, _, rolled = kept(deal, market, settings, name)
        plan = setup.facility.plan
        most = float(rolled.states[:, k.DRAWN].max())
        if most > plan.commitment * (1.0 + CASH_CONSERVATION_ABS):
            return f"{name}: {most:,.0f} USD are drawn on some path, {plan.commitment:,.0f} are committed"
    return None


def losses_within_claims(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where the principal written off lies between nothing and what is drawn or capitalised, on every path and date."""
    for name in facilities(deal):
        setup, _, rolled = kept(deal, market, settings, name)
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
            return f"{name}: the cross-default brings the event of default later on {int((with_it > alone).sum())} of {with_it.size} paths"
    return None


def has_sequential_tranches(deal: Deal) -> bool:
    """Whether a facility has tranches that enforcement pays one after the other, and whose principal falls alike before."""
    return bool(_sequential(deal))


def _sequential(deal: Deal) -> dict[str, Loan]:
    loans = {name: contract for name, contract in deal.contracts.items() if isinstance(contract, Loan)}
    return {name: loan for name, loan in loans.items() if loan.tranches is not None and loan.tranches.enforcement == "sequential"}


def senior_tranche_recovers_more(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where, after the event of default, each tranche recovers at least the share of its principal that the next one does."""
    for name in _sequential(deal):
        setup, drivers, rolled = kept(deal, market, settings, name)
        events = events_of(setup, settings)
        parts = tranche_ledger(setup.facility, drivers, events)
        later = np.arange(setup.facility.plan.months)[:, None] > rolled.outcomes[k.DEFAULT_MONTH][None, :]
        paid = np.where(later[:, None], parts[:, c.PRINCIPAL :: c.COLUMNS], 0.0).sum(axis=0)
        claim = paid + parts[:, c.PRINCIPAL_LOST :: c.COLUMNS].sum(axis=0)
        share = paid / np.where(claim > 0, claim, 1.0)
        least = DUST * setup.facility.plan.commitment
        for i in range(len(claim) - 1):
            both = (claim[i] > least) & (claim[i + 1] > least)
            if (share[i] < share[i + 1] - DUST)[both].any():
                return f"{name}: on some path tranche {i + 2} recovers a larger share of its principal than tranche {i + 1}"
    return None


def pari_passu_is_one_loan(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where the facility's ledger does not change when it is split in two tranches of one margin, paid alike."""
    for name in facilities(deal):
        setup, drivers, _ = kept(deal, market, settings, name)
        halves = setup.facility.plan._replace(
            tranche_share=np.array([0.5, 0.5]), tranche_step=np.zeros(2), tranche_how=np.ones(2, dtype=np.int64)
        )
        plain = setup.facility.plan._replace(tranche_share=np.zeros(0), tranche_step=np.zeros(0), tranche_how=np.ones(2, dtype=np.int64))
        events = events_of(setup, settings)
        if not np.array_equal(roll_kept(halves, drivers, events)[0], roll_kept(plain, drivers, events)[0]):
            return f"{name}: split pari passu it is another loan"
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
    Law(
        "senior_tranche_recovers_more",
        "after the event of default a senior tranche recovers at least the share of its principal that a junior one does",
        "tranches of one facility that enforcement pays sequentially, interest of all before principal of any; path by path",
        has_sequential_tranches,
        senior_tranche_recovers_more,
        markets=40,
    ),
    Law(
        "pari_passu_is_one_loan",
        "a facility split in two tranches of one margin, paid alike, has the same ledger, to the last bit",
        "facilities whose tests are of the whole loan; on 512 paths",
        has_facilities,
        pari_passu_is_one_loan,
        markets=40,
    ),
)
"""Laws of facilities."""
