from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings, strategies as st

from curves import Market
from instruments import Deal, Lease, LeaseGuarantee
from instruments.files import dumps_json, model_from_text
from instruments.ground.tolerances import CASH_CONSERVATION_ABS, PV_REL
from pricing.engines.lease_run import set_up_lease
from pricing.engines.support_run import set_up_support
from pricing.laws import leases
from pricing.laws.catalogue import chosen_laws
from pricing.laws.search import search_law
from pricing.ledger import lease as k, support as g
from pricing.ledger.runs import claim_gaps
from pricing.registry import Settings
from pricing.strategies.leases import lease_deals
from tests.leases import deal as small, market

SEEDS = st.integers(0, 2**32 - 1)
FEW = settings(max_examples=12)
"""One block of 4,096 paths each."""


def rough() -> Market:
    """Frequent defaults, wild rents."""
    base = market()
    rent = base.rent["CAMPUS"].model_dump() | {"volatility": 0.6}
    return market(
        rent={"CAMPUS": rent, "GPU": base.rent["GPU"]},
        credit={"TENANT": {"kind": "hazard", "hazard": 0.4, "recovery": 0.3}, "MAKER": {"kind": "hazard", "hazard": 0.3, "recovery": 0.4}},
    )


@FEW
@given(lease_deals(supported=True), st.integers(0, 1000))
def test_every_shipped_law_of_leases_holds(deal: Deal, seed: int) -> None:
    for law in leases.LAWS:
        if law.applies(deal):
            assert law.check(deal, rough(), Settings(paths=1, seed=seed)) is None


@FEW
@given(lease_deals(supported=True), st.integers(0, 1000))
def test_claims_on_the_guarantor_are_paid_or_lost(deal: Deal, seed: int) -> None:
    setup = set_up_support(deal, "support", rough())
    paths, _, phases = setup.lease.block(seed, 0)
    ledger = setup.postings(paths, phases)
    for gap in claim_gaps(g.support_ledger("support", setup.terms, setup.lease.plan.lease), ledger):
        assert gap.difference <= CASH_CONSERVATION_ABS * 10e6
    held = setup.terms.escrow.amount_usd if setup.terms.escrow else 0.0
    np.testing.assert_allclose(ledger[:, g.ESCROW_PAID].sum(axis=0) + ledger[:, g.ESCROW_BACK].sum(axis=0), held)


@FEW
@given(lease_deals())
def test_a_round_trip_through_json_gives_the_same_ledger(deal: Deal) -> None:
    again = model_from_text(dumps_json(deal), Deal, kind="deal", language="json")
    assert again == deal
    for name in deal.contracts:
        if name == "lease":
            assert np.array_equal(set_up_lease(deal, name, rough()).block(0, 0)[1], set_up_lease(again, name, rough()).block(0, 0)[1])


@FEW
@given(lease_deals(), st.sampled_from([0.25, 3.0]))
def test_a_lease_scales(deal: Deal, factor: float) -> None:
    """Asset, price, rent, deposit and stated costs alike; the market without an impact of size."""
    lease = deal.contracts["lease"]
    assert isinstance(lease, Lease)
    larger = deal.evolve(contracts={"lease": scaled(lease, factor)})
    one, other = (set_up_lease(each, "lease", rough()).block(0, 0)[1] for each in (deal.evolve(contracts={"lease": lease}), larger))
    one[:, [k.OPTION, k.BOUGHT]] *= 1.0 if lease.purchase_option is None or lease.purchase_option.kind != "nominal" else 0.0
    other[:, [k.OPTION, k.BOUGHT]] *= 1.0 if lease.purchase_option is None or lease.purchase_option.kind != "nominal" else 0.0
    gap = np.abs(other - factor * one)
    # a dollar does not scale, nor a choice that a last digit decides
    assert float((gap.max(axis=(0, 1)) > PV_REL * 1e2 * factor * 10e6).mean()) <= 1e-3


def scaled(lease: Lease, factor: float) -> Lease:
    def money(value: object) -> object:
        if isinstance(value, dict):
            return {
                key: item * factor if isinstance(item, float) and (key.endswith("_usd") or key in ("units", "usd_per_month")) else
                {month: usd * factor for month, usd in item.items()} if key == "usd_per_month" and isinstance(item, dict) else money(item)
                for key, item in value.items()
            }  # fmt: skip
        return value

    return Lease.model_validate(money(lease.model_dump()))


@FEW
@given(lease_deals(supported=True), st.integers(0, 1000))
def test_a_guarantee_by_somebody_else_never_raises_the_lessors_loss(deal: Deal, seed: int) -> None:
    """Same draws, fee-free, no default costs at the guarantor: its lease is the same to the last bit, and it only receives."""
    bare = deal.evolve(contracts={"lease": deal.contracts["lease"]})
    setup = set_up_support(deal, "support", rough())
    tail = setup.terms.payment_lag_months
    paths, ledger, phases = setup.lease.block(seed, 0)
    alone = set_up_lease(bare, "lease", rough())
    if setup.lease.model.volatility == alone.model.volatility:  # a longer grid leaves a flat volatility alone
        before = alone.block(seed, 0)[1]
        np.testing.assert_allclose(ledger[: len(before)], before, atol=1e-6)
        assert np.abs(ledger[len(before) :]).max(initial=0.0) == 0.0 or tail == 0
    received = setup.postings(paths, phases)[:, [g.PAID, g.ESCROW_PAID]].sum(axis=(0, 1))
    assert received.min() >= 0.0


@FEW
@given(lease_deals(supported=True), st.integers(0, 1000))
def test_more_escrow_or_cap_never_pays_the_lessor_less(deal: Deal, seed: int) -> None:
    terms = deal.contracts["support"]
    assert isinstance(terms, LeaseGuarantee)
    setup = set_up_support(deal, "support", rough())
    paths, _, phases = setup.lease.block(seed, 0)

    def received(changed: LeaseGuarantee) -> np.ndarray:
        ledger = replace(setup, terms=changed).postings(paths, phases)
        return ledger[:, [g.PAID, g.ESCROW_PAID]].sum(axis=(0, 1))

    base = received(terms)
    more = terms.evolve(escrow={"amount_usd": (terms.escrow.amount_usd if terms.escrow else 0.0) + 1e6, "funded_by": "tenant"})
    assert (received(more) - base).min() >= -1e-6
    if terms.cap_usd is not None:
        assert (received(terms.evolve(cap_usd=2 * terms.cap_usd)) - base).min() >= -1e-6


def test_the_search_finds_the_laws_in_the_catalogue() -> None:
    names = tuple(law.name for law in leases.LAWS)
    assert {law.name for law in chosen_laws(names)} == set(names)
    supported = small(guarantee={"cover": {"form": "payment"}})
    for law in leases.LAWS:
        assert search_law(law, supported, market(), Settings(paths=1), examples=1).status == "held"
