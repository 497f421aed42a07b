"""Laws of leases and of the guarantees behind them, on every path of a block."""

from __future__ import annotations

import numpy as np

from curves import Market
from instruments.contracts.lease import Lease
from instruments.contracts.support import LeaseGuarantee
from instruments.deal import Deal
from instruments.ground.tolerances import CASH_CONSERVATION_ABS
from pricing.engines.lease_run import set_up_lease
from pricing.engines.support_run import SupportSetup, set_up_support
from pricing.laws.law import Law
from pricing.ledger import lease as k, support as g
from pricing.ledger.lease import lease_ledger
from pricing.ledger.runs import claim_gaps, party_signs
from pricing.registry import Settings
from pricing.schedules.types import Floats


def leases(deal: Deal) -> dict[str, Lease]:
    """The leases of a deal by contract id."""
    return {name: contract for name, contract in deal.contracts.items() if isinstance(contract, Lease)}


def guarantees(deal: Deal) -> dict[str, LeaseGuarantee]:
    """The guarantees of leases of a deal by contract id."""
    return {name: contract for name, contract in deal.contracts.items() if isinstance(contract, LeaseGuarantee)}


def _has_leases(deal: Deal) -> bool:
    return bool(leases(deal))


def _has_guarantees(deal: Deal) -> bool:
    return bool(guarantees(deal))


def _postings(setup: SupportSetup, settings: Settings) -> Floats:
    paths, _, phases = setup.lease.block(settings.seed, 0)
    return setup.postings(paths, phases)


def lease_ledger_adds_up(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where every claim of every lease adds up, and its parties' cash and terminal values cancel, on every path."""
    for name, lease in leases(deal).items():
        _, ledger, _ = set_up_lease(deal, name, market).block(settings.seed, 0)
        plan = lease_ledger(name, lease)
        slack = CASH_CONSERVATION_ABS * lease.price_usd
        for gap in claim_gaps(plan, ledger):
            if not gap.difference <= slack:
                return f"{name}: {gap.claim} is wrong by {gap.difference:,.2f} USD on some path and date"
        net = np.einsum("qk,kp->qp", party_signs(plan, plan.parties()), ledger.sum(axis=0)).sum(axis=0)
        if not float(np.abs(net).max()) <= slack * len(plan):
            return f"{name}: the parties' cash adds up to {float(np.abs(net).max()):,.2f} USD on some path"
    return None


def deposit_never_hurts(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where a larger deposit leaves no path with more unpaid."""
    for name, lease in leases(deal).items():
        more = deal.evolve(contracts={**deal.contracts, name: lease.evolve(deposit_usd=lease.deposit_usd + 0.1 * lease.price_usd)})
        lost = []
        for each in (deal, more):
            _, ledger, _ = set_up_lease(each, name, market).block(settings.seed, 0)
            lost.append(ledger[:, list(k.CLAIMS)].sum(axis=(0, 1)))
        worst = float((lost[1] - lost[0]).max())
        if worst > CASH_CONSERVATION_ABS * lease.price_usd:
            return f"{name}: a larger deposit raises what is unpaid by {worst:,.2f} USD on some path"
    return None


def guarantor_within_its_promise(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where no path pays less than nothing, more than is due, more than the cap, or more than the escrow holds."""
    for name, terms in guarantees(deal).items():
        setup = set_up_support(deal, name, market)
        ledger = _postings(setup, settings)
        slack = CASH_CONSERVATION_ABS * setup.lease.plan.lease.price_usd
        due, paid, first = (ledger[:, column].sum(axis=0) for column in (g.DUE, g.PAID, g.ESCROW_PAID))
        if terms.cap_usd is not None and due.max() > terms.cap_usd + slack:
            return f"{name}: {due.max():,.0f} USD fall due on some path, the cap is {terms.cap_usd:,.0f}"
        if min(paid.min(), first.min()) < -slack or (paid - due).max() > slack:
            return f"{name}: {paid.max():,.0f} USD are paid on some path, less than nothing or more than is due"
        if first.max() > (terms.escrow.amount_usd if terms.escrow else 0.0) + slack:
            return f"{name}: the escrow pays {first.max():,.0f} USD on some path, more than it holds"
    return None


def a_safer_guarantor_never_pays_less(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where cutting the guarantor's default lowers its payments on no path."""
    for name in guarantees(deal):
        setup = set_up_support(deal, name, market)
        if not setup.separate or (setup.terms.springs is not None):
            continue
        before, after = (_postings(each, settings)[:, g.PAID].sum(axis=0) for each in (setup, setup.safe()))
        worst = float((before - after).max())
        if worst > CASH_CONSERVATION_ABS * setup.lease.plan.lease.price_usd:
            return f"{name}: without its own default the guarantor pays {worst:,.2f} USD less on some path"
    return None


PATHS = "4,096 paths of every market tried"
LAWS: tuple[Law, ...] = (
    Law(
        "lease_ledger_adds_up",
        "rent and claims of a lease are paid, deferred or lost, and what its parties pay and receive cancels",
        f"leases, {PATHS}",
        _has_leases,
        lease_ledger_adds_up,
    ),
    Law(
        "deposit_never_hurts",
        "a larger deposit leaves no path on which the lessee fails to pay more",
        f"leases, the deposit paid from outside and no choice of the lessee resting on it; {PATHS}",
        _has_leases,
        deposit_never_hurts,
    ),
    Law(
        "guarantor_within_its_promise",
        "a guarantee pays no less than nothing, no more than is due, its cap and its escrow",
        f"guarantees of leases, {PATHS}",
        _has_guarantees,
        guarantor_within_its_promise,
    ),
    Law(
        "safer_guarantor_pays_no_less",
        "a guarantor that cannot default pays no less on any path",
        f"guarantors with a credit of their own, no springing event, no default costs; {PATHS}",
        _has_guarantees,
        a_safer_guarantor_never_pays_less,
    ),
)
"""Laws of leases and their guarantees."""
