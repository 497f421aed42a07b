"""What people who come from spreadsheets write, and what they are told: the right form, at its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from curves import load_market
from instruments import load_deal
from instruments.ground.errors import FileError, GpufinError, InputError
from instruments.ground.messages import problem
from pricing.cli.run_new import starter


def told(tmp_path: Path, before: str, after: str) -> str:
    text = starter("loan")
    assert text.count(before) == 1, before
    place = tmp_path / "deal.toml"
    place.write_text(text.replace(before, after))
    with pytest.raises(GpufinError) as caught:
        load_deal(place)
    return str(caught.value)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("margin = 0.035", "margin = 3.5 %", "a percentage is written as a fraction"),
        ("margin = 0.035", "margin = 350bp", "basis points are written as a fraction"),
        ("maturity = 2030-03-31", "maturity = 31.03.2030", "a date is written year-month-day"),
        ("maturity = 2030-03-31", "maturity = 03/31/2030", "a date is written year-month-day"),
        ("commitment_usd = 40_000_000.0", "commitment_usd = 40,000,000", "a number has no commas"),
        ("commitment_usd = 40_000_000.0", "commitment_usd = 40m", "an amount is written out"),
        ("margin = 0.035", "margin = 0.035 0.04", "expected newline or end of document"),
        ("margin = 0.035", 'margin = "5.25 %"', "did you mean 0.0525?"),
        ("margin = 0.035", 'margin = "350 bps"', "did you mean 0.035?"),
        ("margin = 0.035", 'margin = "SOFR"', "write a number without quotes"),
        ("margin = 0.035", 'margin = "0.035"', "drop the quotes"),
        ("commitment_usd = 40_000_000.0", 'commitment_usd = "40m"', "did you mean 40000000?"),
        ("commitment_usd = 40_000_000.0", 'commitment_usd = "USD 1.25 bn"', "did you mean 1250000000?"),
        ("commitment_usd = 40_000_000.0", 'commitment_usd = "40,000,000"', "did you mean 40000000?"),
        ("after_acceptance = 0.8", "after_acceptance = 80", "at or below 1.5; did you mean 0.8? 80 % is written so"),
        ("after_acceptance = 0.8", "after_acceptance = 800", "at or below 1.5; give a value in that range"),
        ("margin = 0.035", "margin = 5.25", "did you mean 0.0525 (pct(5.25) in Python)?"),
        ("margin = 0.035", "margin = 350", "did you mean 0.035 (bps(350))?"),
        ("margin = 0.035", "margin = 35", "did you mean 0.35 (pct(35) in Python) or 0.0035 (bps(35))?"),
        ('offtake = "offtake"', 'offtake = "oftake"', "no such contract; did you mean offtake?"),
        ('lender = "bank"', 'lender = "x"', "no such party; use one of bank, cloud, maker, spv, tenant"),
        ('kind = "straight"', 'kind = "zzz"', "must be one of annuity, bullet, depreciated, schedule, sculpted, straight; use one of them"),
    ],
)
def test_a_slip_is_told_with_the_right_form(tmp_path: Path, before: str, after: str, expected: str) -> None:
    text = told(tmp_path, before, after)
    assert expected in text
    assert len(text.splitlines()) == 1


def test_a_market_where_a_deal_is_wanted_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "market.toml").write_text(starter("market"))
    with pytest.raises(InputError) as caught:
        load_deal(tmp_path / "market.toml")
    assert "not a deal file: it holds rates, credit, equity, rent" in str(caught.value)
    assert "a deal file holds parties, contracts" in str(caught.value)
    assert len(caught.value.problems) == 1


def test_a_deal_where_a_market_is_wanted_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "deal.toml").write_text(starter("loan"))
    with pytest.raises(InputError, match="not a market file") as caught:
        load_market(tmp_path / "deal.toml")
    assert len(caught.value.problems) == 1


def test_a_deal_with_a_misspelt_table_is_still_told_field_by_field(tmp_path: Path) -> None:
    text = told(tmp_path, "[parties.bank]", "[partys.bank]")
    assert "unknown field; did you mean parties?" in text


def test_a_folder_of_another_kind_names_its_command(tmp_path: Path) -> None:
    (tmp_path / "web.toml").write_text(starter("web"))
    with pytest.raises(FileError, match=r"the folder holds web\.toml; gpufin web .* reads it"):
        load_deal(tmp_path)


def test_choices_given_as_a_mapping_are_shown_by_name() -> None:
    choices = {"first": object(), "second": object()}
    text = str(problem("unknown_name", field="law", value="zzz", what="law", choices=choices))
    assert text.endswith("no such law; use one of first, second")
