"""Draws that depend on the seed alone.

Of integers, floats and bytes hypothesis also tries constants that it finds in whatever modules are loaded, so the same seed tries other
things in another program. Of single booleans it does not: everything here is made of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

T = TypeVar("T")
BITS = 12
"""Coin tosses per choice: among ten options the odds differ by a four-hundredth of themselves."""


def picked(options: Sequence[T]) -> SearchStrategy[T]:
    """One of at most a thousand options, each about as likely; shrinks to the first."""
    return st.lists(st.booleans(), min_size=BITS, max_size=BITS).map(lambda bits: options[_number(bits) % len(options)])


def _number(bits: list[bool]) -> int:
    return sum(1 << place for place, bit in enumerate(reversed(bits)) if bit)
