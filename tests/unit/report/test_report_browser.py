"""The page in a browser: Chromium, without a window and without a network, draws every chart and sorts every table."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from pricing.report.figures import Bar, Dot, Flow, Line, bars, columns, dots, fan, lines, sankey, spans, usd_scale
from pricing.report.html import render
from pricing.report.page import Chart, Page, Section, Switch, Table, Tile, Words, number, section, table, text
from tests.pages import HOSTILE

BROWSER = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium here: apt-get install chromium")

LISTEN = """<script>
window.seen = {errors: [], blocked: []};
addEventListener("error", (e) => seen.errors.push(String(e.message)));
addEventListener("unhandledrejection", (e) => seen.errors.push(String(e.reason)));
addEventListener("securitypolicyviolation", (e) => seen.blocked.push(e.blockedURI + " " + e.violatedDirective));
for (const name of ["error", "warn"]) console[name] = (...said) => seen.errors.push(said.join(" "));
</script>"""
"""Stands before anything of the page runs: what goes wrong is kept."""
ASK = """<script>
(async () => {
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  for (let i = 0; i < 200 && document.documentElement.dataset.ready !== "yes"; i += 1) await wait(50);
  const all = (query) => Array.from(document.querySelectorAll(query));
  const order = (table, at) => Array.from(table.tBodies[0].rows).map((row) => row.cells[at].dataset.v ?? row.cells[at].textContent);
  seen.first = all(".chart").map((div) => div.dataset.drawn || "");
  seen.sorted = all("thead").map((head) => head.closest("table")).map((table) => Array.from(table.tHead.rows[0].cells).map((cell, at) => {
    const states = [];
    for (let i = 0; i < 2; i += 1) {
      cell.querySelector("button").click();
      states.push([cell.getAttribute("aria-sort"), order(table, at)]);
    }
    return states;
  }));
  const back = () => getComputedStyle(document.body).backgroundColor;
  seen.themes = [back()];
  document.getElementById("theme").click();
  seen.themes.push(back());
  for (const button of all("[data-show]")) { button.click(); await wait(300); }
  seen.charts = all(".chart").map((div) => ({
    name: div.dataset.figure, drawn: div.dataset.drawn || "", marks: div.querySelectorAll("path, rect").length,
    wide: div.closest("[hidden]") ? 0 : div.querySelector("svg") ? div.querySelector("svg").getBoundingClientRect().width : -1,
    texts: Array.from(div.querySelectorAll("text")).map((each) => each.textContent),
  }));
  seen.fetched = performance.getEntriesByType("resource").map((entry) => entry.name);
  seen.wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  const out = document.createElement("pre");
  out.id = "seen";
  out.textContent = JSON.stringify(seen);
  document.body.append(out);
})();
</script>"""


def look(html: str, folder: Path, *, width: int = 1280) -> dict[str, Any]:
    """What a browser without a network makes of a page."""
    page = folder / "page.html"
    page.write_text(html.replace("<head>", "<head>" + LISTEN, 1).replace("</body>", ASK + "</body>", 1), encoding="utf-8")
    words = [
        str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={folder / 'profile'}",
        "--proxy-server=127.0.0.1:9", "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=30000", f"--window-size={width},900",
        "--dump-dom", page.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(words, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False)
    _, mark, rest = done.stdout.partition('<pre id="seen">')
    assert mark, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(unescape(rest.partition("</pre>")[0]))
    return found


def everything() -> Page:
    """One chart of every kind, with hostile names, a switch and tables of text and numbers."""
    dates = [dt.date(2026, 1, 1), dt.date(2027, 1, 1), dt.date(2028, 1, 1)]
    scale = usd_scale([2e9])
    levels = {level: [1.0 + level, 1.5 + level, 2.0 + level] for level in (0.05, 0.25, 0.5, 0.75, 0.95)}
    line = Line(HOSTILE, dates, [1e9, 2e9, None], ["1", "2", ""], "#2a7fc1", errors=[1e8, None, None], markers=True)
    rows = [[text("b"), number("10", 10.0)], [text("a"), number("9", 9.0)], [text(HOSTILE), number("-1", -1.0)], [text(""), text("")]]
    numbers: Table = table("t", ("name", "n"), rows, right=(1,))
    figures = {
        "dots": dots([Dot(HOSTILE, 2e9, 1e8, HOSTILE, "one"), Dot("b", 1e9, None, "b", "two")], scale=scale, axis="x"),
        "bars": bars([Bar("a", 3e9, "up: 3", "raises"), Bar("a", -1e9, "down: 1", "lowers")], scale=scale, axis="x", labelled=True),
        "columns": columns(["2026", HOSTILE], {"rent": [4e9, 1e9]}, {"rent": ["4", "1"]}, scale=scale, axis="y"),
        "lines": lines([line], scale=scale, axis="y"),
        "fan": fan(dates, levels, [line], axis="ratio"),
        "spans": spans([(HOSTILE, 1e9, None, 1e9, 2e9, "s"), ("b", 1e9, 1e9, 1e9, 1e9, "t")], scale=scale, axis="x"),
        "sankey": sankey([Flow(HOSTILE, "b", 5e9, "5 bn", True), Flow("b", HOSTILE, 1e9, "1 bn"), Flow("b", "c", 4e9, "4 bn")], height=300),
    }
    charts = tuple(Chart(name, name, figure, "note", numbers) for name, figure in figures.items())
    hidden = Chart("hidden", "hidden", figures["dots"])
    way = Switch("way", "view", (("one", (Words((HOSTILE,)),)), ("two", (hidden,))))
    kept = section("all", numbers, *charts, way)
    assert isinstance(kept, Section)
    return Page("deal", HOSTILE, "s", (HOSTILE,), (Tile("1", "m"),), (kept,), (("w", "c"),), {"seed": 0})


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return look(render(everything()), tmp_path_factory.mktemp("page"))


def test_nothing_goes_wrong_and_nothing_is_fetched(seen: dict[str, Any]) -> None:
    assert seen["errors"] == []
    assert seen["blocked"] == []
    assert seen["fetched"] == []


def test_every_chart_is_drawn(seen: dict[str, Any]) -> None:
    assert seen["first"] == ["yes"] * 7 + [""]  # what is hidden waits for its button
    assert [chart["drawn"] for chart in seen["charts"]] == ["yes"] * 8
    for chart in seen["charts"]:
        assert chart["marks"] > 4, chart["name"]
        assert chart["wide"] > 600, chart["name"]


def test_names_in_charts_read_as_they_were_written(seen: dict[str, Any]) -> None:
    texts = {chart["name"]: "".join(chart["texts"]) for chart in seen["charts"]}
    for name in ("dots", "columns", "sankey"):
        assert '</script><script>alert("1")</script>' in texts[name], name


def test_tables_sort_by_value_both_ways_and_empty_cells_stay_last(seen: dict[str, Any]) -> None:
    for first, second in seen["sorted"]:
        assert [state for state, _ in first] == ["ascending", "descending"]
        assert first[0][1][-1] == first[1][1][-1] == ""
        assert first[0][1][:-1] == sorted(["a", "b", HOSTILE], key=lambda word: (word[0].isalpha(), word))
        assert second[0][1] == ["-1.0", "9.0", "10.0", ""]
        assert second[1][1] == ["10.0", "9.0", "-1.0", ""]
    assert len(seen["sorted"]) == 8


def test_the_theme_turns(seen: dict[str, Any]) -> None:
    assert len(set(seen["themes"])) == 2
    assert set(seen["themes"]) == {"rgb(255, 255, 255)", "rgb(20, 23, 27)"}


def test_on_a_narrow_screen_the_page_does_not_run_over(tmp_path: Path) -> None:
    found = look(render(everything()), tmp_path, width=500)
    assert found["errors"] == []
    assert found["wide"] <= 0
