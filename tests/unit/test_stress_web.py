"""`stress_web` and `gpufin stress` on a web: laws hold or are broken, the counterexample is there, options of deals are refused."""

from __future__ import annotations

import json

import pytest

from instruments import load_web
from instruments.ground.errors import InputError
from pricing import WEB_LAWS, WebLaw, stress_web
from pricing.cli.main import main
from pricing.laws import catalogue
from tests.house import ROOT

FOLDER = str(ROOT / "examples/resonance")
WEB = load_web(FOLDER)


def test_every_law_holds_on_the_example_or_does_not_apply(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stress", FOLDER]) == 0
    shown = capsys.readouterr()
    assert shown.out.count("held") == len([law for law in WEB_LAWS if law.applies(WEB)]) > 5
    assert "1 law of other webs does not apply" in shown.out
    assert shown.err == ""


def planted(web) -> str | None:
    balance = web.entities["softbank"].balance
    return f"cash of {balance.cash_usd:g}" if balance.cash_usd < 10e9 else None


def test_a_broken_law_names_the_smallest_hit_and_replays(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(catalogue, "WEB_LAWS", (WebLaw("planted", "cash stays", "nowhere", lambda web: True, planted),))
    report = stress_web(WEB)
    (found,) = report.broken
    (hit,) = found.hits
    assert (hit.entity, hit.part) == ("softbank", "cash_usd")
    assert planted(hit.on(WEB)) == found.why
    row = json.loads(report.to_json())["results"][0]
    assert row["hits"] == [{"entity": "softbank", "part": "cash_usd", "factor": hit.factor}]
    assert main(["stress", FOLDER]) == 3
    assert f"where: {hit}" in capsys.readouterr().out


def test_a_law_broken_as_written_has_no_hits(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(catalogue, "WEB_LAWS", (WebLaw("planted", "", "", lambda web: True, lambda web: "always"),))
    assert stress_web(WEB).broken[0].hits == ()
    assert main(["stress", FOLDER]) == 3
    assert "where: the web as written" in capsys.readouterr().out


def test_the_same_seed_gives_the_same_bytes() -> None:
    names = ["least_below_greatest", "sales_press_prices"]
    assert stress_web(WEB, laws=names, seed=3).to_json() == stress_web(WEB, laws=names, seed=3).to_json()


@pytest.mark.parametrize("option", [["--paths", "8"], ["--reverse", "a.value > 1"], ["--limit", "a.value > 1"], ["--market", "m.toml"]])
def test_options_of_deals_are_refused(option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stress", FOLDER, *option]) == 2
    assert f"{option[0]} = " in capsys.readouterr().err


def test_an_unknown_law_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stress", FOLDER, "--laws", "holdings_ad_up"]) == 2
    assert "did you mean holdings_add_up" in capsys.readouterr().err
    with pytest.raises(InputError, match="seed"):
        stress_web(WEB, seed=-1)
