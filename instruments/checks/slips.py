"""Slips of the keyboard that are no errors: terms that are allowed, and were hardly meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from instruments.contracts.borrowing_base import BorrowingBase
from instruments.contracts.loan import Loan

if TYPE_CHECKING:
    from instruments.deal import Deal

SMALL_USD = 10_000.0
"""A commitment below this is looked at."""
LARGE = 1000.0
"""Times the commitment from which on what secures it is large beside it."""
UNITS = ((1e6, "e6"), (1e9, "e9"), (1e3, "e3"))
"""What an amount may have been written in, the likeliest first."""
PLAUSIBLE_ADVANCE = (0.05, 1.5)
"""Share of what secures a loan that is lent."""


def deal_warnings(deal: Deal) -> tuple[str, ...]:
    """Sentences about terms that look like slips, in the order of the deal: 40 for 40 million beside a fleet of 50 million."""
    return tuple(_small_commitments(deal))


def _small_commitments(deal: Deal) -> Iterator[str]:
    for name, contract in deal.contracts.items():
        if isinstance(contract, Loan) and contract.collateral in deal.assets:
            secured = sum(cohort.cost_usd for cohort in deal.assets[contract.collateral].cohorts)
            what = f"its fleet cost {secured:,.0f} USD"
        elif isinstance(contract, BorrowingBase):
            secured = sum(asset.value_usd for asset in contract.assets)
            what = f"its assets are worth {secured:,.0f} USD"
        else:
            continue
        amount = contract.commitment_usd
        if amount < SMALL_USD and secured >= LARGE * amount:
            low, high = (share * secured for share in PLAUSIBLE_ADVANCE)
            meant = next((f"did you mean {amount:g}{unit}?" for times, unit in UNITS if low <= amount * times <= high), "is it in dollars?")
            yield f"contracts.{name}.commitment_usd = {amount:g} USD, and {what}: {meant}"
