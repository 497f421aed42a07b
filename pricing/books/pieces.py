"""Files that cannot be read from the middle, read piece by piece: CSV, JSON lines, Arrow streams; kept as Parquet while they are priced.

A piece ends where a record ends: a line outside quotes, a line, a record batch. So memory holds one piece, whatever the length of the
file; a CSV file whose quotes do not match, and an Arrow stream of one large batch, are one piece.
"""

from __future__ import annotations

import os
import re
import shutil
import weakref
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import mkdtemp
from typing import BinaryIO

import numpy as np
import polars as pl

from pricing.books.arrow_messages import BATCH, DICTIONARY, NO_STREAM, SCHEMA, messages

PIECE_BYTES = 1 << 23
"""Bytes of text that are read at a time."""
PIECE_ROWS = 1 << 16
"""Rows of Arrow batches that are put together before they are kept."""
Pieces = Callable[[BinaryIO], Iterator[pl.DataFrame]]


LEFT = re.compile(r"\.pieces-[a-z0-9_]{8}")
"""What the folder of pieces beside an output adds to its name."""


class Folder:
    """A temporary folder that goes when this does, at the latest when the process ends by itself."""

    def __init__(self, beside: Path | None) -> None:
        """Beside an output, named after it, so that its next run finds what a killed one left; else in the system's temporary folder."""
        prefix, home = "gpufin-book-", None
        if beside is not None and os.access(beside.absolute().parent, os.W_OK):
            prefix, home = f"{beside.name}.pieces-", beside.absolute().parent
        self.path = Path(mkdtemp(prefix=prefix, dir=home))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


def remove_left(output: Path) -> None:
    """Remove the pieces that a killed run to this output has left."""
    home = output.absolute().parent
    for other in home.iterdir() if home.is_dir() else ():
        if other.name.startswith(output.name) and LEFT.fullmatch(other.name[len(output.name) :]) and other.is_dir():
            shutil.rmtree(other, ignore_errors=True)


@dataclass(frozen=True)
class Parts:
    """A frame in Parquet files of a temporary folder."""

    folder: Folder
    files: tuple[Path, ...]
    ends: tuple[int, ...]
    """Rows up to the end of each file."""
    empty: pl.DataFrame
    """No row, every column: a column that pieces read as different types has the type that holds them all."""

    @property
    def height(self) -> int:
        """Rows."""
        return self.ends[-1]

    def rows(self, start: int, count: int, columns: list[str] | None = None) -> pl.DataFrame:
        """Rows from `start`, at most `count`."""
        empty = self.empty if columns is None else self.empty.select(columns)
        stop, begin, found = min(start + count, self.height), 0, [empty]
        for file, end in zip(self.files, self.ends, strict=True):
            if begin < stop and end > start:
                scan = pl.scan_parquet(file)
                names = [name for name in empty.columns if name in scan.collect_schema()]
                low = max(start - begin, 0)
                found.append(scan.select(names).slice(low, stop - begin - low).collect())
            begin = end
        return pl.concat(found, how="diagonal_relaxed").select(empty.columns)


def whole_or_parts(pieces: Iterable[pl.DataFrame], beside: Path | None = None) -> pl.DataFrame | Parts:
    """The frame itself where it is one piece; else its pieces, kept: beside an output, or in the system's temporary folder.

    Raises:
        PolarsError, OSError: a piece is unreadable, or there is no room for it.
    """
    first, folder = None, None
    files: list[Path] = []
    ends: list[int] = []
    empty = pl.DataFrame()

    def keep(piece: pl.DataFrame, home: Path) -> pl.DataFrame:
        files.append(home / f"{len(files):06d}.parquet")
        piece.write_parquet(files[-1], compression="lz4")
        ends.append(piece.height + (ends[-1] if ends else 0))
        return pl.concat([empty, piece.clear()], how="diagonal_relaxed")

    for piece in pieces:
        if first is None:
            first = piece
            continue
        if folder is None:
            folder = Folder(beside)
            empty = keep(first, folder.path)
        empty = keep(piece, folder.path)
    if folder is not None:
        return Parts(folder, tuple(files), tuple(ends), empty)
    assert first is not None, "a reader gives at least one piece"
    return first


def csv_pieces(stream: BinaryIO) -> Iterator[pl.DataFrame]:
    """A CSV file as text cells, its first line the header of every piece."""
    header = b""
    for piece in _cut(stream, _line_outside_quotes):
        if not header:
            header = piece[: _line_outside_quotes(piece, first=True)]
            yield pl.read_csv(BytesIO(piece), infer_schema=False)
        else:
            yield pl.read_csv(BytesIO(header + piece), infer_schema=False)


def json_pieces(stream: BinaryIO) -> Iterator[pl.DataFrame]:
    """A file of JSON lines, the types of columns those of the piece."""
    for piece in _cut(stream, lambda text: text.rfind(b"\n") + 1):
        yield pl.read_ndjson(BytesIO(piece), infer_schema_length=None)


def _cut(stream: BinaryIO, end_of: Callable[[bytes], int]) -> Iterator[bytes]:
    """The bytes of a stream in pieces that end with a record: `end_of` gives the end of the last one, 0 where there is none."""
    left, given = b"", False
    while read := stream.read(max(PIECE_BYTES, len(left))):
        left += read
        end = end_of(left)
        if end:
            yield left[:end]
            left, given = left[end:], True
    if left or not given:
        yield left


def _line_outside_quotes(text: bytes, first: bool = False) -> int:
    """End of the last line, or of the first, whose end is in no quotes: those before it are even in number. 0 where there is none."""
    cells = np.frombuffer(text, dtype=np.uint8)
    ends = np.flatnonzero(cells == ord("\n"))
    quotes = np.flatnonzero(cells == ord('"'))
    outside = ends[np.searchsorted(quotes, ends) % 2 == 0]
    return int(outside[0 if first else -1]) + 1 if outside.size else 0


def arrow_pieces(stream: BinaryIO) -> Iterator[pl.DataFrame]:
    """An Arrow stream, small batches put together."""
    waiting: list[pl.DataFrame] = []
    given = False
    for batch in _batches(stream):
        waiting.append(batch)
        if sum(one.height for one in waiting) >= PIECE_ROWS:
            yield from pl.concat(waiting, rechunk=True).iter_slices(PIECE_ROWS)
            waiting.clear()
            given = True
    if not given or any(one.height for one in waiting):
        yield pl.concat(waiting, rechunk=True)


def _batches(stream: BinaryIO) -> Iterator[pl.DataFrame]:
    """The record batches one by one, each read with the schema and the dictionaries before it; a frame without rows first."""
    before = b""
    for sort, message in messages(stream):
        if sort == BATCH:
            yield pl.read_ipc_stream(BytesIO(before + message))
        elif sort in (SCHEMA, DICTIONARY):
            before += message
            if sort == SCHEMA:
                yield pl.read_ipc_stream(BytesIO(before))
    if not before:
        raise OSError(NO_STREAM)


READERS: dict[str, Pieces] = {".csv": csv_pieces, ".jsonl": json_pieces, ".arrows": arrow_pieces}
"""Suffix to what reads such a file."""
