"""The lease that a row names, out of its column `deal`: one flat row of the kind `lease`, for lanes of contracts that stand behind it.

Only the plain form is read: the parties with their credits, and this one lease of a site without options. A text with anything else in
it (escapes, other contracts, assets, positions) is left to the models and the engines.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl

from curves.market import Market
from instruments.ground.keys import Matches
from pricing.books.columns import DTYPES, Sort, valid
from pricing.books.kinds import CONTRACT, kinds
from pricing.books.lanes.base import column
from pricing.books.lanes.lease import KNOWN, LeaseLane

SALE = ("remarketing.choice", "remarketing.repossession_months", "remarketing.recourse", "remarketing.idle_cost_share")
"""What follows the lessee's default: the lane of leases does not read it."""
READ = frozenset((*KNOWN, *SALE)) - {"id", "kind", "method", "lessee.credit"}
"""Columns of a lease that may stand in the text."""
PARTS = frozenset(name.split(".")[0] for name in READ if "." in name)
MAY_BE_NULL = frozenset(("seller", "value_usd", "renewal", "early_termination", "purchase_option"))
LARGEST = 10**18
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
Cells = dict[str, Any]


def lease_cells(text: object, lease: str, guarantor: str, credit: str | None) -> Cells | None:
    """Cells of the lease `lease` by column, the credits of lessee and guarantor among them; None where the text is not of the plain form.

    Args:
        text: of the column `deal`. lease: the contract that the row names. guarantor, credit: party of the row, and its column.
    """
    if not isinstance(text, str) or not text.isascii() or "\\" in text:
        return None
    try:
        deal = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(deal, dict) or deal.keys() - {"contracts", "parties"}:
        return None
    contracts, credits = deal.get("contracts"), _credits(deal.get("parties"))
    if not isinstance(contracts, dict) or credits is None or lease == CONTRACT or list(contracts) != [lease]:
        return None
    credits.setdefault(guarantor, None)
    credits[guarantor] = credit if credit is not None else credits[guarantor]
    terms = contracts[lease]
    if not isinstance(terms, dict) or terms.pop("kind", None) != "lease":
        return None
    cells = _flat(terms)
    if cells is None or cells.get("lessor") == guarantor or not {cells.get("lessor"), cells.get("lessee")} <= credits.keys():
        return None
    return cells | {"id": lease, "lessee.credit": credits[cells["lessee"]], "guarantor.credit": credits[guarantor]}


def _credits(parties: object) -> dict[str, str | None] | None:
    """Party to credit; None where a party says more than that."""
    if not isinstance(parties, dict):
        return None
    found: dict[str, str | None] = {}
    for name, party in parties.items():
        if not isinstance(party, dict) or party.keys() - {"credit"} or not _matches("lessor", name):
            return None
        credit = party.get("credit")
        if credit is not None and not (isinstance(credit, str) and _matches("lessee.credit", credit)):
            return None
        found[name] = credit
    return found


def _flat(terms: Cells) -> Cells | None:
    found: Cells = {}
    for name, value in terms.items():
        if (value is None and name in MAY_BE_NULL) or (name == "phases" and value == []):
            continue
        inside = {f"{name}.{key}": cell for key, cell in value.items()} if name in PARTS and isinstance(value, dict) else {name: value}
        for full, cell in inside.items():
            read = _read(full, cell) if full in READ else None
            if read is None:
                return None
            found[full] = read
    return found


def _read(name: str, cell: object) -> object:
    """A cell as its sort; None where it is none."""
    sort = _sort(name)
    if sort == "date":
        try:
            return dt.date.fromisoformat(cell) if isinstance(cell, str) and DATE.fullmatch(cell) else None
        except ValueError:
            return None
    if sort == "number":
        return float(cell) if type(cell) is float or (type(cell) is int and abs(cell) < LARGEST) else None
    if sort == "whole":
        return cell if type(cell) is int and abs(cell) < LARGEST else None
    return cell if isinstance(cell, str) else None


@lru_cache(maxsize=256)
def _sort(name: str) -> Sort:
    node = kinds()["lease"].scalar(name)
    return node.sort if node else "text"


@lru_cache(maxsize=4096)
def _matches(name: str, text: str) -> bool:
    rules = kinds()["lease"].columns[name].rules
    return all(re.fullmatch(rule.pattern, text) is not None for rule in rules if isinstance(rule, Matches))


def lease_frame(cells: Iterable[Cells]) -> pl.DataFrame:
    """Leases as a typed frame; the credit of the guarantor stands in `guarantor.credit`, beside the lease's own columns."""
    rows = list(cells)
    names = sorted({name for row in rows for name in row})
    return pl.DataFrame({name: pl.Series(name, [row.get(name) for row in rows], dtype=DTYPES[_sort(name)]) for name in names})


def good_leases(frame: pl.DataFrame, market: Market) -> pl.Series:
    """Which leases the models accept and the lane of leases could price, whatever follows a default."""
    own = frame.drop("guarantor.credit")
    rules = valid(kinds()["lease"].nodes, frozenset(own.columns))
    obeyed = own.with_columns((pl.lit(True) & rules).alias("__ok"))["__ok"]
    kept = own.filter(obeyed).drop(SALE, strict=False)
    found = np.zeros(frame.height, dtype=bool)
    if kept.height and {"start", "term_months"} <= set(kept.columns):
        found[np.flatnonzero(obeyed.to_numpy())] = LeaseLane().domain(kept, market).to_numpy()
    return pl.Series(found)


def is_sold(frame: pl.DataFrame) -> pl.Series:
    """Where the lessor sells at once after a default."""
    return frame.select((pl.lit(True).alias("x") & (column(frame, SALE[0], "best") == "sell")).alias("sold"))["sold"]
