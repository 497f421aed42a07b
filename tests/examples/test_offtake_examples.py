"""Anthropic - SpaceX and Oracle - OpenAI: stored results, headline against firm, what is assumed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from curves import load_market
from instruments import Basis, Deal, Loan, Offtake, load_deal
from instruments.variants import variants_of
from pricing import price
from pricing.engines.offtake_run import set_up_offtake
from pricing.schedules.offtake import firm_usd
from tests.stored import words

EXAMPLES = Path(__file__).parents[2] / "examples"
FOLDERS = ("spacex_anthropic", "oracle_openai")
PATHS = 4096
ERRORS_ALLOWED = 0.05
"""Of a standard error: another libm may move a default or a notice by a month on a few paths."""
MEASURES = (
    "value", "headline", "firm", "expected_received", "effective_rent", "relet_value", "loss_from_customer", "cancellation_probability",
    "cancellation_option", "cancellation_option_lower_bound", "cancellation_option_upper_bound", "value_at_first_notice",
)  # fmt: skip
"""All but the exposure table, which is long: `gpufin price` shows it."""


def fresh(folder: str) -> dict[str, Any]:
    deal, market = load_deal(EXAMPLES / folder), load_market(EXAMPLES / folder)
    found: dict[str, Any] = json.loads(price(deal, market, paths=PATHS, measures=MEASURES).to_json())
    return found


@pytest.fixture(scope="module")
def spacex() -> Deal:
    return load_deal(EXAMPLES / "spacex_anthropic")


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_stored_result_comes_out_again(folder: str) -> None:
    new, stored = fresh(folder), json.loads((EXAMPLES / folder / "expected.json").read_text())
    assert stored["audit"] == new["audit"] | {"versions": stored["audit"]["versions"]}
    assert stored["warnings"] == new["warnings"]
    assert stored["failures"] == new["failures"] == []
    for old, now in zip(stored["results"], new["results"], strict=True):
        assert words(old) == words(now)
        slack = ERRORS_ALLOWED * (old["standard_error"] or 0.0) + 1e-3 * abs(old["value"])
        assert now["value"] == pytest.approx(old["value"], abs=slack + 1e-9)


def test_the_reported_figures_come_out(spacex: Deal) -> None:
    plan = set_up_offtake(spacex, "offtake", load_market(EXAMPLES / "spacex_anthropic")).plan
    assert plan.rent_usd[-1] == pytest.approx(1.25e9, rel=1e-12)  # one multiplication and one division
    headline, (firm, notice) = plan.full_rent_usd.sum(), firm_usd(plan)
    assert headline == pytest.approx(45e9, rel=0.01)  # reported as 45bn
    assert 5e9 <= firm <= 6e9  # reported as about 5 to 6bn
    assert notice is not None
    assert notice.isoformat() == "2026-07-31"


def test_without_the_ramp_firm_is_what_three_months_and_ninety_days_cost(spacex: Deal) -> None:
    found = {(v.path, v.label): v.deal for v in variants_of(spacex)}
    whole = found["contracts.offtake.capacity_units", "full_at_once"]
    plan = set_up_offtake(whole, "offtake", load_market(EXAMPLES / "spacex_anthropic")).plan
    assert firm_usd(plan)[0] == pytest.approx(7.5e9, rel=0.02)  # 90 days are a little less than three months
    early = found["contracts.offtake.customer_may_leave.first_notice", "ends_after_three_months"]
    assert firm_usd(set_up_offtake(early, "offtake", load_market(EXAMPLES / "spacex_anthropic")).plan)[0] < 2.5e9


def test_what_is_not_public_is_assumed_with_what_it_could_be() -> None:
    for folder, paths in (
        ("spacex_anthropic", ("capacity_units", "customer_may_leave.exercise", "customer_may_leave.switching_cost_usd_per_unit")),
        ("oracle_openai", ("minimum_take", "customer_may_leave", "end")),
    ):
        deal = load_deal(EXAMPLES / folder)
        for path in paths:
            entry = deal.provenance.of(f"contracts.offtake.{path}")
            assert entry.basis is Basis.ASSUMED
            assert entry.range or entry.alternatives
        assert len(variants_of(deal)) >= 10


def test_oracles_headline_is_300_billion_and_its_campus_loan_is_as_reported() -> None:
    deal = load_deal(EXAMPLES / "oracle_openai")
    offtake, loan = deal.contracts["offtake"], deal.contracts["campus"]
    assert isinstance(offtake, Offtake)
    assert isinstance(loan, Loan)
    plan = set_up_offtake(deal, "offtake", load_market(EXAMPLES / "oracle_openai")).plan
    assert plan.full_rent_usd.sum() == pytest.approx(300e9, rel=1e-9)
    power = sum(c.units for c in deal.assets["fleet"].cohorts) * deal.assets["fleet"].kw_per_unit * deal.assets["fleet"].site.pue
    assert power == pytest.approx(4.5e6, rel=1e-5)  # kW; units are rounded to a quarter
    assert loan.floating is not None
    assert (loan.commitment_usd, loan.floating.margin) == (38e9, 0.025)
    # bound for good and paid by a frail customer: firm on paper, far less on average
    stored = json.loads((EXAMPLES / "oracle_openai" / "expected.json").read_text())["results"]
    numbers = {row["measure"]: row["value"] for row in stored if row["contract"] == "offtake" and row["method"] == "simulation"}
    assert numbers["firm"] == pytest.approx(numbers["headline"])
    assert numbers["expected_received"] < 0.8 * numbers["headline"]
