"""Makes a user's own loan tape and a mixed book of 10,000 contracts (a million with --million), and prices both.

python examples/book/run.py [--million] [--folder FOLDER] [--executor processes:2]
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

from curves import load_market
from pricing import run_book
from pricing.books.executors import executor_named

HERE = Path(__file__).parent
AS_OF = dt.date(2025, 10, 3)
SHARES = {"loan": 0.70, "lease": 0.10, "offtake": 0.08, "capacity_backstop": 0.02, "hurdle_warrant": 0.10}
"""Mix of the book."""
CREDITS = ["credit:NEOCLOUD", "credit:LAB", "credit:HYPERSCALER"]


def month_ends(offsets: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pl.Series:
    """The month ends so many months after October 2025."""
    months = np.datetime64("2025-10", "M") + (offsets + 1).astype("timedelta64[M]")
    return pl.Series(months.astype("datetime64[D]") - np.timedelta64(1, "D")).cast(pl.Date)


def names(kind: str, rows: int) -> list[str]:
    return [f"{kind}-{number:07d}" for number in range(1, rows + 1)]


def loan_tape(rows: int, rng: np.random.Generator) -> pl.DataFrame:
    """A tape as a lender keeps it: its own column names, basis points; one row in 500 is bad."""
    tenor = rng.integers(24, 85, rows)
    margin = np.round(rng.uniform(350.0, 900.0, rows))
    margin[123::500] = 60_000.0  # somebody typed a hundredth of a basis point
    return pl.DataFrame(
        {
            "facility_no": names("F", rows),
            "obligor": rng.choice(CREDITS, rows),
            "balance": np.round(rng.uniform(1e6, 5e8, rows), -3),
            "margin_bp": margin,
            "final_maturity": month_ends(tenor),
            "first_amort": month_ends(rng.integers(0, 12, rows)),
            "profile": rng.choice(["annuity", "straight", "bullet"], rows, p=[0.6, 0.2, 0.2]),
            "officer": rng.choice(["ada", "grace"], rows),
        }
    )


def other_frames(rows: dict[str, int], rng: np.random.Generator) -> dict[str, pl.DataFrame]:
    """Leases, offtakes, backstops and warrants under the names of the book."""
    n = rows["lease"]
    term = rng.integers(24, 181, n)
    rent = rng.uniform(1e5, 3e5, n)
    found = {
        "lease": pl.DataFrame(
            {
                "id": names("lease", n), "asset.kind": ["site"] * n, "asset.units": rng.uniform(1e3, 2e4, n),
                "asset.life_years": [30.0] * n, "asset.rent": ["rent:CAMPUS"] * n, "asset.resale": ["resale:CAMPUS"] * n,
                "lessee.credit": rng.choice(CREDITS, n),
                "price_usd": rent * term * rng.uniform(0.7, 0.95, n), "start": month_ends(rng.integers(0, 24, n)), "term_months": term,
                "rent.kind": ["level"] * n, "rent.usd_per_month": rent, "residual.kind": ["none"] * n,
            }
        )
    }  # fmt: skip
    n = rows["offtake"]
    found["offtake"] = pl.DataFrame(
        {
            "id": names("offtake", n), "customer.credit": rng.choice(CREDITS, n), "price_usd_per_hour": rng.uniform(1.5, 3.5, n),
            "end": month_ends(rng.integers(24, 73, n)), "capacity_units.2025-10-31": rng.integers(100, 20_000, n).astype(np.float64),
            "substitute.odds": [0.5] * n, "substitute.delay_months": [3] * n, "substitute.interim_share": [0.5] * n,
            "substitute.cost_usd_per_unit": [0.0] * n,
        }
    )  # fmt: skip
    n = rows["capacity_backstop"]
    found["capacity_backstop"] = pl.DataFrame(
        {
            "id": names("backstop", n), "guarantor.credit": ["credit:HYPERSCALER"] * n, "operator.credit": ["credit:NEOCLOUD"] * n,
            "rent": ["rent:H100"] * n, "units": rng.uniform(100.0, 2e4, n), "start": month_ends(rng.integers(0, 12, n)),
            "months": rng.integers(12, 61, n), "floor_usd_per_hour.0": rng.uniform(1.0, 2.5, n), "guarantor_share.0": [0.5] * n,
        }
    )  # fmt: skip
    n = rows["hurdle_warrant"]
    found["hurdle_warrant"] = pl.DataFrame(
        {
            "id": names("warrant", n), "underlying": rng.choice(["equity:AMD", "equity:NVDA"], n),
            "shares": np.round(rng.uniform(1e4, 1e6, n)),
            "strike_usd": [0.01] * n, "target_usd": rng.uniform(200.0, 600.0, n), "expiry": month_ends(rng.integers(12, 73, n)),
        }
    )  # fmt: skip
    return found


BOOK = """# The tape keeps its own columns: this file says which they are.
schema = 1
[[frames]]
file = "tape.parquet"
kind = "loan"
ignore = ["officer"]
[frames.columns]
id = "facility_no"
"borrower.credit" = "obligor"
commitment_usd = "balance"
"floating.margin" = {column = "margin_bp", scale = 0.0001}
maturity = "final_maturity"
"amortisation.start" = "first_amort"
"amortisation.kind" = "profile"
[frames.values]
"floating.share" = 1.0
"""


def make(folder: Path, rows: int) -> Path:
    """Write the book's files; the same bytes for the same number of rows."""
    rng = np.random.default_rng(2025)
    counts = {kind: round(share * rows) for kind, share in SHARES.items()}
    folder.mkdir(parents=True, exist_ok=True)
    loan_tape(counts["loan"], rng).write_parquet(folder / "tape.parquet")
    text = BOOK
    for kind, frame in other_frames(counts, rng).items():
        frame.write_parquet(folder / f"{kind}.parquet")
        text += f'[[frames]]\nfile = "{kind}.parquet"\n'
    (folder / "book.toml").write_text(text)
    return folder


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--million", action="store_true", help="a million contracts in place of 10,000")
    parser.add_argument("--rows", type=int, help="another number of contracts")
    parser.add_argument("--folder", type=Path, help="where the book and its results go (default: a temporary folder)")
    parser.add_argument("--executor", help="as in gpufin batch: serial, threads:N, processes:N, dask:ADDRESS")
    asked = parser.parse_args(argv)
    rows = asked.rows or (1_000_000 if asked.million else 10_000)
    folder = make(asked.folder or Path(tempfile.mkdtemp()), rows)

    def progress(done: int, count: int) -> None:
        print(f"\r{done:,} of {count:,}", end="" if done < count else "\n", file=sys.stderr, flush=True)

    with executor_named(asked.executor) as executor:
        run = run_book(folder, load_market(HERE), folder / "values.parquet", executor=executor, progress=progress)
    kept, lost = run.manifest["results"]["rows"], run.manifest["failures"]["rows"]
    print(f"{kept:,} of {rows:,} contracts priced, {lost:,} problems; worth {run.totals['base'] / 1e9:,.3f} bn USD")
    by_kind = pl.scan_parquet(run.results).group_by("kind", maintain_order=True).agg(pl.len().alias("rows")).collect()
    print("; ".join(f"{kind}: {count:,}" for kind, count in by_kind.iter_rows()))


if __name__ == "__main__":
    main()
