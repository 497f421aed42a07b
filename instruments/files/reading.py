"""A path to a text: every way in which a file cannot be read, said in one line."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import cast

from instruments.files.source import Language, Source

LIMIT_MB = 5
"""Largest file, in megabytes."""


COMMANDS = {"deal": "price", "web": "web", "project": "simulate", "book": "batch"}
"""Kinds of files after which a folder is named, and the command that reads such a folder."""
KINDS = tuple(COMMANDS)


def read(path: str | os.PathLike[str], *, kind: str) -> Source:
    """The text of a file; a folder means the `<kind>.toml` in it (or, without one, the `<kind>.json`).

    Raises:
        FileError: no such file, not a .toml or .json file, too large, not readable, not UTF-8.
    """
    expected = f"{kind}.toml"
    where = Path(path)
    try:
        if where.is_dir():
            json_file = where / f"{kind}.json"
            where = json_file if json_file.is_file() and not (where / expected).exists() else where / expected
        source = Source(str(where), kind, cast("Language", where.suffix.lower().removeprefix(".")), "")
        status = where.stat()
        if not stat.S_ISREG(status.st_mode):
            source.fail("file_unreadable", why="not a regular file")
        if source.language not in ("toml", "json"):
            source.fail("file_kind")
        with where.open("rb") as stream:
            content = stream.read(LIMIT_MB * 1_000_000 + 1)
    except (FileNotFoundError, NotADirectoryError):
        others = [name for name in KINDS if name != kind and (where.parent / f"{name}.toml").is_file()] if Path(path).is_dir() else []
        if others and kind != "market":
            _nowhere(where, kind).fail("other_folder", found=f"{others[0]}.toml", command=COMMANDS[others[0]], folder=str(path))
        _nowhere(where, kind).fail("file_missing", expected=expected)
    except OSError as error:
        _nowhere(where, kind).fail("file_unreadable", why=error.strerror or "the system refuses it")
    except ValueError:  # a NUL character in the path
        _nowhere(where, kind).fail("file_unreadable", why="the path holds a character that no path can")
    return Source(source.file, kind, source.language, decoded(content, source))


def decoded(content: bytes, source: Source) -> str:
    """UTF-8 bytes as text. Raises `FileError` where they are too many, or not that."""
    if len(content) > LIMIT_MB * 1_000_000:
        source.fail("file_too_large", limit_mb=LIMIT_MB)
    if content.startswith(b"\xef\xbb\xbf"):
        source.fail("file_bom")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        source.fail("file_not_text", line=content.count(b"\n", 0, error.start) + 1)
    if not text.strip():
        source.fail("file_empty")
    return text


def _nowhere(where: Path, kind: str) -> Source:
    return Source(str(where), kind, "toml", "")
