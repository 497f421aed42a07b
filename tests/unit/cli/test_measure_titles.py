from __future__ import annotations

from pricing import price
from pricing.cli.measure_titles import COLUMNS, LINES
from pricing.cli.run_price import text_of
from pricing.measures import _LIST, GROUPS, MEASURES
from tests.warrants import deal, market, milestone_leg, price_leg


def test_every_title_is_of_a_measure() -> None:
    assert {column.measure for column in COLUMNS} | set(LINES) <= set(MEASURES)


def test_sensitivities_are_shown_with_their_units() -> None:
    of = deal([price_leg(110.0), milestone_leg(1.0)])
    asked = ["value", "delta", "vega", "delay_sensitivity"]
    text = text_of(of, price(of, market(), method="monte_carlo", measures=asked, paths=1))
    for line, end in (("delta: ", " shares"), ("vega: ", " USD a point of volatility"), ("delay (milestone:deliveries): ", " USD a year")):
        assert any(found.startswith(line) and "±" in found and found.endswith(end) for found in text.splitlines()), text


def test_a_long_ladder_shows_some_of_its_parts() -> None:
    of = deal([milestone_leg(1.0)] * 60, shares=1.0)
    text = text_of(of, price(of, market(), method="monte_carlo", measures=["value"], paths=1))
    assert "21 of 60 parts; the JSON has all" in text
    assert "tranche 60" in text


def test_no_measure_is_said_twice() -> None:
    assert len(MEASURES) == len(_LIST) + len(GROUPS["loss_sensitivities"])
