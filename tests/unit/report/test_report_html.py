"""The file itself: what comes from outside is text, and nothing is fetched."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, strategies as st

from pricing.report import bundle
from pricing.report.figures import Bar, Dot, Flow, Line, bars, columns, dots, fan, lines, sankey, spans, usd_scale
from pricing.report.html import linked, render, script_json
from pricing.report.page import Block, Chart, Page, Section, Switch, Tile, Words, number, section, table, text
from tests.pages import HOSTILE, read_page

SCALE = usd_scale([2e9])
FIGURE = dots([Dot(HOSTILE, 2e9, 1e8, HOSTILE, HOSTILE), Dot("b", -1e9, None, "b", "b")], scale=SCALE, axis=HOSTILE)


def page_of(*blocks: Block) -> Page:
    return Page(
        HOSTILE,
        HOSTILE,
        HOSTILE,
        (HOSTILE,),
        (Tile(HOSTILE, HOSTILE),),
        (Section(HOSTILE, blocks),),
        ((HOSTILE, HOSTILE),),
        {HOSTILE: HOSTILE},
    )


def everything() -> Page:
    rows = table(HOSTILE, (HOSTILE, "n"), [[text(HOSTILE), number("1", 1.5)], [text(""), number("2", -0.25)]], right=(1,))
    chart = Chart("one", HOSTILE, FIGURE, HOSTILE, rows)
    inside = Chart("two", "second", FIGURE)
    return page_of(Words((HOSTILE,)), rows, chart, Switch("way", HOSTILE, ((HOSTILE, (inside,)), ("b", (rows,)))))


def test_what_a_name_says_is_text_everywhere() -> None:
    found = read_page(render(everything()))
    scripts = [attributes for tag, attributes in found.tags if tag == "script"]
    assert [one.get("id") for one in scripts] == ["figures", "plotly", None]
    assert not [tag for tag, _ in found.tags if tag in ("img", "iframe", "object", "embed", "link", "base", "form", "svg")]
    assert not [attributes for _, attributes in found.tags if any(name.startswith("on") for name in attributes)]
    assert found.text.count(HOSTILE) >= 12
    assert found.figures["one"]["data"][0]["customdata"][0].startswith("&lt;/script&gt;")  # plotly's own tags are text as well


def test_nothing_is_fetched() -> None:
    page = render(page_of(Words(("see https://example.org/a?b=c&d=1, and (http://example.com/x).",)), Chart("one", "c", FIGURE)))
    found = read_page(page)
    loads = [(tag, name) for tag, attributes in found.tags for name in attributes if name in ("src", "srcset", "data", "poster", "action")]
    assert loads == []
    links = [attributes["href"] for tag, attributes in found.tags if "href" in attributes]
    assert [link for link in links if not str(link).startswith("#")] == ["https://example.org/a?b=c&d=1", "http://example.com/x"]
    policy = next(str(attributes["content"]) for tag, attributes in found.tags if attributes.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy
    assert "@import" not in page
    assert "url(" not in page


@given(st.text())
def test_a_linked_text_reads_as_it_was_written(said: str) -> None:
    said = said.replace("\r", "").replace("\0", "")  # a parser of HTML reads these two otherwise, as text of a file cannot hold them
    found = read_page(f"<p>{linked(said)}</p>")
    assert found.text == said
    assert {tag for tag, _ in found.tags} <= {"p", "a"}


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8))
def test_json_in_a_script_cannot_end_it(value: object) -> None:
    said = script_json(value)
    assert not set("<>&\u2028\u2029") & set(said)
    assert json.loads(said) == value


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        script_json({"x": float("nan")})


def test_one_page_one_plotly_same_bytes() -> None:
    page = render(everything())
    assert page == render(everything())
    assert page.count('id="plotly"') == 1
    assert len(page) < 2_500_000  # the bundle packed is 1.9 MB
    assert 'id="plotly"' not in render(page_of(Words(("no chart",))))


def test_without_plotly_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from instruments.ground.errors import InputError

    monkeypatch.setattr(bundle, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install plotly"):
        bundle.check_plotly("gpufin report")


def test_a_section_without_blocks_is_none() -> None:
    assert section("empty", None, None) is None


def test_charts_hold_the_numbers_that_they_are_given() -> None:
    pytest.importorskip("plotly")
    import plotly.graph_objects as go

    one = Line("a", ["x", "y"], [1.0, None], ["1", ""], "#000000", errors=[0.5, None], markers=True)
    drawn = {
        "dots": dots([Dot("a", 2e9, 1e8, "2 bn")], scale=SCALE, axis="x"),
        "bars": bars([Bar("a", 3e9, "up: 3", "raises"), Bar("a", -1e9, "down: 1", "lowers")], scale=SCALE, axis="x", labelled=True),
        "columns": columns(["2026"], {"rent": [4e9]}, {"rent": ["4 bn"]}, scale=SCALE, axis="y"),
        "lines": lines([one], scale=SCALE, axis="y"),
        "spans": spans([("a", 1e9, None, 1e9, 2e9, "s"), ("b", 1e9, 1e9, 1e9, 1e9, "t")], scale=SCALE, axis="x"),
        "sankey": sankey([Flow("a", "b", 5e9, "5 bn", True), Flow("b", "a", 1e9, "1 bn")], height=300),
    }
    for figure in drawn.values():
        go.Figure(figure)  # plotly's own check of names and kinds
    assert drawn["dots"]["data"][0]["x"] == [2.0]
    assert drawn["dots"]["data"][0]["error_x"]["array"] == [pytest.approx(1.96 * 0.1)]
    assert [trace["x"] for trace in drawn["bars"]["data"]] == [[3.0], [-1.0]]
    assert [trace["text"] for trace in drawn["bars"]["data"]] == [["up"], ["down"]]
    assert drawn["columns"]["data"][0]["y"] == [4.0]
    assert drawn["lines"]["data"][0]["y"] == [1e-9, None]
    assert drawn["spans"]["data"][0]["x"][1] > 2.0  # no upper end: to the edge
    assert drawn["sankey"]["data"][0]["link"]["value"] == [5.0, 1.0]


def test_a_fan_has_its_bands_from_the_outside_in() -> None:
    import datetime as dt

    dates = [dt.date(2026, 1, 1), dt.date(2027, 1, 1)]
    levels = {0.05: [1.0, 2.0], 0.25: [2.0, 3.0], 0.5: [3.0, 4.0], 0.75: [4.0, 5.0], 0.95: [5.0, 6.0]}
    found = fan(dates, levels, [], axis="ratio")["data"]
    assert [trace["y"] for trace in found] == [[1.0, 2.0], [5.0, 6.0], [2.0, 3.0], [4.0, 5.0], [3.0, 4.0]]
    assert [trace.get("fill") for trace in found] == [None, "tonexty", None, "tonexty", None]


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return sum(
        w * (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4) for w, p in zip((0.2126, 0.7152, 0.0722), parts, strict=True)
    )


def test_every_colour_stands_out_on_both_pages() -> None:
    """Contrast of 3:1 at least, as WCAG 2.1 (1.4.11) asks of graphics."""
    from pricing.report.figures import PALETTE

    for colour in PALETTE:
        for back in ("#ffffff", "#14171b"):
            low, high = sorted((_luminance(colour), _luminance(back)))
            assert (high + 0.05) / (low + 0.05) >= 3.0, (colour, back)
