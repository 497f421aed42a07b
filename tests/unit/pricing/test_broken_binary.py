"""Lengths in binary tables that ask for all memory: an answer, though the reader of such a file ends its process."""

from __future__ import annotations

import struct
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, strategies as st

from instruments import save
from instruments.files.first_reading import FirstReader
from pricing.books.arrow_messages import BATCH, BROKEN, Table, messages
from pricing.books.pieces import arrow_pieces
from pricing.books.pricer import price_book
from pricing.cli.main import main
from tests.books import book_market, loan_frame

TEXTS = pl.DataFrame({"id": ["a text that is longer than a view holds by itself", "b" * 40], "value": [1.0, 2.0]})
HUGE = 1 << 60
DATA_OF_TEXTS = 2
"""The buffer of long texts: before it stand those of what is there and of the views."""


def stream_of(frame: pl.DataFrame) -> bytes:
    file = BytesIO()
    frame.write_ipc_stream(file)
    return file.getvalue()


def with_length(raw: bytes, buffer: int, length: int) -> bytes:
    """The same stream, one buffer of its record batch said to be of another length."""
    found, start = bytearray(raw), 0
    for message in messages(BytesIO(raw)):
        if message.sort == BATCH:
            header = message.content[8:]
            batch = Table(header, struct.unpack_from("<I", header)[0]).table(2)
            place = batch.place(2)
            vector = place + struct.unpack_from("<I", header, place)[0]
            struct.pack_into("<q", found, start + 8 + vector + 4 + 16 * buffer + 8, length)
        start += len(message.content)
    return bytes(found)


def count_of_buffers() -> int:
    batch = next(message for message in messages(BytesIO(stream_of(TEXTS))) if message.sort == BATCH)
    header = batch.content[8:]
    return len(Table(header, struct.unpack_from("<I", header)[0]).table(2).pairs(2))


@pytest.mark.parametrize("buffer", range(count_of_buffers()))
@pytest.mark.parametrize("length", [HUGE, -1])
def test_a_buffer_outside_its_message_is_refused(buffer: int, length: int) -> None:
    with pytest.raises(OSError, match=BROKEN):
        list(arrow_pieces(BytesIO(with_length(stream_of(TEXTS), buffer, length))))


@given(st.lists(st.text(max_size=40), max_size=30), st.booleans())
def test_what_is_written_is_read(texts: list[str], packed: bool) -> None:
    frame = pl.DataFrame({"id": texts, "even": [len(text) % 2 == 0 for text in texts]}, schema={"id": pl.String, "even": pl.Boolean})
    file = BytesIO()
    frame.write_ipc_stream(file, compression="zstd" if packed else "uncompressed")
    assert pl.concat(list(arrow_pieces(BytesIO(file.getvalue())))).equals(frame)


def broken_arrow(path: Path) -> Path:
    """An Arrow file with the same fault, in its copy of the record batch."""
    TEXTS.write_ipc(path, compression="uncompressed")
    whole, good = path.read_bytes(), stream_of(TEXTS)
    batch = next(message.content for message in messages(BytesIO(good)) if message.sort == BATCH)
    wrong = next(m for m in _unchecked(with_length(good, DATA_OF_TEXTS, HUGE)) if len(m) == len(batch) and m != batch)
    assert whole.count(batch) == 1
    path.write_bytes(whole.replace(batch, wrong))
    return path


def _unchecked(raw: bytes) -> list[bytes]:
    """The same cuts as those of the stream without the fault."""
    found, start = [], 0
    for message in messages(BytesIO(stream_of(TEXTS))):
        found.append(raw[start : start + len(message.content)])
        start += len(message.content)
    return found


def test_a_file_that_ends_its_reader_is_an_unreadable_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = broken_arrow(tmp_path / "book.arrow")
    code = f"import polars as pl; pl.scan_ipc({str(file)!r}).collect()"
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode < 0, "the reader lives on: no need"
    assert main(["batch", str(file), "--market", str(save(book_market(), tmp_path / "market.toml"))]) == 2
    said = capsys.readouterr().err
    assert "book.arrow" in said
    assert "lengths are broken" in said
    assert "Traceback" not in said


def test_the_other_process_serves_on_after_a_file_that_ended_it(tmp_path: Path) -> None:
    good = tmp_path / "good.parquet"
    TEXTS.write_parquet(good)
    reader = FirstReader()
    try:
        assert reader.survives(good)
        assert not reader.survives(broken_arrow(tmp_path / "bad.arrow"))
        assert reader.survives(good)
        assert reader.survives(tmp_path / "none.parquet"), "an error that a reader can catch is not this room's"
    finally:
        reader.close()


@pytest.mark.parametrize("days", [3_000_000, 2_000_000_000, -2_000_000_000])
def test_a_date_that_no_calendar_has_fails_its_row_alone(days: int) -> None:
    """Beyond some 245,000 years a frame cannot even write it: its days are named."""
    wrong = pl.lit(days, dtype=pl.Int32).cast(pl.Date)
    frame = loan_frame(6).with_columns(pl.when(pl.int_range(pl.len()) == 2).then(wrong).otherwise(pl.col("maturity")).alias("maturity"))
    found = price_book({"loan": frame}, book_market())
    assert found.results.height == 5
    assert found.failures["field"].to_list() == ["maturity"]
    assert found.failures["value"][0] == (f"day {days} since 1970" if abs(days) > 10**8 else "+10183-09-21")


@pytest.mark.parametrize("program", ["/nowhere/python", "/bin/false"])
def test_without_a_process_that_can_read_nothing_is_refused(program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No interpreter, or one without the library: a good file must not be called broken."""
    good = tmp_path / "good.parquet"
    TEXTS.write_parquet(good)
    monkeypatch.setattr(sys, "executable", program)
    reader = FirstReader()
    assert reader.survives(good)
    reader.close()
