"""How far work is: nested loops make one fraction, and the line on the terminal says it, or nothing."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from pricing.cli import progress as line_module
from pricing.cli.progress import ProgressLine
from pricing.paths.streams import run_blocks
from pricing.progress import counting, follow, listening

Told = list[tuple[str, int, int, float]]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def told() -> Iterator[Told]:
    heard: Told = []
    with listening(lambda *what: heard.append(what)):
        yield heard


def test_a_loop_tells_every_step(told: Told) -> None:
    assert list(follow("abcd", "letters", 4)) == list("abcd")
    assert told == [("letters", done, 4, done / 4) for done in (1, 2, 3, 4)]


def test_loops_inside_one_another_make_one_fraction(told: Told) -> None:
    for _ in follow(range(2), "scenarios", 2):
        list(follow(range(4), "blocks", 4))
    assert [fraction for *_, fraction in told] == [0.125, 0.25, 0.375, 0.5, 0.5, 0.625, 0.75, 0.875, 1.0, 1.0]
    assert {what for what, *_ in told} == {"scenarios"}


def test_a_second_loop_in_one_body_undoes_nothing(told: Told) -> None:
    for _ in follow(range(1), "scenarios", 1):
        list(follow(range(2), "paths", 2))
        list(follow(range(4), "paths again", 4))
    fractions = [fraction for *_, fraction in told]
    assert fractions == sorted(fractions)


def test_a_loop_left_early_is_forgotten(told: Told) -> None:
    for _ in follow(range(2), "scenarios", 2):
        for _ in follow(range(10), "tries", 10):
            break
    assert [fraction for *_, fraction in told] == [0.5, 1.0]
    list(follow(range(1), "laws", 1))
    assert told[-1] == ("laws", 1, 1, 1.0)


@pytest.mark.parametrize("threads", [1, 3])
def test_blocks_of_paths_are_told_and_the_same(told: Told, threads: int) -> None:
    assert list(run_blocks(lambda block: block**2, 5, threads)) == [0, 1, 4, 9, 16]
    assert told[-1] == ("blocks of paths", 5, 5, 1.0)
    assert len(told) == 5


def test_work_that_counts_by_itself(told: Told) -> None:
    with counting("rows") as say:
        say(10, 40)
        list(follow(range(1), "blocks", 1))
        say(40, 40)
    assert told == [("rows", 10, 40, 0.25), ("rows", 10, 40, 0.275), ("rows", 40, 40, 1.0)]


def test_without_a_listener_it_is_a_plain_loop() -> None:
    assert list(follow(iter((1, 2)), "things", 2)) == [1, 2]
    with counting("rows") as say:
        say(1, 2)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(line_module, "monotonic", lambda: now[0])
    return now


def test_the_line_says_the_time_left_and_is_wiped(clock: list[float]) -> None:
    stream = Terminal()
    with ProgressLine(stream) as line, listening(line):
        for _ in follow(range(4), "scenarios", 4):
            clock[0] += 3.0
    shown = stream.getvalue().split("\r\x1b[K")
    assert shown == [
        "",
        "scenarios: 1 of 4, 25%, about 9 s left",
        "scenarios: 2 of 4, 50%, about 6 s left",
        "scenarios: 3 of 4, 75%, about 3 s left",
        "",
    ]


def test_short_work_says_nothing(clock: list[float]) -> None:
    stream = Terminal()
    with ProgressLine(stream) as line, listening(line):
        for _ in follow(range(4), "scenarios", 4):
            clock[0] += 0.4
    assert stream.getvalue() == ""


def test_a_pipe_hears_nothing(clock: list[float]) -> None:
    stream = io.StringIO()
    with ProgressLine(stream) as line, listening(line):
        for _ in follow(range(4), "scenarios", 4):
            clock[0] += 60.0
    assert stream.getvalue() == ""


def test_an_error_leaves_a_clean_line(clock: list[float]) -> None:
    stream = Terminal()

    def work() -> None:
        with ProgressLine(stream) as line, listening(line):
            for step in follow(range(4), "scenarios", 4):
                clock[0] += 200.0
                if step == 2:
                    raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        work()
    assert "about 10 min left" in stream.getvalue()
    assert stream.getvalue().endswith("\r\x1b[K")
