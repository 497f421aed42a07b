"""A real Dask cluster: a scheduler and two worker processes over TCP on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from instruments.files.writing import save
from instruments.ground.errors import BatchError
from pricing import price_book, run_book
from pricing.books.executors import executor_named, in_order
from pricing.cli.main import main
from tests.books import book_market, mixed_frame

dask = pytest.importorskip("dask", reason="pip install 'dask[distributed]'")
distributed = pytest.importorskip("distributed", reason="pip install 'dask[distributed]'")
pytestmark = [pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    # a piece of work that has killed one worker is not given to the next
    settings = {"distributed.scheduler.allowed-failures": 0}
    where = {"processes": True, "protocol": "tcp", "dashboard_address": None}
    with dask.config.set(settings), distributed.LocalCluster(n_workers=2, threads_per_worker=1, **where) as cluster:
        yield cluster.scheduler_address


def test_a_cluster_gives_the_same_bytes(address: str, tmp_path: Path) -> None:
    assert address.startswith("tcp://")
    frame = mixed_frame(40).with_columns(
        pl.when(pl.int_range(pl.len()) % 60 == 7).then(pl.lit("quantlib")).otherwise(pl.lit(None, dtype=pl.String)).alias("method")
    )
    frame = frame.with_columns(pl.when(pl.int_range(pl.len()) == 3).then(-1.0).otherwise(pl.col("commitment_usd")).alias("commitment_usd"))
    frame.write_parquet(tmp_path / "book.parquet")
    save(book_market(), tmp_path / "market.toml")
    here = price_book(tmp_path / "book.parquet", book_market())
    with executor_named(f"dask:{address}") as executor:
        there = price_book(tmp_path / "book.parquet", book_market(), executor=executor)
    assert there.to_json() == here.to_json()
    alone = run_book(tmp_path / "book.parquet", book_market(), tmp_path / "alone.parquet")
    assert (
        main(
            ["batch", str(tmp_path / "book.parquet"), "-o", str(tmp_path / "out.parquet"), "--executor", f"dask:{address}", "--rows", "50"]
        )
        == 4
    )
    assert (tmp_path / "out.parquet").read_bytes() == alone.results.read_bytes()


def test_the_loss_of_every_worker_is_told_and_a_missing_scheduler_too(address: str) -> None:
    with executor_named(f"dask:{address}") as executor, pytest.raises(BatchError, match="a worker of the executor was lost"):
        list(in_order(executor, os._exit, [1]))
    with pytest.raises(BatchError, match="no scheduler answers"), executor_named("dask:tcp://127.0.0.1:1"):
        pass
