"""`gpufin web`: table and JSON, exit codes, one line per mistake."""

from __future__ import annotations

import json

import pytest

from pricing.cli.main import main
from tests.house import ROOT


def test_the_table_says_it_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["web", str(ROOT / "examples/four_dolls")]) == 0
    shown = capsys.readouterr()
    assert "recycled share of activity (Finn index)" in shown.out
    assert "20.6 %" in shown.out
    assert "knock-out without_doll_3" in shown.out
    assert shown.err == ""


def test_json_is_data_only(capsys: pytest.CaptureFixture[str]) -> None:
    chosen = ["--perimeter", "as_listed", "--perimeter", "cloud_in_fund"]
    assert main(["web", str(ROOT / "examples/four_dolls"), "--format", "json", *chosen]) == 0
    document = json.loads(capsys.readouterr().out)
    found = [row for row in document["results"] if row["measure"] == "finn_index" and row["scenario"] is None]
    assert found[0]["value"] == pytest.approx(0.205606, abs=5e-7)  # printed digits
    assert not document["failures"]


def test_one_perimeter_is_not_enough(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["web", str(ROOT / "examples/four_dolls"), "--perimeter", "as_listed"]) == 2
    assert "at least two" in capsys.readouterr().err


def test_a_dangling_entity_is_one_line(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "examples/four_dolls/web.toml").read_text(encoding="utf-8")
    (tmp_path / "web.toml").write_text(text.replace('to = "maker"', 'to = "makre"', 1), encoding="utf-8")
    assert main(["web", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "the web has no entity makre; did you mean maker?" in error
    assert error.count("\n") == 1


def test_webs_are_checked_and_have_a_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(ROOT / "examples/capital_web"), str(ROOT / "examples/resonance")]) == 0
    assert capsys.readouterr().out.count("a usable web") == 2
    assert main(["schema", "web"]) == 0
    assert "entities" in json.loads(capsys.readouterr().out)["properties"]
