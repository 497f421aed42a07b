from __future__ import annotations

import datetime as dt
import pickle
from typing import Any

import pytest
from pydantic import ValidationError

from curves import Market, Move, Scenario, all_quotes, standard_scenarios
from instruments.events import Delay, Event
from instruments.ground.errors import InputError, MarketError, TermsError

AS_OF = dt.date(2025, 10, 3)
BASE = Market.model_validate(
    {
        "as_of": AS_OF,
        "rates": {"USD-SOFR": {"kind": "ois", "quotes": {"1Y": 0.04, "5Y": 0.035}}, "FLAT": {"kind": "flat", "rate": 0.03}},
        "credit": {
            "CRWV": {"kind": "cds", "quotes": {"1Y": 0.03, "5Y": 0.04}},
            "HAZ": {"kind": "hazard", "hazard": 0.05, "recovery": 0.4},
            "OPENAI": {"kind": "proxy", "proxy": "credit:CRWV", "spread_add_bps": 50},
        },
        "equity": {"AMD": {"spot_usd": 200.0, "volatility": 0.5}, "NVDA": {"spot_usd": 180.0, "volatility": 0.4}},
        "milestones": {"deliveries": {"clock_volatility": 0.3, "cancellation_hazard": 0.02}},
        "correlation": {"equity:AMD|milestone:deliveries": 0.3},
    }
)


def values(market: Market) -> dict[str, float]:
    return {quote.path: quote.quote.value for quote in all_quotes(market)}


def moved(key: str, field: str, kind: str, amount: float) -> dict[str, float]:
    scenario = Scenario.model_validate({"label": "test", "moves": [{"key": key, "field": field, "kind": kind, "amount": amount}]})
    before, after = values(BASE), values(scenario.apply(BASE))
    return {path: after[path] for path in after if after[path] != before[path]}


@pytest.mark.parametrize(
    ("key", "field", "kind", "amount", "expected"),
    [
        ("equity:AMD", "spot_usd", "scale", 0.5, {"equity.AMD.spot_usd": 100.0}),
        ("equity:AMD", "volatility", "shift", 0.1, {"equity.AMD.volatility": 0.6}),
        ("equity:NVDA", "borrow_rate", "set", 0.02, {"equity.NVDA.borrow_rate": 0.02}),
        ("rates:USD-SOFR", "", "shift", 0.01, {"rates.USD-SOFR.quotes.1Y": 0.05, "rates.USD-SOFR.quotes.5Y": 0.045}),
        ("rates:USD-SOFR", "5Y", "set", -0.01, {"rates.USD-SOFR.quotes.5Y": -0.01}),
        ("rates:FLAT", "", "shift", 0.01, {"rates.FLAT.rate": 0.04}),
        ("credit:CRWV", "", "shift", 0.03, {"credit.CRWV.quotes.1Y": 0.06, "credit.CRWV.quotes.5Y": 0.07}),
        ("credit:CRWV", "5Y", "scale", 2.0, {"credit.CRWV.quotes.5Y": 0.08}),
        ("credit:OPENAI", "", "shift", 0.03, {"credit.OPENAI.spread_add_bps": 350.0}),
        ("credit:HAZ", "", "shift", 0.03, {"credit.HAZ.hazard": 0.10}),
        ("credit:HAZ", "", "set", 0.06, {"credit.HAZ.hazard": 0.10}),
        ("credit:HAZ", "", "scale", 3.0, {"credit.HAZ.hazard": 0.15}),
        ("credit:HAZ", "hazard", "shift", 0.03, {"credit.HAZ.hazard": 0.08}),
        ("milestone:deliveries", "cancellation_hazard", "shift", 0.05, {"milestones.deliveries.cancellation_hazard": 0.07}),
        ("equity:AMD|milestone:deliveries", "", "set", 0.9, {"correlation.equity:AMD|milestone:deliveries": 0.9}),
        ("milestone:deliveries|equity:AMD", "", "shift", -0.3, {"correlation.equity:AMD|milestone:deliveries": 0.0}),
    ],
)
def test_a_move_changes_what_it_names_and_nothing_else(key: str, field: str, kind: str, amount: float, expected: dict[str, float]) -> None:
    assert moved(key, field, kind, amount) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("key", "field", "error", "text"),
    [
        ("equity:INTC", "spot_usd", MarketError, "the market has equity:AMD, equity:NVDA"),
        ("power:US", "", MarketError, "no power:US"),
        ("nonsense", "", MarketError, "no nonsense"),
        ("belief|equity:AMD", "", MarketError, "the market has equity:AMD|milestone:deliveries"),
        ("equity:AMD", "price", InputError, "use one of borrow_rate, dividend_yield"),
        ("equity:AMD", "", InputError, "spot_usd"),
        ("equity:AMD", "shares_outstanding", InputError, "no such field"),
        ("rates:USD-SOFR", "30Y", InputError, "the whole curve"),
        ("credit:OPENAI", "5Y", InputError, "spread_add_bps"),
        ("equity:AMD|milestone:deliveries", "value", InputError, "empty"),
    ],
)
def test_unknown_keys_and_fields_say_what_there_is(key: str, field: str, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        moved(key, field, "shift", 0.01)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("key", "field", "kind", "amount", "text"),
    [
        ("credit:CRWV", "", "shift", -0.035, r"credit:CRWV.credit.CRWV.quotes.1Y: -0.005 is refused: must be at or above 0"),
        ("equity:AMD", "spot_usd", "scale", 0.0, "above 0"),
        ("equity:AMD", "volatility", "set", 40.0, "4000 %"),
        ("equity:AMD|milestone:deliveries", "", "set", 1.5, "between -1 and 1"),
        ("credit:OPENAI", "", "scale", 2.0, "move credit:CRWV instead"),
    ],
)
def test_moves_out_of_range_are_refused_and_never_cut_off(key: str, field: str, kind: str, amount: float, text: str) -> None:
    with pytest.raises(InputError) as caught:
        moved(key, field, kind, amount)
    assert text in str(caught.value)


def test_moved_correlations_are_checked_together() -> None:
    pairs = {"equity:A|equity:B": 0.9, "equity:B|equity:C": 0.9, "equity:A|equity:C": 0.9}
    snapshot = BASE.evolve(correlation=pairs)
    with pytest.raises(MarketError, match="no joint law"):
        Scenario(label="x", moves=(Move(key="equity:A|equity:C", kind="scale", amount=-1.0),)).apply(snapshot)


def test_empty_scenario_is_the_base() -> None:
    assert Scenario(label="base").apply(BASE) is BASE


def test_events_leave_the_market_alone() -> None:
    event = Event(kind="default", party="openai", on=dt.date(2027, 1, 1))
    assert Scenario(label="default", events=(event, Delay(milestone="deliveries", years=1.0))).apply(BASE) == BASE


def test_then_keeps_the_order() -> None:
    double = Scenario(label="double", why="a", moves=(Move(key="equity:AMD", field="spot_usd", kind="scale", amount=2.0),))
    add = Scenario(
        label="add", moves=(Move(key="equity:AMD", field="spot_usd", kind="shift", amount=1.0),), events=(Delay(milestone="m", years=1.0),)
    )
    assert double.then(add).apply(BASE).equity["AMD"].spot_usd.value == 401.0
    assert add.then(double).apply(BASE).equity["AMD"].spot_usd.value == 402.0
    both = double.then(add)
    assert (both.label, both.why, both.events) == ("double, then add", "a", add.events)
    assert add.then(double, label="both").label == "both"
    assert double.then(add).apply(BASE) == add.apply(double.apply(BASE))


def test_scenarios_are_data() -> None:
    for scenario in standard_scenarios(BASE):
        assert Scenario.model_validate_json(scenario.model_dump_json()) == scenario
        assert pickle.loads(pickle.dumps(scenario)) == scenario
        with pytest.raises(ValidationError, match="frozen"):
            scenario.label = "other"  # type: ignore[misc]


@pytest.mark.parametrize("bad", [{"kind": "add"}, {"amount": "0.1"}, {"amount": float("nan")}, {"size": 1.0}, {"key": ""}])
def test_bad_moves_are_refused(bad: dict[str, Any]) -> None:
    good = {"key": "equity:AMD", "field": "spot_usd", "kind": "scale", "amount": 0.5}
    Move.model_validate(good)
    with pytest.raises(TermsError):
        Move.model_validate(good | bad)


def test_standard_scenarios_use_what_the_market_has() -> None:
    labels = [scenario.label for scenario in standard_scenarios(BASE)]
    assert labels == [
        "shares -50 %",
        "shares +50 %",
        "volatility +10 points",
        "rates +100 bp",
        "rates -100 bp",
        "credit +300 bp",
        "deliveries one year late",
        "demand fades",
        "credit of the winter of 2025",
    ]
    for scenario in standard_scenarios(BASE):
        assert scenario.apply(BASE) != BASE or scenario.events
    bare = Market.model_validate({"as_of": AS_OF, "rates": {"X": {"kind": "flat", "rate": 0.04}}})
    assert [scenario.label for scenario in standard_scenarios(bare)] == ["rates +100 bp", "rates -100 bp"]


def test_a_proxied_name_is_not_moved_twice() -> None:
    credit = next(scenario for scenario in standard_scenarios(BASE) if scenario.label == "credit +300 bp")
    assert [move.key for move in credit.moves] == ["credit:CRWV", "credit:HAZ"]


@pytest.mark.parametrize(("kind", "amount"), [("scale", 1e308), ("shift", 1.7e308)])
def test_a_move_beyond_all_numbers_is_refused(kind: str, amount: float) -> None:
    moves = [{"key": "equity:AMD", "field": "spot_usd", "kind": kind, "amount": amount}] * 2
    with pytest.raises(InputError, match=r"is no finite number|is refused|above 0|at or below 1e15"):
        Scenario.model_validate({"label": "x", "moves": moves}).apply(BASE)
