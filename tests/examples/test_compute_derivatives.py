"""The example of compute derivatives: its stored result, its published sizes, what its page says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from curves import load_market
from instruments import Basis, Deal, RentFuture, load_deal
from instruments.contracts.compute_derivatives import SPECS
from instruments.ground.tolerances import STORED_REL
from pricing import price
from tests.stored import words

FOLDER = Path(__file__).parents[2] / "examples" / "compute_derivatives"


@pytest.fixture(scope="module")
def deal() -> Deal:
    return load_deal(FOLDER)


def test_the_stored_result_comes_out_again(deal: Deal) -> None:
    fresh = json.loads(price(deal, load_market(FOLDER / "market.toml")).to_json())
    stored = json.loads((FOLDER / "expected.json").read_text())
    assert stored["audit"] == fresh["audit"] | {"versions": stored["audit"]["versions"]}
    assert stored["warnings"] == fresh["warnings"]
    assert stored["failures"] == fresh["failures"] == []
    scale: dict[str, float] = {}
    for row in stored["results"]:  # a move is a difference of two values, no more accurate than they are
        if row["measure"] == "value" and row["part"] is None:
            scale[row["contract"]] = max(abs(row["value"]), 1e6)
    for old, new in zip(stored["results"], fresh["results"], strict=True):
        assert words(old) == words(new)
        assert new["value"] == pytest.approx(old["value"], rel=STORED_REL, abs=STORED_REL * 1e-3 * scale[old["contract"]])


def test_published_sizes_are_second_hand_and_prices_assumed(deal: Deal) -> None:
    box = deal.contracts["box"]
    assert isinstance(box, RentFuture)
    assert (box.hours, box.tick) == (8 * 730.0, 0.01)
    assert SPECS["GPU1"].spot_month_limit == 7500
    assert deal.provenance.of("contracts.box.spec").basis is Basis.SECOND_HAND
    assert deal.provenance.of("contracts.swap.fixed_usd_per_hour").basis is Basis.ASSUMED


def test_a_floor_costs_less_than_the_upside_it_leaves(deal: Deal) -> None:
    found = price(deal, load_market(FOLDER / "market.toml"), measures=("value", "fair_price", "hedge_hours", "hours"))
    share = -(found.row("hedge_hours", contract="floor").value or 0.0) / (found.row("hours", contract="floor").value or 1.0)
    assert 0.2 < share < 0.3
    assert found.row("fair_price", contract="swap").value == pytest.approx(2.21, abs=0.005)
