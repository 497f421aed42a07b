"""Columns of a borrowing base's ledger; in enforcement buyers pay the borrower for the assets, the borrower pays the lender."""

from __future__ import annotations

from instruments.contracts.borrowing_base import BorrowingBase
from pricing.ledger.plan import LedgerPlan, Posting

PAID, DUE, DEFERRED, LOST = range(4)
"""Offsets within a claim."""
INTEREST, FEE, PRINCIPAL, DRAW, SALE, GIVEN = 0, 4, 8, 12, 13, 14
SIZE = 15
BUYERS = "buyers of assets"


def borrowing_base_postings(contract_id: str, base: BorrowingBase) -> LedgerPlan:
    """The columns of one revolver."""
    claims = ("cash", "due", "deferred", "written_off")
    lent = tuple(
        Posting(base.borrower, base.lender, contract_id, reason, "USD", c)
        for reason in ("interest", "undrawn fee", "principal")
        for c in claims
    )
    return LedgerPlan(
        (
            *lent,
            Posting(base.lender, base.borrower, contract_id, "draw", "USD", "cash"),
            Posting(BUYERS, base.borrower, contract_id, "sale of assets", "USD", "cash"),
            Posting(base.borrower, BUYERS, contract_id, "value of assets sold", "USD", "terminal"),
        )
    )
