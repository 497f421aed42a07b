"""Budget 3: all curve and credit deltas per loan, bootstraps included, against valuations of the same batch and QuantLib's bumps.

The market has 50 rate and credit quotes. The rival reprices each loan with QuantLib once per quote; rebuilding its curves is not counted.
"""

from __future__ import annotations

from curves import Market
from curves._quantlib.session import session
from pricing.books.deltas import delta_tables, loan_book_deltas
from pricing.books.lanes.chains import credit_chain, factors_of, rate_chain
from pricing.books.lanes.loan import loan_arrays, loan_book_values
from tests.benchmarks.budget_1_loans import Library
from tests.benchmarks.pairing import median_ratio, options, seconds
from tests.books import AS_OF, OIS, book_market, loan_frame

ROWS, THEIRS = (1_000, 100_000), 20
TENORS = ("1Y", "2Y", "3Y", "4Y", "5Y", "7Y", "10Y")


def wide_market() -> Market:
    """Fifty quotes: 15 swaps and five names of seven spreads."""
    swaps = OIS | {"2M": 0.0433, "3M": 0.0431, "4M": 0.0428, "9M": 0.041, "4Y": 0.0355, "6Y": 0.0362, "8Y": 0.0372}
    spreads = {tenor: 0.02 + 0.002 * at for at, tenor in enumerate(TENORS)}
    names = {name: {"kind": "cds", "recovery": 0.4, "quotes": spreads} for name in ("NEO", "LAB", "BIG", "A", "B")}
    return Market.model_validate({"as_of": AS_OF, "rates": {"USD-SOFR": {"kind": "ois", "quotes": swaps}}, "credit": names})


def main(argv: list[str] | None = None) -> dict[str, float]:
    asked = options(__doc__ or "", argv)
    market = wide_market()
    found: dict[str, float] = {"quotes": len(factors_of(market))}
    for rows in (200,) if asked.tiny else ROWS:
        arrays = loan_arrays(loan_frame(rows), market)
        work = max(1, 20_000 // rows)  # small batches are timed several at a time

        def values(arrays: object = arrays, work: int = work) -> None:
            for _ in range(work):
                loan_book_values(arrays)  # type: ignore[arg-type]

        tables = delta_tables(market, arrays.pairs, len(arrays.life))

        def deltas(arrays: object = arrays, work: int = work, tables: object = tables) -> None:
            for _ in range(work):
                loan_book_deltas(arrays, market, tables=tables)  # type: ignore[arg-type]

        deltas()
        found[f"deltas / valuations, {rows:,} loans"] = 1.0 / median_ratio(deltas, values, asked.pairs)

    def cold() -> None:
        for chain in (rate_chain, credit_chain):
            chain.cache_clear()
        rate_chain(market, "rates:USD-SOFR")
        for name in market.credit:
            credit_chain(market, f"credit:{name}")

    found["all chains of bootstraps anew, seconds"] = seconds(cold)
    large = loan_arrays(loan_frame(200 if asked.tiny else 1_000_000), market)

    def whole() -> None:
        cold()
        loan_book_deltas(large, market)

    ratio = median_ratio(whole, lambda: loan_book_values(large), asked.pairs)
    found[f"deltas with all chains anew / valuations, {len(large.terms):,} loans"] = 1.0 / ratio
    small = loan_arrays(loan_frame(1_000).drop("borrower.credit"), book_market())
    few = 4 if asked.tiny else THEIRS
    library = Library(small, few)
    with session(AS_OF):
        bonds = [library.bond(row, library.curve) for row in range(few)]

        def bumps() -> None:
            for _ in factors_of(market):
                library.shift.setValue(library.shift.value() + 1e-6)
                for bond in bonds:
                    bond.NPV()

        many = loan_arrays(loan_frame(1_000), market)
        found["QuantLib bump and reprice / ours"] = median_ratio(
            lambda: loan_book_deltas(many, market), bumps, asked.pairs, scale=1_000 / few
        )
    for name, value in found.items():
        print(f"budget 3: {name}: {value:,.2f}")
    return found


if __name__ == "__main__":
    main()
