"""The SoftBank margin loan: its stored result, and what it says of itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from curves import load_market
from instruments import Basis, Deal, load_deal
from instruments.variants import variants_of
from pricing import price

FOLDER = Path(__file__).parents[2] / "examples" / "softbank_openai_margin"
ERRORS_ALLOWED = 0.05
"""Of a standard error: another libm may move a path across a ratio."""


@pytest.fixture(scope="module")
def deal() -> Deal:
    return load_deal(FOLDER)


def test_the_stored_result_comes_out_again(deal: Deal) -> None:
    stored = json.loads((FOLDER / "expected.json").read_text())
    measures = tuple(dict.fromkeys(row["measure"] for row in stored["results"]))
    fresh = json.loads(price(deal, load_market(FOLDER), measures=measures, paths=4096).to_json())
    assert stored["audit"] == fresh["audit"] | {"versions": stored["audit"]["versions"]}
    assert stored["warnings"] == fresh["warnings"]
    assert stored["failures"] == fresh["failures"] == []
    numbers = {"value", "standard_error"}
    for old, new in zip(stored["results"], fresh["results"], strict=True):
        assert {k: v for k, v in old.items() if k not in numbers} == {k: v for k, v in new.items() if k not in numbers}
        slack = ERRORS_ALLOWED * (old["standard_error"] or 0.0) + 1e-3 * abs(old["value"])
        assert new["value"] == pytest.approx(old["value"], abs=slack)


def test_what_is_not_public_is_assumed(deal: Deal) -> None:
    for path in ("shares", "triggers.call", "marking.every_days", "sale.lag_days", "sale.impact", "top_up.source", "recourse_lag_days"):
        assert deal.provenance.of(f"contracts.loan.{path}").basis is Basis.ASSUMED
    for path in ("amount_usd", "coupon.spread", "recourse", "maturity"):
        assert deal.provenance.of(f"contracts.loan.{path}").basis is Basis.PRESS
    assert len(variants_of(deal)) >= 20


def test_the_opening_ratio_is_thirty_per_cent(deal: Deal) -> None:
    loan, market = deal.contracts["loan"], load_market(FOLDER)
    assert loan.amount_usd / (loan.shares * market.equity["OPENAI"].spot_usd.value) == pytest.approx(0.30, abs=0.002)
