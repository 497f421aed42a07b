"""The frame of the article study: figures with their source, one error for a bad entry, a row for every id that answers to its inputs."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import pytest

from examples.article.claims import Claim, Inputs, load_inputs, rows
from examples.article.claims.inputs import Figure
from instruments import GpufinError, InputError
from instruments.ground.errors import TermsError
from instruments.ground.provenance import Basis

MOVE = 1.07


@pytest.mark.parametrize("name", rows())
def test_a_row_answers_to_its_input(name: str, inputs: Inputs, found: dict[str, Claim]) -> None:
    base = found[name]
    value = inputs[base.moved_by]
    changed = rows()[name](inputs.with_figure(base.moved_by, value * MOVE if value else 1.0))
    assert (base.value, base.low, base.high) != (changed.value, changed.low, changed.high)
    assert all(number is None or math.isfinite(number) for number in (base.value, base.low, base.high))


@pytest.mark.parametrize("name", rows())
def test_a_row_names_its_figures(name: str, inputs: Inputs, found: dict[str, Claim]) -> None:
    assert {key for key in found[name].rests_on if key not in inputs.figures} == set()


def test_rows_are_called_what_their_functions_are_listed_as(found: dict[str, Claim]) -> None:
    assert list(found) == list(rows())


def test_at_most_ten_rows_cannot_be_decided(found: dict[str, Claim]) -> None:
    assert sum(claim.verdict == "cannot be decided" for claim in found.values()) <= 10


def test_an_assumed_figure_needs_a_range_that_holds_it() -> None:
    known = {"value": 0.5, "unit": "share", "source": "choice", "date": dt.date(2026, 10, 7)}
    with pytest.raises(TermsError, match="needs a range"):
        Figure(**known, basis=Basis.ASSUMED)
    with pytest.raises(TermsError, match="must lie in its range"):
        Figure(**known, basis=Basis.ASSUMED, range=(0.6, 0.7))
    assert Figure(**known, basis=Basis.ASSUMED, range=(0.4, 0.7)).value == 0.5


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('value = "much"', "figures.a.value"),
        ("value = nan", "figures.a.value"),
        ("value = 1.0\nrange = [2.0, 1.0]", "figures.a.range"),
        ("value = 1.0\nvalu = 2.0", "figures.a.valu"),
    ],
)
def test_a_bad_figure_is_one_message_with_its_line(line: str, told: str, tmp_path: Path) -> None:
    rest = 'unit = "USD"\nbasis = "press"\nsource = "here"\ndate = 2026-10-07\n'
    (tmp_path / "figures.made.toml").write_text(f"schema = 1\n[figures.a]\n{rest}{line}\n", encoding="utf-8")
    with pytest.raises(GpufinError) as caught:
        load_inputs(tmp_path)
    assert len(caught.value.problems) == 1
    assert told in str(caught.value)
    assert caught.value.problems[0].line is not None


def test_a_key_in_two_files_is_refused(tmp_path: Path) -> None:
    entry = 'schema = 1\n[figures.a]\nvalue = 1.0\nunit = "USD"\nbasis = "press"\nsource = "here"\ndate = 2026-10-07\n'
    for name in ("one", "two"):
        (tmp_path / f"figures.{name}.toml").write_text(entry, encoding="utf-8")
    with pytest.raises(InputError, match="stands in two files"):
        load_inputs(tmp_path)


def test_a_changed_figure_leaves_the_others_and_a_wrong_one_is_refused(inputs: Inputs) -> None:
    key = "nvidia_letter_usd"
    changed = inputs.with_figure(key, 7.0)
    assert changed[key] == 7.0
    assert inputs[key] == 100e9
    with pytest.raises(InputError, match="no_such"):
        inputs.with_figure("no_such", 1.0)
    with pytest.raises(InputError, match="finite number"):
        inputs.with_figure(key, math.nan)
