"""`stress` on a project: laws hold or are broken, the counterexample is a file that replays, options of deals are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from curves.files import load_scenarios
from instruments import Project, dumps_toml
from instruments.ground.errors import InputError
from pricing import PROJECT_LAWS, ProjectLaw, stress, stress_project
from pricing.cli.main import main
from pricing.laws import catalogue
from tests.faults.subjects import SUBJECTS

PROJECT, MARKET = SUBJECTS["project"]()


@pytest.fixture
def folder(tmp_path: Path) -> str:
    (tmp_path / "project.toml").write_text(dumps_toml(PROJECT))
    (tmp_path / "market.toml").write_text(dumps_toml(MARKET))
    return str(tmp_path)


def test_every_law_holds_on_a_project_with_every_part(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert all(law.applies(PROJECT) for law in PROJECT_LAWS)
    assert main(["stress", folder, "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["results"]
    assert [row["law"] for row in rows] == [law.name for law in PROJECT_LAWS]
    assert {row["status"] for row in rows} == {"held"}
    assert {row["markets_tried"] for row in rows if row["law"] != "fair_claims_are_par"} == {8}


def planted(project: Project, market, settings) -> str | None:
    return f"{project.id}: another market" if market != MARKET else None


def test_a_counterexample_is_written_to_a_file_that_replays(
    folder: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(catalogue, "PROJECT_LAWS", (ProjectLaw("planted", "rents stay", "nowhere", lambda _: True, planted, 60),))
    kept = f"{folder}/counterexample.toml"
    assert main(["stress", folder, "--save", kept]) == 3
    shown = capsys.readouterr().out
    assert "planted is broken: small: another market" in shown
    assert "smallest counterexample, a scenario:" in shown
    (found,) = stress(PROJECT, MARKET).broken
    (scenario,) = load_scenarios(kept)
    assert scenario == found.counterexample
    assert len(scenario.moves) == 1
    assert planted(PROJECT, scenario.apply(MARKET), None) == found.why
    assert main(["stress", folder, "--scenarios", kept, "--format", "json"]) == 3
    (row,) = json.loads(capsys.readouterr().out)["results"]
    assert (row["markets_tried"], row["why"]) == (1, found.why)
    monkeypatch.setattr(catalogue, "PROJECT_LAWS", (ProjectLaw("planted", "rents stay", "nowhere", lambda _: True, lambda *_: None),))
    assert stress_project(PROJECT, MARKET, scenarios=[scenario]).laws[0].tried == 1
    assert main(["stress", folder, "--scenarios", kept]) == 0


def test_the_same_seed_gives_the_same_bytes_and_both_verbs_the_same() -> None:
    names = ["losses_add_up", "larger_caps_never_hurt"]
    assert stress(PROJECT, MARKET, laws=names, seed=3).to_json() == stress_project(PROJECT, MARKET, laws=names, seed=3).to_json()


@pytest.mark.parametrize("option", [text.split() for text in ("--paths 8", "--reverse a.value>1", "--limit a.value>1", "--scenario ban")])
def test_options_of_deals_are_refused(option: list[str], folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stress", folder, *option]) == 2
    assert f"{option[0]} = " in capsys.readouterr().err


@pytest.mark.parametrize("option", [{"paths": 8}, {"reverse": "a.value > 1"}, {"limits": ["a.value > 1"]}, {"scenarios": "library"}])
def test_options_of_deals_are_refused_in_python(option: dict[str, object]) -> None:
    with pytest.raises(InputError, match="left out for a project"):
        stress(PROJECT, MARKET, **option)


def test_what_is_unusable_is_named(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stress", folder, "--laws", "losses_add_upp"]) == 2
    assert "did you mean losses_add_up" in capsys.readouterr().err
    with pytest.raises(InputError, match="seed"):
        stress_project(PROJECT, MARKET, seed=-1)
    with pytest.raises(InputError, match="as_of"):
        stress_project(PROJECT.evolve(as_of=PROJECT.as_of.replace(year=2027)), MARKET)
