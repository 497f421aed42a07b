"""L, H and N: the check of each claim, and the verdict it turns to when its ground moves."""

from __future__ import annotations

import datetime as dt
import json
import math

import pytest

from curves import load_market
from examples.article.claims import Claim, Inputs, rows
from examples.article.claims.deals import TARGETS, letter, letter_on_the_ledger, warrant
from examples.article.claims.headlines import outside_equity, three_headlines
from examples.article.claims.loops import (
    DEBTS,
    SALES,
    circulation_through,
    doll_1,
    doll_2,
    doll_3,
    doll_4_by_cycle_and_by_programme,
    stated_headlines,
)
from examples.article.claims.webs import NOT_KEYED, ON_EDGES, capital_web, dolls, index
from instruments import load_deal, load_web
from instruments.variants import with_term
from pricing import price
from pricing.clearing import contingent_equity, impulse, staged_commitment
from tests.house import ROOT

BN = 1e9


def test_figures_are_those_of_the_examples(inputs: Inputs) -> None:
    web = load_web(ROOT / "examples/capital_web")
    for key, (edge, fields) in ON_EDGES.items():
        assert {getattr(web.edges[edge], field) for field in fields} == {inputs[key]}, key
    shares, hurdle = (inputs[key] for key in NOT_KEYED)
    assert web.edges["E020"].headline_usd == shares * hurdle
    assert capital_web(inputs) == web
    loans = {"E032": "softbank_bridge_2026_usd", "E033": "softbank_bridge_2025_usd", "E034": "softbank_arm_loan_usd"}
    loans |= {"E035": "softbank_openai_loan_usd", "E108": "softbank_retail_bond_usd"}
    sales = {"E036": "softbank_nvidia_sale_usd", "E037": "softbank_tmobile_sale_usd"}
    assert set(loans.values()) == set(DEBTS.values())
    assert set(sales.values()) == set(SALES.values())
    assert all(web.edges[edge].headline_usd == inputs[key] for edge, key in (loans | sales).items())
    market = load_market(ROOT / "examples/amd_openai").equity["AMD"]
    assert market.spot_usd.value == inputs["amd_close_before_usd"]
    assert market.volatility is not None
    assert market.volatility.value == inputs["amd_volatility"]
    assert inputs["softbank_cost_2025_usd"] == inputs["softbank_2025_own_usd"] + inputs["softbank_before_2025_usd"]


def test_the_examples_give_what_their_own_runs_store(inputs: Inputs) -> None:
    stored = json.loads((ROOT / "examples/capital_web/expected.json").read_text(encoding="utf-8"))["results"]
    wanted = {row["perimeter"]: row for row in stored if row["measure"] == "path_length" and "scenario" not in row}
    for perimeter, row in wanted.items():
        assert index(inputs, "path_length", perimeter=perimeter) == pytest.approx((row["low"], row["high"]), rel=1e-6)


def test_l0_activity_is_the_sum_of_the_pulse(found: dict[str, Claim]) -> None:
    made = dolls()
    pulse = impulse(made.traced, pulse=made.inflow / made.inflow.sum(), rounds=200)
    assert float(pulse.sum()) == pytest.approx(float(made.traced.path_length), rel=1e-12)
    assert found["L0"].numbers["dolls"] == pytest.approx(115 / 29)
    real = [usd for name, usd in found["L0"].numbers.items() if name.startswith("real_")]
    assert (found["L0"].low or 0.0) <= sum(real) <= (found["L0"].high or 0.0)  # six rounds are nearly all of it
    assert real == sorted(real, reverse=True)
    assert 1.0 <= (found["L0"].low or 0.0) < (found["L0"].high or 0.0)


def test_l1_a_mix_at_either_end_leaves_nothing_over(inputs: Inputs, found: dict[str, Claim]) -> None:
    uses, mix = doll_1(inputs)
    assert uses == pytest.approx(64.6 * BN)
    debt = sum(inputs[key] for key in DEBTS.values())
    others = sum(inputs[key] for key in SALES.values()) + inputs.ends("softbank_own_cash_usd")[1]
    low, high = mix.groups["debt"]
    assert uses - low - others == pytest.approx(0.0, abs=1.0)  # all else at its most
    assert high == min(uses, debt)
    assert found["L1"].low == pytest.approx((64.6 - 5.83 - 12.73 - 20) / 64.6)


def test_l2_the_schedule_adds_up_to_the_contract(inputs: Inputs) -> None:
    by_year, worth = doll_2(inputs, 10.0, 35 * BN)
    assert sum(by_year.values()) == pytest.approx(350 * BN, rel=1e-12)
    assert list(by_year) == [2026, 2027, 2028, 2029, 2030]
    assert by_year[2027] == pytest.approx(350 * BN / 4.5, rel=1e-3)  # a year of days in 4.5 years of 365.25
    flat, free = inputs.with_figure("order_discount_rate", 0.0), (58.3 - 15.9) / 81.6 * 350 * BN
    assert doll_2(flat, 10.0, 35 * BN)[1] == pytest.approx(free)
    assert 0.0 < worth < free


def test_l3_the_loop_of_two_by_hand(inputs: Inputs) -> None:
    share, of_lab = doll_3(inputs, 0.5)
    assert share == pytest.approx((30 / 326.4) * 0.5)
    assert of_lab == pytest.approx(30 / (24 + 57 + 30))


def test_l4_the_cycle_listed_and_by_programme(inputs: Inputs) -> None:
    by_hand, programme = doll_4_by_cycle_and_by_programme()
    assert by_hand == programme == pytest.approx(6.0)
    assert circulation_through(inputs, "softbank", "as_listed") == pytest.approx(0.0, abs=1.0)
    assert circulation_through(inputs, "softbank", "vehicles_consolidated") > 0.5 * BN


def test_l5_looked_through_it_is_the_change_itself(found: dict[str, Claim]) -> None:
    row = found["L5"].numbers
    assert row["look_through"] == pytest.approx(row["change"]) == pytest.approx((852 - 122 - 500) * BN)
    assert row["booked_again"] == pytest.approx((0.13 + 0.27 + 45 / 852) * 230 * BN)


def test_l6_outside_money_over_activity_is_one_over_the_path(inputs: Inputs, found: dict[str, Claim]) -> None:
    made = dolls()
    assert float(made.inflow.sum() / made.traced.total) == pytest.approx(1 / float(made.traced.path_length))
    web = capital_web(inputs)
    by_hand = sum(
        edge.headline_usd or 0.0 for edge in web.edges.values() if edge.layer == "cash" and edge.is_current and edge.within is None
    )
    assert stated_headlines(inputs) == pytest.approx(by_hand)
    assert found["L6"].numbers["cash_low"] == pytest.approx(
        sum(index(inputs, "new_external_cash", source=name)[0] for name in ("customers", "equity", "lenders"))
    )


def test_l7_nothing_is_left_unexplained(inputs: Inputs, found: dict[str, Claim]) -> None:
    assert found["L7"].numbers["dolls_residual"] == 0.0
    audit = letter_on_the_ledger(inputs)
    priced = letter(inputs)
    assert audit.paid == pytest.approx(priced.expected, abs=priced.error)  # a second engine, month by month
    assert audit.due == pytest.approx(audit.paid + audit.deferred + audit.lost, rel=1e-12)
    assert audit.due > audit.paid > 0.0


def test_h1_sure_odds_give_the_headline_and_nothing_is_below_firm(inputs: Inputs) -> None:
    sure = staged_commitment(firm=0.0, tranches=[10 * BN] * 10, odds=[1.0] * 10)
    assert sure.expected == sure.headline == 100 * BN
    priced = letter(inputs)
    assert priced.firm <= priced.expected <= priced.headline
    assert priced.expected == pytest.approx(26e9, rel=0.05)  # the page of the deal


def test_three_headlines_are_a_ladder(inputs: Inputs) -> None:
    nvidia, softbank, amd = three_headlines(inputs)
    assert [rungs.announced for rungs in (nvidia, softbank, amd)] == [100 * BN, 40 * BN, 96 * BN]
    assert [rungs.drawn for rungs in (nvidia, softbank, amd)] == [0.0, 40 * BN, 0.0]
    assert softbank.drawn_outside == 10 * BN
    # own cash can have paid 20 of the 64.6, so at least 10 of these 30 came from debt and sold shares
    assert softbank.by_debt_and_sales == pytest.approx((10 * BN, 30 * BN))
    assert 0.0 <= softbank.by_debt[0] <= softbank.by_debt_and_sales[0]


def test_h2_the_cash_column_adds_up_alone(inputs: Inputs, found: dict[str, Claim]) -> None:
    web, total = capital_web(inputs), 0.0
    for edge in web.edges.values():
        if edge.layer != "cash" or edge.within is not None:
            continue
        if edge.headline_usd is not None:
            total += edge.headline_usd
        elif edge.range_usd is not None:
            total += max(edge.range_usd[0], edge.firm_usd or 0.0, edge.paid_usd or 0.0)
    assert found["H2"].numbers["cash"] == pytest.approx(total, rel=0.01)  # edges with neither count what is paid


def test_h3_announced_and_paid(inputs: Inputs, found: dict[str, Claim]) -> None:
    assert inputs["nvidia_letter_usd"] == 100 * BN
    assert inputs["nvidia_letter_paid_usd"] == 0.0
    assert found["H3"].numbers["move"] == pytest.approx(4460 * BN * (1 - 1 / 1.0397))
    assert found["H3"].numbers["wedge"] == pytest.approx(100 * BN - letter(inputs).expected)


def test_h4_and_h5_sure_shares_are_worth_the_shares(inputs: Inputs) -> None:
    """One tranche in effect: targets below the spot and purchases taken as certain, so that all that vests comes off revenue."""
    deal, market = load_deal(ROOT / "examples/amd_openai"), load_market(ROOT / "examples/amd_openai")
    sure = with_term(deal, TARGETS, [0.01] * 6)
    found = price(sure, market, measures=("accounting_fair_value",), paths=512)
    vested = 160e6 * (164.67 - 0.01 * math.exp(-0.0357 * 5))
    off_revenue = next(row for row in found.rows if row.measure == "accounting_fair_value" and row.part is None)
    assert abs(off_revenue.value or 0.0) == pytest.approx(vested, rel=5 * (off_revenue.standard_error or 0.0) / vested + 1e-6)
    priced = warrant(inputs)
    assert 0.0 < priced.low < priced.value < priced.high < priced.upper_bound < priced.undiluted == 160e6 * 164.67


def test_h5_dilution_takes_part_of_the_price(found: dict[str, Claim]) -> None:
    by_hand = (600 * 1622e6 + 160e6 * 0.01) / (1622e6 + 160e6)
    assert found["H5"].numbers["price_after_full_vesting"] == pytest.approx(by_hand)
    assert bool(contingent_equity(value=600 * 1622e6, shares=1622e6, vested=160e6, strike=0.01, hurdle=600).paradox)


def test_h6_the_firm_gets_nothing_but_a_sale_of_new_shares_would_count(inputs: Inputs, found: dict[str, Claim]) -> None:
    assert found["H6"].numbers["cash_to_firm"] == 0.0
    web = capital_web(inputs)
    year = web.evolve(period=web.period.evolve(start=dt.date(2025, 1, 1), end=dt.date(2026, 1, 1)))
    primary = year.evolve(edges={**year.edges, "E009": year.edges["E009"].evolve(payee="openai", layer="cash", kind="equity_investment")})
    assert outside_equity(primary) - outside_equity(year) == pytest.approx(6.6 * BN)


def test_h7_growth_from_the_marks_on_record(found: dict[str, Claim]) -> None:
    years = (dt.date(2026, 3, 31) - dt.date(2023, 1, 31)).days / 365.25
    assert 29 * (1 + (found["H7"].value or 0.0)) ** years == pytest.approx(852)
    assert found["H7"].numbers["cash_per_mark"] == pytest.approx(87 / 552)


def test_h8_break_even_by_hand(found: dict[str, Claim]) -> None:
    assert found["H8"].numbers["break_even"] == pytest.approx(64.6 / 0.13 * BN)
    assert found["H8"].numbers["gain"] == pytest.approx((0.13 * 852 - 64.6) * BN)


def test_the_nine_numbers_by_hand(found: dict[str, Claim]) -> None:
    value = {name: found[f"N{name}"].value for name in range(1, 10)}
    assert value[1] == pytest.approx(0.30)
    assert value[2] == pytest.approx(0.75)
    assert value[3] == pytest.approx(160 / 1622)
    assert value[4] == pytest.approx(math.log(30 / 14))
    assert value[5] == pytest.approx(-2.5 / 4.3)
    assert value[6] == pytest.approx(175 * BN)
    assert value[7] == 4.004e12
    assert value[8] == pytest.approx(125 * BN)  # 500 bn over 20 years at 20 %, growth = discount
    assert found["N8"].numbers["years_at_run_rate"] == pytest.approx(500 / (0.2 * 24))
    assert found["N9"].low == pytest.approx(1 - 20 / 64.6)
    assert found["N9"].high == 1.0
    ends = sorted(500 * BN / (0.2 * sum((1 + gap) ** t for t in range(1, 21))) for gap in (-0.05, 0.10))
    assert [found["N8"].low, found["N8"].high] == pytest.approx(ends)


@pytest.mark.parametrize(
    ("name", "key", "value", "verdict"),
    [
        ("L1", "softbank_partners_cash_usd", 20e9, "partly"),
        ("L1", "softbank_partners_cash_usd", 40e9, "holds"),
        ("L2", "nvidia_cap_usd", 600e9, "holds"),
        ("L3", "nvidia_round_usd", 0.2e9, "fails"),
        ("L5", "openai_mark_march_2026_usd", 600e9, "fails"),
        ("H3", "nvidia_letter_paid_usd", 10e9, "partly"),
        ("H6", "openai_mark_october_2025_usd", 250e9, "fails"),
        ("H7", "openai_mark_march_2026_usd", 60e9, "fails"),
        ("H8", "softbank_cost_2025_usd", 100e9, "fails"),
        ("N1", "nvidia_letter_paid_usd", 100e9, "holds"),
        ("N2", "softbank_2025_syndicated_usd", 0.0, "holds"),
        ("N3", "amd_warrant_shares", 300e6, "fails"),
        ("N4", "openai_mark_2021_usd", 30e9, "holds"),
        ("N5", "openai_h1_2025_burn_usd", -0.1e9, "holds"),
        ("N6", "nvidia_replaced_gw", 10.0, "holds"),
        ("N7", "nvidia_claimed_cap_usd", 4.1e12, "partly"),
        ("N8", "openai_month_revenue_usd", 11e9, "fails"),
        ("N8", "openai_month_revenue_usd", 1e9, "holds"),
        ("N9", "softbank_partners_cash_usd", 40e9, "holds"),
        ("N9", "gulf_fund_1_usd", 0.0, "fails"),
    ],
)
def test_a_verdict_turns_when_its_ground_moves(
    name: str, key: str, value: float, verdict: str, inputs: Inputs, found: dict[str, Claim]
) -> None:
    assert key in found[name].rests_on
    assert rows()[name](inputs.with_figure(key, value)).verdict == verdict
    assert found[name].verdict != verdict
