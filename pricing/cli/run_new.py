"""`gpufin new KIND`: a commented file to start from. Every starter loads and prices as it stands."""

from __future__ import annotations

import sys
from argparse import Namespace
from importlib.resources import files
from pathlib import Path

from instruments.files import model_schema
from instruments.ground.errors import FileError
from instruments.ground.messages import problem
from pricing.cli.commenting import commented
from pricing.cli.run_schema import KINDS

PLAIN = ("market", "scenarios")
"""Starters that are no deals."""


def starter(kind: str) -> str:
    """The commented text of a starter."""
    schema = kind if kind in PLAIN else "deal"
    text = files("pricing.cli").joinpath("starters", f"{kind}.toml").read_text(encoding="utf-8")
    return commented(text, model_schema(KINDS[schema], schema))


def run(arguments: Namespace) -> int:
    """Print a starter, or write it, a deal with its market beside it; what is there is never written over."""
    if arguments.output is None:
        sys.stdout.write(starter(arguments.kind))
        return 0
    folder = Path(arguments.output)
    beside: dict[str, str] = {} if arguments.kind in PLAIN else {"market": "market.toml"}
    names = {arguments.kind: f"{arguments.kind}.toml" if arguments.kind in PLAIN else "deal.toml"} | beside
    for name in names.values():
        if (folder / name).exists():
            raise FileError(problem("file_exists", subject=str(folder / name)))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for kind, name in names.items():
            (folder / name).write_text(starter(kind), encoding="utf-8")
    except OSError as error:
        raise FileError(problem("file_unwritable", subject=str(folder), why=error.strerror or "the system refuses it")) from error
    print(f"wrote {', '.join(str(folder / name) for name in names.values())}")
    if beside:
        print(f"next: gpufin price {folder}")
    return 0
