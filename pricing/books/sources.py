"""Where the rows of a book come from: frames, files, folders of files or deals, and a `book.toml` that maps a user's own columns."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from hashlib import sha256
from io import BytesIO
from operator import or_
from os import PathLike
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import polars as pl
from pydantic import Field

from instruments.files.first_reading import check_readable
from instruments.files.loading import load_model
from instruments.ground.base import FrozenDict, FrozenMap, Many, Terms
from instruments.ground.errors import FileError, InputError
from instruments.ground.messages import problem, shown_path, suggest
from instruments.ground.units import Number
from pricing.books.kinds import kinds
from pricing.books.pieces import READERS, Parts, arrow_pieces, whole_or_parts

SUFFIXES = (".parquet", ".csv", ".arrow", ".arrows", ".jsonl")
"""Parquet, CSV, Arrow file, Arrow stream, JSON lines."""
DEFAULT_KIND = "hurdle_warrant"
MARGINS = ("margin", "spread")
"""Two words for one thing: what is paid over the floating rate."""
DEALS = "deal"
"""Kind of a row that is a whole deal file."""
STANDARD_INPUT = "-"
T = TypeVar("T")
Frames = pl.DataFrame | Mapping[str, pl.DataFrame]
BookLike = Frames | str | PathLike[str]


class From(Terms):
    """A column of the user's file, in its own unit."""

    column: str
    """Its name in the file."""
    scale: Number = 1.0
    """Times which it is the column of the book: 0.0001 for basis points."""


class Frame(Terms):
    """One file of a book."""

    file: str
    """Beside the book file."""
    kind: str | None = None
    """What its rows are; null: its column `kind`, else its name (`loan-2026.parquet`)."""
    columns: FrozenMap[str, str | From] = FrozenDict()
    """Column of the book to column of the file; a column that is not named here keeps its name if the book knows it."""
    values: FrozenMap[str, str | float | int | bool] = FrozenDict()
    """Column of the book to the value of all rows."""
    ignore: Many[str] | Literal["others"] = ()
    """Columns of the file to leave aside: by name, or all that the book does not know."""


class BookFile(Terms):
    """A `book.toml`: which files, and how their columns are named."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    """Version of the file format."""
    frames: Annotated[Many[Frame], Field(min_length=1)]
    """The files, in order."""


@dataclass(frozen=True)
class Source:
    """One frame of a book; `name` is its file, '' for a frame in memory."""

    name: str
    kind: str | None
    frame: pl.DataFrame | Parts | None = None
    """Columns as the book knows them in memory, as the file has them where it is kept in parts."""
    path: Path | None = None
    map: Frame | None = None
    deals: tuple[Path, ...] = field(default=())

    @property
    def height(self) -> int:
        """Rows."""
        if self.deals:
            return len(self.deals)
        if self.frame is not None:
            return self.frame.height
        path = self._scannable()
        return int(_guarded(path, lambda: scanned(path).select(pl.len()).collect().item()))

    def rows(self, start: int, count: int) -> pl.DataFrame:
        """Rows from `start`, columns named as the book knows them; of a file only these are held."""
        if isinstance(self.frame, pl.DataFrame):
            return self.frame.slice(start, count)
        if self.frame is not None:
            return _renamed(self.frame.rows(start, count), self.map, self.name)
        path = self._scannable()
        return _renamed(_guarded(path, lambda: scanned(path).slice(start, count).collect()), self.map, self.name)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its columns, as the book knows them."""
        return tuple(self.rows(0, 0).columns)

    def ids(self) -> pl.Series | None:
        """Its column of ids as text, None where there is none."""
        if self.deals or "id" not in self.columns:
            return None
        if isinstance(self.frame, pl.DataFrame):
            return self.frame["id"].cast(pl.String)
        name = self.map.columns.get("id", "id") if self.map is not None else "id"
        column = name if isinstance(name, str) else name.column
        if self.frame is not None:
            return self.frame.rows(0, self.frame.height, [column])[column].cast(pl.String)
        path = self._scannable()
        return _guarded(path, lambda: scanned(path).select(column).collect()[column]).cast(pl.String)

    def _scannable(self) -> Path:
        assert self.path is not None, "a source is a frame, deals or a file that can be read from the middle"
        return self.path

    def fingerprint(self) -> str:
        """Hash of its content: of the bytes of a file, of the frame's columns in memory."""
        digest = sha256(f"{self.name}|{self.kind}|{self.map.model_dump_json() if self.map else ''}".encode())
        for path in self.deals or ((self.path,) if self.path else ()):
            with path.open("rb") as stream:
                while piece := stream.read(1 << 20):
                    digest.update(piece)
        if not self.deals and self.path is None:
            digest.update(repr(self.rows(0, 0).schema).encode())
            for _, frame in windows(self, 1 << 16):
                buffer = BytesIO()
                frame.rechunk().write_ipc(buffer)
                digest.update(buffer.getbuffer())
        return digest.hexdigest()


def sources_of(book: BookLike, output: Path | None = None) -> tuple[Source, ...]:
    """The frames of a book, in order, their headers checked.

    Args:
        book: a frame; frames by kind; a file (.parquet, .csv, .arrow, .arrows, .jsonl; '-' is an Arrow stream on standard input); a
            `book.toml`; a folder with a `book.toml`, or of such files, or of deals.
        output: beside which long files are kept in pieces; None: in the system's temporary folder.

    Raises:
        FileError: a file is missing, unreadable or of another kind. InputError: a column is unknown, or a required one missing.
    """
    if isinstance(book, pl.DataFrame):
        found = (Source("", None if "kind" in book.columns else DEFAULT_KIND, book),)
    elif isinstance(book, Mapping):
        found = tuple(Source("", name, frame) for name, frame in book.items())
    elif str(book) == STANDARD_INPUT:
        frame = _guarded(Path("-"), lambda: whole_or_parts(arrow_pieces(sys.stdin.buffer), output))
        found = (_named_kind(Source("standard input", None, frame)),)
    else:
        found = _from_path(Path(book), output)
    for source in found:
        if not source.deals:
            check_header(source)
    return found


def _from_path(path: Path, output: Path | None) -> tuple[Source, ...]:
    if path.is_dir() and not (path / "book.toml").is_file():
        files = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
        deals = tuple(sorted({*path.rglob("deal.toml"), *path.rglob("deal.json")}))
        found = [_from_file(file, None, output) for file in files]
        if deals:
            found.append(Source(path.name, DEALS, deals=deals))
        if not found:
            raise FileError(problem("file_missing", subject=str(path), expected="book.toml, frames or deals"))
        return tuple(found)
    if path.is_dir() or path.suffix.lower() == ".toml":
        home = path if path.is_dir() else path.parent
        return tuple(_from_file(home / one.file, one, output) for one in load_model(path, BookFile, kind="book").frames)
    return (_from_file(path, None, output),)


def _from_file(path: Path, how: Frame | None, output: Path | None) -> Source:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        expected = "a .csv or .parquet file (or .arrow, .arrows, .jsonl)"
        raise FileError(problem("bad_option", subject="book", value=path.name, expected=expected, hint="convert it"))
    if not _guarded(path, path.is_file):  # a name may be too long for the system
        raise FileError(problem("file_missing", subject=shown_path(path), expected="book.toml"))
    if suffix not in READERS:
        _guarded(path, lambda: check_readable(path))
        names = _guarded(path, lambda: scanned(path).collect_schema().names())
        return _named_kind(Source(path.name, _kind_of(path.stem, names, how), path=path, map=how))
    if suffix == ".csv":
        _check_commas(path)
    frame = _guarded(path, lambda: _read(path, output))
    if isinstance(frame, Parts):
        return _named_kind(Source(path.name, _kind_of(path.stem, frame.empty.columns, how), frame, path, how))
    kind = _kind_of(path.stem, frame.columns, how)
    return _named_kind(Source(path.name, kind, _renamed(frame, how, path.name), path, how))


def scanned(path: Path) -> pl.LazyFrame:
    """A file that can be read from the middle: Parquet, or an Arrow file."""
    return pl.scan_ipc(path) if path.suffix.lower() == ".arrow" else pl.scan_parquet(path)


def _read(path: Path, output: Path | None) -> pl.DataFrame | Parts:
    with path.open("rb") as stream:
        return whole_or_parts(READERS[path.suffix.lower()](stream), output)


def _named_kind(source: Source) -> Source:
    """The source, its kind the usual one where neither its name nor a column says."""
    return source if source.kind or "kind" in source.columns else replace(source, kind=DEFAULT_KIND)


def _check_commas(path: Path) -> None:
    """Raise where the columns of a text file are separated by something else: as spreadsheets of many countries save them."""
    with path.open("rb") as stream:
        header = stream.readline(1 << 16)
    for mark, said in ((b";", "semicolons"), (b"\t", "tabs")):
        if header.count(mark) > header.count(b","):
            why = f"its columns are separated by {said}"
            hint = "save it with commas, numbers with points (0.0525) and dates as 2025-10-03"
            raise FileError(problem("bad_option", subject=str(path), expected=f"comma-separated: {why}", hint=hint))


def _kind_of(stem: str, names: list[str], how: Frame | None) -> str | None:
    if how is not None and how.kind is not None:
        return how.kind
    if "kind" in names or (how is not None and ("kind" in how.columns or "kind" in how.values)):
        return None
    first = stem.split("-")[0].split(".")[0]
    return first if first in kinds() else DEFAULT_KIND


def _guarded(path: Path, read: Callable[[], T]) -> T:
    try:
        return read()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:  # corrupt pages make the reader panic
        raise FileError(problem("file_unreadable", subject=shown_path(path), why=" ".join(str(error).split())[:200])) from error


def check_header(source: Source) -> None:
    """Raise unless every column is known to the kind, and those without which no row can be read are there."""
    if source.kind is not None and source.kind not in kinds():
        names = tuple(kinds())
        raise InputError(
            problem("bad_choice", subject="book", field="kind", value=source.kind, choices=names, suggestion=suggest(source.kind, names))
        )
    possible = [kinds()[source.kind]] if source.kind else list(kinds().values())
    known = reduce(or_, (kind.columns.keys() for kind in possible))
    columns = source.columns
    for name in columns:
        if name != "kind" and all(kind.scalar(name) is None for kind in possible):
            raise InputError(problem("unknown_field", subject=source.name or "book", field=name, suggestion=_meant(name, tuple(known))))
    for node in possible[0].nodes if source.kind else ():
        whole = node.name in columns or any(name.startswith(f"{node.name}.") for name in columns)
        if node.required and not whole:
            raise InputError(problem("missing_field", subject=source.name or "book", field=node.name))


def _meant(name: str, known: Sequence[str]) -> str:
    """The column that was meant: `margin` is `floating.margin` before it is anything that is spelt alike."""
    alike = MARGINS if name in MARGINS else (name,)
    ends = [column for column in known if "." in column and column.rsplit(".", 1)[-1] in alike]
    return f"did you mean {min(ends, key=lambda column: (column.count('.'), len(column)))}?" if ends else suggest(name, known)


def _renamed(frame: pl.DataFrame, how: Frame | None, name: str) -> pl.DataFrame:
    """A user's own columns under the names of the book."""
    if how is None:
        return frame
    taken: list[str] = []
    found: list[pl.Expr] = []
    for target, origin in how.columns.items():
        column, scale = (origin.column, origin.scale) if isinstance(origin, From) else (origin, 1.0)
        if column not in frame.columns:
            raise InputError(problem("unknown_name", subject=name, field=target, value=column, what="column", choices=tuple(frame.columns)))
        taken.append(column)
        found.append(_scaled(column, scale, frame.schema[column]).alias(target))
    for other in frame.columns:
        left = how.ignore == "others" and all(kind.scalar(other) is None for kind in kinds().values()) and other != "kind"
        if other not in taken and not left and other not in how.ignore and other not in how.columns:
            found.append(pl.col(other))
    found += [pl.lit(value).alias(target) for target, value in how.values.items()]
    return frame.select(found)


def _scaled(column: str, scale: float, dtype: pl.DataType) -> pl.Expr:
    """A column in the book's unit; what is no number stays as it is, for the rules to name."""
    if scale == 1.0 or not (dtype.is_numeric() or dtype == pl.String):
        return pl.col(column)
    if dtype.is_numeric():
        return pl.col(column) * scale
    return pl.coalesce((pl.col(column).cast(pl.Float64, strict=False) * scale).cast(pl.String), pl.col(column))


def windows(source: Source, size: int) -> Iterator[tuple[int, pl.DataFrame]]:
    """The rows of a source in pieces of at most `size`, each with the index of its first row."""
    for start in range(0, source.height, size):
        yield start, source.rows(start, size)
