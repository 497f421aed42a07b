"""The plan of a ledger: every posting is known before the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Claim = Literal["cash", "due", "deferred", "written_off", "terminal"]
"""What a posting states: money or things that change hands; a claim that falls due; the change of what is put off; a claim given up; a
value that stands at the end and is not cash. What is paid on a claim is its cash posting."""
Unit = Literal["USD", "devices", "shares", "hours", "notices"]
"""What is counted; hours are unit-hours of capacity; a notice is a right used: a tranche stopped by the party that gives it."""


@dataclass(frozen=True, slots=True)
class Posting:
    """One column of the ledger: who gives, who gets, under which contract, why. Amounts are positive from payer to payee."""

    payer: str
    payee: str
    contract: str
    reason: str
    unit: Unit
    claim: Claim


@dataclass(frozen=True, slots=True)
class LedgerPlan:
    """The postings, in column order."""

    postings: tuple[Posting, ...]

    def __len__(self) -> int:
        return len(self.postings)

    def columns(self, *, party: str | None = None, claim: Claim | None = None, unit: Unit | None = None) -> tuple[int, ...]:
        """Columns in which a party pays or is paid, of one kind of claim and unit; None is any."""
        return tuple(
            index
            for index, posting in enumerate(self.postings)
            if (party is None or party in (posting.payer, posting.payee))
            and (claim is None or posting.claim == claim)
            and (unit is None or posting.unit == unit)
        )

    def parties(self) -> tuple[str, ...]:
        """Everyone who pays or is paid, sorted; an account of a party is `party/account`."""
        return tuple(sorted({name for posting in self.postings for name in (posting.payer, posting.payee)}))
