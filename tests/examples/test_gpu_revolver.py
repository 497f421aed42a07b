"""The illustrative revolver: its stored result, and what it says of itself."""

from __future__ import annotations

import json

import pytest

from curves import load_market
from instruments import Basis, Deal, load_deal
from instruments.variants import variants_of
from pricing import price
from tests.stored import EXAMPLES, assert_comes_out_again

FOLDER = EXAMPLES / "gpu_revolver"


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


def test_the_certificate_by_hand(deal: Deal) -> None:
    found = price(deal, load_market(FOLDER), method="simulation", measures=("borrowing_base", "excess_availability"), paths=1)
    base = 0.8 * (0.35 * 1250e6 + 350e6 + 150e6) + 0.55 * 250e6 - 20e6
    assert found.row("borrowing_base").value == pytest.approx(base)
    assert found.row("excess_availability").value == pytest.approx(base - 700e6)
