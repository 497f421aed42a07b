"""Every contract family: a new one adds its line here, its check in `instruments.checks`, its engines in `pricing.engines`."""

from __future__ import annotations

from typing import Annotated, Protocol, get_args, runtime_checkable

from pydantic import Field

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
from instruments.ground.base import Terms

Contract = Annotated[
    Warrant
    | Loan
    | Offtake
    | Guarantee
    | StagedEquity
    | RentFuture
    | RentSwap
    | RentOption
    | MarginLoan
    | Notes
    | BorrowingBase
    | Lease
    | LeaseGuarantee
    | CapacityBackstop,
    Field(discriminator="kind"),
]  # fmt: skip
"""Any contract."""
CONTRACT_TYPES: tuple[type[Terms], ...] = get_args(get_args(Contract)[0])
"""The type of every family, in that order."""


@runtime_checkable
class StandsAlone(Protocol):
    """A contract that can be priced without a deal around it: it says which parties it needs."""

    def bare_parties(self) -> dict[str, str | None]:
        """Party names, each with the market key of the share that the party must have."""
