from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from curves import Market
from instruments import InputError, MarketError, save
from pricing import price, simulate
from pricing.cli.main import main
from tests.facilities import deal, market, setup


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save(deal(), tmp_path / "deal.toml")
    save(market(), tmp_path / "market.toml")
    return tmp_path


def test_the_table_shows_value_margin_tests_and_parties(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", str(folder), "--paths", "4096"]) == 0
    shown = capsys.readouterr()
    for text in ("value to the lender", "operator cut", "Draws and the sizing test", "value tested", "Cash by party", "spv"):
        assert text in shown.out
    assert "seconds" not in shown.out


def test_the_json_is_one_document_and_does_not_depend_on_threads(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = []
    for threads in ("1", "2"):
        assert main(["simulate", str(folder), "--paths", "4096", "--format", "json", "--threads", threads]) == 0
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]
    assert json.loads(texts[0])["results"][0]["measure"] == "value"


def test_one_party_and_one_path(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", str(folder), "--paths", "4096", "--party", "bank", "--path", "7"]) == 0
    shown = capsys.readouterr().out
    assert "Statement of bank" in shown
    assert "Path 7: coverage" in shown
    assert "draw_floating" in shown


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--path", "4096"], "between 0 and 4095"),
        (["--paths", "0"], "between 1 and"),
        (["--seed", "-1"], "at or above 0"),
        (["--threads", "0"], "1 or more"),
    ],
)
def test_unusable_options_exit_with_two(folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str) -> None:
    assert main(["simulate", str(folder), "--paths", "4096", *arguments]) == 2
    assert says in capsys.readouterr().err


def test_a_missing_quote_is_named() -> None:
    bare = Market.model_validate(market().model_dump(by_alias=True) | {"rent": {}})
    with pytest.raises(MarketError, match="rent:GPU"):
        simulate(deal(), bare, paths=4096)


def test_a_new_deal_starts_at_the_markets_date() -> None:
    early = market(as_of=dt.date(2026, 2, 28))
    assert setup(on=early).facility.dates[0] == dt.date(2026, 3, 31)
    rows = price(deal(), early, measures=("value",), paths=4096).rows
    assert {row.date for row in rows} == {early.as_of}


def test_a_market_after_the_first_funding_needs_a_position() -> None:
    with pytest.raises(InputError, match="cohort a was to be funded"):
        simulate(deal(), market(as_of=dt.date(2026, 4, 30)), paths=4096)
