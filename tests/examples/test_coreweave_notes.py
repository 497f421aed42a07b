"""CoreWeave's callable notes: the stored result, and what the call does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from curves import load_market
from instruments import load_deal
from pricing import Valuation, price
from pricing.engines.loan_prepayment import HELD
from tests.stored import assert_comes_out_again

FOLDER = Path(__file__).parents[2] / "examples" / "coreweave_notes"


@pytest.fixture(scope="module")
def found() -> Valuation:
    return price(load_deal(FOLDER), load_market(FOLDER / "market.toml"))


def test_the_stored_result_comes_out_again(found: Valuation) -> None:
    assert_comes_out_again(FOLDER / "expected.json", json.loads(found.to_json()))


def test_the_call_takes_from_the_holders(found: Valuation) -> None:
    rows = [row for row in found.rows if row.measure == "value" and row.method == "simulation" and row.party == "holders"]
    values = {row.part: row.value or 0.0 for row in rows}
    option = next(row.value or 0.0 for row in found.rows if row.measure == "prepayment_option" and row.part is None)
    assert values[None] < values[f"as it is, {HELD}"]
    assert 0.0 < option < values[f"as it is, {HELD}"] - values[None]  # the cost of new notes goes to neither
    assert values["default-free"] < values[f"default-free, {HELD}"]
