"""What an array lane is, and the helpers that lanes share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curves import default_rates_key, discount_curve
from curves.market import Market
from instruments.ground.errors import GpufinError, Problem
from instruments.ground.messages import problem
from pricing.books.texts import coded

Array = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class LaneValues:
    """Values of a lane's rows to `party` [row], USD; one note for all rows, or one each."""

    values: Array
    notes: str | list[str]
    parties: list[str] | None = None
    """Whose value each is; None is as the lane's `party` says."""


@dataclass(frozen=True)
class Refusal:
    """Rows that the market cannot serve: which [row], by which column, and why."""

    rows: pl.Series
    field: str
    why: Callable[[Any], Problem]


class Lane(Protocol):
    """The array lane of a kind of row. Frames hold typed columns of rows that obey every rule of their fields."""

    method: str
    """Name of the engine that it equals."""
    party: str
    """Field that names whose value it is, or the party itself."""

    def fit(self, frame: pl.DataFrame, market: Market) -> list[Refusal]:
        """Rows that the market cannot serve, by whatever engine."""
        ...

    def domain(self, frame: pl.DataFrame, market: Market) -> pl.Series:
        """Rows that the lane can price and whose rules across fields hold: the model would accept them."""
        ...

    def values(self, frame: pl.DataFrame, market: Market) -> LaneValues:
        """Values of rows of the domain."""
        ...


def column(frame: pl.DataFrame, name: str, default: object = None) -> pl.Expr:
    """A column with its default in place of what is not given."""
    if name not in frame.columns:
        return pl.lit(default)
    return pl.col(name) if default is None else pl.col(name).fill_null(pl.lit(default))


def number(frame: pl.DataFrame, name: str, default: float = 0.0, *, once: bool = False) -> Array:
    """A column as floats [row]; a column that is not there is one cell where `once`."""
    if name not in frame.columns:
        return np.broadcast_to(np.float64(default), (1 if once else frame.height,))
    return _filled(frame[name], default).to_numpy().astype(np.float64, copy=False)


def whole(frame: pl.DataFrame, name: str, default: int = 0) -> Whole:
    """A column as whole numbers [row]."""
    if name not in frame.columns:
        return np.full(frame.height, default, dtype=np.int64)
    return _filled(frame[name], default).to_numpy().astype(np.int64, copy=False)


def _filled(series: pl.Series, default: object) -> pl.Series:
    return series.fill_null(default) if series.null_count() else series


def days(frame: pl.DataFrame, name: str) -> NDArray[np.int64]:
    """A column of dates as days since 1970 [row]."""
    return frame[name].to_physical().to_numpy().astype(np.int64)


def months(when: NDArray[np.int64]) -> NDArray[np.int64]:
    """Months since January 1970 of days since 1970 [row]."""
    first = int(when.min(initial=0))
    span = np.arange(first, int(when.max(initial=0)) + 1).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return np.asarray(span[when - first])  # a calendar of a few thousand days, read by row


def month_index(date: dt.date) -> int:
    """The same of one date."""
    return (date.year - 1970) * 12 + date.month - 1


def is_month_end(name: str) -> pl.Expr:
    """Whether a date is the last of its month."""
    return (pl.col(name).cast(pl.Int32) + 1).cast(pl.Date).dt.day() == 1


def only(frame: pl.DataFrame, known: frozenset[str]) -> pl.Expr:
    """Rows without a cell in a column that the lane does not read."""
    others = [name for name in frame.columns if name not in known and not name.startswith("__")]
    return pl.all_horizontal(pl.col(name).is_null() for name in others) if others else pl.lit(True)


def codes(frame: pl.DataFrame, name: str, default: str = "") -> tuple[list[str], Whole]:
    """Distinct texts of a column, sorted, and the place of each row's text among them."""
    names, places = texts(frame, name, default)
    rank = {text: place for place, text in enumerate(sorted(set(names)))}
    found = np.array([rank[text] for text in names], dtype=np.int64)[places]
    return list(rank), found if places.size == frame.height else np.full(frame.height, found[0])


def texts(frame: pl.DataFrame, name: str, default: str = "") -> tuple[list[str], NDArray[np.int32]]:
    """Texts of a column and the place of each row's among them, [row], or one place where the column is not there."""
    if name not in frame.columns:
        return [default], np.zeros(1, dtype=np.int32)
    names, places = coded(frame[name])
    return [default if text is None else text for text in names], places


def unknown_keys(frame: pl.DataFrame, name: str, build: Callable[[str], object], field: str = "") -> list[Refusal]:
    """Rows whose market key has no curve: missing, of another kind, or not calibrated; tried once for each key."""
    return keys_without(*coded(frame[name]), build, field or name) if name in frame.columns else []


def keys_without(keys: Sequence[str | None], places: NDArray[np.int32], build: Callable[[str], object], field: str) -> list[Refusal]:
    """The same of keys and the place of each row's among them [row]."""
    found = []
    for key, place in sorted((key, place) for place, key in enumerate(keys) if key is not None):
        try:
            build(key)
        except GpufinError as error:
            why = replace(error.problems[0], subject="", field=field, value=key)
            found.append(Refusal(pl.Series(places == place), field, lambda _, why=why: why))
    return found


def undiscounted(frame: pl.DataFrame, market: Market) -> list[Refusal]:
    """Every row, where the market has no curve that serves where none is named; none otherwise."""
    try:
        discount_curve(market, default_rates_key(market))
    except GpufinError as error:
        why = replace(error.problems[0], subject="")
        return [Refusal(pl.Series([True], dtype=pl.Boolean).new_from_index(0, frame.height), why.field, lambda _: why)]
    return []


def not_after(frame: pl.DataFrame, name: str, as_of: dt.date, rule: str, remedy: str = "drop the row") -> Refusal:
    """Rows whose date is not after the market's."""
    return Refusal(
        (frame[name] <= as_of).fill_null(False),
        name,
        lambda value: problem("broken_rule", field=name, value=str(value), rule=f"{rule} {as_of}", remedy=remedy),
    )
