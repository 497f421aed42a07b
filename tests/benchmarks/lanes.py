"""Every array lane against the loop over its rows through the engine of the same method: rows a second of both, and their ratio."""

from __future__ import annotations

from pricing import price
from pricing.books.kinds import kinds, row_deal
from pricing.books.lanes.table import LANES
from pricing.books.pricer import price_book
from tests.benchmarks.pairing import median_ratio, options, seconds
from tests.books import AS_OF, FRAMES, book_market, record

ROWS, THEIRS = 20_000, 40


def main(argv: list[str] | None = None) -> dict[str, float]:
    asked = options(__doc__ or "", argv)
    rows, few = (20, 2) if asked.tiny else (ROWS, THEIRS)
    market, found = book_market(), dict[str, float]()
    for kind, make in FRAMES.items():
        frame, method = make(rows), LANES[kind].method
        if kind == "hurdle_warrant":  # daily closes have no closed form in the engine
            frame = frame.drop("observation")
        records = [record(frame, index) for index in range(few)]

        def book(frame: object = frame, kind: str = kind) -> None:
            assert price_book({kind: frame}, market).results.height == rows  # type: ignore[dict-item]

        def loop(records: object = records, kind: str = kind, method: str = method) -> None:
            for one in records:  # type: ignore[attr-defined]
                price(row_deal(kinds()[kind], one, AS_OF), market, method=method, measures=("value",))

        loop()
        found[f"{kind}, engine loop / book"] = median_ratio(book, loop, asked.pairs, scale=rows / few)
        found[f"{kind}, rows a second of the book"] = rows / seconds(book)
    for name, value in found.items():
        print(f"lanes: {name}: {value:,.1f}")
    return found


if __name__ == "__main__":
    main()
