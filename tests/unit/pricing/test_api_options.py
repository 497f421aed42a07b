"""What `price` can be asked for: measures of the whole deal, paths of warrants only."""

from __future__ import annotations

import pytest

from instruments import InputError
from instruments.ground.errors import PricingError
from pricing import price, simulate_paths
from tests.facilities import deal as facility_deal, market as facility_market
from tests.warrants import SHARE, deal, market, price_leg


def test_a_measure_of_one_contract_leaves_the_others_out() -> None:
    found = price(facility_deal(), facility_market(), measures=["fair_margin"], paths=1)
    assert found.failures == ()
    assert {row.contract for row in found.rows} == {"loan"}
    assert {row.measure for row in found.rows} == {"fair_margin"}


def test_a_measure_of_no_contract_is_refused_before_anything_is_priced() -> None:
    with pytest.raises(InputError, match="did you mean value"):
        price(facility_deal(), facility_market(), measures=["valeu"], paths=1)


def test_a_method_of_no_contract_is_told_before_its_measures() -> None:
    with pytest.raises(PricingError, match="registered"):
        price(facility_deal(), facility_market(), method="tree", measures=iter(["value"]), paths=1)


def test_measures_may_come_from_an_iterator() -> None:
    assert {row.measure for row in price(facility_deal(), facility_market(), measures=iter(["fair_margin"]), paths=1).rows} == {
        "fair_margin"
    }


def test_the_paths_of_a_warrant_are_those_of_its_price() -> None:
    of = deal([price_leg(1e-6)])
    world = simulate_paths(of, market(), next(iter(of.contracts)))
    assert world.closes[SHARE].shape == (world.grid.size, 4096)
    assert (simulate_paths(of, market(), next(iter(of.contracts)), block=1).closes[SHARE] != world.closes[SHARE]).all()


def test_paths_of_another_contract_are_refused() -> None:
    with pytest.raises(PricingError, match="only warrants have daily paths"):
        simulate_paths(facility_deal(), facility_market(), "loan")
    with pytest.raises(InputError, match="no such contract"):
        simulate_paths(facility_deal(), facility_market(), "lone")
