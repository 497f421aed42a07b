"""Budget 2: a book of loans, columns in, validated, prices out, against the bare kernel on the same rows."""

from __future__ import annotations

from pricing.books.lanes.loan import loan_arrays, loan_book_values
from pricing.books.pricer import price_book
from tests.benchmarks.pairing import median_ratio, options, seconds
from tests.books import book_market, loan_frame

ROWS = 1_000_000


def main(argv: list[str] | None = None) -> dict[str, float]:
    asked = options(__doc__ or "", argv)
    rows = 2_000 if asked.tiny else ROWS
    frame, market = loan_frame(rows), book_market()
    arrays = loan_arrays(frame, market)
    book = price_book({"loan": frame}, market)
    assert (book.results["value"].to_numpy() == loan_book_values(arrays)).all(), "the book is worth something else"
    found = {
        "book / bare kernel": 1.0
        / median_ratio(lambda: price_book({"loan": frame}, market), lambda: loan_book_values(arrays), asked.pairs),
        "book / arrays and kernel": 1.0
        / median_ratio(
            lambda: price_book({"loan": frame}, market), lambda: loan_book_values(loan_arrays(frame, market)), max(1, asked.pairs // 3)
        ),
    }
    found["book, microseconds a row"] = 1e6 * seconds(lambda: price_book({"loan": frame}, market)) / rows
    for name, value in found.items():
        print(f"budget 2: {name}: {value:,.2f}")
    return found


if __name__ == "__main__":
    main()
