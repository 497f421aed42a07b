"""The ledger of a stand-alone offtake: which postings it has, and how settled amounts fill them."""

from __future__ import annotations

import numpy as np

from pricing.ledger.plan import Claim, LedgerPlan, Posting, Unit
from pricing.mechanics.offtake_settlement import Settled
from pricing.schedules.offtake import OfftakePlan
from pricing.schedules.types import Floats

MARKET = "market"
"""Whoever rents capacity that is let again."""
SUPPLIER = "supplier"
"""Whoever is paid for running it."""


def offtake_postings(plan: OfftakePlan) -> LedgerPlan:
    """The postings of an offtake, in column order: those of terms that it lacks are left out."""
    return LedgerPlan(tuple(posting for posting, _ in _columns(plan)))


def offtake_ledger(plan: OfftakePlan, settled: Settled) -> Floats:
    """Amounts [row, posting, path]."""
    return np.stack([sum((sign * getattr(settled, name) for sign, name in parts), 0.0) for _, parts in _columns(plan)], axis=1)


Parts = tuple[tuple[float, str], ...]


def _columns(plan: OfftakePlan) -> list[tuple[Posting, Parts]]:
    """Each posting with the settled amounts that add up to it."""
    terms = plan.offtake
    found: list[tuple[Posting, Parts]] = []
    customer, provider = terms.customer, terms.provider

    def post(payer: str, payee: str, reason: str, claim: Claim, *parts: str, unit: Unit = "USD") -> None:
        signed = tuple((-1.0, part[1:]) if part.startswith("-") else (1.0, part) for part in parts)
        found.append((Posting(payer, payee, plan.contract_id, reason, unit, claim), signed))

    post(customer, provider, "rent", "due", "rent_due")
    post(customer, provider, "rent", "cash", "rent_paid")
    post(customer, provider, "rent", "written_off", "rent_due", "-rent_paid")
    post(provider, customer, "capacity", "cash", "delivered", unit="hours")
    if terms.prepayment is not None:
        post(customer, provider, "prepayment", "cash", "prepaid")
        post(provider, customer, "prepaid_capacity", "due", "burned", "prepaid_back", "prepaid_lost")
        post(provider, customer, "prepaid_capacity", "cash", "burned", "prepaid_back")
        post(provider, customer, "prepaid_capacity", "written_off", "prepaid_lost")
    if terms.service is not None:
        post(provider, customer, "service_credits", "cash", "credits")
    if plan.customer is not None:
        post(customer, provider, "termination", "cash", "fee_customer")
    if plan.provider is not None:
        post(provider, customer, "termination", "cash", "fee_provider")
    if terms.after_default.claim_share > 0:
        post(customer, provider, "damages", "due", "claim_due")
        post(customer, provider, "damages", "cash", "claim_paid")
        post(customer, provider, "damages", "written_off", "claim_due", "-claim_paid")
    if terms.rollover is not None:
        post(customer, provider, "rollover", "cash", "rollover")
    post(MARKET, provider, "relet", "cash", "relet")
    if terms.capacity_cost_usd_per_hour > 0:
        post(provider, SUPPLIER, "running_cost", "cash", "cost")
    return found
