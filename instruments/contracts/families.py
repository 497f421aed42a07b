"""Every contract family: a new one adds its line here, its check in `instruments.checks`, its engines in `pricing.engines`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from instruments.contracts.borrowing_base import BorrowingBase
from instruments.contracts.guarantee import Guarantee
from instruments.contracts.loan import Loan
from instruments.contracts.margin_loan import MarginLoan
from instruments.contracts.notes import Notes
from instruments.contracts.offtake import Offtake
from instruments.contracts.warrant import Warrant

Contract = Annotated[
    Warrant
    | Loan
    | Offtake
    | Guarantee
    | MarginLoan
    | Notes
    | BorrowingBase,
    Field(discriminator="kind"),
]  # fmt: skip
"""Any contract."""
