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
from pricing.cli.file_kinds import FILE_KINDS

PLAIN = ("book", "market", "project", "scenarios", "web")
"""Starters named after the kind of file that they are; the others are deals."""
BESIDE = {"market": (), "scenarios": (), "web": (), "book": ("warrants.csv", "market.toml")}
"""Files that a starter needs next to it; a deal and a project need a market."""
NEXT = {"market": "market", "web": "web", "book": "batch", "project": "simulate"}
"""The command to try next, else `price`; scenarios need a deal first."""


def starter(name: str) -> str:
    """The text of a starter; commented where it is TOML."""
    kind, _, suffix = name.partition(".")
    text = files("pricing.cli").joinpath("starters", f"{kind}.{suffix or 'toml'}").read_text(encoding="utf-8")
    if suffix == "csv":
        return text
    schema = kind if kind in PLAIN else "deal"
    return commented(text, model_schema(FILE_KINDS[schema].model, schema))


def run(arguments: Namespace) -> int:
    """Print a starter, or write it with what it needs beside it; what is there is never written over."""
    kind = arguments.kind
    if arguments.output is None:
        sys.stdout.write(starter(kind))
        return 0
    folder = Path(arguments.output)
    main = f"{kind}.toml" if kind in PLAIN else "deal.toml"
    texts = {main: starter(kind)} | {name: starter(name) for name in BESIDE.get(kind, ("market.toml",))}
    write_new(folder, texts)
    print(f"wrote {', '.join(str(folder / name) for name in texts)}")
    if kind != "scenarios":
        print(f"next: gpufin {NEXT.get(kind, 'price')} {folder}")
    return 0


def write_new(folder: Path, texts: dict[str, str]) -> None:
    """Write files where none is: all of them, or none.

    Raises:
        FileError: one is there already, or the folder cannot be written.
    """
    for name in texts:
        if (folder / name).exists():
            raise FileError(problem("file_exists", subject=str(folder / name)))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise FileError(problem("file_unwritable", subject=str(folder), why=error.strerror or "the system refuses it")) from error
