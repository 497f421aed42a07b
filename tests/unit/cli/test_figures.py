"""Tables for a terminal: wrapped to its width, one line for each row where they are piped."""

from __future__ import annotations

import os
import sys

import pytest
from hypothesis import given, strategies as st

from pricing.cli.figures import LEAST_WIDTH, counted, table

HEADER = ["law", "name", "what it says", "tried"]
SENTENCE = "Whatever the lender is paid, what is due is paid, put off or lost, and nothing else; a longer sentence than a terminal is wide."
ROWS = [["held", "due_is_paid_put_off_or_lost", SENTENCE, "60"], ["BROKEN", "short", "short", "1,234"]]
WORDS = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=40)


def on_terminal(width: int, rows: list[list[str]] = ROWS) -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        patch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((width, 40)))
        return table(HEADER, rows, right=(3,)).splitlines()


def test_what_is_piped_keeps_a_line_for_each_row() -> None:
    lines = table(HEADER, ROWS, right=(3,)).splitlines()
    assert len(lines) == 4
    assert SENTENCE in lines[2]
    assert on_terminal(500) == lines


def test_long_texts_are_wrapped_inside_their_column() -> None:
    lines = on_terminal(80)
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == [*["law", "name", "what", "it", "says", "tried"]]
    start = lines[0].index("what")
    assert {line[start - 2 : start] for line in lines} <= {"  ", ""}
    said = " ".join(line[start:75].strip() for line in lines[2:] if "BROKEN" not in line)
    assert said.removesuffix(" short").split() == SENTENCE.split()
    assert [line[75:] for line in lines[2:3]] == ["   60"]


@given(st.lists(st.lists(st.lists(WORDS, max_size=6).map(" ".join), min_size=4, max_size=4), max_size=4), st.integers(20, 120))
def test_no_line_is_wider_than_the_terminal_and_nothing_is_lost(rows: list[list[str]], width: int) -> None:
    rows = [[*row[:3], row[3].replace(" ", "")[:9]] for row in rows]
    lines = on_terminal(width, rows)
    least = 3 * LEAST_WIDTH + max(len(row[3]) for row in [HEADER, *rows]) + 6
    assert all(len(line) <= max(width, least) for line in lines)
    said = sorted("".join("".join(row).split()) for row in rows)
    assert sorted("".join("".join(sorted(said)))) == sorted("".join("".join(lines[len(lines) - _body(lines) :]).split()))


def _body(lines: list[str]) -> int:
    return len(lines) - 1 - next(index for index, line in enumerate(lines) if set(line) <= {"-", " "} and line.strip())


def test_one_law_does_and_two_do() -> None:
    assert counted(1, "law does", "laws do") == "1 law does"
    assert counted(2, "law does", "laws do") == "2 laws do"
