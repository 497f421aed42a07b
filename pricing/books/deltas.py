"""Deltas of a book: each row's value by every rate and credit quote, the bootstraps included, in one batch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from curves import DiscountCurve, SurvivalCurve, all_quotes, with_quote
from curves.arrays import FloatArray
from curves.market import Market
from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.books.kinds import kinds
from pricing.books.lanes.base import Array, LaneValues, Whole
from pricing.books.lanes.chains import BUMP, BUMP_BPS, credit_chain, factors_of, rate_chain
from pricing.books.lanes.loan import LoanArrays, curves_of, loan_arrays
from pricing.books.lanes.table import LANES
from pricing.books.slices import lane_rows, typed_frame
from pricing.schedules.grid import day_counts, month_ends, thirty_360
from pricing.schedules.types import Floats


@dataclass(frozen=True)
class BookDeltas:
    """Values [row] and deltas of the rows that a lane prices, USD per unit of a quote (1.0 = 10,000 basis points).

    A row is kept with the quotes behind its own curves alone: all others are 0. `by` and `deltas` put them in their places.
    """

    rows: tuple[int, ...]
    """Which rows of the frame, counted from 1."""
    values: Array
    own: Array
    """[row, active factor]"""
    group: Whole
    """[row] which rows have the same curves."""
    active: Whole
    """[group, active factor] places among `factors`; -1 is none."""
    factors: tuple[str, ...]
    """Paths of the quotes: `rates.USD-SOFR.quotes.5Y`, `credit.NEO.hazard`."""
    method: str
    """`adjoint` is exact up to rounding; `bump` is a central difference of a tenth of a basis point."""

    def by(self, factor: str) -> Array:
        """Deltas by one quote [row].

        Raises:
            InputError: no such quote.
        """
        if factor not in self.factors:
            raise InputError(
                problem("bad_choice", subject="deltas", field="factor", value=factor, choices=self.factors, suggestion="name one")
            )
        mine = self.active == self.factors.index(factor)
        place = np.where(mine.any(axis=1), mine.argmax(axis=1), -1)[self.group]
        return np.where(place >= 0, self.own[np.arange(len(self.own)), place], 0.0)

    @cached_property
    def deltas(self) -> Array:
        """All of them [row, factor]."""
        return np.stack([self.by(factor) for factor in self.factors], axis=1)

    @property
    def table(self) -> pl.DataFrame:
        """One line per row: its number, its value, a column per quote."""
        found = {"row": pl.Series(self.rows, dtype=pl.Int64), "value": pl.Series(self.values)}
        return pl.DataFrame(found | {factor: pl.Series(self.by(factor)) for factor in self.factors})


def book_deltas(frame: pl.DataFrame, kind: str, market: Market) -> BookDeltas:
    """Values and deltas of the rows of a frame that the array lane of its kind prices.

    **Model** loans: one backward pass per loan gathers dV by the logarithms at the curves' nodes; one matrix per pair of curves takes them
    to the quotes (`pricing.books.lanes.chains`). Other lanes: two prices of the whole lane per quote. Recoveries stay.

    Args:
        frame: columns as in `price_book`. kind: what its rows are. market: the snapshot.

    Returns:
        A `BookDeltas`; rows that no lane prices are left out.

    Raises:
        InputError: the kind has no lane.

    Checked against: tests/unit/pricing/test_book_deltas.py (bump and reprice, sum over quotes against a parallel move).
    """
    lane = LANES.get(kind)
    if lane is None:
        raise InputError(
            problem("bad_choice", subject="deltas", field="kind", value=kind, choices=tuple(LANES), suggestion="price by bumps")
        )
    better, obeyed = typed_frame(kinds()[kind], frame)
    for refusal in lane.fit(better, market):
        obeyed = obeyed & ~refusal.rows
    inside = lane_rows(kinds()[kind], better, obeyed, market)
    good, rows = better.filter(inside), tuple((np.flatnonzero(inside.to_numpy()) + 1).tolist())
    if kind == "loan":
        from pricing.kernels.loans import PAIR  # compiled where it is used

        arrays = loan_arrays(good, market)
        tables = delta_tables(market, arrays.pairs, len(arrays.life))
        values, own = loan_book_deltas(arrays, market, tables=tables)
        return BookDeltas(rows, values, own, arrays.ints[:, PAIR], tables.active, factors_of(market), "adjoint")

    def priced(moved: Market) -> Array:
        found: LaneValues = lane.values(good, moved)
        return found.values

    quotes = {one.path: one.quote.value for one in all_quotes(market)}
    columns = []
    for path in factors_of(market):
        step = BUMP_BPS if path.endswith("_bps") else BUMP
        up, down = (priced(with_quote(market, path, quotes[path] + sign * step)) for sign in (1.0, -1.0))
        columns.append((up - down) / (2.0 * step))
    alike, every = np.zeros(good.height, dtype=np.int64), np.arange(len(columns))[None, :]
    return BookDeltas(rows, priced(market), np.stack(columns, axis=1), alike, every, factors_of(market), "bump")


@dataclass(frozen=True)
class DeltaTables:
    """What the kernel of loan deltas reads of a market, for some pairs of curves and months."""

    tables: Array
    """[pair, time, 9]"""
    places: Whole
    """[pair, time, 4]"""
    chains: Array
    """[pair, node, active factor]"""
    active: Whole
    """[pair, active factor] which factor; -1 is none. A multiple of eight."""
    rates: Whole
    """[pair] how many of the nodes are the discount curve's, the first ones."""


def loan_book_deltas(arrays: LoanArrays, market: Market, *, tables: DeltaTables | None = None) -> tuple[Array, Array]:
    """Values [row] and deltas [row, active factor] of loans; factors as `DeltaTables.active`. `tables`: made before, for many batches."""
    from pricing.kernels.loan_deltas import loan_deltas  # compiled where it is used

    found = tables or delta_tables(market, arrays.pairs, len(arrays.life))
    out, deltas = np.empty(len(arrays.terms)), np.empty((len(arrays.terms), found.active.shape[1]))
    loan_deltas(arrays.terms, arrays.ints, found.tables, found.places, found.chains, found.rates, arrays.life, out, deltas)
    return out, deltas


def delta_tables(market: Market, pairs: tuple[tuple[str, str], ...], count: int) -> DeltaTables:
    """Factors, weights of nodes, and chains to the quotes on which a pair depends."""
    dates = month_ends(market.as_of, count)
    years, length = day_counts(market.as_of, dates)
    middle = np.concatenate([[0.0], years[:-1]]) + np.floor(length / 2.0) / 365.0
    thirty = thirty_360(market.as_of, dates)
    curves = [curves_of(market, keys) for keys in pairs]
    sizes = [(rates.times_years.size, _nodes(credit).size) for rates, credit in curves]
    tables = np.empty((len(pairs), count, 9))
    places = np.zeros((len(pairs), count, 4), dtype=np.int64)
    whole = np.zeros((len(pairs), max((r + c for r, c in sizes), default=0), len(factors_of(market))))
    for row, ((rates, credit), keys, (start, size)) in enumerate(zip(curves, pairs, sizes, strict=True)):
        survival = credit.survival(years) if credit else np.ones(count)
        found = [_place(_nodes(curve), at) for curve, at in ((rates, years), (rates, middle), (credit, years))]
        ds, mid = rates.discount(years) * survival, rates.discount(middle)
        before = np.concatenate([[0.0], years[:-1]])
        alive = credit.survival(before) if credit else np.ones(count)
        values = (ds, rates.discount(before) * survival, ds * (length / 360.0), ds * thirty, mid * alive, mid * survival)
        tables[row] = np.stack([*values, *(weight for _, weight in found)], axis=1)
        by_date, by_middle = np.stack([found[0][0], found[2][0] + start], axis=1), found[1][0]
        places[row, :, [0, 2]], places[row, :, 1] = by_date.T, by_middle
        places[row, 1:, 3] |= by_middle[1:] != by_middle[:-1]
        # a date's own sums come a month later
        places[row, 2:, 3] |= (by_date[1:-1] != by_date[:-2]).any(axis=1)
        whole[row, :start] = rate_chain(market, keys[0])
        if credit is not None:
            whole[row, start : start + size] = credit_chain(market, keys[1])
    used = np.abs(whole).max(axis=1, initial=0.0) > 0.0
    most = int(used.sum(axis=1).max(initial=0))
    active = np.full((len(pairs), -(-most // 8) * 8), -1, dtype=np.int64)
    chains = np.zeros((*whole.shape[:2], active.shape[1]))
    for row, mine in enumerate(used):
        at = np.flatnonzero(mine)
        active[row, : at.size] = at
        chains[row, :, : at.size] = whole[row][:, at]
    return DeltaTables(tables, places, chains, active, np.array([size for size, _ in sizes], dtype=np.int64))


def _nodes(curve: DiscountCurve | SurvivalCurve | None) -> FloatArray:
    """Times of a curve's nodes, the first 0."""
    if curve is None:
        return np.array([0.0, 1.0])
    return curve.times_years if isinstance(curve, DiscountCurve) else np.concatenate([[0.0], curve.times_years])


def _place(nodes: FloatArray, times: Floats) -> tuple[Whole, Array]:
    """The earlier of the two nodes around each time, and the weight of the later one; beyond the last the last piece goes on."""
    at = np.clip(np.searchsorted(nodes, times, side="right") - 1, 0, nodes.size - 2)
    return at.astype(np.int64), (times - nodes[at]) / (nodes[at + 1] - nodes[at])
