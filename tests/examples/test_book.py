"""The book example: eight rows priced, three kept with their reasons."""

from __future__ import annotations

from pathlib import Path

from curves import load_market
from pricing import price_book

FOLDER = Path(__file__).parents[2] / "examples" / "book"


def test_bad_rows_stay_with_their_reasons() -> None:
    result = price_book(FOLDER / "book.csv", load_market(FOLDER), paths=4096)
    assert result.results["row"].to_list() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert dict(zip(result.failures["id"], result.failures["reason"], strict=True)) == {
        "oracle-300": "missing_market",
        "amd-typo": "invalid_terms",
        "amd-expired": "invalid_terms",
    }
    values = dict(zip(result.results["id"], result.results["value"], strict=True))
    assert values["amd-close-250"] < values["amd-touch-250"] < values["amd-plain"] <= 1e6 * 164.67
