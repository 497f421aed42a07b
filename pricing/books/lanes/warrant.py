"""The array lane of warrants that vest by date: calls to expiry, as the engine `closed_form`.

The tranches stand in the row as JSON text. A tranche behind a date that has come, or comes by expiry, is there when shares are bought; any
other condition, and shares that are bought before expiry, are left to the engines.
"""

from __future__ import annotations

import datetime as dt
import json
import re

import numpy as np
import polars as pl

from curves import default_rates_key, discount_curve, equity_inputs
from curves.market import Market
from instruments.contracts.warrant import SHARES_REL
from instruments.ground.errors import GpufinError
from pricing.books.lanes.base import LaneValues, Refusal, codes, column, days, number, only
from pricing.books.lanes.grid import rates_stand_still
from pricing.formulas.vanilla import call_value

KNOWN = frozenset(
    [
        *("id", "kind", "method", "issuer", "issuer.equity", "holder", "underlying", "shares", "strike_usd", "expiry", "exercise"),
        *("settlement", "gate_odds", "price_paid_usd", "tranches"),
    ]
)
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
MOST_TRANCHES, LARGEST = 1000, 10**18
DAYS_PER_YEAR = 365.0
NOTE = "exact for its model: flat rate, yield and volatility at their averages to expiry"


class WarrantLane:
    """The lane of warrants whose tranches wait for dates alone."""

    method = "closed_form"
    party = "holder"

    def fit(self, frame: pl.DataFrame, market: Market) -> list[Refusal]:
        """None: the engine says what the market lacks, after the models have read the tranches."""
        return []

    def domain(self, frame: pl.DataFrame, market: Market) -> pl.Series:
        """Plain calls on a share of the market: bought at expiry, every tranche there by then, nothing that ends them early."""
        if "tranches" not in frame.columns or not rates_stand_still(market):
            return pl.Series(np.zeros(frame.height, dtype=bool))
        served = [key for key in frame["underlying"].unique().drop_nulls().to_list() if _has_share(market, key)]
        fits = (
            only(frame, KNOWN)
            & pl.col("underlying").is_in(served)
            & (column(frame, "issuer.equity", None).is_null() | (column(frame, "issuer.equity", None) == pl.col("underlying")))
            & (column(frame, "issuer", "issuer") != column(frame, "holder", "holder"))
            & (column(frame, "exercise", "at_expiry") == "at_expiry")
            & (pl.col("expiry") > market.as_of)
            & pl.col("tranches").is_not_null()
        )
        out = frame.with_columns(fits.fill_null(False).alias("__fits"))["__fits"].to_numpy().copy()
        for row in np.flatnonzero(out):
            held = dated_shares(frame["tranches"][int(row)], frame["expiry"][int(row)])
            shares = frame["shares"][int(row)]
            out[row] = held is not None and abs(held - shares) <= SHARES_REL * shares
        return pl.Series(out)

    def values(self, frame: pl.DataFrame, market: Market) -> LaneValues:
        """Values to the holders; not a number where the engine has to say why there is none."""
        keys, place = codes(frame, "underlying")
        try:
            inputs = [equity_inputs(market, key) for key in keys]
            curve = discount_curve(market, default_rates_key(market))
        except GpufinError:
            return LaneValues(np.full(frame.height, np.nan), NOTE)
        years = (days(frame, "expiry") - (market.as_of - dt.date(1970, 1, 1)).days) / DAYS_PER_YEAR
        quotes = np.array([(one.spot_usd, one.volatility, one.dividend_yield) for one in inputs])[place]
        per_share = call_value(
            spot=quotes[:, 0],
            strike=number(frame, "strike_usd"),
            volatility=quotes[:, 1],
            years=years,
            rate=-np.log(curve.discount(years)) / years,
            dividend_yield=quotes[:, 2],
        )
        held = [dated_shares(text, expiry) for text, expiry in frame.select("tranches", "expiry").iter_rows()]
        return LaneValues(np.array(held, dtype=np.float64) * number(frame, "gate_odds", 1.0) * per_share, NOTE)


def _has_share(market: Market, key: str) -> bool:
    try:
        equity_inputs(market, key)
    except GpufinError:
        return False
    return True


def dated_shares(text: object, expiry: dt.date) -> float | None:
    """Shares of all tranches together; None where one waits for more than a date on or before expiry, or the text is not of that form.

    Example:
        >>> dated_shares('[{"shares": 5.0, "condition": {"kind": "date", "on": "2026-01-31"}}]', dt.date(2028, 1, 31))
        5.0
    """
    if not isinstance(text, str) or not text.isascii() or "\\" in text:
        return None
    try:
        tranches = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(tranches, list) or not 1 <= len(tranches) <= MOST_TRANCHES:
        return None
    total = 0.0
    for tranche in tranches:
        if (
            not isinstance(tranche, dict)
            or tranche.keys() - {"label", "shares", "condition"}
            or not isinstance(tranche.get("label", ""), str)
        ):
            return None
        shares, condition = tranche.get("shares"), tranche.get("condition")
        if isinstance(shares, bool) or not isinstance(shares, int | float) or not 0.0 < shares < LARGEST or not _by(condition, expiry):
            return None
        total += shares
    return total


def _by(condition: object, expiry: dt.date) -> bool:
    """Whether a condition is a date that comes by expiry."""
    if not isinstance(condition, dict) or condition.keys() - {"kind", "on", "meet"}:
        return False
    on = condition.get("on")
    if (
        condition.get("kind") != "date"
        or condition.get("meet", "latched") != "latched"
        or not isinstance(on, str)
        or not DATE.fullmatch(on)
    ):
        return False
    try:
        return dt.date.fromisoformat(on) <= expiry
    except ValueError:
        return False
