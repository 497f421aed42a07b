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

    def found(self) -> list[T]:
        """What was found, in block order."""
        return [self._found[block] for block in sorted(self._found)]


class KeptAlong(Kept[T]):
    """The same of a roll that brings discount factors along its paths with it: each block's are handed on once, and not kept.

    `along` is what `run_contract` asks for after a block was rolled.
    """

    def __init__(self, roll: Callable[[int], tuple[Floats, T, Floats | None]]) -> None:
        super().__init__(self._split)
        self._whole = roll
        self._factors: dict[int, Floats] = {}

    def _split(self, block: int) -> tuple[Floats, T]:
        ledger, found, factors = self._whole(block)
        if factors is not None:
            self._factors[block] = factors
        return ledger, found

    def along(self, block: int) -> Floats:
        """Discount factors along the paths of the block that was just rolled [time, path]."""
        return self._factors.pop(block)
