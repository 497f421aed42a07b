"""Small books of every lane, and the market that prices them."""

from __future__ import annotations

import datetime as dt
import json
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


MONTH_ENDS = (dt.date(2025, 10, 31), dt.date(2026, 2, 28), dt.date(2026, 6, 30), dt.date(2027, 12, 31))


def _turns(rows: int, *values: Any) -> list[Any]:
    return [values[k % len(values)] for k in range(rows)]


def lease_frame(rows: int, seed: int = 3) -> pl.DataFrame:
    """Leases of sites with every residual rule, rent and timing of the lane."""
    rng = np.random.default_rng(seed)
    term = rng.integers(12, 200, rows)
    return pl.DataFrame(
        {
            "id": [f"lease-{k:05d}" for k in range(rows)],
            "asset.kind": ["site"] * rows,
            "asset.units": rng.uniform(100.0, 2000.0, rows),
            "asset.life_years": [30.0] * rows,
            "asset.rent": ["rent:CAMPUS"] * rows,
            "asset.resale": ["resale:CAMPUS"] * rows,
            "lessee.credit": _turns(rows, "credit:NEO", None, "credit:LAB"),
            "price_usd": rng.uniform(0.7, 0.95, rows) * 2e5 * term,
            "start": _turns(rows, *MONTH_ENDS),
            "term_months": term,
            "rent.kind": _turns(rows, "level", "escalator"),
            "rent.usd_per_month": rng.uniform(2e5, 3e5, rows),
            "rent.yearly_increase": _turns(rows, None, 0.03),
            "timing": _turns(rows, "advance", "arrears", None),
            "residual.kind": _turns(rows, None, "share", "none", "market"),
            "residual.share": _turns(rows, None, 0.3, None, None),
        }
    )


def backstop_frame(rows: int, seed: int = 4) -> pl.DataFrame:
    """Capacity backstops, some of firms that stand on both sides' credit."""
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "id": [f"backstop-{k:05d}" for k in range(rows)],
            "guarantor.credit": _turns(rows, "credit:NEO", "credit:BIG", None),
            "operator.credit": _turns(rows, "credit:NEO", "credit:LAB"),
            "rent": _turns(rows, "rent:GPU", "rent:CAMPUS"),
            "units": rng.uniform(10.0, 1e4, rows),
            "utilisation": rng.uniform(0.0, 1.0, rows),
            "start": _turns(rows, *MONTH_ENDS),
            "months": rng.integers(1, 60, rows),
            "floor_usd_per_hour.0": rng.uniform(0.0, 4.0, rows),
            "guarantor_share.0": rng.uniform(0.0, 1.0, rows),
            "payment_lag_months": _turns(rows, 0, 1, 4, None),
        }
    )


def offtake_frame(rows: int, seed: int = 5) -> pl.DataFrame:
    """Take-or-pay contracts over a ramp of capacity."""
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "id": [f"offtake-{k:05d}" for k in range(rows)],
            "customer.credit": _turns(rows, "credit:NEO", "credit:BIG", None),
            "price_usd_per_hour": rng.uniform(1.0, 4.0, rows),
            "end": _turns(rows, dt.date(2029, 12, 31), dt.date(2028, 7, 15), dt.date(2031, 2, 1)),
            "availability": rng.uniform(0.9, 1.0, rows),
            "escalator_per_year": rng.uniform(-0.05, 0.05, rows),
            "capacity_units.2025-01-01": _turns(rows, 100.0, None),
            "capacity_units.2026-09-15": rng.uniform(100.0, 1e4, rows),
            "substitute.odds": [0.5] * rows,
            "substitute.delay_months": [3] * rows,
            "substitute.interim_share": [0.5] * rows,
            "substitute.cost_usd_per_unit": [0.0] * rows,
        }
    )


def hurdle_frame(rows: int, seed: int = 6) -> pl.DataFrame:
    """Hurdle warrants with and without a target."""
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "id": [f"warrant-{k:05d}" for k in range(rows)],
            "underlying": ["equity:AMD"] * rows,
            "shares": np.round(rng.uniform(1e3, 1e6, rows)),
            "strike_usd": _turns(rows, 0.01, 100.0),
            "target_usd": [None if k % 3 == 0 else 180.0 + k % 500 for k in range(rows)],
            "expiry": _turns(rows, dt.date(2028, 10, 4), dt.date(2030, 10, 4)),
            "observation": _turns(rows, "touch", None, "close"),
        }
    )


def support_frame(rows: int, seed: int = 8) -> pl.DataFrame:
    """Guarantees of leases of sites in their four forms; the asset is sold at once after a default."""
    rng = np.random.default_rng(seed)
    frame = lease_frame(rows, seed).drop("id")
    around = []
    for index in range(rows):
        row = {name: cell for name, cell in record(frame, index).items() if cell is not None}
        credit = row.pop("lessee.credit", None)
        lease: dict[str, Any] = {"kind": "lease", "lessor": f"landlord-{index % 3}", "lessee": "tenant"}
        for name, cell in (row | {"start": row["start"].isoformat(), "remarketing.choice": "sell"}).items():
            *part, last = name.split(".")
            (lease.setdefault(part[0], {}) if part else lease)[last] = cell
        lease["remarketing"]["repossession_months"] = index % 4
        lease["remarketing"]["recourse"] = ("full", "asset")[index % 2]
        around.append({"contracts": {"lease": lease}, "parties": {lease["lessor"]: {}, "tenant": {"credit": credit} if credit else {}}})
    forms = _turns(rows, "residual_value", "first_loss", "lease_backstop", "payment", "residual_value")
    held = [form in ("residual_value", "first_loss") for form in forms]
    pairs = [(1e4 * units, on) for units, on in zip(frame["asset.units"], held, strict=True)]
    return pl.DataFrame(
        {
            "id": [f"support-{k:05d}" for k in range(rows)],
            "guarantor.credit": _turns(rows, "credit:BIG", None),
            "lease": ["lease"] * rows,
            "cover.form": forms,
            "cover.share": [None if form in ("residual_value", "payment") else float(rng.uniform(0.1, 1.0)) for form in forms],
            "cover.measured": [("market_value", "recovery")[k // 2 % 2] if on else None for k, on in enumerate(held)],
            "cover.threshold_usd.0": [v if on else None for v, on in pairs],
            "cover.threshold_usd.100": [0.6 * v if on and k % 3 else None for k, (v, on) in enumerate(pairs)],
            "cover.threshold_usd.240": [0.2 * v if on else None for v, on in pairs],
            "first_month": _turns(rows, None, 0, 6),
            "last_month": _turns(rows, None, None, None, 300, 150),
            "payment_lag_months": _turns(rows, 0, None, 7),
            "deal": [json.dumps(one) for one in around],
        }
    )


def warrant_frame(rows: int, seed: int = 9) -> pl.DataFrame:
    """Warrants that vest by date, in one tranche or three."""
    rng = np.random.default_rng(seed)
    shares = np.round(rng.uniform(1e3, 1e6, rows))
    dates = ("2025-01-31", "2026-06-30", "2028-10-04")
    parts = [[shares[k]] if k % 2 else [shares[k] / 3.0] * 3 for k in range(rows)]
    tranches = [[{"shares": n, "condition": {"kind": "date", "on": on}} for n, on in zip(part, dates, strict=False)] for part in parts]
    return pl.DataFrame(
        {
            "id": [f"call-{k:05d}" for k in range(rows)],
            "underlying": ["equity:AMD"] * rows,
            "shares": shares,
            "strike_usd": _turns(rows, 0.0, 100.0, 250.0),
            "expiry": _turns(rows, dt.date(2028, 10, 4), dt.date(2030, 10, 4)),
            "gate_odds": _turns(rows, None, 0.7),
            "settlement": _turns(rows, None, "net", "gross"),
            "tranches": [json.dumps(one) for one in tranches],
        }
    )


FRAMES = {
    "loan": loan_frame,
    "lease": lease_frame,
    "offtake": offtake_frame,
    "capacity_backstop": backstop_frame,
    "hurdle_warrant": hurdle_frame,
    "lease_guarantee": support_frame,
    "warrant": warrant_frame,
}
"""Kind to a maker of rows, all of them in the lane's domain."""


def mixed_frame(rows: int) -> pl.DataFrame:
    """Rows of every lane in one frame, a column `kind` beside them."""
    parts = [make(rows).with_columns(pl.lit(kind).alias("kind")) for kind, make in FRAMES.items()]
    return pl.concat(parts, how="diagonal_relaxed")


def record(frame: pl.DataFrame, index: int) -> dict[str, Any]:
    """One row as cells."""
    return frame.row(index, named=True)
