"""`gpufin check`: are these files usable? One line per problem, nothing is priced."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from curves import Market, market_keys
from curves.disclosure import market_warnings
from instruments.checks.slips import deal_warnings
from instruments.deal import Deal
from instruments.ground.errors import GpufinError
from instruments.ground.keys import kind_of as kind_of_key, name_of
from instruments.ground.messages import nearest, printable
from pricing.cli.file_kinds import FILE_KINDS, kind_of

QUOTED = ("credit", "equity", "rent", "resale", "power")
"""Kinds of market key without whose quotes nothing that names them can be priced."""


def run(arguments: Namespace) -> int:
    """Exit code 0 where every file is usable, else 2."""
    bad = 0
    usable: dict[Path, object] = {}
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
        usable[place] = loaded
        if kind == "market":
            for line in market_warnings(loaded):  # type: ignore[arg-type]
                print(f"note: {printable(line)}", file=sys.stderr)
        elif isinstance(loaded, Deal):
            for line in deal_warnings(loaded):
                print(f"note: {printable(str(place))}: {printable(line)}", file=sys.stderr)
    for place, loaded in usable.items():
        market = usable.get(place.parent / "market.toml")
        if isinstance(loaded, Deal) and isinstance(market, Market):
            for line in unquoted(loaded, market):
                print(f"note: {printable(str(place))}: {printable(line)}", file=sys.stderr)
    return 2 if bad else 0


def unquoted(deal: Deal, market: Market) -> list[str]:
    """Market keys that a deal names and the market beside it lacks, each with the first place that names it."""
    known = market_keys(market)
    named: dict[str, str] = {}
    for path, text in _texts(deal.model_dump(mode="json", exclude={"provenance"}), ""):
        if kind_of_key(text) in QUOTED and text.count(":") in (1, 2) and " " not in text:
            named.setdefault(text, path)
    found = []
    for key, path in named.items():
        if key not in known:
            close = nearest(name_of(key), [name_of(k) for k in known if kind_of_key(k) == kind_of_key(key)])
            hint = f"did you mean {kind_of_key(key)}:{close}?" if close else "what rests on it cannot be priced"
            found.append(f"{path} = {key!r}: the market beside it has no {key}; {hint}")
    return found


def _texts(node: object, path: str) -> Iterator[tuple[str, str]]:
    """Every text in plain data with its dotted place."""
    if isinstance(node, dict):
        for name, item in node.items():
            yield from _texts(item, f"{path}.{name}".lstrip("."))
    elif isinstance(node, (list, tuple)):
        for index, item in enumerate(node):
            yield from _texts(item, f"{path}.{index}")
    elif isinstance(node, str):
        yield path, node


def _files(names: list[str], kind: str | None) -> list[Path]:
    """The named files; a folder stands for its files of every kind, variants included."""
    found: list[Path] = []
    for name in names:
        place = Path(name)
        inside = sorted(p for k in FILE_KINDS if kind in (None, k) for p in place.glob(f"{k}*.toml")) if place.is_dir() else []
        found += inside or [place]
    return found
