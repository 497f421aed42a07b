"""The array lane of guarantees of leases: strips of puts after default or at the term's end, as the engine `closed_form`.

The lease stands in the row's column `deal` (`pricing.books.lanes.beside`). A row that names no method is the lane's only where the closed
form leaves nothing out: guarantor, lessee and rent independent, the asset sold at once. A row with `closed_form` is whenever it can be.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from curves import correlation_matrix, rent_curve, resale_curve, survival_curve
from curves.market import Market
from instruments.ground.errors import GpufinError
from pricing.books.lanes.base import Array, LaneValues, Refusal, Whole, codes, column, number, only, whole
from pricing.books.lanes.beside import Cells, good_leases, is_sold, lease_cells, lease_frame
from pricing.books.lanes.grid import Months, months_grid, rates_stand_still, survivals, volatilities
from pricing.books.lanes.lease import handovers, lease_arrays
from pricing.collateral.lots import lot_factors

KNOWN = frozenset(
    [
        *("id", "kind", "method", "deal", "guarantor", "guarantor.credit", "lease", "cover.form", "cover.share", "cover.measured"),
        *("first_month", "last_month", "payment_lag_months"),
    ]
)
THRESHOLD = "cover.threshold_usd."
FORMS = ("residual_value", "first_loss", "lease_backstop", "payment")
"""In the order of the kernel."""
LAG_MONTHS, WAIT_MONTHS, NO_END = 3, 3, 10_000
NOTE = "special case: strip of puts; the lessee stays to the term's end if it lives, independent defaults, the asset sold at once"


class SupportLane:
    """The lane of guarantees of leases of sites, without caps, escrows, conditions and releases."""

    method = "closed_form"
    party = "lessor"

    def fit(self, frame: pl.DataFrame, market: Market) -> list[Refusal]:
        """None: most keys stand in the text, and the engine says which of them the market lacks."""
        return []

    def domain(self, frame: pl.DataFrame, market: Market) -> pl.Series:
        """Plain guarantees of a plain lease whose curves are all there."""
        knots = {name: is_month(name) for name in frame.columns if name.startswith(THRESHOLD)}
        fits = (
            only(frame, KNOWN | frozenset(name for name, good in knots.items() if good))
            & column(frame, "cover.form", "").is_in(list(FORMS))
            & (column(frame, "first_month", 0) <= column(frame, "last_month", NO_END))
        )
        rows = np.flatnonzero(frame.with_columns(fits.fill_null(False).alias("__fits"))["__fits"].to_numpy())
        found = [(row, cells) for row, cells in zip(rows, _leases(frame[rows]), strict=True) if cells is not None]
        out = np.zeros(frame.height, dtype=bool)
        if not found or market.belief is not None or not rates_stand_still(market):
            return pl.Series(out)
        rows, leases = np.array([row for row, _ in found]), lease_frame(cells for _, cells in found)
        good = good_leases(leases, market).to_numpy()
        good[good] = self._served(frame[rows[good]], leases.filter(pl.Series(good)), market)
        out[rows[good]] = True
        return pl.Series(out)

    def _served(self, frame: pl.DataFrame, leases: pl.DataFrame, market: Market) -> np.ndarray:
        """Rows whose curves are there, and which the closed form values whole where they name no method [row]."""
        named = frame["method"].is_not_null().to_numpy() if "method" in frame.columns else np.zeros(frame.height, dtype=bool)
        behind = _behind(leases, market)
        served = np.array([one is not None for one in behind], dtype=bool)
        apart = np.array([one is not None and one for one in behind], dtype=bool)
        at_end = column(frame, "cover.form").is_in(FORMS[:2]) & (column(frame, "cover.measured", "market_value") == "market_value")
        simple = frame.with_columns(at_end.alias("__simple"))["__simple"].to_numpy() | is_sold(leases).to_numpy()
        return served & (named | (apart & simple))

    def values(self, frame: pl.DataFrame, market: Market) -> LaneValues:
        """Values to the lessors; not a number where the engine has to say why there is none."""
        cells = [one or {} for one in _leases(frame)]
        leases = lease_frame(cells)
        served = np.array([one is not None for one in _behind(leases, market)], dtype=bool)
        out = np.full(frame.height, np.nan)
        if served.any():
            kept = pl.Series(served)
            out[served] = _values(frame.filter(kept), leases.filter(kept), market)
        return LaneValues(out, NOTE, [one["lessor"] for one in cells])


def is_month(name: str) -> bool:
    """Whether a column of the threshold names a month as the terms write it."""
    key = name.removeprefix(THRESHOLD)
    return key.isdigit() and key.isascii() and len(key) <= 3 and str(int(key)) == key


def _leases(frame: pl.DataFrame) -> Iterator[Cells | None]:
    wanted = [column(frame, name, default).alias(name) for name, default in (("deal", None), ("lease", ""), ("guarantor", "guarantor"))]
    picked = frame.with_columns(*wanted, column(frame, "guarantor.credit").cast(pl.String).alias("guarantor.credit"))
    for text, lease, guarantor, credit in picked.select("deal", "lease", "guarantor", "guarantor.credit").iter_rows():
        yield lease_cells(text, lease, guarantor, credit)


def _behind(leases: pl.DataFrame, market: Market) -> list[bool | None]:
    """Whether what stands behind each lease moves independently [row]; None where the market cannot serve it. Asked once for each set."""
    keys = list(leases.select("asset.rent", "asset.resale", "lessee.credit", "guarantor.credit").iter_rows())
    judged = {one: is_apart(market, *one) for one in set(keys)}
    return [judged[one] for one in keys]


def is_apart(market: Market, rent: str, resale: str, lessee: str | None, guarantor: str | None) -> bool | None:
    """Whether rent, lessee and guarantor move independently; None where the market lacks one of them, or its correlations contradict."""
    credits = tuple(dict.fromkeys(key for key in (lessee, guarantor) if key is not None))
    try:
        rent_curve(market, rent)
        resale_curve(market, resale)
        for key in credits:
            survival_curve(market, key)
        matrix = np.asarray(correlation_matrix(market, (rent, *credits)))
    except GpufinError:
        return None
    return bool((matrix == np.eye(len(matrix))).all()) and (lessee is None or lessee != guarantor)


@dataclass(frozen=True)
class Worths:
    """Resale value of one unit by asset and handover, [pair, row], and the pair of each lease [row]."""

    table: Array
    place: Whole


def _worths(market: Market, keys: list[str], resale: Whole, start: Whole, grid: Months) -> Worths:
    ordinals = np.array([date.toordinal() for date in grid.dates], dtype=np.float64)
    pairs, place = np.unique(np.stack([resale, start]), axis=1, return_inverse=True)
    curves = [resale_curve(market, key) for key in keys]
    table = [curves[r].value(np.maximum(ordinals - ordinals[s], 0.0) / 365.0, grid.years) for r, s in pairs.T]
    return Worths(np.array(table), np.asarray(place, dtype=np.int64).ravel())


def one_lot(units: Array, impact: Array) -> Array:
    """Average price over the market's when all units are sold in one lot [row]; see `pricing.collateral.lots.lot_factors`."""
    pairs, place = np.unique(impact, return_inverse=True)
    out = np.ones(len(units))
    for at, push in enumerate(pairs):
        mine = place == at
        out[mine] = lot_factors(units[mine], 1, float(push))[0]
    return out


def _values(frame: pl.DataFrame, leases: pl.DataFrame, market: Market) -> Array:
    from pricing.kernels.lease_support import support_values  # compiled where it is used

    start, term = handovers(leases, market), whole(leases, "term_months")
    wait, lag = whole(leases, "remarketing.repossession_months", WAIT_MONTHS), whole(frame, "payment_lag_months", LAG_MONTHS)
    last = start + term + wait + lag
    grid = months_grid(market, int(last.max()))
    (lessees, lessee), (guarantors, guarantor) = codes(leases, "lessee.credit"), codes(leases, "guarantor.credit")
    survival, recovery = survivals(market, [*lessees, *guarantors], grid)
    guarantor = guarantor + len(lessees)
    (rents, rent), (resales, resale) = codes(leases, "asset.rent"), codes(leases, "asset.resale")
    worths = _worths(market, resales, resale, start, grid)
    curves = [resale_curve(market, key) for key in resales]
    units, impact = number(leases, "asset.units"), np.array([one.impact / one.depth_units for one in curves])[resale]
    terms = np.stack(
        [
            number(frame, "cover.share"),
            units,
            recovery[lessee],
            recovery[guarantor],
            one_lot(units, impact),
            np.array([one.sale_cost for one in curves])[resale],
            np.array([one.rent_elasticity for one in curves])[resale],
            volatilities(market, rents, rent, last, grid),
        ],
        axis=1,
    )
    forms, form = codes(frame, "cover.form")
    measures, measured = codes(frame, "cover.measured", "market_value")
    recourses, recourse = codes(leases, "remarketing.recourse", "full")
    ints = np.stack(
        [
            np.array([FORMS.index(name) for name in forms])[form],
            np.array([name == "market_value" for name in measures], dtype=np.int64)[measured],
            whole(frame, "first_month"),
            whole(frame, "last_month", NO_END),
            wait,
            lag,
            np.array([name == "full" for name in recourses], dtype=np.int64)[recourse],
            guarantor,
            lessee,
            worths.place,
        ],
        axis=1,
    )
    knots = sorted((name for name in frame.columns if name.startswith(THRESHOLD) and is_month(name)), key=_month)
    amounts = np.array([frame[name].cast(pl.Float64).to_numpy() for name in knots]).reshape(len(knots), frame.height).T
    plan, dates = lease_arrays(leases, market, grid, start, lessee, recovery[lessee])
    out = np.empty(frame.height)
    tables = (grid.years, grid.discount, survival, worths.table)
    support_values(plan, dates, terms, ints, np.array([_month(name) for name in knots], dtype=np.int64), amounts.copy(), *tables, out)
    return out


def _month(name: str) -> int:
    return int(name.removeprefix(THRESHOLD))
