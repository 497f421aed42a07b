from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from curves import Market, Move, Scenario, Step, discount_curve, load_scenarios, rent_curve, save_scenarios, standard_scenarios
from instruments.ground.errors import InputError, MarketError

AS_OF = dt.date(2026, 3, 31)
RENT = {
    "kind": "two_factor",
    "index": "test",
    "spot_usd_per_hour": 2.4,
    "forwards": {"1Y": 2.0},
    "mean_reversion": 1.0,
    "short_volatility": 0.2,
    "long_volatility": 0.2,
    "launches": {
        "Rubin": {"expected": dt.date(2026, 10, 1), "jump_mean": -0.2},
        "next": {"expected": dt.date(2027, 10, 1), "jump_mean": -0.1},
    },
}
MARKET = Market.model_validate(
    {
        "as_of": AS_OF,
        "rates": {"X": {"kind": "flat", "rate": 0.04}},
        "credit": {"CRWV": {"kind": "cds", "quotes": {"5Y": 0.06}}},
        "rent": {"H100": RENT},
        "resale": {"H100": {"kind": "thin_resale", "new_usd": 30e3, "decline": 0.4, "depth_units": 1e5, "impact": 0.5}},
        "power": {"US": {"kind": "power_forwards", "usd_per_kwh": 0.08, "forwards": {"1Y": 0.09}}},
    }
)
STEPS = (
    Step(on=dt.date(2026, 6, 30), moves=(Move(key="rent:H100", kind="scale", amount=0.8),)),
    Step(on=dt.date(2026, 9, 30), moves=(Move(key="rent:H100", kind="scale", amount=0.5), Move(key="rates:X", kind="shift", amount=0.01))),
)
FALL = Scenario(label="slow fall", moves=(Move(key="power:US", kind="scale", amount=2.0),), steps=STEPS)


def test_steps_build_on_each_other() -> None:
    today, summer, autumn = FALL.replay(MARKET)
    assert [point.on for point in (today, summer, autumn)] == [AS_OF, dt.date(2026, 6, 30), dt.date(2026, 9, 30)]
    assert today.market == FALL.apply(MARKET)
    assert [point.market.rent["H100"].spot_usd_per_hour.value for point in (today, summer, autumn)] == pytest.approx([2.4, 1.92, 0.96])
    assert autumn.market.as_of == autumn.on
    assert discount_curve(autumn.market, "rates:X").as_of == autumn.on
    assert autumn.market.power["US"].usd_per_kwh.value == pytest.approx(0.16)


def test_stored_scenarios_replay_the_same(tmp_path: Path) -> None:
    for name in ("scenarios.toml", "scenarios.json"):
        stored = save_scenarios([FALL, Scenario(label="empty")], tmp_path / name)
        again, empty = load_scenarios(stored)
        assert again == FALL
        assert again.replay(MARKET) == FALL.replay(MARKET)
        assert empty.replay(MARKET)[0].market == MARKET


def test_steps_compose_by_date() -> None:
    other = Scenario(label="credit", steps=(Step(on=dt.date(2026, 6, 30), moves=(Move(key="credit:CRWV", kind="shift", amount=0.01),)),))
    both = FALL.then(other)
    assert [step.on for step in both.steps] == [step.on for step in STEPS]
    assert both.replay(MARKET)[1].market.credit["CRWV"].quotes["5Y"].value == pytest.approx(0.07)


def test_steps_that_go_back_in_time_are_refused() -> None:
    with pytest.raises(InputError, match=r"steps.on = 2026-03-31: steps follow each other after 2026-03-31"):
        Scenario(label="past", steps=(STEPS[0].evolve(on=AS_OF),)).replay(MARKET)
    with pytest.raises(InputError, match="sort them"):
        Scenario(label="back", steps=STEPS[::-1]).replay(MARKET)


def test_a_whole_rent_moves_with_its_forwards() -> None:
    moved = Scenario(label="down", moves=(Move(key="rent:H100", kind="scale", amount=0.5),)).apply(MARKET)
    curve, base = rent_curve(moved, "rent:H100"), rent_curve(MARKET, "rent:H100")
    assert float(curve.forward(0.7)) == pytest.approx(0.5 * float(base.forward(0.7)))
    assert moved.rent["H100"].long_volatility.value == 0.2


def test_one_launch_of_several_is_named_by_its_path() -> None:
    move = Move(key="rent:H100", field="launches.Rubin.jump_mean", kind="set", amount=-0.4)
    moved = Scenario(label="hard launch", moves=(move,)).apply(MARKET)
    assert [launch.jump_mean.value for launch in moved.rent["H100"].launches.values()] == [-0.4, -0.1]
    with pytest.raises(InputError, match=r"launches\.Rubin\.jump_mean"):
        Scenario(label="vague", moves=(move.evolve(field="jump_mean"),)).apply(MARKET)
    with pytest.raises(MarketError, match="no belief"):
        Scenario(label="x", moves=(Move(key="belief", field="intensity", kind="set", amount=0.1),)).apply(MARKET)


def test_every_scenario_of_the_library_runs_and_has_a_source() -> None:
    found = {scenario.label: scenario for scenario in standard_scenarios(MARKET)}
    assert {
        "rents as in 2024-25",
        "rents as in 2026",
        "a launch",
        "credit of the winter of 2025",
        "power spike",
        "used market dries up",
    } <= set(found)
    for scenario in found.values():
        assert scenario.source
        assert scenario.why
        assert scenario.apply(MARKET) != MARKET
    assert found["rents as in 2026"].apply(MARKET).rent["H100"].forwards["1Y"].value == pytest.approx(2.76)
