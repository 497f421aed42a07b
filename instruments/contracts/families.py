"""Every contract family: a new one adds its line here, its check in `instruments.checks`, its engines in `pricing.engines`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from instruments.contracts.guarantee import Guarantee
from instruments.contracts.lease import Lease
from instruments.contracts.loan import Loan
from instruments.contracts.offtake import Offtake
from instruments.contracts.support import CapacityBackstop, LeaseGuarantee
from instruments.contracts.warrant import Warrant

Contract = Annotated[
    Warrant
    | Loan
    | Offtake
    | Guarantee
    | Lease
    | LeaseGuarantee
    | CapacityBackstop,
    Field(discriminator="kind"),
]  # fmt: skip
"""Any contract."""
