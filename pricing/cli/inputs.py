"""What commands read: a deal with its market, and where failures and warnings go."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from curves.files import load_market
from curves.market import Market
from instruments.deal import Deal
from instruments.files.deals import load_deal
from instruments.ground.errors import FileError, Problem
from instruments.ground.messages import printable, problem


def sibling_market(path: str, market: str | None) -> Market:
    """The named market, else `market.toml` beside the file or in the folder.

    Raises:
        FileError: there is none.
    """
    if market is not None:
        return load_market(market)
    place = Path(path)
    sibling = (place if place.is_dir() else place.parent) / "market.toml"
    if not sibling.exists():
        raise FileError(problem("no_sibling_market", subject=str(place)))
    return load_market(sibling)


def is_project(path: str) -> bool:
    """Whether a path means a project: a file named so, or a folder with one and without a deal."""
    return _means(path, "project")


def is_web(path: str) -> bool:
    """The same of a web."""
    return _means(path, "web")


def _means(path: str, kind: str) -> bool:
    place = Path(path)
    if place.is_dir():
        return (place / f"{kind}.toml").exists() and not (place / "deal.toml").exists()
    return place.name.startswith(kind)


def deal_and_market(path: str, market: str | None) -> tuple[Deal, Market]:
    """A deal and its market."""
    return load_deal(path), sibling_market(path, market)


def say(lines: Iterable[str], title: str) -> None:
    """Remarks on standard error."""
    for line in lines:
        print(f"{title}: {printable(line)}", file=sys.stderr)


def say_failures(failures: Iterable[Problem]) -> None:
    """Failures on standard error."""
    say((str(item) for item in failures), "failed")
