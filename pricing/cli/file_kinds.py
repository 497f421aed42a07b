"""The kinds of files that gpufin reads: model, loader, and the names by which an editor and `gpufin check` know them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from curves.files import load_market, load_scenarios
from curves.market import Market
from curves.scenarios.book import ScenarioFile
from instruments.deal import Deal
from instruments.files.deals import load_deal
from instruments.files.hits import load_hits
from instruments.files.projects import load_project
from instruments.files.webs import load_web
from instruments.ground.base import Terms
from instruments.hits import HitsFile
from instruments.project import Project
from instruments.web import Web
from pricing.books.sources import SUFFIXES, BookFile, sources_of


@dataclass(frozen=True)
class FileKind:
    """One kind: what a file holds, how it is read with all its checks."""

    model: type[Terms]
    load: Callable[[Path], object]


FILE_KINDS: dict[str, FileKind] = {
    "book": FileKind(BookFile, sources_of),
    "deal": FileKind(Deal, load_deal),
    "hits": FileKind(HitsFile, load_hits),
    "market": FileKind(Market, load_market),
    "project": FileKind(Project, load_project),
    "scenarios": FileKind(ScenarioFile, load_scenarios),
    "web": FileKind(Web, load_web),
}


def kind_of(place: Path) -> str:
    """The kind that a file's name says; a frame is a book, and a deal is meant where the name says nothing."""
    if place.suffix.lower() in SUFFIXES:
        return "book"
    return next((name for name in FILE_KINDS if place.name.startswith(name)), "deal")
