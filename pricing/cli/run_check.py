"""`gpufin check`: are these files usable? One line per problem, nothing is priced."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from curves.disclosure import market_warnings
from instruments.ground.errors import GpufinError
from instruments.ground.messages import printable
from pricing.cli.file_kinds import FILE_KINDS, kind_of


def run(arguments: Namespace) -> int:
    """Exit code 0 where every file is usable, else 2."""
    bad = 0
    for place in _files(arguments.files, arguments.kind):
        kind = arguments.kind or kind_of(place)
        try:
            loaded = FILE_KINDS[kind].load(place)
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
    """The named files; a folder stands for its files of every kind, variants included."""
    found: list[Path] = []
    for name in names:
        place = Path(name)
        inside = sorted(p for k in FILE_KINDS if kind in (None, k) for p in place.glob(f"{k}*.toml")) if place.is_dir() else []
        found += inside or [place]
    return found
