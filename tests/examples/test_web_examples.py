"""The webs of the examples against their stored rows, and what the README of each claims."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

from instruments import load_web
from instruments.ground.tolerances import STORED_REL
from pricing import WebReport, analyse_web
from pricing.web.rows import WebRow
from pricing.web.sweep import sweep_rows
from tests.house import ROOT

KEPT = {
    "four_dolls": {"finn_index", "path_length", "circularity", "activity", "new_external_cash", "new_external_share"},
    "capital_web": {"finn_index", "path_length", "circularity", "activity", "coverage", "new_external_cash", "new_external_share"},
    "resonance": {"first_break", "tipping_size", "outside_multiplier", "friction", "removal_saving", "spectral_radius", "gross_multiplier"},
}
NAMES = ("measure", "scenario", "perimeter", "kind", "part", "party", "source")
NUMBERS = ("value", "low", "high", "attained_low", "attained_high", "coverage")
SEARCHED = ("attained_low", "attained_high")
"""Ends found by a search, which another machine's rounding may send another way."""


def cut(name: str, rows: tuple[WebRow, ...]) -> list[dict[str, object]]:
    """What `expected.json` holds: some measures, without what is void."""
    kept = [row for row in rows if row.measure in KEPT[name]]
    return [{column: value for column in (*NAMES, *NUMBERS) if (value := getattr(row, column)) is not None} for row in kept]


@pytest.fixture(scope="module")
def reports() -> dict[str, WebReport]:
    return {name: analyse_web(load_web(ROOT / "examples" / name)) for name in KEPT}


@pytest.mark.parametrize("name", KEPT)
def test_stored_rows(name: str, reports: dict[str, WebReport]) -> None:
    stored = json.loads((ROOT / "examples" / name / "expected.json").read_text(encoding="utf-8"))
    fresh = cut(name, reports[name].rows)
    assert len(stored["results"]) == len(fresh)
    for old, new in zip(stored["results"], fresh, strict=True):
        assert {key: old.get(key) for key in NAMES} == {key: new.get(key) for key in NAMES}
        for key in NUMBERS:
            # savings are differences of large sums: compared on the scale of a billion dollars
            least = 1e3 if old["measure"] == "removal_saving" else 1e-9
            loose = 0.05 if key in SEARCHED and old["measure"] == "finn_index" else STORED_REL
            assert new.get(key) == (None if old.get(key) is None else pytest.approx(old[key], rel=loose, abs=least))


def test_the_readme_of_the_dolls(reports: dict[str, WebReport]) -> None:
    text = (ROOT / "examples/four_dolls/README.md").read_text(encoding="utf-8")
    for scenario in (None, "without_doll_3", "without_doll_4", "without_both"):
        for measure in ("finn_index", "path_length"):
            value = reports["four_dolls"].row(measure, perimeter="as_listed", scenario=scenario).value
            assert value is not None
            shown = f"{value:.6f}"
            assert shown in text or shown.rstrip("0").rstrip(".") in text


def test_the_real_web_is_intervals_with_their_coverage(reports: dict[str, WebReport]) -> None:
    rows = [row for row in reports["capital_web"].rows if row.measure == "finn_index" and row.scenario is None]
    assert {row.perimeter for row in rows} == {"as_listed", "vehicles_consolidated", "without_large_clouds"}
    for row in rows:
        assert row.value is None
        ends = (row.low, row.attained_low, row.attained_high, row.high)
        assert None not in (*ends, row.coverage)
        assert list(ends) == sorted(ends)  # type: ignore[type-var]
        assert 0.5 < (row.coverage or 0) < 1
    web = load_web(ROOT / "examples/capital_web")
    listed = [name for name in web.edges if name.startswith("E")]
    assert len(listed) == 105 + 0
    assert all(edge.provenance is not None and edge.provenance.source for edge in web.edges.values())


def test_the_low_end_of_dependencies_costs_less() -> None:
    web = load_web(ROOT / "examples/resonance")
    low, high = ([row.value for row in sweep_rows(web, end=end) if row.measure == "outside_multiplier"] for end in ("low", "high"))
    assert len(low) == len(high) > 0
    for a, b in zip(low, high, strict=True):
        assert a is not None
        assert b is not None
        assert a <= b


@pytest.mark.parametrize("name", ["four_dolls", "resonance"])
def test_the_study_runs(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    study = runpy.run_path(str(ROOT / "examples" / name / "run.py"))
    if "SCENARIOS" in study:
        study["main"].__globals__["SCENARIOS"] = 500
    study["main"]()
    assert len(capsys.readouterr().out.splitlines()) > 4


def write(folder: Path) -> None:
    """Store what is computed now: load this file and call `write(ROOT / "examples")`."""
    for name in KEPT:
        rows = cut(name, analyse_web(load_web(folder / name)).rows)
        text = json.dumps({"schema_version": 1, "results": rows}, indent=1, ensure_ascii=False)
        (folder / name / "expected.json").write_text(text + "\n", encoding="utf-8")
