"""The warrants of the examples: stored results, figures that must come out of the terms, and numbers that move when an input does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from curves import load_market, with_quote
from instruments import Basis, Warrant, load_deal
from instruments.variants import variants_of
from pricing import price
from tests.stored import EXAMPLES, PATHS, assert_comes_out_again

MEASURES = {
    # ten years of three clocks: each alternative of an exposure table takes seconds
    "cerebras_openai": (
        "value", "value_per_share", "share_of_spot", "vesting_probability", "vesting_time", "dilution_full", "dilution_expected",
        "break_even_reaction",
    ),
    # a stored row for each of 244 tranches and measure would be a megabyte
    "marvell_google": ("value", "exposure", "value_soft_range", "accounting_probable_cost"),
}  # fmt: skip
"""Measures of the stored results that are not whole."""
DEALS = ("amd_meta", "marvell_google", "cipher_google", "cerebras_openai", "terawulf_google")


def warrant_of(name: str, contract: str = "warrant", file: str = "deal.toml") -> Warrant:
    found = load_deal(EXAMPLES / name / file).contracts[contract]
    assert isinstance(found, Warrant)
    return found


def value(name: str, *, market: str = "market.toml", quote: tuple[str, float] | None = None, contract: str | None = None) -> float:
    on = load_market(EXAMPLES / name / market)
    found = price(load_deal(EXAMPLES / name), with_quote(on, *quote) if quote else on, method="monte_carlo", measures=["value"], paths=1)
    return found.row("value", contract=contract).value or 0.0


@pytest.mark.parametrize("name", DEALS)
def test_the_stored_result_comes_out_again(name: str) -> None:
    folder = EXAMPLES / name
    fresh: dict[str, Any] = json.loads(price(load_deal(folder), load_market(folder), paths=PATHS, measures=MEASURES.get(name)).to_json())
    assert_comes_out_again(folder / "expected.json", fresh)


@pytest.mark.parametrize("name", DEALS)
def test_what_is_assumed_has_alternatives_that_fit(name: str) -> None:
    deal = load_deal(EXAMPLES / name)
    assert any(variant.basis is Basis.ASSUMED for variant in variants_of(deal))
    for variant in variants_of(deal):
        for contract in variant.deal.contracts.values():
            assert isinstance(contract, Warrant)
            assert sum(tranche.shares for tranche in contract.tranches) == pytest.approx(contract.shares)


def test_meta_and_openai_together_could_take_a_fifth_of_amd() -> None:
    shares = warrant_of("amd_meta").shares + warrant_of("amd_openai").shares
    assert shares / 1_632_475_042 == pytest.approx(0.196, abs=5e-4)


def test_marvell_has_240_steps_of_half_a_billion() -> None:
    warrant = warrant_of("marvell_google")
    steps = [tranche for tranche in warrant.every_tranche if tranche.label.startswith("revenue")]
    assert len(steps) == 240
    assert steps[0].shares == pytest.approx(57_610_040 / 240)
    assert [steps[k].condition.at_least for k in (0, 1, 239)] == [0.5, 1.0, 120.0]  # type: ignore[union-attr]
    assert sum(tranche.shares for tranche in warrant.every_tranche if tranche not in steps) == 1_360_867
    # without an obligation to buy, the plan decides
    base = value("marvell_google")
    assert value("marvell_google", quote=("milestones.revenue.cancellation_hazard", 0.15)) < 0.9 * base


def test_ciphers_floor_is_worth_more_the_lower_the_share() -> None:
    for file, amount, per_share in (("deal.toml", 430e6, 17.78), ("deal.amended.toml", 435e6, 17.99)):
        warrant = warrant_of("cipher_google", file=file)
        assert warrant.floor is not None
        assert warrant.floor.amount_usd == amount
        assert warrant.floor.amount_usd / warrant.shares == pytest.approx(per_share, abs=5e-3)
    deal = load_deal(EXAMPLES / "cipher_google")
    floors, shares = [], []
    for spot in (10.0, 14.0, 18.0):
        on = with_quote(load_market(EXAMPLES / "cipher_google"), "equity.CIFR.spot_usd", spot)
        found = price(deal, on, method="monte_carlo", measures=["value"], paths=1)
        floors.append(found.row("value", part="value floor").value or 0.0)
        shares.append(found.value - floors[-1])
    assert floors[0] > floors[1] > floors[2] > 0.0
    assert shares[0] < shares[1] < shares[2]


def test_cerebras_tranche_a_is_in_hand_and_b_takes_either_road() -> None:
    folder = EXAMPLES / "cerebras_openai"
    asked = ("value", "vesting_probability")
    found = price(load_deal(folder), load_market(folder), method="monte_carlo", measures=asked, paths=1)
    in_hand = found.row("value", part="A, loan")
    assert in_hand.value == pytest.approx(4_459_337 * 79.5, rel=1e-3)
    odds = [found.row("vesting_probability", part=part, probability="share").value for part in ("A, loan", "B, market cap or fees")]
    assert odds[0] == 1.0
    without_cap = load_deal(folder)
    warrant = warrant_of("cerebras_openai")
    road = warrant.tranches[1].evolve(condition=warrant.tranches[1].condition.legs[1])  # type: ignore[union-attr]
    fees_only = warrant.evolve(tranches=(warrant.tranches[0], road, *warrant.tranches[2:]))
    alone = price(without_cap.evolve(contracts={"warrant": fees_only}), load_market(folder), method="monte_carlo", measures=asked, paths=1)
    assert (odds[1] or 0.0) > (alone.row("vesting_probability", part="B, market cap or fees", probability="share").value or 0.0)


def test_terawulfs_warrants_at_the_closes_before_the_news() -> None:
    first, second = (warrant_of("terawulf_google", name) for name in ("first", "second"))
    assert first.shares * 5.46 == pytest.approx(224e6, rel=0.003)
    assert second.shares * 8.97 == pytest.approx(292e6, rel=0.003)
    assert (first.shares * 5.46 + second.shares * 8.97) / 3.2e9 == pytest.approx(0.16, abs=0.005)
    assert value("terawulf_google", contract="first") < first.shares * 5.46
    assert value("terawulf_google", market="market.second.toml", contract="second") < second.shares * 8.97
