"""Columns of a margin loan's ledger.

The sale stands in the books of the borrower, who owns the shares: buyers pay the borrower, the borrower pays the lender. `value of shares
sold` is what they were worth before the sale moved the price: what buyers gain on it is the price of a quick sale.
"""

from __future__ import annotations

from instruments.contracts.margin_loan import MarginLoan
from pricing.ledger.plan import LedgerPlan, Posting

PAID, DUE, DEFERRED, LOST = range(4)
"""Offsets within a claim."""
INTEREST, PRINCIPAL, SALE, SALE_COST, SHARES_SOLD, VALUE_SOLD = 0, 4, 8, 9, 10, 11
SIZE = 12
BUYERS, BROKERS = "buyers of shares", "brokers"


def margin_loan_postings(contract_id: str, loan: MarginLoan) -> LedgerPlan:
    """The columns of one loan."""
    claims = ("cash", "due", "deferred", "written_off")
    lent = tuple(Posting(loan.borrower, loan.lender, contract_id, reason, "USD", c) for reason in ("interest", "principal") for c in claims)
    return LedgerPlan(
        (
            *lent,
            Posting(BUYERS, loan.borrower, contract_id, "sale of pledged shares", "USD", "cash"),
            Posting(loan.borrower, BROKERS, contract_id, "cost of sale", "USD", "cash"),
            Posting(loan.borrower, BUYERS, contract_id, "shares sold", "shares", "cash"),
            Posting(loan.borrower, BUYERS, contract_id, "value of shares sold", "USD", "terminal"),
        )
    )
