"""Small books of every lane, and the market that prices them."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl

from curves import Market

AS_OF = dt.date(2025, 10, 3)
OIS = {"1M": 0.0434, "6M": 0.0422, "12M": 0.0399, "2Y": 0.0363, "3Y": 0.0354, "5Y": 0.0357, "7Y": 0.0367, "10Y": 0.0383}
CDS = {"1Y": 0.020, "3Y": 0.030, "5Y": 0.037, "7Y": 0.039, "10Y": 0.040}


@lru_cache(maxsize=1)
def book_market() -> Market:
    """Rates, credits of three kinds, rents, resale values, power and a share."""
    return Market.model_validate(
        {
            "as_of": AS_OF,
            "rates": {"USD-SOFR": {"kind": "ois", "quotes": OIS}, "USD-FLAT": {"kind": "flat", "rate": 0.03}},
            "credit": {
                "NEO": {"kind": "cds", "recovery": 0.4, "quotes": CDS},
                "LAB": {"kind": "hazard", "hazard": 0.05, "recovery": 0.25},
                "BIG": {"kind": "hazard", "hazard": 0.004, "recovery": 0.4},
            },
            "equity": {"AMD": {"spot_usd": 164.67, "volatility": 0.5}},
            "rent": {
                "GPU": {"kind": "thin_rent", "spot_usd_per_hour": 3.0, "growth": -0.15, "volatility": 0.4},
                "CAMPUS": {"kind": "thin_rent", "spot_usd_per_hour": 0.2, "growth": 0.0, "volatility": 0.2, "relet_months": 3},
            },
            "resale": {
                "GPU": {"kind": "thin_resale", "new_usd": 5e4, "decline": 0.3, "depth_units": 1e6, "impact": 0.0, "sale_cost": 0.05},
                "CAMPUS": {"kind": "thin_resale", "new_usd": 1.2e4, "decline": 0.03, "depth_units": 1e9, "impact": 0.0, "sale_cost": 0.02},
            },
            "power": {"US": {"kind": "thin_power", "usd_per_kwh": 0.08}},
        }
    )


def loan_frame(rows: int, seed: int = 7) -> pl.DataFrame:
    """Loans of every schedule of the lane, on every credit."""
    rng = np.random.default_rng(seed)
    start = pl.Series(rng.integers(-14, 20, rows))
    tenor = pl.Series(rng.integers(24, 85, rows))
    first = pl.Series([dt.date(2025, 10, 31)]).new_from_index(0, rows)
    share = np.round(rng.choice([0.0, 0.25, 0.5, 1.0], rows), 2)
    dates = pl.DataFrame({"first": first, "start": start, "tenor": tenor})
    months = dates.select(
        pl.col("first").dt.offset_by(pl.format("{}mo", pl.col("start"))).dt.month_end().alias("amortisation.start"),
        pl.col("first").dt.offset_by(pl.format("{}mo", pl.col("tenor"))).dt.month_end().alias("maturity"),
    )
    floating = pl.Series(share)
    return pl.DataFrame(
        {
            "id": [f"loan-{k:07d}" for k in range(rows)],
            "commitment_usd": np.round(rng.uniform(1e6, 5e8, rows), 0),
            "amortisation.kind": rng.choice(["annuity", "straight", "bullet", "depreciated"], rows),
            "amortisation.annuity_rate": np.round(rng.uniform(0.0, 0.12, rows), 4),
            "borrower.credit": rng.choice(["credit:NEO", "credit:LAB", "credit:BIG"], rows),
            "floating.share": floating,
            "floating.margin": np.round(rng.uniform(0.01, 0.09, rows), 4),
            "fixed.share": 1.0 - floating,
            "fixed.rate": np.round(rng.uniform(0.03, 0.12, rows), 4),
        }
    ).hstack(months)


def record(frame: pl.DataFrame, index: int) -> dict[str, Any]:
    """One row as cells."""
    return frame.row(index, named=True)
