"""Columns of the ledger of notes."""

from __future__ import annotations

from dataclasses import dataclass

from instruments.contracts.notes import Notes
from pricing.ledger.plan import Claim, LedgerPlan, Posting

OBLIGORS = "obligors"
CLAIMS: tuple[Claim, ...] = ("cash", "due", "deferred", "written_off")
PAID, DUE, DEFERRED, LOST = range(4)
"""Offsets within a claim."""
POOL_INTEREST, POOL_PRINCIPAL, RECOVERY, CALL = range(4)


@dataclass(frozen=True)
class NotesColumns:
    """The plan, and where each claim's four columns start."""

    plan: LedgerPlan
    fees: dict[str, int]
    interest: dict[str, int]
    principal: dict[str, int]
    accounts: dict[str, int]
    release: int


def notes_columns(contract_id: str, notes: Notes) -> NotesColumns:
    """The columns of one contract."""
    postings = [Posting(OBLIGORS, notes.issuer, contract_id, reason, "USD", "cash") for reason in ("interest", "principal", "recovery")]
    postings.append(Posting(notes.residual_holder, notes.issuer, contract_id, "clean-up call", "USD", "cash"))

    def claim(payee: str, reason: str) -> int:
        start = len(postings)
        postings.extend(Posting(notes.issuer, payee, contract_id, reason, "USD", kind) for kind in CLAIMS)
        return start

    fees = {fee.label: claim(fee.payee, f"fee {fee.label}") for fee in notes.fees}
    interest = {each.label: claim(each.holder, f"interest {each.label}") for each in notes.classes}
    principal = {each.label: claim(each.holder, f"principal {each.label}") for each in notes.classes}
    accounts = {}
    for account in notes.accounts:
        accounts[account.label] = len(postings)
        holder = f"{notes.issuer}/{account.label}"
        postings.append(Posting(notes.issuer, holder, contract_id, f"account {account.label}", "USD", "cash"))
    release = len(postings)
    postings.append(Posting(notes.issuer, notes.residual_holder, contract_id, "release", "USD", "cash"))
    return NotesColumns(LedgerPlan(tuple(postings)), fees, interest, principal, accounts, release)
