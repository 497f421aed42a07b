"""Checks of a facility across the parts of its deal: every name that it uses must exist, and its dates must fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from instruments.checks.names import known, rule
from instruments.contracts.guarantee import Guarantee
from instruments.contracts.loan import Loan
from instruments.contracts.offtake import Offtake

if TYPE_CHECKING:
    from instruments.deal import Deal


def check_assets(deal: Deal) -> None:
    """Names in every asset."""
    for asset_id, fleet in deal.assets.items():
        for role in ("owner", "operator", "vendor"):
            known(getattr(fleet, role), "party", f"assets.{asset_id}.{role}", deal.parties)


def check_guarantee(deal: Deal, place: str, guarantee: Guarantee) -> None:
    """Names of a guarantee."""
    known(guarantee.guarantor, "party", f"{place}.guarantor", deal.parties)
    known(guarantee.loan, "contract", f"{place}.loan", deal.contracts)
    if not isinstance(deal.contracts[guarantee.loan], Loan):
        raise rule(f"{place}.loan", f"'{guarantee.loan}' is not a loan")


def check_loan(deal: Deal, place: str, loan: Loan) -> None:
    """Names and dates of a loan."""
    known(loan.lender, "party", f"{place}.lender", deal.parties)
    known(loan.borrower, "party", f"{place}.borrower", deal.parties)
    if loan.lender == loan.borrower:
        raise rule(place, "lender and borrower must be two parties")
    if loan.maturity <= deal.as_of:
        raise rule(f"{place}.maturity", f"maturity {loan.maturity} must be after the deal's date {deal.as_of}")
    for index, tranche in enumerate(loan.tranches.classes if loan.tranches else ()):
        known(tranche.holder, "party", f"{place}.tranches.classes.{index}.holder", deal.parties)
    if loan.collateral is None or loan.offtake is None:
        return
    known(loan.collateral, "asset", f"{place}.collateral", deal.assets)
    known(loan.offtake, "contract", f"{place}.offtake", deal.contracts)
    offtake, fleet = deal.contracts[loan.offtake], deal.assets[loan.collateral]
    if not isinstance(offtake, Offtake):
        raise rule(f"{place}.offtake", f"'{loan.offtake}' is not an offtake")
    if offtake.fleet != loan.collateral:
        raise rule(f"{place}.offtake", f"'{loan.offtake}' is served by the fleet '{offtake.fleet}', not by '{loan.collateral}'")
    if fleet.owner != loan.borrower:
        raise rule(f"{place}.collateral", f"the fleet belongs to '{fleet.owner}', the borrower is '{loan.borrower}'")
    grid = loan.floating.margin_by_class if loan.floating else {}
    if grid and offtake.customer_class is not None:
        known(offtake.customer_class, "customer class", f"contracts.{loan.offtake}.customer_class", grid)
    _check_cross_defaults(deal, place, loan)
    names = {cohort.label: cohort for cohort in fleet.cohorts}
    position = deal.position.facilities.get(place.removeprefix("contracts."))
    if position is not None:
        for field in ("covenant_cures_used", "covenant_waivers_used"):
            for label in getattr(position, field):
                known(label, "covenant", f"position.facilities.{place.removeprefix('contracts.')}.{field}", loan.covenants)
        for field in ("funded", "accepted", "cohort_drawn_usd"):
            for label in getattr(position, field):
                known(label, "cohort", f"position.facilities.{place.removeprefix('contracts.')}.{field}", names)
    funded = position.funded if position is not None else ()
    for index, cohort in enumerate(fleet.cohorts):
        if cohort.label not in funded and cohort.funding <= deal.as_of:
            raise rule(
                f"assets.{loan.collateral}.cohorts.{index}.funding",
                f"cohort '{cohort.label}' was funded on {cohort.funding}: move the date after {deal.as_of}, or list it in the position",
            )
        if position is not None and cohort.label not in position.accepted and cohort.acceptance <= deal.as_of:
            raise rule(
                f"assets.{loan.collateral}.cohorts.{index}.acceptance",
                f"cohort '{cohort.label}' was to be accepted on {cohort.acceptance}: give a later date, or list it in the position",
            )
        if cohort.label not in funded and loan.draws is None:
            raise rule(f"{place}.draws", f"cohort '{cohort.label}' is still to be funded: give the draw terms")


def _check_cross_defaults(deal: Deal, place: str, loan: Loan) -> None:
    """The loans that this one is tied to are other facilities, whose default does not hang on a choice of their borrower."""
    seen: list[str] = []
    for index, cross in enumerate(loan.cross_defaults):
        at = f"{place}.cross_defaults.{index}.contract"
        known(cross.contract, "contract", at, deal.contracts)
        other = deal.contracts[cross.contract]
        if place == f"contracts.{cross.contract}" or cross.contract in seen:
            raise rule(at, "a loan is tied to other loans, to each of them once")
        if not isinstance(other, Loan) or other.collateral is None:
            raise rule(at, f"'{cross.contract}' is no project facility: its event of default is not simulated")
        if other.prepayment is not None:
            raise rule(at, f"'{cross.contract}' may be prepaid by choice, which could come before its default: leave one of the two out")
        seen.append(cross.contract)
