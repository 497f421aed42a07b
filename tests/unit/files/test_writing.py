from __future__ import annotations

import datetime as dt
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from curves.files import load_market, market_from_text
from instruments import (
    Basis,
    Custom,
    Deal,
    FileError,
    InputError,
    Provenance,
    ProvenanceTable,
    Tranche,
    Warrant,
    deal_from_text,
    dumps_json,
    dumps_toml,
    load_deal,
    save,
)
from tests.documents import DEAL, MARKET


def built_in_code(**arguments: Any) -> Deal:
    condition = Custom(name="own", arguments=arguments)
    warrant = Warrant(
        issuer="a",
        holder="b",
        underlying="equity:A",
        shares=1.0,
        strike_usd=0.0,
        expiry=dt.date(2030, 1, 1),
        tranches=(Tranche(shares=1.0, condition=condition),),
    )
    return Deal(id="x", as_of=dt.date(2025, 1, 1), parties={"a": {}, "b": {}}, contracts={"w": warrant})


@pytest.mark.parametrize("suffix", ["toml", "json", "TOML"])
def test_saved_and_loaded(suffix: str, tmp_path: Path) -> None:
    deal, market = deal_from_text(DEAL), market_from_text(MARKET)
    assert load_deal(save(deal, tmp_path / f"one.{suffix}")) == deal
    assert load_market(save(market, tmp_path / f"two.{suffix}")) == market
    assert {file.name for file in tmp_path.iterdir()} == {f"one.{suffix}", f"two.{suffix}"}


def test_a_folder_means_its_file(tmp_path: Path) -> None:
    deal = deal_from_text(DEAL)
    assert save(deal, tmp_path) == tmp_path / "deal.toml"
    assert load_deal(tmp_path) == deal
    (tmp_path / "deal.toml").unlink()
    save(deal, tmp_path / "deal.json")
    assert load_deal(tmp_path) == deal


def test_tags_and_dates_are_written_as_such() -> None:
    document = tomllib.loads(dumps_toml(built_in_code()))
    assert document["schema"] == 1
    assert document["contracts"]["w"]["kind"] == "warrant"
    assert document["contracts"]["w"]["tranches"][0]["condition"] == {"kind": "custom", "name": "own"}
    assert document["as_of"] == dt.date(2025, 1, 1)
    assert "name" not in document
    assert json.loads(dumps_json(built_in_code()))["as_of"] == "2025-01-01"


def test_the_override_is_kept() -> None:
    text = MARKET.replace("schema = 1", "schema = 1\nallow_implausible = true").replace("0.51", "51.0")
    market = market_from_text(text)
    assert market_from_text(dumps_toml(market)) == market
    with pytest.raises(InputError, match="5100 % a year"):
        market_from_text(text.replace("implausible = true", "implausible = false"))


def test_null_needs_json() -> None:
    deal = built_in_code(x=[1, None])
    assert deal_from_text(dumps_json(deal), language="json") == deal
    with pytest.raises(InputError, match=r"condition\.arguments\.x\.1: TOML has no null"):
        dumps_toml(deal)


def test_what_no_file_can_hold_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at most 18 digits"):
        save(built_in_code(x=2**70), tmp_path / "deal.json")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "words"), [("deal.yaml", "not a .toml"), ("no/deal.toml", "cannot be written"), ("a\0.toml", "character")]
)
def test_paths_that_cannot_be_written(name: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(FileError, match=words):
        save(built_in_code(), tmp_path / name)


def test_a_path_with_quotes_and_line_ends_in_it_is_one_line() -> None:
    table = ProvenanceTable(default=Provenance(basis=Basis.FILING), by_path={'a."b\n': Provenance(basis=Basis.FILING)})
    deal = built_in_code().evolve(provenance=table)
    with pytest.raises(InputError) as caught:
        deal_from_text(dumps_toml(deal))
    assert str(caught.value).isprintable()
