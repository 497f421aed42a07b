"""`gpufin check` of a folder: a deal against the market beside it, and files of books."""

from __future__ import annotations

from pathlib import Path

import pytest

from curves import load_market
from instruments import load_deal
from pricing.cli.main import main
from pricing.cli.run_check import unquoted
from pricing.cli.run_new import starter

ROOT = Path(__file__).parents[3]


def folder(place: Path, before: str = "", after: str = "") -> Path:
    (place / "deal.toml").write_text(starter("loan").replace(before, after, 1) if before else starter("loan"))
    (place / "market.toml").write_text(starter("market"))
    return place


def test_a_starter_names_nothing_that_its_market_lacks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(folder(tmp_path))]) == 0
    assert capsys.readouterr().err == ""


def test_a_key_without_quotes_is_noted_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(folder(tmp_path, 'credit = "credit:TENANT"', 'credit = "credit:TENANTS"'))]) == 0
    err = capsys.readouterr().err
    assert "parties.tenant.credit = 'credit:TENANTS': the market beside it has no credit:TENANTS; did you mean credit:TENANT?" in err
    assert len(err.splitlines()) == 1


def test_shipped_deals_name_few_keys_that_their_markets_lack() -> None:
    """They price: what is not quoted there is a share or hardware on which no contract of the deal rests."""
    noted = {
        place.parent.name: {line.split(" = ")[0] for line in lines}
        for place in ROOT.glob("examples/*/deal.toml")
        if (place.parent / "market.toml").exists() and (lines := unquoted(load_deal(place), load_market(place.parent)))
    }
    assert noted == {
        "amd_meta": {"parties.meta.equity"},
        "oracle_openai": {"assets.fleet.resale", "assets.fleet.site.power"},
        "spacex_anthropic": {"assets.fleet.resale", "assets.fleet.site.power"},
    }


def test_a_key_that_fails_two_contracts_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = folder(tmp_path, 'credit = "credit:TENANT"', 'credit = "credit:NOBODY"')
    assert main(["price", str(place), "--paths", "1"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_frame_is_checked_as_a_book(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "trades.csv"
    place.write_text("id,sharess\na,1\n")
    assert main(["check", str(place)]) == 2
    assert "did you mean shares?" in capsys.readouterr().err
