"""G: the check of each claim about hardware as a financial asset."""

from __future__ import annotations

import math

import pytest

from examples.article.claims import Claim, Inputs, rows
from examples.article.claims.hardware import SHARES, by_quarter, disclosed_depth, expected_rent, g4, margin_account, unwind
from examples.article.claims.webs import capital_web
from pricing.clearing import pledge_chain
from pricing.web.funding import FUNDING

BN = 1e9


def test_g1_without_shock_nothing_is_called_and_the_pool_pays(inputs: Inputs) -> None:
    call, paid = margin_account(inputs, decline=0.0, jump=0.0, months=12)
    assert call == 0.0
    assert paid == pytest.approx(25 * BN * 0.8)  # a fifth has been paid down
    call, paid = margin_account(inputs, decline=0.5, jump=-0.6, months=12)
    assert call > 0.0
    assert paid == pytest.approx(36.4 * BN * 0.5 * math.exp(-0.6))
    tight = inputs.with_figure("ltv_limit", 0.5)
    assert margin_account(tight, decline=0.0, jump=0.0, months=12)[0] == pytest.approx((25 - 0.5 * 36.4) * BN)


def test_g2_drift_alone_is_a_deterministic_path(inputs: Inputs) -> None:
    assert expected_rent(inputs, growth=-0.15, launches=0, years=2.0) == pytest.approx(2.65 * 0.85**2)
    assert expected_rent(inputs, growth=0.0, launches=2) == pytest.approx(2.65 * math.exp(-0.44))


def test_g3_without_speculators_the_price_is_fundamental(inputs: Inputs, found: dict[str, Claim]) -> None:
    table = unwind(inputs, SHARES)
    assert float(table.price[0]) == 1.0 - inputs["hardware_shock"]
    assert float(table.price_before[0]) == float(table.amplification[0]) == 1.0
    assert found["G3"].low == 1.0
    assert list(table.price_before) == sorted(table.price_before)
    assert list(table.lenders_loss) == sorted(table.lenders_loss)
    # lenders lose once the price before, less their advance, is above the price after everybody has sold
    edge = math.log(0.8 / 0.7) / 0.5
    assert found["G3"].numbers["lenders_from"] == pytest.approx(math.ceil(edge * 100) / 100)
    assert found["G3"].missing is not None


def test_g4_is_linear_in_gigawatts(inputs: Inputs) -> None:
    base, more = g4(inputs), g4(inputs.with_figure("openai_gw_broadcom", 36.0))
    assert base.value == 26 * 55 * BN
    assert more.value == 2 * base.value
    assert [more.low, more.high] == [2 * (base.low or 0.0), 2 * (base.high or 0.0)]


def test_g5_claims_are_source_times_length_of_the_chain(inputs: Inputs, found: dict[str, Claim]) -> None:
    assert pledge_chain(value=20 * BN, haircuts=[0.0] * 3).multiple == 3.0
    assert found["G5"].value == pytest.approx(12.5 / 20 * (1 + 0.8))
    assert found["G5"].numbers["disclosed"] == 0.625
    web = capital_web(inputs)
    assert disclosed_depth(web) == 1
    fund = web.edges["E035"].evolve(secured_on=("E059",))
    assert disclosed_depth(web.evolve(edges={**web.edges, "E035": fund})) == 2


def test_g6_the_first_quarter_of_2026_by_hand(inputs: Inputs) -> None:
    web = capital_web(inputs)
    inside = 0.0
    for name, edge in web.edges.items():
        if edge.layer != "cash" or edge.kind not in FUNDING or not edge.is_current or edge.within is not None or edge.schedule is not None:
            continue
        members = web.entities[edge.payer].outside is None and web.entities[edge.payee].outside is None
        if members and edge.announced is not None and (edge.announced.year, (edge.announced.month + 2) // 3) == (2026, 1):
            assert name
            settled = edge.status in ("closed", "outstanding", "issued")
            known = max(edge.paid_usd or 0.0, edge.firm_usd or 0.0)
            inside += known if not settled else edge.paid_usd or edge.firm_usd or edge.headline_usd or 0.0
    found = by_quarter(inputs)
    assert found.inside[4, 0] == pytest.approx(inside, rel=0.05)  # ranges start a little above what is known
    assert found.regime.label[4] == "cycle"
    assert found.regime.label[0] == "innovation"


@pytest.mark.parametrize(
    ("name", "key", "value", "verdict"),
    [
        ("G1", "coreweave_debt_usd", 1e9, "fails"),
        ("G2", "index_spread", 0.01, "holds"),
        ("G2", "index_spread", 0.6, "fails"),
        ("G4", "openai_target_usd", 5e12, "fails"),
        ("G4", "openai_target_usd", 1.0e12, "partly"),
        ("G6", "regime_up", 0.9, "fails"),
    ],
)
def test_a_verdict_turns_when_its_ground_moves(
    name: str, key: str, value: float, verdict: str, inputs: Inputs, found: dict[str, Claim]
) -> None:
    assert key in found[name].rests_on
    assert found[name].verdict != verdict
    assert rows()[name](inputs.with_figure(key, value)).verdict == verdict
