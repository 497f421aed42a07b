"""Checks of a margin loan across the parts of its deal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from instruments.checks.names import known, rule
from instruments.contracts.margin_loan import MarginLoan
from instruments.ground.keys import key_of_kind

if TYPE_CHECKING:
    from instruments.deal import Deal


def check_margin_loan(deal: Deal, place: str, loan: MarginLoan) -> None:
    """Names and dates of a margin loan; it has no position: its terms say what is outstanding."""
    known(loan.lender, "party", f"{place}.lender", deal.parties)
    known(loan.borrower, "party", f"{place}.borrower", deal.parties)
    if not key_of_kind("equity", loan.underlying):
        raise rule(f"{place}.underlying", "pledged shares need a key such as equity:AMD")
    if loan.maturity <= deal.as_of:
        raise rule(f"{place}.maturity", f"maturity {loan.maturity} must be after the deal's date {deal.as_of}")
