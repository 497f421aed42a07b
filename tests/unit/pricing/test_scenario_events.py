from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from curves import Scenario, survival_curve
from curves.credit_quotes import DatedDefault
from instruments.events import Event
from pricing import price, stress
from pricing.scenario_events import after
from tests.warrants import AS_OF, PLAN, coupled_market, deal, ladder_of

OF = deal(ladder_of(), buyer=True)
ON = coupled_market()


def default_of(party: str, on: dt.date) -> Scenario:
    return Scenario(label=f"{party} defaults", events=(Event(kind="default", party=party, on=on),))


@pytest.mark.parametrize("days", [1, 2, 200])
def test_a_dated_default_is_certain_on_its_day_and_never_before(days: int) -> None:
    market = ON.evolve(credit={"X": DatedDefault(on=AS_OF + dt.timedelta(days=days))})
    curve = survival_curve(market, "credit:X")
    assert curve.survival(np.array([0.0, (days - 1) / 365.0])).tolist() == [1.0, 1.0]
    assert curve.survival(days / 365.0) == 0.0
    assert curve.survival(30.0) == 0.0


@pytest.mark.parametrize("days", [0, -400])
def test_a_default_that_has_been_comes_on_the_next_day(days: int) -> None:
    market = ON.evolve(credit={"X": DatedDefault(on=AS_OF + dt.timedelta(days=days))})
    assert survival_curve(market, "credit:X").survival(np.array([0.0, 1.0 / 365.0])).tolist() == [1.0, 0.0]


def test_the_default_is_the_partys_alone() -> None:
    shared = OF.evolve(parties={"vendor": OF.parties["vendor"].evolve(credit="credit:BUY"), "buyer": OF.parties["buyer"]})
    changed, moved = after(shared, ON, default_of("buyer", dt.date(2026, 1, 1)))
    assert changed.parties["vendor"].credit == "credit:BUY"
    assert moved.credit["BUY"] == ON.credit["BUY"]
    key = changed.parties["buyer"].credit
    assert key is not None
    assert survival_curve(moved, key).survival(1.0) == 0.0


def test_a_buyer_that_defaults_ends_the_deliveries_there() -> None:
    first, last = min(PLAN), max(PLAN)
    cases = {"at once": AS_OF, "halfway": first + dt.timedelta(days=20), "after all": last + dt.timedelta(days=400)}
    value = {
        name: price(*after(OF, ON, default_of("buyer", on)), measures=["value"], paths=4096).value or 0.0 for name, on in cases.items()
    }
    sure = price(OF, ON.evolve(credit={"BUY": {"kind": "hazard", "hazard": 0.0}}), measures=["value"], paths=4096).value
    assert value["at once"] == 0.0
    assert 0.0 < value["halfway"] < value["after all"]
    assert value["after all"] == pytest.approx(sure, rel=0.02)  # correlation with a credit that cannot default changes the numbers drawn


def test_the_table_of_scenarios_shows_who_could_default() -> None:
    report = stress(OF, ON, laws=[], paths=1)
    assert "buyer defaults in a year" in {row.scenario for row in report.rows}
    assert not any("vendor defaults" in str(row.scenario) for row in report.rows)  # it has no credit in this deal
