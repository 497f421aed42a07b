"""Files that a book's results go to: whole or not at all, and never a formula in a spreadsheet."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

import polars as pl

from instruments.ground.errors import FileError, InputError
from instruments.ground.messages import problem

FORMATS = (".parquet", ".csv", ".jsonl", ".arrow")
"""Suffixes of results."""
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet may read as a formula at the start of a text."""
NUMBER = r"^[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?$"
ROW_GROUP = 65_536


def write_whole(path: Path, content: bytes) -> None:
    """A file that appears only when all of it is on the disk.

    Raises:
        FileError: it cannot be written: no room, no permission.
    """
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> FileError:
    """The error for a file that could not be written; a full disk says that nothing is lost."""
    why = f"{error.strerror or error}; what is done stays: make room and run the same command again"
    return FileError(problem("file_unwritable", subject=str(path), why=why))


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    """A frame as Parquet."""
    buffer = BytesIO()
    frame.write_parquet(buffer, statistics=False)
    return buffer.getvalue()


def harmless(frame: pl.DataFrame) -> pl.DataFrame:
    """Texts that a spreadsheet would read as formulas, with an apostrophe before them; a plain number is none."""
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    return frame.with_columns(
        pl.when(pl.any_horizontal(pl.col(name).str.starts_with(start) for start in STARTS) & ~pl.col(name).str.contains(NUMBER))
        .then(pl.concat_str(pl.lit("'"), pl.col(name)))
        .otherwise(pl.col(name))
        .alias(name)
        for name in texts
    )


def check_output(path: Path) -> Path:
    """The path, if its suffix names a format.

    Raises:
        InputError: another suffix.
    """
    if path.suffix.lower() not in FORMATS:
        expected = "a .csv or .parquet file (or .jsonl, .arrow)"
        raise InputError(problem("bad_option", subject="--output", value=path.name, expected=expected, hint="name it so"))
    return path


def read_table(path: Path, schema: pl.Schema) -> pl.DataFrame:
    """A file of results or failures, by its suffix; texts that are empty or missing in a CSV file are both null."""
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return pl.read_csv(path, schema=schema)
    if suffix == ".jsonl":
        return pl.read_ndjson(path, schema=schema)
    return pl.read_parquet(path) if suffix == ".parquet" else pl.read_ipc(path)


def join_parts(parts: list[Path], path: Path, schema: pl.Schema) -> None:
    """Parquet parts in order as one file, in bounded memory; the same bytes however the parts were cut.

    Raises:
        FileError: it cannot be written.
    """
    part = path.with_name(path.name + ".part")
    suffix = path.suffix.lower()
    whole = pl.scan_parquet(parts) if parts else schema.to_frame().lazy()
    try:
        if suffix == ".parquet":
            whole.sink_parquet(part, row_group_size=ROW_GROUP, statistics=False, maintain_order=True)
        elif suffix == ".arrow":
            whole.sink_ipc(part, record_batch_size=ROW_GROUP, maintain_order=True)
        else:
            with part.open("wb") as stream:
                if suffix == ".csv":
                    schema.to_frame().write_csv(stream)
                for one in parts:
                    frame = pl.read_parquet(one)
                    if suffix == ".csv":
                        harmless(frame).write_csv(stream, include_header=False)
                    else:
                        frame.write_ndjson(stream)
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
        part.replace(path)
    except (OSError, pl.exceptions.ComputeError) as error:
        part.unlink(missing_ok=True)
        raise unwritable(path, error if isinstance(error, OSError) else OSError(str(error))) from error
