"""Webs from files."""

from __future__ import annotations

import os

from instruments.files.loading import load_model, model_from_text
from instruments.files.source import Language
from instruments.web import Web


def load_web(path: str | os.PathLike[str]) -> Web:
    """The web in a .toml or .json file, or in the `web.toml` of a folder.

    Raises:
        FileError: the file cannot be read, or is not TOML or JSON.
        InputError: an entity is missing, a stake or pledge impossible, an amount without status or source, or a term out of range; one
            line for each problem, with file, line, path, value, what is allowed and what to do.
    """
    return load_model(path, Web, kind="web")


def web_from_text(text: str, *, language: Language = "toml", file: str = "") -> Web:
    """The web in a text; `file` is what messages call it. Raises as `load_web`."""
    return model_from_text(text, Web, kind="web", language=language, file=file)
