"""`gpufin check`: are these files usable? One line per problem, nothing is priced."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from curves.disclosure import market_warnings
from curves.files import load_market
from instruments.files.deals import load_deal
from instruments.files.projects import load_project
from instruments.files.webs import load_web
from instruments.ground.errors import GpufinError
from instruments.ground.messages import printable

LOADERS: dict[str, Callable[[Path], object]] = {"deal": load_deal, "market": load_market, "project": load_project, "web": load_web}


def run(arguments: Namespace) -> int:
    """Exit code 0 where every file is usable, else 2."""
    bad = 0
    for place in _files(arguments.files, arguments.kind):
        kind = arguments.kind or next((name for name in ("market", "project", "web") if place.name.startswith(name)), "deal")
        load = LOADERS[kind]
        try:
            loaded = load(place)
        except GpufinError as error:
            bad += 1
            for line in str(error).splitlines():
                print(f"gpufin: {line}", file=sys.stderr)
            continue
        print(f"{printable(str(place))}: a usable {kind}")
        if kind == "market":
            for line in market_warnings(loaded):  # type: ignore[arg-type]
                print(f"note: {printable(line)}", file=sys.stderr)
    return 2 if bad else 0


def _files(names: list[str], kind: str | None) -> list[Path]:
    """The named files; a folder stands for its deal, market, project and web files, variants included."""
    found: list[Path] = []
    for name in names:
        place = Path(name)
        inside = sorted(p for k in LOADERS if kind in (None, k) for p in place.glob(f"{k}*.toml")) if place.is_dir() else []
        found += inside or [place]
    return found
