"""The check of each claim about resonance and regulation: R1 to R8, Q1 to Q5."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.special import ndtri

from examples.article.claims import Claim, Inputs, rows
from examples.article.claims.collapse import belief_run, resonance_sheets
from examples.article.claims.regulation import EQUITY_LOOPS, holdings
from examples.article.claims.resonance import CDS_YEARS, FIRMS
from examples.article.claims.webs import capital_web
from instruments import load_web
from pricing import clearing
from pricing.clearing.common_factor import joint_default_odds
from pricing.clearing.control import look_through_shares
from pricing.formulas import pool_default_odds
from pricing.web.remedies import circular_usd
from tests.house import ROOT


def again(name: str, inputs: Inputs, **figures: float) -> Claim:
    for key, value in figures.items():
        inputs = inputs.with_figure(key, value)
    return rows()[name](inputs)


def dependency(on: str, of: str) -> tuple[float, float]:
    """Share times multiple as they stand in the file, low and high."""
    web = load_web(ROOT / "examples" / "capital_web")
    link = next(each for each in web.dependencies if (each.on, each.of) == (on, of))
    return link.share[0] * link.multiple[0], link.share[1] * link.multiple[1]


def test_r1_is_share_times_elasticity(found: dict[str, Claim]) -> None:
    assert (found["R1"].low, found["R1"].high) == pytest.approx(dependency("nvidia", "openai"))


def test_r2_is_the_finite_difference_of_a_valuation(inputs: Inputs, found: dict[str, Claim]) -> None:
    low, high = dependency("openai", "nvidia")
    effect = 0.5 * (low + high)

    def valued(values: np.ndarray) -> np.ndarray:
        """NVIDIA is worth so much less as OpenAI is, the rest of it not."""
        return np.stack([values[:, 0], 1.0 - effect + effect * values[:, 0]], axis=1)

    difference = clearing.finite_effect(valued, [1.0, 1.0])[0, 1]
    assert found["R2"].value == pytest.approx(difference * inputs["nvidia_cap_usd"], rel=1e-9)


def test_r3_is_debt_over_value(inputs: Inputs, found: dict[str, Claim]) -> None:
    sheets = resonance_sheets()
    run, _ = belief_run(sheets, (1 - inputs["resonance_belief_fall"],))
    at = sheets.nodes.index("softbank")
    assert found["R3"].value == pytest.approx(found["R3"].numbers["debt"] / float(run.value[0, -1, at]))
    assert again("R3", inputs, resonance_belief_fall=1e-9).value == pytest.approx(found["R3"].numbers["ltv_before"], rel=1e-6)


def test_r4_is_share_times_backlog(inputs: Inputs, found: dict[str, Claim]) -> None:
    claim = found["R4"]
    assert claim.value == pytest.approx(claim.numbers["share"] * inputs["resonance_oracle_backlog_usd"])
    assert again("R4", inputs, resonance_oracle_openai_usd=40e9).verdict == "fails"


def test_r5_in_two_nodes_and_at_scale(inputs: Inputs, found: dict[str, Claim]) -> None:
    assert clearing.spectral_radius([[0, 0.5], [0.4, 0]]) == pytest.approx(0.447214, abs=5e-7)
    double = again("R5", inputs, resonance_dependency_scale=2.0)
    assert (double.value, double.low, double.high) == pytest.approx(
        tuple(2 * x for x in (found["R5"].value, found["R5"].low, found["R5"].high))
    )
    assert again("R5", inputs, resonance_dependency_scale=6.0).verdict == "holds"


def test_r6_without_a_squeeze_nothing_is_missing(inputs: Inputs, found: dict[str, Claim]) -> None:
    none = again("R6", inputs, resonance_recall=0.0)
    assert none.value == 0.0
    assert none.verdict == "fails"
    sheets = resonance_sheets()
    oracle = sheets.nodes.index("oracle")
    assert found["R6"].value == pytest.approx(inputs["resonance_recall"] * sheets.outside_debt[oracle] - sheets.cash[oracle])


def test_r7_without_a_fall_nobody_sells(inputs: Inputs) -> None:
    none = again("R7", inputs, resonance_theme_fall=0.0)
    assert none.value == 0.0
    assert none.verdict == "fails"


def test_r7_sales_meet_the_target(inputs: Inputs, found: dict[str, Claim]) -> None:
    """SoftBank by hand: called above its limit, it sells x with (debt - x) / (shares - x) at the target; the sale moves the price."""
    sheets, fall = resonance_sheets(), inputs["resonance_theme_fall"]
    node, asset = sheets.nodes.index("softbank"), sheets.assets.index("ai_shares")
    shares, debt, target = (1 - fall) * float(sheets.units[node, asset]), float(sheets.margin_debt[node]), float(sheets.ltv_target[node])
    assert debt / shares > float(sheets.ltv_limit[node])
    sold = (debt - target * shares) / (1 - target)
    assert found["R7"].value == pytest.approx(sold)
    moved = 1 - np.exp(-float(sheets.impact[asset]) * sold / (1 - fall))
    assert found["R7"].numbers["further_fall"] == pytest.approx(moved)


def test_r8_zero_loadings_are_independence(inputs: Inputs, found: dict[str, Claim]) -> None:
    apart = again("R8", inputs, resonance_loading=0.0)
    keys = ("resonance_spread_openai", *(f"resonance_cds_{name}" for name in FIRMS[1:]))
    odds = [1 - np.exp(-inputs[key] / (1 - inputs["resonance_recovery"]) * CDS_YEARS) for key in keys]
    by_hand = sum(
        float(np.prod([p if fails else 1 - p for p, fails in zip(odds, case, strict=True)]))
        for case in product((0, 1), repeat=4)
        if sum(case) >= 3
    )
    assert apart.value == pytest.approx(by_hand)
    assert found["R8"].numbers["independent"] == pytest.approx(by_hand)
    shares = [share for name, share in found["R8"].numbers.items() if name.startswith("share_") and not name.endswith("_by_itself")]
    assert sum(shares) == pytest.approx(1.0)


def test_joint_defaults_against_equal_firms_and_simulation() -> None:
    equal = joint_default_odds(default_probability=[0.2] * 4, loading=0.6)
    assert equal == pytest.approx(pool_default_odds(count=4, default_probability=0.2, correlation=0.36), abs=1e-8)  # two quadratures
    p, a = np.array([0.1, 0.3, 0.5]), np.array([0.2, 0.7, 0.9])
    found = joint_default_odds(default_probability=p, loading=a)
    assert found.sum() == pytest.approx(1.0)
    assert found @ np.arange(4) == pytest.approx(p.sum(), abs=1e-6)  # quadrature
    rng = np.random.default_rng(8)
    z, e = rng.standard_normal((200_000, 1)), rng.standard_normal((200_000, 3))
    count = (a * z + np.sqrt(1 - a**2) * e < ndtri(p)).sum(axis=1)
    drawn = np.bincount(count, minlength=4) / len(count)
    assert np.abs(drawn - found).max() < 4 * np.sqrt(0.25 / len(count))


def test_q1_what_goes_round_never_rises_with_a_ban(inputs: Inputs, found: dict[str, Claim]) -> None:
    web = capital_web(inputs)
    before = circular_usd(web)
    for number in range(1, len(EQUITY_LOOPS) + 1):
        after = circular_usd(web, banned_edges=EQUITY_LOOPS[:number])
        assert after[0] <= before[0] * (1 + 1e-9)
        assert after[1] <= before[1] * (1 + 1e-9)
        before = after
    assert found["Q1"].numbers["round_after"] == pytest.approx(before[1])
    assert found["Q1"].numbers["on_disclosure"] > 0


def test_q2_is_the_sum_over_chains(inputs: Inputs, found: dict[str, Claim]) -> None:
    held = holdings(inputs)
    assert look_through_shares(held) == pytest.approx(held + held @ held + held @ held @ held)
    assert found["Q2"].value == pytest.approx(sum(inputs[key] for key in ("microsoft_stake", "softbank_stake", "rules_nvidia_stake")))
    assert again("Q2", inputs, microsoft_stake=0.6).verdict == "holds"


def test_q3_is_tied_purchases_over_sales(inputs: Inputs, found: dict[str, Claim]) -> None:
    sales = 4 * inputs["nvidia_quarter_revenue_usd"]
    assert found["Q3"].low == pytest.approx((5.4e9 + 5e9) / sales)  # the xAI vehicle and CoreWeave at the least
    # at the most: these, SpaceX, and all that Oracle buys, as OpenAI's
    assert found["Q3"].high == pytest.approx((5.4e9 + 25e9 + 20e9 + 19.986310746e9) / sales, rel=1e-6)
    assert found["Q3"].numbers["funded_high"] <= (found["Q3"].high or 0.0)


def test_q4_drop_the_flag_and_choices_return(inputs: Inputs) -> None:
    same = again("Q4", inputs, rules_rival_per_gw_usd=inputs["nvidia_content_usd_per_gw"])
    assert same.value == 0.0
    dear = again("Q4", inputs, rules_switching_usd=1e12)
    assert dear.value == 0.0


def test_q5_without_a_mark_up_nothing_is_lost(inputs: Inputs) -> None:
    none = again("Q5", inputs, nvidia_quarter_income_usd=inputs["nvidia_quarter_gains_usd"])
    assert none.value == 0.0
    assert none.verdict == "fails"
