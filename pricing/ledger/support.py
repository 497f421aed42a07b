"""The ledger of a lease's guarantee: escrow, claim on the guarantor, indemnity, fee."""

from __future__ import annotations

from instruments.contracts.lease import Lease
from instruments.contracts.support import LeaseBackstop, LeaseGuarantee
from pricing.ledger.lease import MARKET
from pricing.ledger.plan import Claim, LedgerPlan, Posting

(ESCROW_IN, ESCROW_PAID, ESCROW_BACK, DUE, PAID, LOST, INDEMNITY_DUE, INDEMNITY, INDEMNITY_LOST, FEE, STEP_IN) = range(11)
POSTINGS = 11


def support_ledger(contract_id: str, terms: LeaseGuarantee, lease: Lease) -> LedgerPlan:
    """The columns, in the order of the constants above; those of features that the terms lack stay empty, and name nobody new."""
    guarantor, lessor = terms.guarantor, lease.lessor
    funder, account = (terms.escrow.funded_by, f"{contract_id}/escrow") if terms.escrow is not None else (guarantor, guarantor)
    indemnitor = terms.indemnitor or lessor
    takes_over = isinstance(terms.cover, LeaseBackstop) and terms.cover.step_in

    def usd(payer: str, payee: str, reason: str, claim: Claim = "cash") -> Posting:
        return Posting(payer, payee, contract_id, reason, "USD", claim)

    return LedgerPlan(
        (
            usd(funder, account, "escrow paid in"),
            usd(account, lessor, "escrow"),
            usd(account, funder, "escrow returned"),
            usd(guarantor, lessor, "guarantee", "due"),
            usd(guarantor, lessor, "guarantee"),
            usd(guarantor, lessor, "guarantee", "written_off"),
            usd(indemnitor, guarantor, "indemnity", "due"),
            usd(indemnitor, guarantor, "indemnity"),
            usd(indemnitor, guarantor, "indemnity", "written_off"),
            usd(lessor, guarantor, "fee"),
            usd(MARKET if takes_over else lessor, guarantor, "worth of the asset taken over beyond its sale", "terminal"),
        )
    )
