"""Checks across the parts of a deal, one file per family; `check_contract` finds the family's own.

A family adds its check to `CHECKS`; what a contract can say of itself alone is checked in its own model.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from instruments.checks.borrowing_bases import check_borrowing_base
from instruments.checks.compute_derivatives import check_fixings, check_rent_derivative
from instruments.checks.facilities import check_assets, check_guarantee, check_loan
from instruments.checks.leases import check_capacity_backstop, check_lease, check_lease_guarantee
from instruments.checks.margin_loans import check_margin_loan
from instruments.checks.names import known, rule
from instruments.checks.notes import check_notes
from instruments.checks.offtakes import check_offtake
from instruments.checks.staged import check_staged, check_staged_positions
from instruments.checks.warrants import check_position, check_warrant
from instruments.contracts.borrowing_base import BorrowingBase
from instruments.contracts.compute_derivatives import RentFuture, RentOption, RentSwap
from instruments.contracts.guarantee import Guarantee
from instruments.contracts.lease import Lease
from instruments.contracts.loan import Loan
from instruments.contracts.margin_loan import MarginLoan
from instruments.contracts.notes import Notes
from instruments.contracts.offtake import Offtake
from instruments.contracts.staged import StagedEquity
from instruments.contracts.support import CapacityBackstop, LeaseGuarantee
from instruments.contracts.warrant import Warrant

if TYPE_CHECKING:
    from instruments.deal import Deal

CHECKS: dict[type[Any], Callable[[Deal, str, Any], None]] = {
    Warrant: check_warrant,
    Loan: check_loan,
    Offtake: check_offtake,
    Guarantee: check_guarantee,
    StagedEquity: check_staged,
    RentFuture: check_rent_derivative,
    RentSwap: check_rent_derivative,
    RentOption: check_rent_derivative,
    MarginLoan: check_margin_loan,
    Notes: check_notes,
    BorrowingBase: check_borrowing_base,
    Lease: check_lease,
    LeaseGuarantee: check_lease_guarantee,
    CapacityBackstop: check_capacity_backstop,
}
"""Contract type to its check (deal, place, contract)."""


def check_deal(deal: Deal) -> None:
    """Every check across the parts of a deal; raises at the first broken rule."""
    check_assets(deal)
    for contract_id, contract in deal.contracts.items():
        CHECKS[type(contract)](deal, f"contracts.{contract_id}", contract)
    for milestone_id, milestone in deal.milestones.items():
        if milestone.buyer is not None:
            known(milestone.buyer, "party", f"milestones.{milestone_id}.buyer", deal.parties)
    _check_positions(deal)
    check_staged_positions(deal)


def _check_positions(deal: Deal) -> None:
    """Each table of the position speaks of contracts of its own kind."""
    for contract_id, position in deal.position.contracts.items():
        place = f"position.contracts.{contract_id}"
        known(contract_id, "contract", place, deal.contracts)
        contract = deal.contracts[contract_id]
        if not isinstance(contract, Warrant):
            raise rule(place, f"'{contract_id}' is no warrant: loans stand in position.facilities, staged equity in position.staged")
        check_position(contract, position, place)
    for contract_id in deal.position.facilities:
        place = f"position.facilities.{contract_id}"
        known(contract_id, "contract", place, deal.contracts)
        if not isinstance(deal.contracts[contract_id], Loan):
            raise rule(place, f"'{contract_id}' is no loan")
    check_fixings(deal)
    for milestone_id in deal.position.milestones:
        known(milestone_id, "milestone", f"position.milestones.{milestone_id}", deal.milestones)
