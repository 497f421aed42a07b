"""Books longer than a piece: read in pieces, they are what they are when read whole."""

from __future__ import annotations

import io
from pathlib import Path
from tempfile import mkdtemp

import polars as pl
import pytest
from hypothesis import given, settings, strategies as st

from instruments.ground.errors import FileError
from pricing.books import pieces
from pricing.books.batch import run_book
from pricing.books.pieces import READERS, Parts, whole_or_parts
from pricing.books.pricer import price_book
from pricing.books.sources import sources_of
from tests.benchmarks.budget_10_memory import loans_peak
from tests.books import book_market, loan_frame

ROOT = Path(__file__).parents[3]
CELLS = st.none() | st.text(st.sampled_from('ab,"\n é'), min_size=1, max_size=6)
WRITERS = {".csv": "write_csv", ".jsonl": "write_ndjson", ".arrows": "write_ipc_stream", ".arrow": "write_ipc"}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "PIECE_BYTES", 256)
    monkeypatch.setattr(pieces, "PIECE_ROWS", 7)


def kept(frame: pl.DataFrame, suffix: str) -> pl.DataFrame | Parts:
    stream = io.BytesIO()
    getattr(frame, WRITERS[suffix])(stream)
    stream.seek(0)
    return whole_or_parts(READERS[suffix](stream))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("suffix", WRITERS)
def test_a_book_in_pieces_is_the_book(suffix: str, tmp_path: Path) -> None:
    frame, market = loan_frame(60), book_market()
    if suffix == ".arrows":
        frame = pl.concat([frame[:5], frame[5:9], frame[9:]], rechunk=False)
    path = tmp_path / f"loan{suffix}"
    getattr(frame, WRITERS[suffix])(path)
    (source,) = sources_of(path)
    assert source.height == 60
    ids = source.ids()
    assert ids is not None
    assert ids.to_list() == frame["id"].to_list()
    assert source.rows(13, 21)["id"].to_list() == frame["id"][13:34].to_list()
    assert price_book(path, market).results.drop("source").equals(price_book({"loan": frame}, market).results.drop("source"))
    if suffix == ".arrow":  # read where it is, slice by slice
        assert source.frame is None
        return
    assert isinstance(source.frame, Parts)
    assert len(source.frame.files) > 1
    folder = source.frame.folder.path
    assert folder.is_dir()
    del source
    assert not folder.exists()


@settings(max_examples=60)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=12), st.integers(1, 40))
def test_csv_is_cut_where_records_end(rows: list[tuple[str | None, str | None]], size: int) -> None:
    frame = pl.DataFrame(rows, schema={"x": pl.String, "y,\n": pl.String}, orient="row")
    text = frame.write_csv()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "PIECE_BYTES", size)
        found = kept(frame, ".csv")
        whole = found if isinstance(found, pl.DataFrame) else found.rows(0, found.height)
    assert whole.equals(pl.read_csv(io.StringIO(text), infer_schema=False))


@pytest.mark.usefixtures("small")
def test_types_of_json_lines_are_those_of_the_file() -> None:
    lines = [{"a": 1}] * 40 + [{"a": 2.5, "b": "x"}] * 40 + [{"b": None, "c": [1, 2]}] * 40
    frame = pl.DataFrame([{"a": 1.0}])
    text = "\n".join(str(line).replace("'", '"').replace("None", "null") for line in lines).encode()
    found = whole_or_parts(READERS[".jsonl"](io.BytesIO(text)))
    assert isinstance(found, Parts)
    assert found.empty.schema == {"a": pl.Float64, "b": pl.String, "c": pl.List(pl.Int64)}
    assert found.rows(0, 120).equals(pl.read_ndjson(text, infer_schema_length=None))
    assert found.rows(39, 2)["a"].to_list() == [1.0, 2.5]
    assert found.rows(0, 1).schema["a"] == frame.schema["a"]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("compression", ["uncompressed", "zstd"])
def test_arrow_batches_with_dictionaries_are_read_one_by_one(compression: str) -> None:
    parts = [pl.DataFrame({"id": [f"{name}{at}" for at in range(5)], "of": [name] * 5}) for name in "abcd"]
    frame = pl.concat([part.with_columns(pl.col("of").cast(pl.Categorical)) for part in parts], rechunk=False)
    stream = io.BytesIO()
    frame.write_ipc_stream(stream, compression=compression)  # type: ignore[arg-type]
    stream.seek(0)
    found = whole_or_parts(READERS[".arrows"](stream))
    assert isinstance(found, Parts)
    assert found.rows(0, 20).equals(frame)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("loan.arrow", b"ARROW1\0\0nonsense", "cannot be read"),
        ("loan.arrows", b"id,kind\n1,loan\n", "this is no Arrow stream"),
        ("loan.arrows", b"\xff\xff\xff\xff\x10\0\0\0short", "ends inside an Arrow message"),
        ("loan.arrows", b"\xff\xff\xff\xff\x04\0\0\0\xff\xff\xff\xff", "this is no Arrow stream"),
        ("loan.arrows", b"", "this is no Arrow stream"),
    ],
)
def test_what_is_no_arrow_says_so(name: str, content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(FileError, match=said):
        sources_of(path)


def test_an_arrow_frame_without_rows_has_its_columns() -> None:
    found = kept(loan_frame(3).clear(), ".arrows")
    assert isinstance(found, pl.DataFrame)
    assert found.schema == loan_frame(3).schema


@pytest.mark.slow
@pytest.mark.parametrize("suffix", WRITERS)
def test_a_million_rows_take_little_more_memory_than_ten_thousand(suffix: str) -> None:
    small, large = loans_peak(10_000, suffix), loans_peak(1_000_000, suffix)
    # a window under way, its results, and 50 bytes of id a row; held whole, a million rows of text took 270 to 380 MB more
    assert large - small < 160.0


@pytest.mark.usefixtures("small")
def test_pieces_lie_beside_the_output_and_the_next_run_removes_what_a_killed_one_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book, output = tmp_path / "loan.csv", tmp_path / "values.parquet"
    loan_frame(60).write_csv(book)
    left = tmp_path / "values.parquet.pieces-ab_12xyz"
    left.mkdir()
    (left / "000000.parquet").write_bytes(b"half")
    others = [tmp_path / name for name in ("values.parquet.pieces-mine", "another.parquet.pieces-ab_12xyz")]
    for other in others:
        other.mkdir()
    seen: list[Path] = []
    monkeypatch.setattr(pieces, "mkdtemp", lambda **how: seen.append(Path(mkdtemp(**how))) or str(seen[-1]))  # type: ignore[func-returns-value]
    found = run_book(book, book_market(), output)
    assert found.manifest["results"]["rows"] == 60
    assert [folder.parent for folder in seen] == [tmp_path]
    assert not left.exists()
    assert not seen[0].exists()
    assert all(other.is_dir() for other in others)


@pytest.mark.usefixtures("small")
def test_where_the_output_has_no_folder_yet_pieces_lie_in_the_system_s(tmp_path: Path) -> None:
    book, output = tmp_path / "loan.csv", tmp_path / "new" / "values.parquet"
    loan_frame(60).write_csv(book)
    assert run_book(book, book_market(), output).manifest["results"]["rows"] == 60
    assert sorted(path.name for path in output.parent.iterdir()) == [
        "values.failures.parquet",
        "values.parquet",
        "values.parquet.manifest.json",
    ]
