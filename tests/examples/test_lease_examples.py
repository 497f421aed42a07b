"""The deals with leases and guarantees: stored results, and the public figures that they close on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from curves import load_market
from instruments import Basis, CapacityBackstop, Lease, LeaseBackstop, LeaseGuarantee, Loan, Residual, load_deal
from instruments.contracts.lease_parts import LevelRent, by_month
from instruments.variants import variants_of
from pricing import formulas, price
from pricing.engines.support_run import set_up_support
from pricing.ledger import support as g
from tests.stored import words

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("meta_hyperion", "nvidia_sbenergy", "broadcom_xpv", "nvidia_backstop", "xai_spv")
PATHS = 4096
ERRORS_ALLOWED = 0.05
"""Of a standard error: another libm may move a default by a month on a few paths."""


@pytest.mark.parametrize("name", NAMES)
def test_the_stored_result_comes_out_again(name: str) -> None:
    stored = json.loads((EXAMPLES / name / "expected.json").read_text())
    measures = dict.fromkeys(row["measure"] for row in stored["results"])
    found = price(load_deal(EXAMPLES / name), load_market(EXAMPLES / name), paths=PATHS, measures=measures)
    fresh = json.loads(found.to_json())
    assert stored["audit"] == fresh["audit"] | {"versions": stored["audit"]["versions"]}
    assert stored["warnings"] == fresh["warnings"]
    assert not fresh["failures"]
    for old, new in zip(stored["results"], fresh["results"], strict=True):
        assert words(old) == words(new)
        slack = ERRORS_ALLOWED * (old["standard_error"] or 0.0) + 1e-3 * abs(old["value"]) + 1e-4
        assert new["value"] == pytest.approx(old["value"], abs=slack)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_public_carries_what_it_could_be(name: str) -> None:
    deal = load_deal(EXAMPLES / name)
    soft = [entry for entry in deal.provenance.by_path.values() if entry.basis is Basis.ASSUMED and entry.weighs]
    assert len(soft) >= 2
    assert all(entry.range or entry.alternatives for entry in soft)
    assert len(variants_of(deal)) >= 4
    default = deal.provenance.default
    assert default.source


def test_hyperion_closes_on_its_public_figures() -> None:
    deal = load_deal(EXAMPLES / "meta_hyperion")
    lease, notes, guarantee = deal.contracts["lease"], deal.contracts["notes"], deal.contracts["guarantee"]
    assert isinstance(lease, Lease) and isinstance(notes, Loan) and isinstance(guarantee, LeaseGuarantee)  # noqa: PT018
    assert notes.fixed is not None and lease.renewal is not None  # noqa: PT018
    assert (notes.commitment_usd, notes.fixed.rate) == (27.294e9, 0.06581)
    assert isinstance(lease.rent, LevelRent)
    assert 48 * lease.rent.usd_per_month == pytest.approx(12.31e9, rel=1e-9)
    assert lease.term_months + lease.renewal.count * lease.renewal.months == 240
    quarter = notes.fixed.rate / 4
    service = notes.commitment_usd * quarter / (1.0 - (1.0 + quarter) ** -80)
    assert 12 * lease.rent.usd_per_month / (4 * service) == pytest.approx(1.25, abs=0.005)
    assert isinstance(guarantee.cover, Residual)
    months, thresholds = by_month(guarantee.cover.threshold_usd)
    assert thresholds[0] / notes.commitment_usd == pytest.approx(1.03, abs=0.005)  # 103 % as reported
    assert guarantee.last_month == 192
    left = [service * (1.0 - (1.0 + quarter) ** -(80 - month // 3)) / quarter for month in months]
    np.testing.assert_allclose(thresholds, np.array(left) * 28.0 / 27.294, rtol=2e-3)  # written to the nearest 10 m


def test_sb_energy_never_pays_more_than_its_cap() -> None:
    deal = load_deal(EXAMPLES / "nvidia_sbenergy")
    lease, guarantee = deal.contracts["lease"], deal.contracts["guarantee"]
    assert isinstance(lease, Lease) and isinstance(guarantee, LeaseGuarantee)  # noqa: PT018
    assert len(lease.phases) == 9
    assert (guarantee.cap_usd, guarantee.indemnitor, lease.term_months) == (105e9, "openai", 240)
    setup = set_up_support(deal, "guarantee", load_market(EXAMPLES / "nvidia_sbenergy"))
    paths, _, phases = setup.lease.block(0, 0)
    ledger = setup.postings(paths, phases)
    assert ledger[:, g.DUE].sum(axis=0).max() <= 105e9 * (1.0 + 1e-12)
    first = setup.lease.plan.phases[0].start
    assert np.abs(ledger[: first + 1]).max() == 0.0, "no duty before ready-for-service"


def test_xpv_closes_on_its_identity() -> None:
    deal = load_deal(EXAMPLES / "broadcom_xpv")
    lease, backstop = deal.contracts["lease"], deal.contracts["backstop"]
    assert isinstance(lease, Lease) and isinstance(backstop, LeaseGuarantee) and isinstance(backstop.cover, LeaseBackstop)  # noqa: PT018
    owed = formulas.lease_backstop_payment(outstanding=lease.price_usd, share=backstop.cover.share, recovery=0.0)
    assert float(owed) == pytest.approx(29.75e9)
    assert isinstance(lease.rent, LevelRent)
    assert lease.rent.usd_per_month == pytest.approx(35e9 * (0.061 / 12) / (1.0 - (1.0 + 0.061 / 12) ** -60), rel=1e-3)


def test_the_analysts_floor_has_its_average_and_is_called_weak() -> None:
    deal = load_deal(EXAMPLES / "nvidia_backstop")
    floor = deal.contracts["floor"]
    assert isinstance(floor, CapacityBackstop)
    assert np.mean(by_month(floor.floor_usd_per_hour)[1]) == pytest.approx(2.36)
    assert deal.provenance.of("contracts.floor.floor_usd_per_hour").basis is Basis.WEAK
    assert deal.provenance.default.basis is Basis.WEAK


def test_the_vehicle_lends_what_was_reported() -> None:
    deal = load_deal(EXAMPLES / "xai_spv")
    lease, loan = deal.contracts["lease"], deal.contracts["loan"]
    assert isinstance(lease, Lease) and isinstance(loan, Loan)  # noqa: PT018
    assert loan.commitment_usd / lease.price_usd == pytest.approx(0.648, abs=5e-4)
    assert (lease.running_costs, lease.remarketing.recourse) == ("lessee", "asset")
