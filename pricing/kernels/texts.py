"""Compiled loops over text columns where they lie: codes of equal texts, and texts of a plain form.

A column is `views` [row, 2] of eight bytes each, as Arrow lays out string views: the length, then the text itself up to twelve bytes; a
longer one as its first four bytes, the number of its buffer and the offset there. `buffers` are addresses.
"""

from typing import Any

import numba
import numpy as np
from numba import types
from numba.extending import intrinsic

INLINE = 12
"""Most bytes of a text that stands in its view."""
NO_TEXT = -1
"""Code of a null."""
LOW = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)
MIX, MIX_TOO = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)


def _bytes_at(typing, address):
    """The bytes at an address."""

    def build(context, builder, signature, arguments):
        return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

    return types.CPointer(types.uint8)(types.int64), build


bytes_at: Any = intrinsic(_bytes_at)


def _word_at(typing, address):
    """Eight bytes at an address that need be no multiple of eight."""

    def build(context, builder, signature, arguments):
        pointer = builder.inttoptr(arguments[0], context.get_value_type(types.uint64).as_pointer())
        return builder.load(pointer, align=1)

    return types.uint64(types.int64), build


word_at: Any = intrinsic(_word_at)


@numba.njit(cache=True, nogil=True)
def place_of(second, buffers):
    """Address of a text that does not stand in its view."""
    return buffers[np.int64(second & LOW)] + np.int64(second >> HALF)


@numba.njit(cache=True, nogil=True)
def hashed(first, second, buffers):
    """A hash of a text, the same wherever it lies."""
    found = first * MIX
    if np.int64(first & LOW) <= INLINE:
        found ^= second * MIX_TOO
    else:
        text, size = place_of(second, buffers), np.int64(first & LOW)
        for k in range(4, size - 8, 8):
            found = (found ^ (found >> HALF) ^ word_at(text + k)) * MIX_TOO
        found = (found ^ (found >> HALF) ^ word_at(text + size - 8)) * MIX_TOO  # may overlap
    return found ^ (found >> HALF)


@numba.njit(cache=True, nogil=True)
def same(first, second, other_first, other_second, buffers):
    """Whether two views hold the same text."""
    if first != other_first:
        return False
    if second == other_second:
        return True
    size = np.int64(first & LOW)
    if size <= INLINE:
        return False
    text, other = place_of(second, buffers), place_of(other_second, buffers)
    for k in range(4, size - 8, 8):
        if word_at(text + k) != word_at(other + k):
            return False
    return word_at(text + size - 8) == word_at(other + size - 8)


@numba.njit(cache=True, nogil=True)
def code_texts(views, holes, buffers, table, rows, out):
    """Code of each text [row] in order of appearance into `out`, `NO_TEXT` where `holes` [row or 0] has one.

    `table` [a power of two] is -1 throughout; `rows` [code] takes the row where each text stands first. Returns how many texts there
    are, or -1 where `rows` has no room for them.
    """
    count, wrap = 0, np.uint64(table.shape[0] - 1)
    for i in range(out.shape[0]):
        if holes.shape[0] != 0 and holes[i]:
            out[i] = NO_TEXT
            continue
        first, second = views[i, 0], views[i, 1]
        at = hashed(first, second, buffers) & wrap
        while True:
            code = table[at]
            if code < 0:
                if count >= rows.shape[0]:
                    return -1
                table[at], rows[count], out[i] = count, i, count
                count += 1
                break
            if same(first, second, views[rows[code], 0], views[rows[code], 1], buffers):
                out[i] = code
                break
            at = (at + np.uint64(1)) & wrap
    return count


@numba.njit(cache=True, nogil=True)
def all_of_form(views, buffers, first, rest, longest):
    """Whether every text has 1 to `longest` bytes, its first one of `first` [256], the others of `rest` [256]."""
    fine = np.uint8(1)
    for i in range(views.shape[0]):
        size = np.int64(views[i, 0] & LOW)
        if size < 1 or size > longest:
            return False
        if size <= INLINE:
            low, high = views[i, 0] >> HALF, views[i, 1]
            fine &= first[low & np.uint64(255)]
            for k in range(1, min(size, 4)):
                fine &= rest[(low >> np.uint64(8 * k)) & np.uint64(255)]
            for k in range(size - 4):
                fine &= rest[(high >> np.uint64(8 * k)) & np.uint64(255)]
        else:
            text = bytes_at(place_of(views[i, 1], buffers))
            fine &= first[text[0]]
            for k in range(1, size):
                fine &= rest[text[k]]
    return fine == 1
