"""The ledger of a lease: columns known before the run. Lessor and lessee sum to nothing but for named outsiders."""

from __future__ import annotations

from instruments.contracts.lease import Lease
from pricing.ledger.plan import Claim, LedgerPlan, Posting

MARKET = "outside/market"
"""Buyers of used assets and later tenants."""
SITE = "outside/site"
"""Power, space and upkeep."""
DEAD_WEIGHT = "outside/dead-weight"
"""Brokerage, testing, freight: what nobody keeps."""

(PRICE, DEPOSIT, DEPOSIT_BACK, RENT_DUE, RENT, RENT_DEFERRED, RENT_LOST, CLAIM_DUE, CLAIM, CLAIM_LOST, OPTION, BOUGHT, SALE, RELET,
 RUNNING_LESSEE, RUNNING_LESSOR, REMARKETING, RETURN_LESSEE, RETURN_LESSOR) = range(19)  # fmt: skip
POSTINGS = 19
CLAIMS = (RENT_LOST, CLAIM_LOST)
"""What the lessee never pays."""


def lease_ledger(lease_id: str, lease: Lease) -> LedgerPlan:
    """The columns, in the order of the constants above."""
    lessor, lessee = lease.lessor, lease.lessee

    def usd(payer: str, payee: str, reason: str, claim: Claim = "cash") -> Posting:
        return Posting(payer, payee, lease_id, reason, "USD", claim)

    return LedgerPlan(
        (
            usd(lessor, lease.seller or MARKET, "price of the asset"),
            usd(lessee, lessor, "deposit"),
            usd(lessor, lessee, "deposit returned"),
            usd(lessee, lessor, "rent", "due"),
            usd(lessee, lessor, "rent"),
            usd(lessee, lessor, "rent", "deferred"),
            usd(lessee, lessor, "rent", "written_off"),
            usd(lessee, lessor, "termination", "due"),
            usd(lessee, lessor, "termination"),
            usd(lessee, lessor, "termination", "written_off"),
            usd(lessee, lessor, "purchase option"),
            usd(MARKET, lessee, "asset bought", "terminal"),
            usd(MARKET, lessor, "sale of the asset"),
            usd(MARKET, lessor, "rent of later tenants"),
            usd(lessee, SITE, "running costs"),
            usd(lessor, SITE, "running costs"),
            usd(lessor, DEAD_WEIGHT, "remarketing"),
            usd(lessee, DEAD_WEIGHT, "return conditions"),
            usd(lessor, DEAD_WEIGHT, "return conditions"),
        )
    )
