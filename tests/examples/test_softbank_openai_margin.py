"""The SoftBank margin loan: its stored result, and what it says of itself."""

from __future__ import annotations

import json

import pytest

from curves import load_market
from instruments import Basis, Deal, load_deal
from instruments.variants import variants_of
from pricing import price
from tests.stored import EXAMPLES, assert_comes_out_again

FOLDER = EXAMPLES / "softbank_openai_margin"


@pytest.fixture(scope="module")
def deal() -> Deal:
    return load_deal(FOLDER)


def test_the_stored_result_comes_out_again(deal: Deal) -> None:
    stored = json.loads((FOLDER / "expected.json").read_text())
    measures = tuple(dict.fromkeys(row["measure"] for row in stored["results"]))
    fresh = json.loads(price(deal, load_market(FOLDER), measures=measures, paths=4096).to_json())
    assert_comes_out_again(FOLDER / "expected.json", fresh)


def test_what_is_not_public_is_assumed(deal: Deal) -> None:
    for path in ("shares", "triggers.call", "marking.every_days", "sale.lag_days", "sale.impact", "top_up.source", "recourse_lag_days"):
        assert deal.provenance.of(f"contracts.loan.{path}").basis is Basis.ASSUMED
    for path in ("amount_usd", "coupon.spread", "recourse", "maturity"):
        assert deal.provenance.of(f"contracts.loan.{path}").basis is Basis.PRESS
    assert len(variants_of(deal)) >= 20


def test_the_opening_ratio_is_thirty_per_cent(deal: Deal) -> None:
    loan, market = deal.contracts["loan"], load_market(FOLDER)
    assert loan.amount_usd / (loan.shares * market.equity["OPENAI"].spot_usd.value) == pytest.approx(0.30, abs=0.002)
