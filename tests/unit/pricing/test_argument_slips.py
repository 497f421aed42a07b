"""Slips in Python: what is passed in the wrong place, as a wrong kind or as a wrong word is told in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from curves import Market, load_market
from instruments import Deal, load_deal
from instruments.ground.errors import FileError, InputError
from instruments.ground.units import Plausible
from pricing import price, simulate, stress
from pricing.books.sources import sources_of
from pricing.cli.figures import number, percent, percent_with_error, usd
from pricing.cli.run_new import starter
from pricing.scenario_library import standard_of


@pytest.fixture(scope="module")
def loan(tmp_path_factory: pytest.TempPathFactory) -> tuple[Deal, Market]:
    place = tmp_path_factory.mktemp("loan")
    (place / "deal.toml").write_text(starter("loan"))
    (place / "market.toml").write_text(starter("market"))
    return load_deal(place), load_market(place)


@pytest.mark.parametrize("verb", [price, simulate, stress])
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"market": None}, "market = NoneType: must be a Market"),
        ({"paths": 1e4}, "paths = 10000.0: must be a whole number"),
        ({"threads": 2.5}, "threads = 2.5: must be a whole number"),
    ],
)
def test_wrong_kinds_of_arguments(verb: Callable[..., Any], options: dict[str, Any], expected: str, loan: tuple[Deal, Market]) -> None:
    deal, market = loan
    with pytest.raises(InputError) as caught:
        verb(deal, **{"market": market, **options})
    assert expected in str(caught.value)


def test_one_name_is_no_list_of_measures(loan: tuple[Deal, Market]) -> None:
    with pytest.raises(InputError, match=r"measures = value: must be a list of names; write \['value'\]"):
        price(*loan, measures="value")


def test_a_contract_that_rests_on_others_asks_for_its_deal(loan: tuple[Deal, Market]) -> None:
    deal, market = loan
    with pytest.raises(InputError, match="a contract that rests on nothing else; pass the Deal that holds it"):
        price(deal.contracts["loan"], market)  # type: ignore[arg-type]


def test_a_table_of_nobody_is_refused(loan: tuple[Deal, Market]) -> None:
    found = price(*loan, method="schedule", measures=["value"])
    assert "2.18 m USD" in found.text("value", party="bank")
    with pytest.raises(InputError, match=r"text\.party = bnk: .*did you mean bank?"):
        found.text("value", party="bnk")


def test_delays_of_milestones_that_the_deal_lacks_are_left_out(loan: tuple[Deal, Market]) -> None:
    deal, market = loan
    assert market.milestones
    assert not deal.milestones
    found = {scenario.label: scenario for scenario in standard_of(deal, market)}
    assert "deliveries one year late" not in found
    assert found["demand fades"].moves
    assert not any(scenario.events for scenario in found.values())


def test_every_standard_scenario_can_be_applied_to_the_loan_of_the_starter(loan: tuple[Deal, Market]) -> None:
    from pricing.scenario_events import after

    deal, market = loan
    for scenario in standard_of(deal, market):
        after(deal, market, scenario)


@pytest.mark.parametrize(("mark", "said"), [(";", "semicolons"), ("\t", "tabs")])
def test_a_book_with_other_separators_says_so(mark: str, said: str, tmp_path: Path) -> None:
    place = tmp_path / "book.csv"
    place.write_text(mark.join(["id", "shares", "strike_usd"]) + "\n" + mark.join(["a", "10", "0,01"]) + "\n")
    with pytest.raises(FileError, match=f"separated by {said}; save it with commas"):
        sources_of(place)


def test_nothing_has_no_sign() -> None:
    assert percent(-1e-12) == "0.000000 %"
    assert usd(-0.0) == "0"
    assert number(-0.0) == "0"
    assert percent(-0.125) == "-12.5 %"
    assert usd(-1.25e6) == "-1.25 m"


def test_figures_beyond_all_measure_show_their_power_of_ten() -> None:
    """A rate on a balance of 1e-300 is a number, and more than a float holds when it is a percentage."""
    assert percent(-1.269e308) == "-1.27e+310 %"
    assert percent_with_error(1e300, 2e299) == "1.00e+302 ± 2.00e+301 %"
    assert usd(2.5e300) == "2.50e+300"
    assert number(1.0, 1e20) == "1.00e+0 ± 1.00e+20"
    assert usd(9.99e14) == "999 trn"


def test_an_implausible_rate_says_what_it_means_in_code() -> None:
    with pytest.raises(Exception, match=r"525 % a year is outside the plausible range -0.05 to 1: did you mean 0.0525"):
        Plausible(-0.05, 1.0, "a year")(5.25)
