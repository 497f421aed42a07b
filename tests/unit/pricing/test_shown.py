"""How results show themselves: one line, and a table with units and the digits that hold."""

from __future__ import annotations

import datetime as dt

import pytest

from instruments.ground.errors import InputError
from pricing.results import Report, Row, Valuation
from pricing.shown import figure
from pricing.web.rows import WebReport, span

DATE = dt.date(2026, 3, 31)


def row(**columns: object) -> Row:
    given: dict[str, object] = {
        "deal": "d", "contract": "loan", "kind": "loan", "party": "bank", "date": DATE, "measure": "value", "value": 1.5e9, "unit": "USD",
        "method": "simulation",
    }  # fmt: skip
    return Row(**(given | columns))  # type: ignore[arg-type]


def valuation() -> Valuation:
    return Valuation(
        rows=(
            row(standard_error=2e7),
            row(party="spv", value=-1.5e9, standard_error=2e7),
            row(measure="default_probability", party=None, value=0.0321, standard_error=0.0011, unit="probability"),
            row(measure="wal_years", party=None, value=3.25, unit="years"),
        )
    )


def test_a_result_says_whose_it_is_in_one_line() -> None:
    assert repr(valuation()) == "<Valuation of d: 1.500 ± 0.020 bn USD (loan, to bank, simulation); 4 rows>"
    assert repr(Report(rows=())) == "<Report; 0 rows>"


def test_rows_are_a_table_with_units_and_digits() -> None:
    shown = valuation().text("default_probability", "value")
    assert [line.split("  ")[0] for line in shown.splitlines()[2:]] == ["default_probability", "value", "value"]
    assert "3.21 ± 0.11 %" in shown
    assert "-1.500 ± 0.020 bn USD" in shown
    assert "loan" not in shown, "one contract: its column says nothing"


def test_columns_choose_rows() -> None:
    assert valuation().text("value", party="spv").count("\n") == 2
    assert "3.25 years" in valuation().text("wal_years")
    assert valuation().text().count("\n") == 5


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match="did you mean value"):
        valuation().text("valeu")
    with pytest.raises(InputError, match="did you mean part"):
        valuation().text("value", partie="bank")


def test_an_interval_shows_both_ends() -> None:
    found = span(0.1, 0.25, deal="web", measure="finn_index", unit="fraction", perimeter="as_listed")
    assert figure(found) == "10.0 % to 25.0 %"
    assert figure(span(1e9, 3e9, deal="web", measure="firm", unit="USD")) == "1.00 bn to 3.00 bn USD"
    assert repr(WebReport(rows=(found,))) == "<WebReport of web; 1 rows>"


def test_text_from_files_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in Valuation(rows=(row(contract="a\x1b[2J"), row(contract="b"))).text()
    assert "\x1b" not in repr(Valuation(rows=(row(contract="a\x1b[2J"),)))


def test_a_void_number_says_so() -> None:
    assert figure(row(value=None)) == "void"
