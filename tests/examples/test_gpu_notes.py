"""The illustrative GPU note: its stored result, and what it says of itself."""

from __future__ import annotations

import json
import re

import pytest

from curves import load_market
from instruments import Basis, Deal, Notes, load_deal
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


def test_the_stored_result_of_the_hardware_comes_out_again() -> None:
    stored = json.loads((FOLDER / "expected.hardware.json").read_text())
    measures = tuple(dict.fromkeys(row["measure"] for row in stored["results"]))
    found = price(load_deal(FOLDER / "deal.hardware.toml"), load_market(FOLDER / "market.hardware.toml"), measures=measures, paths=4096)
    assert_comes_out_again(FOLDER / "expected.hardware.json", json.loads(found.to_json()))


RECOVERIES = re.compile(r"^\| (constant|falling|hardware, each|hardware, the rent)[^|]*\|(.*)\|$", re.MULTILINE)


def changed(deal: Deal, notes: Notes) -> Deal:
    return deal.evolve(contracts={**deal.contracts, "notes": notes})


@pytest.mark.slow
def test_the_table_of_recoveries(deal: Deal) -> None:
    hardware, market = load_deal(FOLDER / "deal.hardware.toml"), load_market(FOLDER / "market.hardware.toml")
    stated, behind = deal.contracts["notes"], hardware.contracts["notes"]
    assert isinstance(stated, Notes)
    assert isinstance(behind, Notes)
    deals = {
        "constant": changed(deal, stated.evolve(pool=tuple(asset.evolve(recovery_slope=0.0) for asset in stated.pool))),
        "falling": deal,
        "hardware, each": hardware,
        "hardware, the rent": changed(hardware, behind.evolve(common_factor="rent:GB300")),
    }
    rows = dict(RECOVERIES.findall((FOLDER / "README.md").read_text()))
    assert rows.keys() == deals.keys()
    for name, of in deals.items():
        found = price(of, market, method="simulation", paths=4096, measures=("value", "expected_loss_rate", "recovery_rate"))
        cells = [float(cell.strip(" %")) / 100.0 for cell in rows[name].split("|")]
        shown = [found.row("expected_loss_rate", part=label) for label in "ABC"]
        shown += [found.row("recovery_rate"), found.row("recovery_rate", part="worst 1 %")]
        for cell, row in zip(cells, shown, strict=True):
            assert row.value is not None
            assert row.standard_error is not None
            # the page shows another run of 16,384 paths, rounded
            assert abs(row.value - cell) < 4.5 * row.standard_error + 0.006 * (cell > 0.2) + 0.0006


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
