from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from curves import Market, Move, Scenario
from curves.files import load_scenarios, save_scenarios
from instruments.conditions import DateReached
from instruments.files import dumps_json, dumps_toml
from instruments.ground.errors import InputError
from instruments.limits import Limit, parse_limit
from pricing import price, stress
from pricing.cli.main import main
from pricing.limits import parties_of
from pricing.reverse.factors import MOST, dependence, distance_under, factors_of, scenario_of
from pricing.reverse.search import Search
from tests.warrants import AS_OF, SHARE, coupled_market, deal, ladder_of, market

CERTAIN = deal([DateReached(on=AS_OF)])
"""Ten shares at no price: worth 1000 USD at a spot of 100, whatever happens."""


# the language


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("lender.expected_loss_rate > 0.02", Limit("lender", "expected_loss_rate", ">", 0.02)),
        ("  open-ai.value<-1_000.5e6 ", Limit("open-ai", "value", "<", -1000.5e6)),
        ("a.ltv >= .9", Limit("a", "ltv", ">=", 0.9)),
    ],
)
def test_a_limit_reads_as_it_is_written(text: str, limit: Limit) -> None:
    assert parse_limit(text) == limit
    assert parse_limit(str(limit)) == limit


@given(st.floats(-1e12, 1e12, allow_nan=False), st.sampled_from([">", ">=", "<", "<="]), st.floats(-1e12, 1e12, allow_nan=False))
def test_a_limit_is_broken_on_one_side_alone(number: float, side: Any, value: float) -> None:
    limit = Limit("a", "value", side, number)
    assert limit.broken_by(value) == eval(f"{value!r} {side} {number!r}")  # the test's own words, not a file's
    assert limit.broken_by(value) == (limit.excess(value) > 0.0 or (value == number and "=" in side))


@pytest.mark.parametrize("text", ["", "lender > 1", "lender.value", "lender.value > much", "a.b > 1; import os", "a.b > nan", "a b.c > 1"])
def test_what_is_no_limit_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(InputError, match=r"lender\.expected_loss_rate > 0\.02"):
        parse_limit(text)


# the search, on edges that are known


def linear(slopes: np.ndarray, offset: float, correlation: np.ndarray) -> Search:
    return Search(lambda z: float(slopes @ z - offset), correlation)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.nested_given])  # the search is hypothesis's own
@given(
    st.lists(st.floats(-1.0, 1.0), min_size=2, max_size=4).filter(lambda slopes: max(map(abs, slopes)) > 0.3),
    st.floats(-0.7, 0.7),
    st.floats(0.2, 1.0),
)
def test_a_straight_edge_is_met_where_the_closed_form_says(slopes: list[float], rho: float, offset: float) -> None:
    a, size = np.array(slopes), len(slopes)
    correlation = np.eye(size)
    correlation[0, 1] = correlation[1, 0] = rho
    exact = offset / math.sqrt(a @ correlation @ a)
    nearest = correlation @ a * offset / (a @ correlation @ a)
    found = linear(a, offset, correlation).mildest()
    if np.abs(nearest).max() > 0.9 * MOST:
        return  # near the bounds the nearest point may lie outside
    assert found is not None
    assert a @ found[0] > offset
    assert exact * (1.0 - 1e-9) <= found[1] <= exact * 1.08  # a simpler shock may be 5 % further


def test_a_factor_that_hardly_matters_is_dropped_and_a_dead_one_never_moves() -> None:
    found = linear(np.array([1.0, 0.05, 0.0]), 2.0, np.eye(3)).mildest()
    assert found is not None
    assert found[0] == pytest.approx([2.0, 0.0, 0.0], rel=2e-3)
    assert found[1] == pytest.approx(2.0, rel=2e-3)


def test_a_factor_that_moves_nothing_is_left_out_of_the_norm_whatever_it_is_tied_to() -> None:
    correlation = np.array([[1.0, 0.8], [0.8, 1.0]])
    found = linear(np.array([1.0, 0.0]), 2.0, correlation).mildest()
    assert found is not None
    assert found[0][1] == 0.0
    assert found[1] == pytest.approx(2.0, rel=2e-3)


def test_the_nearer_of_two_edges_is_found_though_the_slope_points_at_the_other() -> None:
    def excess(z: np.ndarray) -> float:
        return max(float(z[0]) - 3.5, 5.0 * (-float(z[1]) - 1.0) if z[1] < -0.5 else -2.5)

    found = Search(excess, np.eye(2)).mildest()
    assert found is not None
    assert found[0] == pytest.approx([0.0, -1.0], abs=5e-3)


def test_a_curved_edge_is_met_at_its_nearest_point() -> None:
    def excess(z: np.ndarray) -> float:
        return float((z[0] + 1.0) ** 2 + 4.0 * z[1] ** 2 - 9.0)

    found = Search(excess, np.eye(2)).mildest()
    assert found is not None
    # on the ellipse |z| is least at z0 = 1/3, z1^2 = (9 - 16/9) / 4
    assert found[1] == pytest.approx(math.hypot(1 / 3, math.sqrt((9 - 16 / 9) / 4)), rel=0.08)


def test_what_lies_outside_the_bounds_is_not_found_and_markets_that_cannot_be_are_no_answer() -> None:
    assert linear(np.array([1.0, 0.0]), 1.5 * MOST, np.eye(2)).mildest() is None
    never = Search(lambda z: -np.inf if np.any(z) else -1.0, np.eye(2))
    assert never.mildest() is None


# through a price


def test_a_share_claim_breaks_at_the_share_price_that_the_closed_form_says() -> None:
    found = stress(CERTAIN, market(), reverse="buyer.value < 700", paths=1).reverse
    assert found is not None
    assert found.status == "found"
    assert found.distance == pytest.approx(-math.log(0.7) / 0.5, rel=5e-3)
    assert found.scenario is not None
    assert [(move.key, move.field) for move in found.scenario.moves] == [(SHARE, "spot_usd")]
    assert found.scenario.moves[0].amount == pytest.approx(0.7, abs=1.1e-3)
    assert found.broken is not None
    assert found.broken.value < 700.0
    assert price(CERTAIN, found.scenario.apply(market()), paths=1, measures=["value"]).value == found.broken.value
    assert "share price of AMD -30" in found.sentence


def test_the_issuers_side_breaks_under_the_opposite_move() -> None:
    found = stress(CERTAIN, market(), reverse="vendor.value < -2000", paths=1).reverse
    assert found is not None
    assert found.distance == pytest.approx(math.log(2.0) / 0.5, rel=1e-2)


def test_broken_today_and_never_broken_are_told_apart() -> None:
    today = stress(CERTAIN, market(), reverse="buyer.value > 900", paths=1)
    assert today.limit_broken
    assert today.reverse is not None
    assert "broken today" in today.reverse.sentence
    never = stress(CERTAIN, market(), reverse="buyer.value > 1e9", factors=[SHARE], paths=1).reverse
    assert never is not None
    assert never.status == "not_found"
    assert "up to 4 standard moves" in never.sentence
    assert never.scenario is None


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ("nobody.value > 1", "no such party or role"),
        ("warrant.value > 1", "warrant is a contract of this deal; did you mean"),
        ("buyer.beauty > 1", "no such measure"),
        ("buyer.expected_loss_rate > 1", "measures = expected_loss_rate: must be one of"),
        ("vendor.vesting_probability > 2", "no row of vesting_probability for vendor; it is given for buyer"),
    ],
)
def test_a_limit_that_names_nothing_of_the_deal_is_refused(limit: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        stress(CERTAIN, market(), reverse=limit, paths=1)
    assert words in str(caught.value)


def test_a_limit_on_the_name_of_a_loan_says_to_take_its_party() -> None:
    from tests.facilities import deal as facility

    with pytest.raises(InputError, match=r"did you mean lender.expected_loss_rate\?; also borrower.expected_loss_rate"):
        parties_of(facility(), "loan", "expected_loss_rate")
    given = facility()
    parties = dict(given.parties) | {"club": given.parties["bank"].evolve(roles=["lender"])}
    with pytest.raises(InputError, match=r"did you mean bank.value\?"):  # the role would stand for the club too
        parties_of(given.evolve(parties=parties), "loan")


def test_a_key_that_cannot_move_is_refused() -> None:
    with pytest.raises(InputError, match="no such key that can be moved"):
        stress(CERTAIN, market(), reverse="buyer.value < 700", factors=["equity:NVDA"], paths=1)


# factors and their norm


def test_factors_follow_the_market_and_delays_the_deal() -> None:
    names = [factor.name for factor in factors_of(deal(ladder_of()), coupled_market())]
    assert names == ["rates:USD", "credit:BUY", f"{SHARE} spot_usd", f"{SHARE} volatility", "milestone:deliveries delay"]
    assert "milestone:deliveries delay" not in [factor.name for factor in factors_of(CERTAIN.evolve(milestones={}), coupled_market())]


def test_wider_spreads_and_later_deliveries_are_low_drivers() -> None:
    factors = factors_of(deal(ladder_of()), coupled_market())
    matrix = dependence(coupled_market(), factors)
    at = {factor.name: index for index, factor in enumerate(factors)}
    assert matrix[at["credit:BUY"], at[f"{SHARE} spot_usd"]] == -0.4
    assert matrix[at["credit:BUY"], at["milestone:deliveries delay"]] == 0.3
    assert matrix[at[f"{SHARE} volatility"], at[f"{SHARE} spot_usd"]] == 0.0
    together, apart = np.zeros((2, len(factors)))
    together[[at["credit:BUY"], at[f"{SHARE} spot_usd"]]] = (1.0, -1.0)
    apart[[at["credit:BUY"], at[f"{SHARE} spot_usd"]]] = (1.0, 1.0)
    distance = distance_under(matrix)
    assert distance(together) < math.sqrt(2.0) < distance(apart)


@given(st.lists(st.floats(-MOST, MOST), min_size=5, max_size=5))
@settings(max_examples=30, deadline=None)
def test_every_joint_move_is_a_scenario_that_can_be_written_and_read(sizes: list[float]) -> None:
    factors = factors_of(deal(ladder_of()), coupled_market())
    scenario = scenario_of(factors, np.array(sizes), "s")
    assert Scenario.model_validate_json(scenario.model_dump_json()) == scenario
    assert len(scenario.moves) + len(scenario.events) <= len(factors)


# the command line


def files(folder: Path, of: Market) -> str:
    (folder / "deal.json").write_text(dumps_json(CERTAIN))
    (folder / "market.toml").write_text(dumps_toml(of))
    return str(folder / "deal.json")


def test_the_command_finds_saves_and_replays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target, saved = files(tmp_path, market()), str(tmp_path / "shock.toml")
    assert main(["stress", target, "--reverse", "buyer.value < 700", "--factors", SHARE, "--save", saved, "--paths", "1"]) == 0
    assert "buyer.value < 700 breaks with share price of AMD" in capsys.readouterr().out
    (shock,) = load_scenarios(saved)
    assert main(["stress", target, "--scenarios", saved, "--laws", "", "--paths", "1", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["results"]
    values = {row["scenario"]: row["value"] for row in rows if row["party"] == "buyer"}
    assert values[shock.label] < 700.0 < values["base"]


def test_a_limit_broken_today_is_exit_code_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = files(tmp_path, market())
    assert main(["stress", target, "--reverse", "buyer.value > 900", "--paths", "1", "--format", "json"]) == 3
    row = json.loads(capsys.readouterr().out)["results"][-1]
    assert (row["measure"], row["status"], row["base_value"]) == ("reverse_stress", "broken_at_base", pytest.approx(1000.0))
    assert main(["stress", target, "--reverse", "buyer > 900", "--paths", "1"]) == 2
    assert "a party or a role" in capsys.readouterr().err


# limits of a deal


def test_limits_are_held_against_base_and_every_scenario(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    half = Scenario(label="half", moves=(Move(key=SHARE, field="spot_usd", kind="scale", amount=0.5),))
    of = CERTAIN.evolve(limits=("holder.value < 700", "buyer.value > 5e3"))
    report = stress(of, market(), scenarios=[half], laws=[], paths=1)
    told = {(found.scenario, str(found.limit)): found.broken for found in report.limits}
    assert told == {
        ("base", "holder.value < 700"): False, ("base", "buyer.value > 5000"): False,
        ("half", "holder.value < 700"): True, ("half", "buyer.value > 5000"): False,
    }  # fmt: skip
    assert report.limit_broken
    assert not stress(of, market(), scenarios=[], laws=[], paths=1).limit_broken
    (tmp_path / "deal.toml").write_text(dumps_toml(of))
    (tmp_path / "market.toml").write_text(dumps_toml(market()))
    save_scenarios([half], tmp_path / "half.toml")
    words = ["stress", str(tmp_path), "--scenarios", str(tmp_path / "half.toml"), "--laws", "", "--paths", "1"]
    assert main(words) == 3
    assert "BROKEN  holder.value < 700  half" in capsys.readouterr().out
    assert main([*words, "--limit", "holder.value < 100"]) == 0
    assert "held   holder.value < 100" in capsys.readouterr().out


def test_a_limit_in_a_file_that_is_none_has_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "deal.toml").write_text(
        dumps_toml(CERTAIN.evolve(limits=("buyer.value > 1",))).replace("buyer.value > 1", "buyer.value is 1")
    )
    assert main(["check", str(tmp_path / "deal.toml")]) == 2
    said = capsys.readouterr()
    assert "limits" in said.out + said.err
    assert "lender.expected_loss_rate > 0.02" in said.out + said.err
