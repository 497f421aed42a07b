"""Hits on the balance sheets of a web, from files and to them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from instruments.files.loading import load_model
from instruments.files.writing import save
from instruments.hits import HitsFile, WebState


def load_hits(path: str | os.PathLike[str]) -> tuple[WebState, ...]:
    """The states of a web in a .toml or .json file, or in the `hits.toml` of a folder.

    Raises:
        FileError: the file cannot be read, or is not TOML or JSON.
        InputError: a hit is unusable; one line for each problem, with file, line, path, value, what is allowed and what to do.
    """
    return load_model(path, HitsFile, kind="hits").states


def save_hits(states: Iterable[WebState], path: str | os.PathLike[str]) -> Path:
    """Write states to a .toml or .json file, from which `load_hits` gives equal ones.

    Raises:
        FileError: another suffix, or the file cannot be written.
    """
    return save(HitsFile(states=tuple(states)), path)
