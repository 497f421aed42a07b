"""The book example: a small book with bad rows, and a made one of 10,000 contracts."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from curves import load_market
from examples.book.run import main, make
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


def test_the_made_book_prices_as_its_page_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--folder", str(tmp_path)])
    printed = capsys.readouterr()
    assert printed.out in (FOLDER / "README.md").read_text()
    assert "10,000 of 10,000" in printed.err
    manifest = json.loads((tmp_path / "values.parquet.manifest.json").read_text())
    assert manifest["results"]["rows"] + manifest["failures"]["rows"] == 10_000
    failures = pl.read_parquet(tmp_path / "values.failures.parquet")
    assert failures["field"].unique().to_list() == ["floating.margin"]
    assert failures["source"].unique().to_list() == ["tape.parquet"]


def test_the_tape_keeps_its_own_columns(tmp_path: Path) -> None:
    make(tmp_path, 600)
    tape = pl.read_parquet(tmp_path / "tape.parquet")
    assert "facility_no" in tape.columns
    found = price_book(tmp_path, load_market(FOLDER))
    loans = found.results.filter(pl.col("kind") == "loan")
    assert loans["id"].to_list() == tape.filter(pl.col("margin_bp") < 10_000.0)["facility_no"].to_list()
    one = pl.DataFrame(
        {
            "id": ["x"], "borrower.credit": tape["obligor"][0], "commitment_usd": tape["balance"][0], "floating.share": 1.0,
            "floating.margin": tape["margin_bp"][0] * 0.0001, "maturity": tape["final_maturity"][0],
            "amortisation.start": tape["first_amort"][0], "amortisation.kind": tape["profile"][0],
        }
    )  # fmt: skip
    assert price_book({"loan": one}, load_market(FOLDER)).results["value"][0] == loans["value"][0]
