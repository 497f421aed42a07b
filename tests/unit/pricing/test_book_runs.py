"""Books on disk: parts, resumption, executors, full disks, and what becomes of poisoned rows."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import polars as pl
import pytest

from curves import Move, Scenario
from curves.files import save_scenarios
from instruments.files.writing import save as save_terms
from instruments.ground.errors import BatchError, FileError, InputError
from pricing.books.batch import run_book
from pricing.books.executors import executor_named, in_order
from pricing.books.output import FORMATS, harmless
from pricing.books.pricer import price_book
from pricing.books.sheet import summary_sheet, workbook
from pricing.cli.main import main
from tests.books import book_market, loan_frame

SLOW = {"method": "quantlib"}
"""Rows of this method go through an engine one by one."""


def poisoned(rows: int, every: int = 100) -> tuple[pl.DataFrame, dict[str, str]]:
    """A tape as text, one row in `every` bad in one of many ways; which ids are bad, and the column that says so."""
    frame = loan_frame(rows).select(pl.all().cast(pl.String))
    bad: list[tuple[str, str | None]] = [
        ("commitment_usd", "-1"), ("commitment_usd", "0"), ("commitment_usd", "NaN"), ("commitment_usd", "inf"), ("commitment_usd", "1O"),
        ("commitment_usd", None), ("maturity", "2029-12-30"), ("maturity", "31.12.2029"), ("maturity", None), ("maturity", "2020-12-31"),
        ("floating.share", "0.123"), ("floating.share", "-0.1"), ("fixed.rate", "5.25"), ("fixed.rate", "true"),
        ("amortisation.kind", "bulet"), ("amortisation.kind", "schedule"), ("amortisation.start", None),
        ("amortisation.start", "2050-01-31"),
        ("borrower.credit", "NEO"), ("borrower.credit", "credit:NOBODY"),
        ("borrower.credit", "equity:AMD"),
        ("amortisation.annuity_rate", "7"), ("id", ""), ("id", "a b"), ("id", "=cmd|' /C calc'!A0"), ("id", "loan-0000000"),
    ]  # fmt: skip
    fields = {
        ("floating.share", "0.123"): "",
        ("floating.share", "-0.1"): "floating.share",
        ("amortisation.kind", "schedule"): "amortisation.schedule",
    }
    expected: dict[str, str] = {}
    columns = {name: frame[name].to_list() for name in frame.columns}
    for count, row in enumerate(range(1, rows, every)):
        column, value = bad[count % len(bad)]
        columns[column][row] = value
        expected[str(row + 1)] = fields.get((column, value or ""), column)
    return pl.DataFrame(columns, schema=dict.fromkeys(frame.columns, pl.String)), expected


def test_poisoned_rows_are_kept_and_every_other_row_is_priced_as_alone(tmp_path: Path) -> None:
    rows = 2600
    frame, expected = poisoned(rows)
    frame.write_csv(tmp_path / "loan.csv")
    found = price_book(tmp_path / "loan.csv", book_market())
    failed = found.failures.unique("row", keep="first", maintain_order=True)
    assert [str(row) for row in failed["row"]] == list(expected)
    for one in failed.iter_rows(named=True):
        assert one["field"].startswith(expected[str(one["row"])]), one
        assert one["reason"]
        assert one["allowed"]
        assert one["remedy"]
    assert sorted([*found.results["row"], *failed["row"]]) == list(range(1, rows + 1))
    clean = price_book({"loan": loan_frame(rows)}, book_market()).results
    kept = clean.filter(~pl.col("row").is_in(failed["row"].to_list()))
    assert kept["value"].equals(found.results["value"])


def save(folder: Path, frame: pl.DataFrame) -> Path:
    frame.write_parquet(folder / "loan.parquet")
    save_terms(book_market(), folder / "market.toml")
    return folder / "loan.parquet"


def test_results_are_the_same_bytes_for_every_executor_and_size_of_parts(tmp_path: Path) -> None:
    frame = poisoned(200, 50)[0].with_columns(pl.when(pl.int_range(pl.len()) % 50 == 7).then(pl.lit("quantlib")).alias("method"))
    book = save(tmp_path, frame)
    hashes = set()
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as processes, ThreadPoolExecutor(3) as threads:
        for number, (executor, rows) in enumerate([(None, 65_536), (None, 7), (threads, 65_536), (threads, 33), (processes, 100)]):
            run = run_book(book, book_market(), tmp_path / f"{number}" / "out.parquet", executor=executor, rows=rows)
            hashes.add((run.manifest["results"]["sha256"], run.manifest["failures"]["sha256"], run.totals["base"]))
            assert pl.read_parquet(run.results).height == run.manifest["results"]["rows"]
    assert len(hashes) == 1
    alone = price_book(book, book_market())
    assert alone.results.equals(pl.read_parquet(tmp_path / "0" / "out.parquet"))
    assert alone.failures.equals(pl.read_parquet(tmp_path / "0" / "out.failures.parquet"))
    assert alone.total == run.totals["base"]


def command(folder: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "pricing.cli.launch", "batch", str(folder / "loan.parquet"), "-o", str(folder / "out.parquet"), *more]


@pytest.mark.parametrize(
    ("executor", "kills"),
    [
        ("serial", (3,)),
        pytest.param("serial", (1, 5, 9), marks=pytest.mark.slow),
        pytest.param("processes:2", (3,), marks=pytest.mark.slow),
    ],
)
def test_a_run_that_is_killed_at_any_moment_goes_on_and_loses_or_doubles_nothing(
    tmp_path: Path, executor: str, kills: tuple[int, ...]
) -> None:
    turn = pl.int_range(pl.len())
    frame = loan_frame(240).with_columns(
        pl.when(turn % 6 == 0).then(pl.lit("quantlib")).alias("method"),
        pl.when(turn % 50 == 5).then(-1.0).otherwise(pl.col("commitment_usd")).alias("commitment_usd"),
    )
    save(tmp_path, frame)
    parts = tmp_path / "out.parquet.parts"
    start = command(tmp_path, "--rows", "20", "--executor", executor)
    for wanted in kills:
        run = subprocess.Popen(start, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        until = time.monotonic() + 120
        while len(list(parts.glob("*[0-9].parquet"))) < wanted and run.poll() is None and time.monotonic() < until:
            time.sleep(0.002)
        assert run.poll() is None
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        assert not (tmp_path / "out.parquet").exists()
        assert len(list(parts.glob("*[0-9].parquet"))) >= wanted
    finished = run_book(tmp_path / "loan.parquet", book_market(), tmp_path / "out.parquet")
    assert not parts.exists()
    whole = run_book(tmp_path / "loan.parquet", book_market(), tmp_path / "other" / "out.parquet")
    assert finished.manifest == whole.manifest
    for name in ("out.parquet", "out.failures.parquet"):
        assert (tmp_path / name).read_bytes() == (tmp_path / "other" / name).read_bytes()
    rows = [*pl.read_parquet(whole.results)["row"], *pl.read_parquet(whole.failures)["row"]]
    assert sorted(rows) == list(range(1, 241))


def test_a_finished_run_is_not_done_again_and_a_changed_one_is(tmp_path: Path) -> None:
    book = save(tmp_path, loan_frame(40))
    told: list[int] = []
    run_book(book, book_market(), tmp_path / "out.csv", rows=10, progress=lambda done, _: told.append(done))
    assert told == [10, 20, 30, 40]
    again = run_book(book, book_market(), tmp_path / "out.csv", rows=10, progress=lambda done, _: told.append(done))
    assert len(told) == 4
    assert again.manifest["results"]["rows"] == 40
    run_book(book, book_market(), tmp_path / "out.csv", rows=10, seed=1, progress=lambda done, _: told.append(done))
    assert len(told) == 8


def test_parts_of_another_run_are_not_mixed_in(tmp_path: Path) -> None:
    book = save(tmp_path, loan_frame(40))
    (tmp_path / "out.csv.parts").mkdir()
    stop = RuntimeError("stopped")

    def interrupt(done: int, _: int) -> None:
        if done >= 20:
            raise stop

    with pytest.raises(RuntimeError):
        run_book(book, book_market(), tmp_path / "out.csv", rows=10, progress=interrupt)
    with pytest.raises(FileError, match=r"parts of another run \(seed differ\)"):
        run_book(book, book_market(), tmp_path / "out.csv", rows=10, seed=1)
    assert run_book(book, book_market(), tmp_path / "out.csv").manifest["results"]["rows"] == 40


def test_a_full_disk_is_told_and_what_is_done_stays(tmp_path: Path) -> None:
    save(tmp_path, loan_frame(1000))
    whole = run_book(tmp_path / "loan.parquet", book_market(), tmp_path / "other" / "out.parquet").results.stat().st_size
    limit = whole * 7 // 10  # bytes a file may have: the parts fit, the whole does not

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    stopped = subprocess.run(command(tmp_path, "--rows", "100"), capture_output=True, text=True, check=False, preexec_fn=limited)
    assert stopped.returncode == 2
    assert "make room and run the same command again" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert not (tmp_path / "out.parquet").exists()
    assert len(list((tmp_path / "out.parquet.parts").glob("*[0-9].parquet"))) == 10
    run_book(tmp_path / "loan.parquet", book_market(), tmp_path / "out.parquet")
    assert pl.read_parquet(tmp_path / "out.parquet").height == 1000


def test_the_death_of_a_worker_is_told() -> None:
    with (
        ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool,
        pytest.raises(BatchError, match="a worker of the executor was lost"),
    ):
        list(in_order(pool, os._exit, [1, 1, 1]))


class Adapter:
    """The whole of what a book asks of an executor: as the Ray adapter of the documentation."""

    def submit(self, work: Callable[..., Any], /, *items: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(work(*items))
        return future


def test_anything_with_submit_is_an_executor() -> None:
    frame = loan_frame(50)
    found = price_book({"loan": frame}, book_market(), executor=Adapter())  # type: ignore[arg-type]
    assert found.results.equals(price_book({"loan": frame}, book_market()).results)


@pytest.mark.parametrize(("name", "lost"), [("WorkerCrashedError", True), ("RayTaskError(ValueError)", False)])
def test_what_ray_says_of_a_lost_worker_is_told_as_that(name: str, lost: bool) -> None:
    error = type(name, (ValueError,), {"__module__": "ray.exceptions"})("so it was")

    class Fails:
        def submit(self, work: Callable[..., Any], /, *items: Any) -> Future[Any]:
            future: Future[Any] = Future()
            future.set_exception(error)
            return future

    with pytest.raises(BatchError if lost else ValueError, match="so it was"):
        list(in_order(Fails(), abs, [1]))  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["x", "threads", "threads:0", "threads:two", "processes:-1", "dask", "serial:3"])
def test_executors_that_nobody_knows(text: str) -> None:
    with pytest.raises(InputError, match="serial, threads:N, processes:N or dask:ADDRESS"), executor_named(text):
        pass


@pytest.mark.parametrize("suffix", FORMATS)
def test_formats_hold_the_same_rows(tmp_path: Path, suffix: str) -> None:
    book = save(
        tmp_path,
        loan_frame(30).with_columns(
            pl.when(pl.int_range(pl.len()) == 4).then(-1.0).otherwise(pl.col("commitment_usd")).alias("commitment_usd")
        ),
    )
    run = run_book(book, book_market(), tmp_path / f"out{suffix}", rows=7)
    read = {".parquet": pl.read_parquet, ".csv": pl.read_csv, ".jsonl": pl.read_ndjson, ".arrow": pl.read_ipc}[suffix]
    assert read(run.results).height == 29
    assert read(run.results)["value"].to_list() == price_book(book, book_market()).results["value"].to_list()
    assert read(run.failures)["field"].to_list() == ["commitment_usd"]
    assert json.loads((tmp_path / f"out{suffix}.manifest.json").read_text())["results"]["rows"] == 29


def test_no_text_starts_a_formula() -> None:
    frame = pl.DataFrame({"id": ["=1+1", "+x", "-2", "-2+3", "@a", "\ta", "plain", None], "value": [-1.0] * 8})
    assert harmless(frame)["id"].to_list() == ["'=1+1", "'+x", "-2", "'-2+3", "'@a", "'\ta", "plain", None]
    assert harmless(frame)["value"].to_list() == [-1.0] * 8


def test_the_summary_is_a_spreadsheet_in_which_text_stays_text(tmp_path: Path) -> None:
    frame = loan_frame(30).with_columns(
        pl.when(pl.int_range(pl.len()) == 4).then(pl.lit("=1+1")).otherwise(pl.col("amortisation.kind")).alias("amortisation.kind")
    )
    found = price_book({"loan": frame}, book_market())
    for name in ("a.xlsx", "b.xlsx"):
        summary_sheet(found.results, found.failures, tmp_path / name)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    with ZipFile(tmp_path / "a.xlsx") as archive:
        for place in archive.namelist():
            ElementTree.fromstring(archive.read(place))
        values, problems = (archive.read(f"xl/worksheets/sheet{number}.xml").decode() for number in (1, 2))
    assert f"<v>{found.total!r}</v>" in values
    assert "amortisation.kind" in problems
    assert "<f>" not in values + problems
    with ZipFile(BytesIO(workbook({"x": [["=1+1", 2.0, None]]}))) as archive:
        cells = archive.read("xl/worksheets/sheet1.xml").decode()
    assert '<c t="inlineStr"><is><t xml:space="preserve">=1+1</t></is></c><c><v>2.0</v></c><c/>' in cells


def test_the_command_line_takes_scenarios_an_executor_and_a_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(tmp_path, loan_frame(12).with_columns(pl.when(pl.int_range(pl.len()) == 4).then(-1.0).otherwise(1e6).alias("commitment_usd")))
    moved = Scenario(label="rates +100 bp", moves=(Move(key="rates:USD-SOFR", kind="shift", amount=0.01),))
    save_scenarios([moved], tmp_path / "scenarios.toml")
    start = ["batch", str(tmp_path / "loan.parquet"), "--scenarios", str(tmp_path / "scenarios.toml"), "--executor", "threads:2"]
    assert main([*start, "--format", "json", "--summary", str(tmp_path / "a.xlsx")]) == 4
    document = json.loads(capsys.readouterr().out)
    assert len(document["results"]) == 22
    assert {line["scenario"] for line in document["results"]} == {"base", "rates +100 bp"}
    assert document["audit"]["book"][0]["rows"] == 12
    assert main([*start, "-o", str(tmp_path / "out.csv"), "--summary", str(tmp_path / "b.xlsx")]) == 4
    said = capsys.readouterr()
    assert "11 priced, 1 problems" in said.out
    assert "total, rates +100 bp" in said.out
    assert "row 5 loan-0000004: commitment_usd = -1.0" in said.err
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    assert main(["batch", str(tmp_path / "loan.parquet"), "--executor", "nobody"]) == 2
