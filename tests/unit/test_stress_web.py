"""`stress_web` and `gpufin stress` on a web: laws hold or are broken, the counterexample is there, options of deals are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from instruments import Hit, WebState, load_hits, load_web, save_hits
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


def test_a_counterexample_is_written_to_a_file_that_replays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(catalogue, "WEB_LAWS", (WebLaw("planted", "cash stays", "nowhere", lambda web: True, planted),))
    kept = tmp_path / "hits.toml"
    assert main(["stress", FOLDER, "--save", str(kept)]) == 3
    (state,) = load_hits(kept)
    (found,) = stress_web(WEB).broken
    assert (state, state.label) == (found.state, "planted")
    assert planted(state.on(WEB)) == found.why
    assert main(["check", str(kept)]) == 0
    capsys.readouterr()
    assert main(["stress", FOLDER, "--scenarios", str(kept), "--format", "json"]) == 3
    (row,) = json.loads(capsys.readouterr().out)["results"]
    assert (row["states_tried"], row["why"]) == (1, found.why)
    # mended: the law holds where it broke, and nothing else is tried
    monkeypatch.setattr(catalogue, "WEB_LAWS", (WebLaw("planted", "cash stays", "nowhere", lambda web: True, lambda web: None),))
    assert main(["stress", FOLDER, "--scenarios", str(kept), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["results"][0]["states_tried"] == 1


def test_a_hit_on_what_the_web_has_not_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = WebState(label="wrong", hits=(Hit(entity="softbnk", part="cash_usd", factor=0.5),))
    assert main(["stress", FOLDER, "--scenarios", str(save_hits([wrong], tmp_path / "hits.toml"))]) == 2
    assert "did you mean softbank" in capsys.readouterr().err
    (tmp_path / "hits.toml").write_text(
        'schema = 1\n[[states]]\nlabel = "a"\nhits = [{entity = "softbank", part = "cash", factor = 0.5}]\n'
    )
    assert main(["stress", FOLDER, "--scenarios", str(tmp_path / "hits.toml")]) == 2
    assert "hits.toml:4: states.0.hits.0.part" in capsys.readouterr().err


def test_a_law_broken_as_written_has_no_hits(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(catalogue, "WEB_LAWS", (WebLaw("planted", "", "", lambda web: True, lambda web: "always"),))
    assert stress_web(WEB).broken[0].hits == ()
    assert main(["stress", FOLDER]) == 3
    assert "where: the web as written" in capsys.readouterr().out


def test_the_same_seed_gives_the_same_bytes() -> None:
    names = ["least_below_greatest", "sales_press_prices"]
    assert stress_web(WEB, laws=names, seed=3).to_json() == stress_web(WEB, laws=names, seed=3).to_json()


REFUSED = ("--paths 8", "--scenario ban", "--reverse a.value>1", "--limit a.value>1", "--market m.toml")


@pytest.mark.parametrize("option", [text.split() for text in REFUSED])
def test_options_of_deals_are_refused(option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stress", FOLDER, *option]) == 2
    assert f"{option[0]} = " in capsys.readouterr().err


def test_an_unknown_law_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stress", FOLDER, "--laws", "holdings_ad_up"]) == 2
    assert "did you mean holdings_add_up" in capsys.readouterr().err
    with pytest.raises(InputError, match="seed"):
        stress_web(WEB, seed=-1)
