"""Pages read back: what a browser would find in the HTML, with nothing but the standard library."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

HOSTILE = """</script><script>alert("1")</script><img src=x onerror='alert(2)'>&amp; "quoted" javascript:alert(3)"""
"""A name that would run, load or break out of anything that did not escape it."""


@dataclass
class Found:
    """Tags with their attributes, tables with raw values, and the figures."""

    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    text: str = ""
    tables: list[list[list[tuple[str, float | None]]]] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def numbers(self) -> list[float]:
        """Every raw number of every table."""
        return [value for table in self.tables for row in table for _, value in row if value is not None]

    def column(self, heading: str, at: int) -> list[float]:
        """Raw numbers of one column of the tables whose header holds a heading."""
        return [
            row[at][1]
            for table in self.tables
            if any(heading in cell for cell, _ in table[0])
            for row in table[1:]
            if row[at][1] is not None
        ]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found = Found()
        self.inside: list[str] = []
        self.script = ""
        self.cell: list[str] | None = None
        self.value: float | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.found.tags.append((tag, given))
        if tag == "script":
            self.script = given.get("id") or "code"
        elif tag == "table":
            self.found.tables.append([])
        elif tag == "tr" and self.found.tables:
            self.found.tables[-1].append([])
        elif tag in ("td", "th"):
            self.cell, value = [], given.get("data-v")
            self.value = None if value is None else float(value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self.script = ""
        elif tag in ("td", "th") and self.cell is not None:
            self.found.tables[-1][-1].append(("".join(self.cell), self.value))
            self.cell = None

    def handle_data(self, data: str) -> None:
        if self.script == "figures":
            self.found.figures = json.loads(data)
        elif not self.script:
            self.found.text += data
            if self.cell is not None:
                self.cell.append(data)


def read_page(html: str) -> Found:
    """A page as a parser sees it."""
    reader = _Reader()
    reader.feed(html)
    return reader.found
