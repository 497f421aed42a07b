from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from curves import Move, Scenario, standard_scenarios
from curves.quotes import Quote
from instruments.events import Delay, Event
from instruments.ground.errors import InputError, PricingError
from pricing import price
from pricing.laws import catalogue
from pricing.laws.catalogue import LAWS, chosen_laws
from pricing.laws.law import Law
from pricing.laws.search import search_law
from pricing.registry import Settings
from pricing.scenario_events import after, default_scenarios
from pricing.stressing import stress
from tests.warrants import SHARE, coupled_market, deal, ladder_of, market

PLAN = {dt.date(2025, 10, 20): 1.0, dt.date(2025, 11, 3): 2.0, dt.date(2025, 11, 10): 3.0}
OF = deal(ladder_of(5), buyer=True, plan=PLAN, expiry=dt.date(2025, 11, 21), strike_usd=0.01)
PLAIN = deal(ladder_of(5), plan=PLAN, expiry=dt.date(2025, 11, 21))
ON = coupled_market()


def test_the_standard_table_covers_every_scenario() -> None:
    report = stress(OF, ON, laws=[], paths=1)
    labels = ["base", *(scenario.label for scenario in (*standard_scenarios(ON), *default_scenarios(OF, ON)))]
    failed = {problem.subject.split(":")[0] for problem in report.failures}
    assert list(dict.fromkeys(row.scenario for row in report.rows)) == [label for label in labels if label not in failed]
    for label in {row.scenario for row in report.rows}:
        values = [row.value or 0.0 for row in report.rows if row.scenario == label and row.measure == "value"]
        assert sum(values) == 0.0
        assert len(values) == 2
    assert report.table.height == len(report.rows)
    assert report.laws == ()


def test_the_empty_scenario_is_base_and_base_is_price() -> None:
    report = stress(OF, ON, scenarios=[Scenario(label="nothing")], laws=[], paths=1)
    by_label = {label: [row.value for row in report.rows if row.scenario == label] for label in ("base", "nothing")}
    assert by_label["base"] == by_label["nothing"]
    assert by_label["base"][0] == price(OF, ON, method="monte_carlo", measures=["value"], paths=1).value


def test_moves_reach_the_price() -> None:
    down = Scenario(label="down", moves=(Move(key=SHARE, field="spot_usd", kind="scale", amount=0.5),))
    report = stress(OF, ON, scenarios=[down], laws=[], paths=1)
    assert report.rows[2].value == price(OF, down.apply(ON), method="monte_carlo", measures=["value"], paths=1).value


def test_a_delay_moves_what_lies_ahead() -> None:
    late = Scenario(label="late", events=(Delay(milestone="deliveries", years=14 / 365),))
    assert sorted(after(PLAIN, market(), late)[0].milestones["deliveries"].plan) == sorted(date + dt.timedelta(days=14) for date in PLAN)
    report = stress(PLAIN, market(), scenarios=[late], laws=[], paths=1)
    values = {row.scenario: row.value or 0.0 for row in report.rows if row.party == "buyer"}
    assert values["late"] < values["base"]
    past = deal(ladder_of(), plan={dt.date(2025, 9, 1): 1.0, dt.date(2025, 12, 1): 3.0})
    assert dt.date(2025, 9, 1) in after(past, market(), late)[0].milestones["deliveries"].plan


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        (Scenario(label="s", events=(Event(kind="default", party="nobody", on=dt.date(2026, 1, 1)),)), "no such party"),
        (Scenario(label="s", events=(Event(kind="termination", party="buyer", on=dt.date(2026, 1, 1)),)), "for certain is not modelled"),
        (Scenario(label="s", events=(Delay(milestone="gigawatts", years=1.0),)), "no such milestone"),
        (Scenario(label="s", events=(Delay(milestone="deliveries", years=1e6),)), "cannot move by"),
        (Scenario(label="s", events=(Delay(milestone="deliveries", years=-1.0),)), "was due on"),
        (Scenario(label="s", moves=(Move(key="equity:NVDA", field="spot_usd", kind="scale", amount=2.0),)), "no equity:NVDA"),
        (Scenario(label="s", moves=(Move(key=SHARE, field="spot_usd", kind="shift", amount=-1000.0),)), "above 0"),
    ],
)
def test_a_scenario_that_fails_is_kept_and_the_others_are_there(scenario: Scenario, words: str) -> None:
    report = stress(PLAIN, market(), scenarios=[scenario, Scenario(label="after")], laws=[], paths=1)
    assert {row.scenario for row in report.rows} == {"base", "after"}
    assert report.failures[0].subject.startswith("s")
    assert words in f"{report.failures[0].allowed} {report.failures[0]}"


def test_a_delay_that_turns_the_plan_over_is_a_failure() -> None:
    past = deal(ladder_of(targets=(105.0,)), plan={dt.date(2025, 9, 1): 1.0, dt.date(2025, 10, 10): 3.0})
    for days in (60, 39):  # before the level that is there, and on its day
        late = Scenario(label="s", events=(Delay(milestone="deliveries", years=-days / 365),))
        with pytest.raises(PricingError, match="cannot move by"):
            after(past, market(), late)


def test_every_law_holds_on_a_small_deal() -> None:
    report = stress(OF, ON, scenarios=[], paths=1)
    assert [(found.law, found.status) for found in report.laws] == [
        (law.name, "held" if law.applies(OF) else "not_applicable") for law in LAWS
    ]
    assert all(found.tried >= 2 for found in report.laws if found.status == "held")
    assert report.broken == ()
    assert report.to_json() == stress(OF, ON, scenarios=[], paths=1, threads=1).to_json()


def test_an_unknown_law_is_named() -> None:
    with pytest.raises(InputError, match="did you mean warrant_bounds"):
        stress(OF, ON, scenarios=[], laws=["warrant_bound"], paths=1)
    assert chosen_laws(("tranches_sum",))[0].name == "tranches_sum"


def test_a_broken_law_gives_a_counterexample_that_replays(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_much(of: object, on: object, how: object) -> str | None:
        spot = on.equity["AMD"].spot_usd.value  # type: ignore[attr-defined]
        return f"spot {spot:g}" if spot > 150.0 else None

    planted = Law("planted", "spot stays below 150", "nowhere", lambda of: True, too_much)
    monkeypatch.setattr(catalogue, "LAWS", (planted,))
    report = stress(OF, ON, scenarios=[], paths=1, seed=2)
    (found,) = report.broken
    assert found.counterexample is not None
    # the smallest: one move
    assert len(found.counterexample.moves) == 1
    assert too_much(OF, found.counterexample.apply(ON), None) == found.why
    again = Scenario.model_validate_json(found.counterexample.model_dump_json())
    assert again == found.counterexample
    assert '"planted"' in report.to_json()


def test_an_engine_that_fails_on_a_valid_market_breaks_the_law() -> None:
    def fails(of: object, on: object, how: object) -> str | None:
        price(OF, market(milestones={}), method="monte_carlo", paths=1)
        return None

    found = search_law(Law("fails", "", "", lambda of: True, fails), OF, ON, Settings())
    assert found.status == "broken"
    assert found.why.startswith("cannot be priced")


def test_a_law_that_does_not_apply_is_not_tried() -> None:
    law = replace(LAWS[0], applies=lambda of: False)
    assert search_law(law, OF, ON, Settings()).status == "not_applicable"


def test_shocks_reach_high_spot_and_low_volatility() -> None:
    seen: list[tuple[Quote, Quote]] = []

    def look(of: object, on: object, how: object) -> str | None:
        share = on.equity["AMD"]  # type: ignore[attr-defined]
        seen.append((share.spot_usd.value, share.volatility.value))
        return None

    search_law(Law("look", "", "", lambda of: True, look), OF, ON, Settings(), examples=40)
    assert {spot for spot, _ in seen} >= {10.0, 500.0}
    assert {volatility for _, volatility in seen} >= {0.01, 1.2}
