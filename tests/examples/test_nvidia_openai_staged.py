"""The NVIDIA - OpenAI example: stored results of the letter and of the round that replaced it, and what its page says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from curves import Market, Scenario, load_market
from instruments import Basis, Deal, Delay, ShareOfPrice, StagedEquity, StagedPosition, StopRight, load_deal
from instruments.deal import Position
from instruments.variants import variants_of
from pricing import Valuation, price
from pricing.scenario_events import after
from tests.stored import words

FOLDER = Path(__file__).parents[2] / "examples" / "nvidia_openai_staged"
PATHS = 4096
ERRORS_ALLOWED = 0.05
"""Of a standard error: another libm may move a path across a month end, another result is further away."""
LABELS = ("", ".replaced")


def load(label: str) -> tuple[Deal, Market]:
    return load_deal(FOLDER / f"deal{label}.toml"), load_market(FOLDER / f"market{label}.toml")


@pytest.fixture(scope="module")
def letter() -> Deal:
    return load("")[0]


@pytest.fixture(scope="module")
def market() -> Market:
    return load("")[1]


@pytest.mark.parametrize("label", LABELS)
def test_the_stored_result_comes_out_again(label: str) -> None:
    fresh: dict[str, Any] = json.loads(price(*load(label), paths=PATHS).to_json())
    stored = json.loads((FOLDER / f"expected{label}.json").read_text())
    assert stored["audit"] == fresh["audit"] | {"versions": stored["audit"]["versions"]}
    assert stored["warnings"] == fresh["warnings"]
    assert stored["failures"] == fresh["failures"] == []
    for old, new in zip(stored["results"], fresh["results"], strict=True):
        assert words(old) == words(new)
        slack = ERRORS_ALLOWED * (old["standard_error"] or 0.0) + 1e-3 * abs(old["value"]) * (old["standard_error"] is None)
        assert new["value"] == pytest.approx(old["value"], abs=slack + 1e-9 * abs(old["value"]))


NAMES = (
    "value", "headline", "expected", "firm", "drawn", "investor_stop_option", "issuer_stop_option", "financed_share", "financed_per_unit",
)  # fmt: skip


def figures(deal: Deal, market: Market) -> dict[str, float]:
    found: Valuation = price(deal, market, paths=PATHS, method="monte_carlo", measures=NAMES)
    return {name: found.row(name).value or 0.0 for name in NAMES if any(row.measure == name and row.part is None for row in found.rows)}


def changed(letter: Deal, **terms: Any) -> Deal:
    return letter.evolve(contracts={"letter": letter.contracts["letter"].evolve(**terms)})


def with_sites(letter: Deal, **terms: Any) -> Deal:
    return letter.evolve(milestones={"deployments": letter.milestones["deployments"].evolve(**terms)})


def test_headline_firm_expected_and_drawn_are_four_numbers(letter: Deal, market: Market) -> None:
    before, after = figures(letter, market), figures(*load(".replaced"))
    assert (before["headline"], before["firm"], before["drawn"]) == (100e9, 0.0, 0.0)
    assert 20e9 < before["expected"] < 35e9
    assert (after["headline"], after["firm"], after["drawn"]) == (30e9, 30e9, 0.0)
    assert 29e9 < after["expected"] < 30e9
    assert after["investor_stop_option"] == after["issuer_stop_option"] == 0.0


def test_once_closed_the_round_is_drawn() -> None:
    deal, at = load(".replaced")
    closed = deal.evolve(position=Position(staged={"round": StagedPosition(drawn_usd=(30e9,), drawn_shares=(30 / 730,))}))
    found = figures(closed, at)
    assert found["headline"] == found["expected"] == found["drawn"] == 30e9
    assert found["value"] == 0.0


def test_a_commitment_per_gigawatt_follows_price_and_plan(letter: Deal, market: Market) -> None:
    base = figures(letter, market)
    assert base["financed_share"] == pytest.approx(10 / 35)
    dear = figures(with_sites(letter, price_per_unit_usd=50e9), market)
    assert (dear["headline"], dear["financed_share"]) == (100e9, pytest.approx(0.2))
    ladder = letter.contracts["letter"].ladder.evolve(per_unit=ShareOfPrice(share=10 / 35), cap_usd=None)  # type: ignore[union-attr]
    shared = changed(letter, ladder=ladder)
    assert figures(shared, market) == pytest.approx(base)
    dear = figures(with_sites(shared, price_per_unit_usd=50e9), market)
    assert dear["headline"] == pytest.approx(100e9 * 50 / 35)
    assert dear["expected"] == pytest.approx(base["expected"] * 50 / 35)
    late = figures(after(letter, market, Scenario(label="late", events=(Delay(milestone="deployments", years=1.0),)))[0], market)
    assert late["headline"] == base["headline"]
    assert late["expected"] < 0.8 * base["expected"]
    half = {date: level for date, level in letter.milestones["deployments"].plan.items() if level <= 5.0}
    assert figures(with_sites(letter, plan=half), market)["headline"] == 50e9


def test_shares_alone_make_no_letter(letter: Deal, market: Market) -> None:
    strict = figures(changed(letter, investor_stop=StopRight(), issuer_stop=StopRight()), market)
    assert strict["expected"] == pytest.approx(0.0, abs=1e-3)
    assert strict["value"] == pytest.approx(0.0, abs=1e-3)
    bound = figures(changed(letter, investor_stop=StopRight(tolerance=1.0), issuer_stop=StopRight(tolerance=1e6)), market)
    assert 55e9 < bound["expected"] < 65e9
    assert bound["investor_stop_option"] == bound["issuer_stop_option"] == 0.0


def test_what_is_not_public_is_assumed_with_alternatives(letter: Deal) -> None:
    for path in ("ladder.price", "investor_stop.tolerance", "issuer_stop.tolerance", "end", "closing_months"):
        assert letter.provenance.of(f"contracts.letter.{path}").basis is Basis.ASSUMED
    assert letter.provenance.of("milestones.deployments.plan").basis is Basis.ASSUMED
    assert letter.provenance.of("contracts.letter.ladder.standing").basis is Basis.SECOND_HAND
    assert len(variants_of(letter)) >= 13
    assert all(isinstance(variant.deal.contracts["letter"], StagedEquity) for variant in variants_of(letter))
