"""Checks of leases and of the support behind them across the parts of their deal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from instruments.checks.names import known, rule
from instruments.conditions import EventHappened, legs_of
from instruments.contracts.lease import Lease
from instruments.contracts.lease_parts import LeasedFleet
from instruments.contracts.support import CapacityBackstop, LeaseGuarantee
from instruments.contracts.warrant import Warrant

if TYPE_CHECKING:
    from instruments.deal import Deal


def check_lease(deal: Deal, place: str, lease: Lease) -> None:
    """Names and dates of a lease."""
    for role in ("lessor", "lessee"):
        known(getattr(lease, role), "party", f"{place}.{role}", deal.parties)
    if lease.seller is not None:
        known(lease.seller, "party", f"{place}.seller", deal.parties)
        if lease.seller == lease.lessor:
            raise rule(f"{place}.seller", "the lessor cannot buy from itself")
    if lease.start < deal.as_of:
        raise rule(f"{place}.start", f"start {lease.start} lies before the deal's date {deal.as_of}: leases under way are not valued")
    if isinstance(lease.asset, LeasedFleet):
        known(lease.asset.fleet, "asset", f"{place}.asset.fleet", deal.assets)


def check_lease_guarantee(deal: Deal, place: str, guarantee: LeaseGuarantee) -> None:
    """Names of a guarantee of a lease."""
    known(guarantee.guarantor, "party", f"{place}.guarantor", deal.parties)
    known(guarantee.lease, "contract", f"{place}.lease", deal.contracts)
    lease = deal.contracts[guarantee.lease]
    if not isinstance(lease, Lease):
        raise rule(f"{place}.lease", f"'{guarantee.lease}' is not a lease")
    if guarantee.guarantor == lease.lessor:
        raise rule(f"{place}.guarantor", "the lessor cannot guarantee its own claim")
    if guarantee.indemnitor is not None:
        known(guarantee.indemnitor, "party", f"{place}.indemnitor", deal.parties)
        if guarantee.indemnitor == guarantee.guarantor:
            raise rule(f"{place}.indemnitor", "the guarantor cannot indemnify itself")
    if guarantee.escrow is not None:
        known(guarantee.escrow.funded_by, "party", f"{place}.escrow.funded_by", deal.parties)
    if guarantee.premium is not None:
        known(guarantee.premium, "contract", f"{place}.premium", deal.contracts)
        warrant = deal.contracts[guarantee.premium]
        if not isinstance(warrant, Warrant):
            raise rule(f"{place}.premium", f"'{guarantee.premium}' is not a warrant")
        if warrant.holder != guarantee.guarantor:
            raise rule(f"{place}.premium", f"the warrant '{guarantee.premium}' belongs to '{warrant.holder}', not to the guarantor")
    if guarantee.springs is not None:
        for path, leg in legs_of(guarantee.springs):
            if isinstance(leg, EventHappened):
                where = ".".join(part for part in (place, "springs", path) if part)
                known(leg.party, "party", f"{where}.party", deal.parties)
                if leg.event != "default":
                    raise rule(f"{where}.event", f"'{leg.event}' is not simulated in a lease: only a default is")


def check_capacity_backstop(deal: Deal, place: str, backstop: CapacityBackstop) -> None:
    """Names and dates of a capacity backstop."""
    for role in ("guarantor", "operator"):
        known(getattr(backstop, role), "party", f"{place}.{role}", deal.parties)
    if backstop.start < deal.as_of:
        raise rule(f"{place}.start", f"start {backstop.start} lies before the deal's date {deal.as_of}: contracts under way are not valued")
