"""Columns of the ledger of a facility's tranches: what the facility's lender of record passes on to the holders."""

from __future__ import annotations

from instruments.contracts.loan_tranches import LoanTranches
from pricing.ledger.plan import LedgerPlan, Posting

DRAW, FEES, CAPITALISED, INTEREST, INTEREST_DUE, INTEREST_DEFERRED, INTEREST_LOST, PRINCIPAL, PRINCIPAL_DUE, PRINCIPAL_LOST = range(10)
COLUMNS = 10
"""Postings of one tranche, in this order; the tranches follow one another."""


def tranche_postings(loan_id: str, lender: str, terms: LoanTranches) -> LedgerPlan:
    """The postings between the lender of record and the holders."""
    posted: list[Posting] = []
    for each in terms.classes:
        to, interest, principal = each.holder, f"interest {each.label}", f"principal {each.label}"
        posted += [
            Posting(to, lender, loan_id, f"draw {each.label}", "USD", "cash"),
            Posting(lender, to, loan_id, f"fees {each.label}", "USD", "cash"),
            Posting(to, lender, loan_id, f"capitalised {each.label}", "USD", "cash"),
            Posting(lender, to, loan_id, interest, "USD", "cash"),
            Posting(lender, to, loan_id, interest, "USD", "due"),
            Posting(lender, to, loan_id, interest, "USD", "deferred"),
            Posting(lender, to, loan_id, interest, "USD", "written_off"),
            Posting(lender, to, loan_id, principal, "USD", "cash"),
            Posting(lender, to, loan_id, principal, "USD", "due"),
            Posting(lender, to, loan_id, principal, "USD", "written_off"),
        ]
    return LedgerPlan(tuple(posted))
