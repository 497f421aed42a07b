"""One line on the terminal that says how far work is and how long it will take: nothing below two seconds, nothing when piped."""

from __future__ import annotations

import sys
from time import monotonic
from typing import TextIO

QUIET_SECONDS, EVERY_SECONDS, SHORT_SECONDS = 2.0, 0.5, 1.0
"""Before the first word, between two, and of a loop that is over before it could be read."""
CLEAR = "\r\x1b[K"


class ProgressLine:
    """Writes over its own line on standard error, and wipes it at the end; silent where that is no terminal."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = sys.stderr if stream is None else stream
        self._shown = False
        self._begun = self._at = monotonic()
        self._said = -EVERY_SECONDS
        self._what, self._fraction = "", 0.0

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(self, *error: object) -> None:
        self._wipe()

    def __call__(self, what: str, done: int, count: int, fraction: float) -> None:
        """Say it, if it is time to; what is finished is wiped."""
        now = monotonic()
        if what != self._what or fraction < self._fraction:
            self._at = now if self._what else self._begun
        self._what, self._fraction = what, fraction
        if done >= count:
            self._wipe()
        elif self.stream.isatty() and self._is_time(now):
            self._said, self._shown = now, True
            self.stream.write(f"{CLEAR}{what}: {done:,} of {count:,}, {fraction:.0%}{_left(now - self._at, fraction)}")
            self.stream.flush()

    def _is_time(self, now: float) -> bool:
        return now - self._begun >= QUIET_SECONDS and now - self._said >= EVERY_SECONDS and now - self._at >= SHORT_SECONDS

    def _wipe(self) -> None:
        if self._shown:
            self.stream.write(CLEAR)
            self.stream.flush()
            self._shown = False


def _left(spent: float, fraction: float) -> str:
    """Time left at the pace so far; nothing where there is no pace yet."""
    if fraction <= 0.0 or fraction >= 1.0:
        return ""
    seconds = spent * (1.0 - fraction) / fraction
    return f", about {seconds:.0f} s left" if seconds < 120 else f", about {seconds / 60:.0f} min left"
