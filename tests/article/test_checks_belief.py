"""The check of each claim about valuation, narrative and belief: V1 to V11, and P1 to P5."""

from __future__ import annotations

import math

import numpy as np
import pytest

from curves import load_market
from examples.article.claims import Claim, Inputs, rows
from examples.article.claims.belief import TERMS, at_ends, breaks_of, terms_of, turned
from examples.article.claims.collapse import collapse_of
from examples.article.claims.valuation import odds_of_ruin
from examples.article.claims.webs import EXAMPLES
from examples.article.claims.who_pays import FALL_YEARS, cohort_loss, float_map, rounds
from instruments.ground.provenance import Basis
from instruments.ground.tolerances import MC_SIGMAS
from pricing import clearing
from pricing.clearing.cohorts import concentration
from pricing.narrative.breaks import belief_block
from pricing.narrative.paid_ahead import dominance_value
from pricing.narrative.process import run_narrative


def again(name: str, inputs: Inputs, **figures: float) -> Claim:
    for key, value in figures.items():
        inputs = inputs.with_figure(key, value)
    return rows()[name](inputs)


def test_v1_recovers_the_odds_used(inputs: Inputs, found: dict[str, Claim]) -> None:
    value = dominance_value(
        odds=found["V1"].value,
        win_usd=inputs["valuation_win_usd"],
        lose_usd=inputs["valuation_lose_usd"],
        years=inputs["valuation_horizon_years"],
        discount=inputs["valuation_discount"],
    )
    assert float(value) == pytest.approx(inputs["openai_mark_march_2026_usd"])
    assert again("V1", inputs, openai_mark_march_2026_usd=1e9).verdict != "holds"


def test_v2_is_value_over_margin_and_years_where_growth_is_the_discount_rate(inputs: Inputs, found: dict[str, Claim]) -> None:
    claim = found["V2"]
    assert claim.value == pytest.approx(125e9)
    assert claim.numbers["years_even"] == pytest.approx(500e9 / (0.2 * claim.numbers["revenue"]))
    assert claim.numbers["tender_cash_to_firm"] == 0.0
    assert claim.numbers["tender_gain_per_dollar"] == pytest.approx(200 / 6.6)
    assert again("V2", inputs, openai_month_revenue_usd=1e12).verdict == "fails"


def test_v3_is_cash_over_burn_without_funding(inputs: Inputs, found: dict[str, Claim]) -> None:
    burn = inputs["valuation_promises_usd"] - 12 * inputs["openai_month_revenue_usd"]
    assert found["V3"].value == pytest.approx(inputs["valuation_cash_usd"] / burn)
    assert again("V3", inputs, openai_month_revenue_usd=4.9e9, valuation_promises_usd=50.0e9, valuation_cash_usd=41e9).verdict != "holds"
    # the promises of the plan add up to it, and nobody who believes for ever is ruined by a plan that funding covers
    assert 0.0 <= found["V3"].numbers["odds_of_ruin"] <= 1.0
    assert odds_of_ruin(inputs.with_figure("openai_raised_2026_usd", 1e12), 0.3) == 0.0
    assert odds_of_ruin(inputs.with_figure("openai_raised_2026_usd", 0.0), 0.3) == 1.0


def test_v4_is_granovetters_and_vanishes_without_herding(inputs: Inputs, found: dict[str, Claim]) -> None:
    assert (clearing.joiners(range(100)), clearing.joiners([0, 2, *range(2, 100)])) == (100, 1)
    value = found["V4"].value
    assert value is not None
    assert value > 2.0
    assert again("V4", inputs, belief_herding=0.4).value == pytest.approx(1.0)


def test_v5_solves_the_final_size_equation(inputs: Inputs, found: dict[str, Claim]) -> None:
    reach = found["V5"].value
    assert reach is not None
    left = (1 - inputs["belief_seed_share"]) * math.exp(-inputs["belief_reproduction"] * reach)
    assert reach == pytest.approx(1 - left, abs=1e-9)  # sixty years are not for ever


def test_v6_counts_base_over_one_less_branching(inputs: Inputs, found: dict[str, Claim]) -> None:
    claim = found["V6"]
    assert claim.numbers["rate"] == pytest.approx(inputs["belief_news_per_year"] / (1 - inputs["belief_branching"]))
    # variance of a count over a long time is rate / (1 - n)^2 a year; two years, 4,096 paths
    error = math.sqrt(claim.numbers["rate"] / (1 - inputs["belief_branching"]) ** 2 / 2 / 4096)
    assert abs(claim.numbers["counted"] - claim.numbers["rate"]) < MC_SIGMAS * error


def test_v7_recovers_a_half_life(inputs: Inputs) -> None:
    before, after = inputs["amd_close_before_usd"], inputs["amd_close_after_usd"]
    days = inputs["belief_days_later"]
    later = before * (after / before) ** (0.5 ** (days / 90.0))
    assert again("V7", inputs, belief_price_later_usd=later).numbers["half_life_days"] == pytest.approx(90.0)
    assert again("V7", inputs, amd_close_after_usd=before * 1.001).verdict == "fails"


def test_v8_is_standard_demand_at_weight_0(inputs: Inputs) -> None:
    assert again("V8", inputs, belief_regret=0.0).value == 0.0


def test_v9_has_the_papers_limits(inputs: Inputs) -> None:
    at_once = again("V9", inputs, belief_awareness_years=1e-9)
    assert at_once.value == pytest.approx(0.0, abs=1e-6)
    rare = again("V9", inputs, belief_start_rate=1e-9, belief_awareness_years=1.0)
    spread = 1.0 * inputs["belief_trigger_share"]
    assert rare.numbers["bubble"] == pytest.approx(inputs["belief_excess_growth"] * spread, rel=1e-6)


def test_v10_has_two_paths_and_shares_that_add_up(inputs: Inputs, found: dict[str, Claim]) -> None:
    numbers = found["V10"].numbers
    assert numbers["up_bias"] > numbers["down_bias"]
    assert sum(share for name, share in numbers.items() if name.startswith("share_")) == pytest.approx(1.0)
    assert numbers["intensity"] == pytest.approx(breaks_of(inputs).intensity)
    assert found["V10"].value == pytest.approx(float(1 - np.exp(breaks_of(inputs).size).mean()))


def test_v11_what_holders_lose_is_what_is_destroyed(inputs: Inputs, found: dict[str, Claim]) -> None:
    collapse = collapse_of(inputs)
    assert collapse.destroyed == pytest.approx(collapse.lost[0], rel=1e-9)
    assert collapse.shareholders + collapse.lenders == pytest.approx(collapse.lost[0], rel=1e-9)
    assert sum(collapse.equity_loss.values()) == pytest.approx(collapse.shareholders, rel=1e-9)
    assert found["V11"].numbers["written_off_breaking"] > found["V11"].numbers["written_off_calm"]


def test_the_market_that_ships_with_the_loan_has_these_breaks(inputs: Inputs) -> None:
    stored = load_market(EXAMPLES / "softbank_openai_margin" / "market.belief.toml").belief
    fresh = belief_block(turned(inputs), {"equity:OPENAI": 1.0})
    assert stored is not None
    for kept, made in (
        (stored.intensity, fresh.intensity),
        (stored.jumps["equity:OPENAI"], fresh.jumps["equity:OPENAI"]),
        (stored.jump_volatility, fresh.jump_volatility),
    ):
        assert (kept.value, kept.range) == (pytest.approx(made.value, rel=1e-3), pytest.approx(made.range, rel=1e-3))  # four digits


def test_every_term_of_the_belief_is_assumed_and_says_so(inputs: Inputs, found: dict[str, Claim]) -> None:
    assert {inputs.figure(key).basis for key in TERMS} == {Basis.ASSUMED}
    assert set(TERMS) <= set(inputs.soft(found["V10"].rests_on))


def test_the_rows_read_the_belief_that_the_process_runs(inputs: Inputs) -> None:
    fresh = run_narrative(terms_of(inputs), years=1.0, steps_per_year=26, seed=inputs.seed)
    assert float(fresh.price[0, 0]) > 1.5


def test_p1_cohorts_add_up_to_the_total(inputs: Inputs, found: dict[str, Claim]) -> None:
    cohorts = rounds(inputs)
    shares, price = sum(each.shares for each in cohorts), cohorts[-1].price
    assert shares * price == pytest.approx(inputs["openai_mark_march_2026_usd"])
    paid = sum(each.shares * each.price for each in cohorts)
    kept = 0.5
    loss = cohort_loss(inputs, kept, 0.0)
    # all sell after the same time to react
    at = price * (1 - (1 - kept) * inputs["cohort_react_years"] / FALL_YEARS)
    assert sum(loss.values()) == pytest.approx(paid - shares * at)
    assert found["P1"].numbers["total"] == pytest.approx(sum(v for k, v in found["P1"].numbers.items() if k.startswith("loss_")))
    assert cohort_loss(inputs, 1.0, 0.5)["2026"] == pytest.approx(0.0, abs=1.0)  # a dollar


def test_p2_rows_of_the_map_add_up_to_one(inputs: Inputs, found: dict[str, Claim]) -> None:
    assert float_map(inputs["float_households"], inputs["float_pensions"]).sum(axis=1) == pytest.approx(1.0)
    numbers = found["P2"].numbers
    assert numbers["households"] + numbers["pensions and insurers"] + numbers["others"] == pytest.approx(numbers["lost"])


def test_p3_concentration_of_equal_shares_and_no_wealth_effect(inputs: Inputs, found: dict[str, Claim]) -> None:
    assert concentration([1.0] * 7) == pytest.approx(1 / 7)
    assert 0.0 < found["P3"].numbers["concentration"] < 1.0
    assert again("P3", inputs, economy_wealth_effect=0.0).value == 0.0
    numbers = found["P3"].numbers
    assert numbers["displaced"] + numbers["new_saving"] == pytest.approx(inputs["economy_capex_usd"])


def test_p4_without_finance_nothing_is_gained(inputs: Inputs, found: dict[str, Claim]) -> None:
    assert again("P4", inputs, economy_own_share=1.0).value == pytest.approx(0.0, abs=1e-9)
    whole = inputs["economy_plan_usd"] / inputs["economy_cost_per_gw_usd"]
    # a straight line to the plan: half of it on average, over its years
    by_hand = 0.5 * whole * (1 - inputs["economy_own_share"]) * inputs["economy_plan_years"]
    assert found["P4"].value == pytest.approx(by_hand, rel=0.02)  # counted in twentieths of a year


def test_p5_has_both_columns(inputs: Inputs, found: dict[str, Claim]) -> None:
    numbers = found["P5"].numbers
    assert numbers["benefit"] > 0
    assert numbers["cost"] > 0
    assert found["P5"].value == pytest.approx(numbers["benefit"] - numbers["cost"])
    assert again("P5", inputs, economy_worth_per_gw_year_usd=0.0).numbers["benefit"] == 0.0


@pytest.mark.slow
def test_the_terms_that_are_turned_span_what_any_single_one_does(inputs: Inputs) -> None:
    """Run with `-m slow tests/article`: every assumed term of the belief at both ends, the others at base."""
    inside = turned(inputs)
    every = [each for key in TERMS for each in at_ends(inputs, key)]
    for measure in (lambda run: run.intensity, lambda run: float(np.expm1(run.size).mean())):
        span = [measure(run) for run in inside]
        assert min(span) <= min(map(measure, every)) + 1e-12
        assert max(span) >= max(map(measure, every)) - 1e-12
