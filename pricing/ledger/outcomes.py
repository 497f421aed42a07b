"""What a roll finds besides its postings, kept block by block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from pricing.schedules.types import Floats

T = TypeVar("T")


class Kept(Generic[T]):
    """A `Roll` that remembers, for every block that was rolled, what else was found on it.

    The postings depend on the block's number alone, so a replay stores the same again; blocks may be rolled by several threads at once.
    """

    def __init__(self, roll: Callable[[int], tuple[Floats, T]]) -> None:
        self._roll = roll
        self._found: dict[int, T] = {}

    def __call__(self, block: int) -> Floats:
        """The postings of a block."""
        ledger, found = self._roll(block)
        self._found[block] = found
        return ledger

    def of(self, block: int) -> T:
        """What was found on a block that was rolled."""
        return self._found[block]

    def found(self) -> list[T]:
        """What was found, in block order."""
        return [self._found[block] for block in sorted(self._found)]
