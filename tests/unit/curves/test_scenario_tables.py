from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, strategies as st

from curves import Move, Scenario, Step, load_scenarios, save_scenarios, scenario_table, scenarios_from_table
from instruments.events import Delay, EarlyLaunch, Event, LateAcceptance, LateStart, RefinancingShut, Withdrawal
from instruments.ground.errors import FileError, InputError
from instruments.ground.provenance import Basis

DAY = dt.date(2027, 3, 31)
MOVE = Move(key="rent:H100", kind="scale", amount=0.8)
EVENTS = (
    Event(kind="default", party="p", on=DAY), Event(kind="cancellation", party="q", on=DAY), Delay(milestone="m", years=0.5),
    LateAcceptance(asset="fleet", months=6), LateAcceptance(asset="fleet", months=6, after=DAY), LateStart(contract="lease", months=3),
    Withdrawal(contract="letter"), RefinancingShut(contract="loan", until=DAY), EarlyLaunch(key="rent:H100", years=1.0, jump=-0.22),
)  # fmt: skip
WHOLE = (
    Scenario(label="nothing"),
    Scenario(
        label="much, \"quoted\"\nand more", why="a, b", source="x", basis=Basis.PRESS, moves=(MOVE, MOVE.evolve(field="spot_usd_per_hour")),
        steps=(Step(on=DAY, moves=(MOVE, MOVE)), Step(on=DAY + dt.timedelta(days=1), moves=(MOVE,))), events=EVENTS,
    ),
    Scenario(label="after", moves=(MOVE.evolve(kind="set", amount=1e-300),)),
)  # fmt: skip
moves = st.builds(
    Move, key=st.sampled_from(["rent:H100", "rates:X", "a|b"]), field=st.sampled_from(["", "spot_usd"]),
    kind=st.sampled_from(["shift", "scale", "set"]), amount=st.floats(-1e9, 1e9),
)  # fmt: skip
steps = st.lists(
    st.builds(Step, on=st.dates(dt.date(2026, 1, 1), dt.date(2030, 1, 1)), moves=st.lists(moves, min_size=1, max_size=2)),
    max_size=2,
    unique_by=lambda step: step.on,
)
one = st.builds(
    Scenario, label=st.text(min_size=1, max_size=9), why=st.text(max_size=9), basis=st.sampled_from([None, Basis.WEAK]),
    moves=st.lists(moves, max_size=3), steps=steps, events=st.lists(st.sampled_from(EVENTS), max_size=3),
)  # fmt: skip


@given(st.lists(one, min_size=1, max_size=3, unique_by=lambda scenario: scenario.label))
def test_a_table_gives_the_scenarios_back(found: list[Scenario]) -> None:
    assert scenarios_from_table(scenario_table(found)) == tuple(found)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".toml", ".json"])
def test_files_give_the_scenarios_back(suffix: str, tmp_path: Path) -> None:
    assert load_scenarios(save_scenarios(WHOLE, tmp_path / f"scenarios{suffix}")) == WHOLE


def test_a_table_is_tidy() -> None:
    table = scenario_table(WHOLE)
    assert table.height == 1 + 2 + 3 + len(EVENTS) + 1
    assert table["part"].to_list()[0] is None
    late = table.filter(pl.col("kind") == "late_acceptance")
    assert late["amount"].to_list() == [6.0, 6.0]
    assert late["on"].to_list() == [None, DAY]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"amount": ["x"]}, "amount = 'x' is no number"),
        ({"part": ["jump"]}, "is none of move, step, event"),
        ({"kind": ["double"]}, "moves.0.kind"),
        ({"scenario": [None]}, "give each row the label"),
        ({"extra": ["1"]}, "unknown column 'extra'"),
        ({"subject": [None]}, "moves.0.key"),
        ({"part": ["event"], "kind": ["late_start"], "subject": ["lease"], "amount": ["2.5"]}, "months"),
    ],
)
def test_a_bad_row_is_named(change: dict[str, list[str]], words: str) -> None:
    good = {"scenario": ["s"], "part": ["move"], "kind": ["scale"], "subject": ["rent:H100"], "amount": ["0.5"]}
    assert scenarios_from_table(pl.DataFrame(good))[0].moves[0].amount == 0.5
    with pytest.raises(InputError, match=words):
        scenarios_from_table(pl.DataFrame(good | change))


def test_rows_of_one_scenario_stand_together_and_columns_are_there() -> None:
    table = scenario_table([WHOLE[2], WHOLE[0]])
    with pytest.raises(InputError, match="its rows must stand together"):
        scenarios_from_table(pl.concat([table, table]))
    with pytest.raises(InputError, match="no column 'amount'"):
        scenarios_from_table(table.drop("amount"))
    with pytest.raises(InputError, match="holds no row"):
        scenarios_from_table(table.clear())


def test_files_that_are_no_tables(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        load_scenarios(tmp_path / "none.csv")
    for name in ("a.parquet", "a.csv"):
        (tmp_path / name).write_bytes(b"")
        with pytest.raises(FileError, match="cannot be read"):
            load_scenarios(tmp_path / name)
    with pytest.raises(FileError, match="cannot be written"):
        save_scenarios(WHOLE, tmp_path / "no" / "folder.csv")
