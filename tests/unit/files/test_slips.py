"""What people who come from spreadsheets write, and what they are told: the right form, at its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from curves import load_market
from instruments import load_deal, save
from instruments.checks.slips import deal_warnings
from instruments.ground.errors import FileError, GpufinError, InputError
from instruments.ground.messages import problem
from pricing import price
from pricing.cli.main import main
from pricing.cli.run_new import starter
from pricing.strategies.borrowing_bases import base_deal
from tests.bases import base
from tests.facilities import deal as facility, market as facility_market, plain_deal


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


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (40.0, "did you mean 40e6?"),
        (40_000.0, ""),
        (9_000.0, "did you mean 9000e3?"),
        (1.0, "is it in dollars?"),
        (0.03, "did you mean 0.03e9?"),
    ],
)
def test_a_commitment_of_a_few_dollars_beside_a_large_fleet_is_a_warning(amount: float, words: str) -> None:
    said = deal_warnings(plain_deal(commitment_usd=amount))
    assert len(said) == (1 if words else 0)
    assert all(line.startswith(f"contracts.loan.commitment_usd = {amount:g} USD, and its fleet cost 40,000,000 USD: ") for line in said)
    assert all(line.endswith(words) for line in said)


def test_small_things_secured_on_small_things_and_large_on_large_pass() -> None:
    assert deal_warnings(facility()) == ()
    given = plain_deal(commitment_usd=40.0)
    fleet = given.assets["fleet"]
    tiny = fleet.evolve(cohorts=[cohort.evolve(cost_usd=cohort.cost_usd * 1e-6) for cohort in fleet.cohorts])
    assert deal_warnings(given.evolve(assets={"fleet": tiny})) == ()


def test_the_warning_is_said_with_the_price_and_by_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = plain_deal(commitment_usd=40.0)
    assert any("did you mean 40e6?" in line for line in price(given, facility_market(), paths=1, measures=("value",)).warnings)
    place = tmp_path / "deal.toml"
    save(given, place)
    assert main(["check", str(place)]) == 0
    assert "did you mean 40e6?" in capsys.readouterr().err


def test_a_revolver_of_a_few_dollars_is_a_warning() -> None:
    sound = base()
    assert deal_warnings(base_deal(sound)) == ()
    small = sound.evolve(commitment_usd=sound.commitment_usd / 1e6, drawn_usd=0.0)
    assert [f"did you mean {small.commitment_usd:g}e6?" in line for line in deal_warnings(base_deal(small))] == [True]
