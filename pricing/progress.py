"""How far long work is: loops say so, whoever wants to know listens.

A loop that may take seconds goes through `follow`. Loops inside one another make one fraction: three of ten scenarios done and half
the blocks of the fourth are 35 %. Without a listener `follow` is a plain loop, and nothing here touches a number: results are the same
with and without. Work on other threads and processes is not followed by itself; the loop that hands it out is.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")
Listener = Callable[[str, int, int, float], None]
"""Told (what, done, count, fraction done): the outermost loop, and the fraction with the loops inside it."""


@dataclass(slots=True, eq=False)
class _Stage:
    what: str
    count: int
    done: int = 0


@dataclass(slots=True)
class _Followed:
    listener: Listener
    stages: list[_Stage] = field(default_factory=list)
    furthest: float = 0.0

    def begin(self, what: str, count: int) -> tuple[int, _Stage]:
        """A loop inside those that run, and its depth."""
        depth, stage = len(self.stages), _Stage(what, count)
        if depth == 0:
            self.furthest = 0.0
        self.stages.append(stage)
        return depth, stage

    def step(self, depth: int) -> None:
        """Tell the listener; loops of the body that were left before their end are over."""
        del self.stages[depth + 1 :]
        fraction = 0.0
        for stage in reversed(self.stages):
            fraction = min(1.0, (stage.done + fraction) / stage.count)
        # A body may hold several loops, one after the other: the second starts at nought, but nothing done is undone.
        self.furthest = max(self.furthest, fraction)
        outer = self.stages[0]
        self.listener(outer.what, outer.done, outer.count, self.furthest)

    def end(self, depth: int, stage: _Stage) -> None:
        """A loop is over; one that was left early may end after a later one began, and leaves that alone."""
        if self.stages[depth : depth + 1] == [stage]:
            del self.stages[depth:]


_followed: ContextVar[_Followed | None] = ContextVar("followed", default=None)


@contextmanager
def listening(listener: Listener) -> Generator[None]:
    """Tell `listener` of every step of every followed loop inside this block."""
    token = _followed.set(_Followed(listener))
    try:
        yield
    finally:
        _followed.reset(token)


@contextmanager
def counting(what: str) -> Generator[Callable[[int, int], None]]:
    """For work that counts by itself: call what this gives with (done, count)."""
    followed = _followed.get()
    if followed is None:
        yield lambda done, count: None
        return
    depth, stage = followed.begin(what, 1)

    def told(done: int, count: int) -> None:
        stage.done, stage.count = done, max(count, 1)
        followed.step(depth)

    try:
        yield told
    finally:
        followed.end(depth, stage)


def follow(items: Iterable[T], what: str, count: int) -> Iterator[T]:
    """The items, each told as done when the next is asked for.

    Args:
        items: the loop.
        what: what they are, in the plural: "scenarios".
        count: how many.
    """
    followed = _followed.get()
    if followed is None or count < 1:
        yield from items
        return
    depth, stage = followed.begin(what, count)
    try:
        for item in items:
            yield item
            stage.done += 1
            followed.step(depth)
    finally:
        followed.end(depth, stage)
