"""A page as one HTML file: everything escaped, everything inside, nothing fetched.

The file carries a content policy that forbids every request, so that what a name or a source says can neither load nor run anything.
"""

from __future__ import annotations

import json
import re
from html import escape
from importlib.resources import files
from itertools import count

from pricing.report.bundle import packed_plotly
from pricing.report.page import Block, Cell, Chart, Page, Section, Switch, Table, Words, charts_of

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:; form-action 'none'; base-uri 'none'"
)
LONG = 24
"""Letters of a word that may be broken in a table: an address, a path."""
LINK = re.compile(r"https?://[^\s<>\"'()\[\]{},;]+[^\s<>\"'()\[\]{},;.:]")


def render(page: Page) -> str:
    """The HTML of a page: the same bytes for the same page and the same plotly."""
    names = count(1)
    sections = [(f"s{next(names)}", one) for one in page.sections]
    figures = {chart.name: chart.figure for one in page.sections for chart in charts_of(one.blocks)}
    return "".join(
        (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="color-scheme" content="light dark">\n',
            f"<title>{escape(page.title)}</title>\n<style>\n{_asset('page.css')}</style>\n</head>\n<body>\n",
            _head(page),
            '<div class="frame">\n',
            _contents(sections),
            "<main>\n",
            _answer(page),
            *(_section(name, one) for name, one in sections),
            _left_out(page),
            _audit(page),
            "</main>\n</div>\n",
            f'<script type="application/json" id="figures">{script_json(figures)}</script>\n',
            f'<script type="application/octet-stream" id="plotly">{packed_plotly()}</script>\n' if figures else "",
            f"<script>\n{_asset('page.js')}</script>\n</body>\n</html>\n",
        )
    )


def script_json(value: object) -> str:
    """JSON that can stand inside a script element: no character of it can end the element or open a comment."""
    plain = json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return re.sub(r"[<>&\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", plain)


def linked(said: str) -> str:
    """Text with its web addresses as links; the rest is escaped, and an address is never followed by itself."""
    out: list[str] = []
    at = 0
    for found in LINK.finditer(said):
        address = escape(found[0], quote=True)
        out.append(f'{escape(said[at : found.start()])}<a href="{address}" rel="noopener noreferrer">{address}</a>')
        at = found.end()
    return "".join((*out, escape(said[at:])))


def _asset(name: str) -> str:
    return files("pricing.report").joinpath(name).read_text(encoding="utf-8")


def _head(page: Page) -> str:
    return (
        f'<header class="top"><div><p class="kind">{escape(page.kind)}</p><h1>{escape(page.title)}</h1>'
        f'<p class="sub">{escape(page.subtitle)}</p></div>'
        '<button type="button" id="theme" aria-label="light or dark" title="light or dark">'
        '<span aria-hidden="true">◐</span></button></header>\n'
    )


def _contents(sections: list[tuple[str, Section]]) -> str:
    lines = "".join(f'<li><a href="#{name}">{escape(one.title)}</a></li>' for name, one in sections)
    return f'<nav aria-label="contents"><ol>{lines}</ol></nav>\n'


def _answer(page: Page) -> str:
    words = "".join(f"<p>{linked(line)}</p>" for line in page.answer)
    tiles = "".join(f"<div><dt>{escape(tile.meaning)}</dt><dd>{escape(tile.figure)}</dd></div>" for tile in page.tiles)
    return f'<section class="answer">{words}{f"<dl class=tiles>{tiles}</dl>" if tiles else ""}</section>\n'


def _section(name: str, one: Section) -> str:
    return f'<section id="{name}"><h2>{escape(one.title)}</h2>\n{"".join(_block(block) for block in one.blocks)}</section>\n'


def _block(block: Block) -> str:
    if isinstance(block, Words):
        return "".join(f"<p>{linked(line)}</p>\n" for line in block.lines)
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Chart):
        return _chart(block)
    return _switch(block)


def _chart(chart: Chart) -> str:
    height = int(chart.figure["layout"]["height"])
    note = f"<p class=note>{linked(chart.note)}</p>" if chart.note else ""
    numbers = _folded("the numbers", _bare(chart.table)) if chart.table else ""
    return (
        f'<figure><figcaption>{escape(chart.caption)}</figcaption><div class="chart" data-figure="{escape(chart.name)}" '
        f'role="img" aria-label="{escape(chart.caption)}" style="height:{height}px"></div>{note}{numbers}</figure>\n'
    )


def _folded(summary: str, inside: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>{inside}</details>\n"


def _table(one: Table) -> str:
    if one.folded:
        return _folded(f"{one.caption} ({len(one.rows):,} rows)", _bare(one))
    return f"<p class=caption>{linked(one.caption)}</p>{_bare(one)}" if one.caption else _bare(one)


def _bare(one: Table) -> str:
    head = "".join(
        f'<th scope="col"{_right(one, at)}><button type="button">{escape(title)}</button></th>' for at, title in enumerate(one.header)
    )
    body = "".join(f"<tr>{''.join(_cell(one, at, cell) for at, cell in enumerate(row))}</tr>\n" for row in one.rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table></div>\n'


def _right(one: Table, at: int) -> str:
    return " class=n" if at in one.right else ""


def _cell(one: Table, at: int, cell: Cell) -> str:
    value = f' data-v="{cell.value!r}"' if isinstance(cell.value, float | int) else ""
    long = not value and any(len(word) > LONG for word in cell.text.split())
    return f"<td{' class=b' if long else _right(one, at)}{value}>{linked(cell.text)}</td>"


def _switch(block: Switch) -> str:
    group = escape(block.name)
    buttons = "".join(
        f'<button type="button" data-show="{group}-{at}" aria-pressed="{"false" if at else "true"}">{escape(label)}</button>'
        for at, (label, _) in enumerate(block.panels)
    )
    panels = "".join(
        f'<div class="panel" id="{group}-{at}"{" hidden" if at else ""}>{"".join(_block(one) for one in inside)}</div>\n'
        for at, (_, inside) in enumerate(block.panels)
    )
    return f'<div class="switch" role="group"><span>{escape(block.label)}</span>{buttons}</div>\n{panels}'


def _left_out(page: Page) -> str:
    if not page.left_out:
        return ""
    lines = "".join(f"<li>{escape(what)}: <code>{escape(command)}</code></li>" for what, command in page.left_out)
    return f'<section><h2>Not on this page</h2><ul class="plain">{lines}</ul></section>\n'


def _audit(page: Page) -> str:
    lines = "".join(f"<tr><th scope=row>{escape(name)}</th><td>{escape(str(value))}</td></tr>" for name, value in page.audit.items())
    said = "<h2>Audit</h2><p>With these the same numbers come back.</p>"
    return f'<section class="audit">{said}<div class="wide"><table>{lines}</table></div></section>\n'
