"""The AMD - OpenAI example: its stored result, and what the deal file says of itself."""

from __future__ import annotations

import json

import pytest

from curves import load_market
from instruments import Basis, Deal, load_deal
from instruments.variants import variants_of
from pricing import price
from tests.stored import EXAMPLES, PATHS, assert_comes_out_again

FOLDER = EXAMPLES / "amd_openai"


@pytest.fixture(scope="module")
def deal() -> Deal:
    return load_deal(FOLDER)


@pytest.fixture(scope="module")
def fresh(deal: Deal) -> dict[str, object]:
    document: dict[str, object] = json.loads(price(deal, load_market(FOLDER), paths=PATHS).to_json())
    return document


def test_the_stored_result_comes_out_again(fresh: dict[str, object]) -> None:
    assert_comes_out_again(FOLDER / "expected.json", fresh)


def test_public_terms_are_plain_and_redacted_ones_assumed(deal: Deal) -> None:
    warrant = deal.contracts["warrant"]
    assert (warrant.shares, warrant.strike_usd, warrant.expiry.isoformat()) == (160e6, 0.01, "2030-10-05")
    assert sum(tranche.shares for tranche in warrant.tranches) == 160e6
    for path in ("shares", "condition.legs.1.at_least", "condition.legs.1.observation", "condition.legs.1.meet"):
        assert deal.provenance.of(f"contracts.warrant.tranches.3.{path}").basis is Basis.ASSUMED
    assert deal.provenance.of("contracts.warrant.strike_usd").basis is Basis.FILING


def test_every_alternative_keeps_the_sum_and_the_last_target(deal: Deal) -> None:
    variants = variants_of(deal)
    assert len(variants) >= 11
    for variant in variants:
        warrant = variant.deal.contracts["warrant"]
        assert sum(tranche.shares for tranche in warrant.tranches) == 160e6
        assert warrant.tranches[-1].condition.legs[1].at_least == 600.0  # type: ignore[union-attr]


def test_the_announcement_moved_the_value(deal: Deal) -> None:
    before, after = (
        price(deal, load_market(FOLDER / name), measures=("value",), paths=PATHS, method="monte_carlo").value
        for name in ("market.toml", "market.announcement.toml")
    )
    assert after > 1.2 * before
