"""Text columns read where they lie, without a copy: the distinct texts of a column, a code for each row, and whether all have a form."""

from __future__ import annotations

import ctypes
import re
import sys
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

FEW = 4096
"""Rows below which the plain way is as fast, and nothing need be compiled."""
VIEWS = b"vu"
"""What Arrow calls a column of string views."""
PLAIN = re.compile(r"(\[[^\]^\\][^\]]*\])(\[[^\]^\\][^\]]*\])\{0,(\d+)\}")
"""A pattern of one byte of a class and up to so many of another."""
FIRST_TABLE, LARGER = 1024, 16
MANY = 1 << 16
"""Distinct texts beyond which looking at each once is no shorter than looking at every row."""


class _Array(ctypes.Structure):
    """`struct ArrowArray` of the Arrow C data interface."""

    _fields_ = (
        *((name, ctypes.c_int64) for name in ("length", "null_count", "offset", "n_buffers", "n_children")),
        ("buffers", ctypes.POINTER(ctypes.c_void_p)),
        *((name, ctypes.c_void_p) for name in ("children", "dictionary")),
        ("release", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
        ("private_data", ctypes.c_void_p),
    )


class _Schema(ctypes.Structure):
    """`struct ArrowSchema`."""

    _fields_ = (
        *((name, ctypes.c_char_p) for name in ("format", "name", "metadata")),
        *((name, ctypes.c_int64) for name in ("flags", "n_children")),
        *((name, ctypes.c_void_p) for name in ("children", "dictionary")),
        ("release", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
        ("private_data", ctypes.c_void_p),
    )


_NEXT = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)


class _Stream(ctypes.Structure):
    """`struct ArrowArrayStream`."""

    _fields_ = (("get_schema", _NEXT), ("get_next", _NEXT), *((name, ctypes.c_void_p) for name in ("last_error", "release", "private")))


@dataclass(frozen=True)
class TextViews:
    """A text column as Arrow holds it; the series must outlive it."""

    views: NDArray[np.uint64]
    """[row, 2]"""
    buffers: NDArray[np.int64]
    """Addresses of the longer texts."""
    holes: NDArray[np.bool_]
    """[row] where a text is missing; empty where none is."""


def text_views(series: pl.Series) -> TextViews | None:
    """The views of a text column in one piece; None where this polars lays it out otherwise."""
    if series.dtype != pl.String or sys.byteorder != "little":
        return None
    capsule = series.__arrow_c_stream__(None)
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    at = pointer(capsule, b"arrow_array_stream")
    stream, schema, array = _Stream.from_address(at), _Schema(), _Array()
    if stream.get_schema(at, ctypes.addressof(schema)) != 0:
        return None
    try:
        if schema.format != VIEWS or stream.get_next(at, ctypes.addressof(array)) != 0 or not array.release:
            return None
    finally:
        schema.release(ctypes.addressof(schema))
    try:
        if array.length != series.len():  # in several pieces
            return None
        spots = [array.buffers[k] or 0 for k in range(2, array.n_buffers - 1)]
        cells = (ctypes.c_uint64 * (2 * array.length)).from_address(array.buffers[1] + 16 * array.offset)
        views = np.frombuffer(cells, dtype=np.uint64).reshape(-1, 2)
    finally:
        array.release(ctypes.addressof(array))  # the series holds the memory
    views.setflags(write=False)
    holes = series.is_null().to_numpy() if series.null_count() else np.zeros(0, dtype=np.bool_)
    return TextViews(views, np.array(spots, dtype=np.int64), holes)


def coded(series: pl.Series) -> tuple[list[str | None], NDArray[np.int32]]:
    """Distinct texts of a column, and the place of each row's among them; null is one of them, the last."""
    found = _coded(series, series.len())
    assert found is not None, "there are no more texts than rows"
    return found


def distinct(series: pl.Series) -> list[str] | None:
    """The texts of a column, each once; None where they are many."""
    found = _coded(series, MANY)
    return None if found is None else [name for name in found[0] if name is not None]


def _coded(series: pl.Series, most: int) -> tuple[list[str | None], NDArray[np.int32]] | None:
    """The same of a column of at most `most` distinct texts; None where it has more."""
    series = series.rechunk()
    found = text_views(series) if series.len() >= FEW else None
    if found is None:
        names = series.unique(maintain_order=True).drop_nulls()
        places = series.cast(pl.Enum(names)).to_physical().cast(pl.Int32).fill_null(names.len()).to_numpy()
        return [*names.to_list(), *([None] if series.null_count() else [])], places
    from pricing.kernels.texts import code_texts  # compiled where it is used

    places = np.empty(series.len(), dtype=np.int32)
    size = FIRST_TABLE
    while True:
        rows = np.empty(min(size // 2, most), dtype=np.int64)
        count = code_texts(found.views, found.holes, found.buffers, np.full(size, -1, dtype=np.int32), rows, places)
        if count >= 0:
            break
        if rows.size == most:
            return None
        size *= LARGER
    if found.holes.size:
        places[found.holes] = count
    return [*series.gather(rows[:count]).to_list(), *([None] if found.holes.size else [])], places


@lru_cache(maxsize=64)
def _plain(pattern: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8], int] | None:
    """The bytes that may stand first and later, and the most bytes, of a plain pattern; None for another."""
    found = PLAIN.fullmatch(pattern)
    if found is None:
        return None
    first, rest = (
        np.array([byte < 128 and re.fullmatch(group, chr(byte)) is not None for byte in range(256)], dtype=np.uint8)
        for group in found.group(1, 2)
    )
    return first, rest, 1 + int(found.group(3))


def all_match(series: pl.Series, pattern: str) -> bool:
    """Whether every text of a long column matches a plain pattern as a whole; False may also mean that it takes longer to tell."""
    form, series = _plain(pattern), series.rechunk()
    found = text_views(series) if form is not None and series.len() >= FEW and not series.null_count() else None
    if form is None or found is None:
        return False
    from pricing.kernels.texts import all_of_form  # compiled where it is used

    return bool(all_of_form(found.views, found.buffers, *form))
