"""The illustrative GPU note: its stored result, and what it says of itself."""

from __future__ import annotations

import json

import pytest

from curves import load_market
from instruments import Basis, Deal, load_deal
from instruments.variants import variants_of
from pricing import price
from tests.stored import EXAMPLES, assert_comes_out_again

FOLDER = EXAMPLES / "gpu_notes"


@pytest.fixture(scope="module")
def deal() -> Deal:
    return load_deal(FOLDER)


def test_the_stored_result_comes_out_again(deal: Deal) -> None:
    stored = json.loads((FOLDER / "expected.json").read_text())
    measures = tuple(dict.fromkeys(row["measure"] for row in stored["results"]))
    fresh = json.loads(price(deal, load_market(FOLDER), measures=measures, paths=4096).to_json())
    assert_comes_out_again(FOLDER / "expected.json", fresh)


def test_nothing_is_said_to_be_filed(deal: Deal) -> None:
    bases = {entry.basis for entry in (deal.provenance.default, *deal.provenance.by_path.values())}
    assert bases == {Basis.DERIVED, Basis.SECOND_HAND, Basis.ASSUMED}
    assert len(variants_of(deal)) >= 12


def test_senior_classes_lose_less_and_live_shorter(deal: Deal) -> None:
    found = price(deal, load_market(FOLDER), method="large_pool")
    losses = [found.row("expected_loss_rate", part=label).value for label in ("A", "B", "C")]
    assert losses == sorted(losses)
    assert sum(found.row("detachment", part=label).value - found.row("attachment", part=label).value for label in ("A", "B", "C")) == (
        pytest.approx(425.0 / 500.0)
    )
