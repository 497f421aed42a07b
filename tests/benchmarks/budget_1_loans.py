"""Budget 1: the loan lane, own dates, margin and spread per loan, against QuantLib and chunked numpy.

The rival builds and prices each loan with QuantLib's fixed coupons, its own flat hazard and the risky bond engine on one shared discount
curve: the cheapest way it has. Values must agree to 1e-10.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import polars as pl
import QuantLib as ql

from curves import discount_curve
from curves._quantlib.session import session, to_ql
from pricing.books.lanes.loan import LoanArrays, loan_arrays, loan_book_values, pair_tables
from pricing.kernels import loans as k
from pricing.schedules.grid import month_ends
from tests.benchmarks.pairing import median_ratio, options, seconds
from tests.books import AS_OF, book_market, loan_frame

OURS, THEIRS, CHUNK = 100_000, 200, 1024
Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def loans(rows: int) -> LoanArrays:
    """Fixed-rate annuities and straight loans, each with its own maturity, start, coupon and hazard."""
    frame = loan_frame(rows).drop("borrower.credit").filter(pl.col("amortisation.kind").is_in(["annuity", "straight", "bullet"]))
    frame = frame.with_columns(pl.lit(0.0).alias("floating.share"), pl.lit(1.0).alias("fixed.share"))
    arrays = loan_arrays(frame, book_market())
    terms = arrays.terms.copy()
    terms[:, k.HAZARD] = np.random.default_rng(1).uniform(0.005, 0.10, len(terms))
    terms[:, k.RECOVERY] = 0.4
    return replace(arrays, terms=terms)


def balances(terms: Floats, ints: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> Floats:
    """Share outstanding before each month and after the last [row, month + 1], by closed formulas on arrays."""
    count = int(ints[:, k.MONTHS].max())
    t = np.arange(count + 1)[None, :]
    paid = np.maximum(t - ints[:, [k.FIRST]], 0) + ints[:, [k.DONE]]
    rate = terms[:, [k.MONTHLY_RATE]]
    flat = rate == 0.0
    safe = np.where(flat, 1.0, rate)

    def annuity(n: Floats) -> Floats:
        return np.where(flat, n, np.expm1(n * np.log1p(rate)) / safe)

    slope = (1.0 - terms[:, [k.BALLOON]]) / annuity(ints[:, [k.PAYMENTS]].astype(float))
    level = (1.0 - slope * annuity(paid.astype(float))) / (1.0 - slope * annuity(ints[:, [k.DONE]].astype(float)))
    left = np.where(ints[:, [k.KIND]] == k.BULLET, 1.0, level)
    return np.where(t < ints[:, [k.MONTHS]], left, 0.0)


def by_numpy(arrays: LoanArrays) -> Floats:
    """Chunks of loans by whole months: what one would write without a compiler."""
    out = np.empty(len(arrays.terms))
    for low in range(0, len(out), CHUNK):
        part = slice(low, low + CHUNK)
        terms, left = arrays.terms[part], balances(arrays.terms[part], arrays.ints[part])
        table = arrays.tables[0][: left.shape[1] - 1]
        hazard = terms[:, [k.HAZARD]]
        alive = np.exp(-hazard * np.concatenate([[0.0], arrays.life[: left.shape[1] - 1]])[None, :] / 365.0)
        before, after = left[:, :-1], left[:, 1:]
        cash = before * terms[:, [k.RATE]] * table[:, k.DS_THIRTY] + (before - after) * table[:, k.DS]
        lost = terms[:, [k.RECOVERY]] * before * (alive[:, :-1] - alive[:, 1:]) * table[:, k.MID_BEFORE]
        out[part] = terms[:, k.AMOUNT] * (cash * alive[:, 1:] + lost).sum(axis=1)
    return out


class Library:
    """QuantLib's loans on one discount curve."""

    def __init__(self, arrays: LoanArrays, count: int) -> None:
        self.terms, self.left = arrays.terms[:count], balances(arrays.terms[:count], arrays.ints[:count])
        self.ends = [to_ql(AS_OF), *(to_ql(date) for date in month_ends(AS_OF, self.left.shape[1] - 1))]
        nodes = sorted({d for a, b in itertools.pairwise(self.ends) for d in (a, a + (b - a) // 2, b)})
        ours = discount_curve(book_market(), "rates:USD-SOFR")
        factors = ours.discount([(node - nodes[0]) / 365.0 for node in nodes]).tolist()
        self.shift = ql.SimpleQuote(0.0)
        base = ql.YieldTermStructureHandle(ql.DiscountCurve(nodes, factors, ql.Actual365Fixed()))
        self.curve = ql.YieldTermStructureHandle(ql.ZeroSpreadedTermStructure(base, ql.QuoteHandle(self.shift)))
        self.plain = base
        self.thirty = ql.Thirty360(ql.Thirty360.ISDA)

    def bond(self, row: int, curve: ql.YieldTermStructureHandle) -> ql.Bond:
        terms, left, ends = self.terms[row], self.left[row], self.ends
        rate, amount = float(terms[k.RATE]), float(terms[k.AMOUNT])
        leg = [
            ql.FixedRateCoupon(ends[t + 1], amount * float(left[t]), rate, self.thirty, ends[t], ends[t + 1])
            for t in range(len(left) - 1)
            if left[t] > 0.0
        ]
        bond = ql.Bond(0, ql.NullCalendar(), ends[0], leg)
        hazard = ql.DefaultProbabilityTermStructureHandle(
            ql.FlatHazardRate(ends[0], ql.makeQuoteHandle(float(terms[k.HAZARD])), ql.Actual365Fixed())
        )
        bond.setPricingEngine(ql.RiskyBondEngine(hazard, float(terms[k.RECOVERY]), curve))
        return bond

    def build_and_price(self) -> Floats:
        with session(AS_OF):
            return np.array([self.bond(row, self.plain).NPV() for row in range(len(self.terms))])


def main(argv: list[str] | None = None) -> dict[str, float]:
    asked = options(__doc__ or "", argv)
    arrays = loans(400 if asked.tiny else OURS)
    rows, few = len(arrays.terms), 8 if asked.tiny else THEIRS
    library = Library(arrays, few)
    ours = loan_book_values(arrays)
    assert np.abs(library.build_and_price() / ours[:few] - 1.0).max() < 1e-10, "the library does another job"
    assert np.abs(by_numpy(arrays) / ours - 1.0).max() < 1e-10, "numpy does another job"
    found = {
        "QuantLib build and price / ours": median_ratio(
            lambda: loan_book_values(arrays), library.build_and_price, asked.pairs, scale=rows / few
        )
    }
    found["chunked numpy / ours"] = median_ratio(lambda: loan_book_values(arrays), lambda: by_numpy(arrays), asked.pairs)

    curve = discount_curve(book_market(), "rates:USD-SOFR")

    def reprice() -> Floats:
        tables, days, life = pair_tables(AS_OF, [(curve, None)], len(arrays.life))
        return loan_book_values(replace(arrays, tables=tables, days=days, life=life))

    with session(AS_OF):
        bonds = [library.bond(row, library.curve) for row in range(few)]

        def their_reprice() -> list[float]:
            library.shift.setValue(library.shift.value() + 1e-6)
            return [bond.NPV() for bond in bonds]

        found["QuantLib reprice after a curve move / ours"] = median_ratio(reprice, their_reprice, asked.pairs, scale=rows / few)
    found["ours, microseconds a loan"] = 1e6 * seconds(lambda: loan_book_values(arrays)) / rows
    for name, value in found.items():
        print(f"budget 1: {name}: {value:,.2f}")
    return found


if __name__ == "__main__":
    main()
