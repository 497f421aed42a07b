"""The market snapshots: their stored audit, what they warn of, and that broken ones say so in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from curves import load_market, rent_curve, survival_curve
from instruments.ground.tolerances import CALIB_REPRICE_ABS, STORED_REL
from pricing.cli.main import main

FOLDER = Path(__file__).parents[2] / "examples" / "markets"
DATES = ["2025-10-03", "2026-03-31"]
NUMBERS = {"years", "quote", "fitted", "residual", "curve_value"}


@pytest.mark.parametrize("date", DATES)
def test_the_stored_audit_comes_out_again(date: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["market", str(FOLDER / f"market.{date}.toml"), "--format", "json"]) == 0
    out = capsys.readouterr()
    fresh, stored = json.loads(out.out), json.loads((FOLDER / f"expected.{date}.json").read_text(encoding="utf-8"))
    assert {name: fresh[name] for name in ("audit", "warnings", "failures")} == {
        name: stored[name] for name in ("audit", "warnings", "failures")
    }
    assert len(fresh["results"]) == len(stored["results"]) > 50
    for new, old in zip(fresh["results"], stored["results"], strict=True):
        assert {n: v for n, v in new.items() if n not in NUMBERS} == {n: v for n, v in old.items() if n not in NUMBERS}
        for name in NUMBERS - {"residual"}:
            assert new[name] == (None if old[name] is None else pytest.approx(old[name], rel=STORED_REL))
        assert new["residual"] is None or abs(new["residual"]) < CALIB_REPRICE_ABS
    for line in out.err.splitlines():
        assert line.startswith("note: ")


def test_the_table_shows_curves_residuals_and_ages(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["market", str(FOLDER / "market.2025-10-03.toml")]) == 0
    out = capsys.readouterr()
    lines = out.out.splitlines()
    assert any(line.split()[:2] == ["rates:USD-SOFR", "quotes.5Y"] and " 88 " in line and "filing" in line for line in lines)
    assert any(line.split()[:2] == ["rent:H100:aws-spot", "curve.3Y"] for line in lines)
    assert any(line.split()[:2] == ["credit:OPENAI", "curve.5Y"] for line in lines)
    assert "note: rates:USD-SOFR: quotes of 2025-07-07, 88 days before 2025-10-03" in out.err


def test_the_curve_of_2026_is_said_to_be_shifted() -> None:
    stored = json.loads((FOLDER / "expected.2026-03-31.json").read_text(encoding="utf-8"))
    assert any("every quote is shifted by -60 bp (range -110 to -20)" in line for line in stored["warnings"])


def test_two_bases_stay_two_curves_and_one_has_risen() -> None:
    before, after = (load_market(FOLDER / f"market.{date}.toml") for date in DATES)
    rents = [
        [rent_curve(market, f"rent:H100:{basis}").spot_usd_per_hour for basis in ("contract-1y", "aws-spot")] for market in (before, after)
    ]
    assert rents[1][0] / rents[0][0] == pytest.approx(1.38, abs=0.005)  # +38 % in five months
    assert rents[1][1] < rents[0][1]
    assert survival_curve(before, "credit:OPENAI").hazards.tolist() == survival_curve(before, "credit:CRWV").hazards.tolist()


def test_one_curve_that_cannot_be_built_leaves_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (FOLDER / "market.2025-10-03.toml").read_text(encoding="utf-8")
    broken = tmp_path / "market.toml"
    broken.write_text(text.replace("quotes = {5Y = 0.0368395}", "quotes = {1Y = 0.10, 5Y = 0.01}"), encoding="utf-8")
    assert main(["market", str(broken), "--format", "json"]) == 4
    document = json.loads(capsys.readouterr().out)
    assert {failure["subject"] for failure in document["failures"]} == {"credit:CRWV", "credit:OPENAI"}
    assert any(row["key"] == "rates:USD-SOFR" and row["fitted"] is not None for row in document["results"])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("5Y = 0.0356735", "5Y = 3.56735", "did you mean 0.0356735"),
        ("spot_usd = 164.67", "spot_usd = -164.67", "above 0"),
        ("spot_usd = 164.67\n", "", "required, but not given"),
        ("2025-09-29 = 0.0413", "2025-10-29 = 0.0413", "later than the market's own date"),
        ("mean_reversion", "mean_reversal", "did you mean mean_reversion?"),
    ],
)
def test_bad_quotes_get_clear_lines(old: str, new: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (FOLDER / "market.2025-10-03.toml").read_text(encoding="utf-8")
    place = tmp_path / "market.toml"
    place.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert main(["market", str(place)]) == 2
    found = capsys.readouterr()
    assert found.out == ""
    assert words in found.err
    assert all(line.startswith("gpufin: ") for line in found.err.splitlines())
