"""Numbers and tables for a terminal: units spelt out, no more digits than the error allows."""

from __future__ import annotations

import math
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import zip_longest

from instruments.ground.messages import printable

LEAST_WIDTH = 12
"""No column of text is wrapped to fewer characters."""
SCALES = ((1e12, "trn"), (1e9, "bn"), (1e6, "m"), (1e3, "k"))
HUGE = 1e15
"""Size from which a figure is shown with its power of ten: amounts over next to nothing (a rate on a balance of 1e-300) are numbers too."""


def usd(value: float | None, error: float | None = None) -> str:
    """An amount: '13.13 bn +- 0.03'. Without an error three significant digits after scaling."""
    if value is None:
        return "void"
    size = max(abs(value), error or 0.0)
    if size >= HUGE:
        return _powers(value, error)
    scale, unit = next(((s, u) for s, u in SCALES if size >= s), (1.0, ""))
    digits = _digits(error / scale if error else None, value / scale)
    text = f"{value / scale:z,.{digits}f}"
    if error:
        text += f" ± {error / scale:.{digits}f}"
    return f"{text} {unit}".rstrip()


def number(value: float | None, error: float | None = None) -> str:
    """A plain number with its error."""
    if value is None:
        return "void"
    if max(abs(value), error or 0.0) >= HUGE:
        return _powers(value, error)
    digits = _digits(error, value)
    return f"{value:z,.{digits}f}" + (f" ± {error:.{digits}f}" if error else "")


def percent(value: float | None, error: float | None = None) -> str:
    """A fraction as a percentage: '12.5 %'."""
    if value is None:
        return "void"
    if max(abs(value), error or 0.0) >= HUGE:
        return f"{_powers(value, None, scale=100)} %"
    digits = _digits(error * 100 if error else None, value * 100)
    return f"{value * 100:z.{digits}f} %"


def percent_with_error(value: float | None, error: float | None = None) -> str:
    """The same with its error: '41.85 ± 0.77 %'."""
    shown = percent(value, error)
    if value is None or not error:
        return shown
    if max(abs(value), error) >= HUGE:
        return f"{_powers(value, error, scale=100)} %"
    digits = len(shown.split(" ")[0].partition(".")[2])
    return f"{shown.removesuffix(' %')} ± {error * 100:.{digits}f} %"


def _powers(value: float, error: float | None, scale: int = 1) -> str:
    """Three digits and a power of ten; beyond what a float holds too, after scaling."""
    figures = (value, error) if error else (value,)
    return " ± ".join(f"{Decimal(figure) * scale:.2e}" for figure in figures)


def _digits(error: float | None, value: float) -> int:
    """Decimals to show: two digits of the error, or three significant digits of the value."""
    if error and error > 0.0:
        return min(max(1 - math.floor(math.log10(error)), 0), 6)
    if value == 0.0:
        return 0
    return min(max(2 - math.floor(math.log10(abs(value))), 0), 6)


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> str:
    """Columns of text; those in `right` are aligned to the right. Control characters are shown, never sent to the terminal.

    On a terminal that is narrower long texts are wrapped inside their columns; what is piped keeps one line for each row.
    """
    cells = [[printable(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    if sys.stdout.isatty():
        widths = _fitted(widths, right, shutil.get_terminal_size().columns)

    def lines(row: Sequence[str]) -> Iterator[str]:
        wrapped = [textwrap.wrap(cell, width) if len(cell) > width else [cell] for cell, width in zip(row, widths, strict=True)]
        for parts in zip_longest(*wrapped, fillvalue=""):
            yield "  ".join(c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(parts, widths, strict=True))).rstrip()

    under = "  ".join("-" * width for width in widths)
    return "\n".join([*lines(cells[0]), under, *(line for row in cells[1:] for line in lines(row))])


def _fitted(widths: Sequence[int], right: Sequence[int], room: int) -> list[int]:
    """Widths that fit: the widest column of text gives way first, figures never."""
    found = list(widths)
    texts = [i for i in range(len(found)) if i not in right]
    for _ in range(max(0, sum(found) + 2 * (len(found) - 1) - room)):
        widest = max(texts, key=lambda i: found[i], default=None)
        if widest is None or found[widest] <= LEAST_WIDTH:
            break
        found[widest] -= 1
    return found


def counted(count: int, one: str, more: str) -> str:
    """A number of things in words: '1 law of other terms does not apply'."""
    return f"{count} {one if count == 1 else more}"
