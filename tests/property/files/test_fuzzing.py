"""Every file that a command reads, broken in thousands of ways: an answer each time, never a traceback, a hang or a flood of memory.

`python -m pytest -m slow tests/property/files/test_fuzzing.py` tries thousands of each; FUZZ_COUNT=20000 more, FUZZ_SEED others.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from curves import Move, Scenario, save_scenarios
from instruments import load_deal, save
from instruments.events import Event
from tests.books import book_market, mixed_frame
from tests.fuzzing import ALLOWED, answer, complaint, mutants, peak_mb, table_bytes
from tests.small import write_small

ROOT = Path(__file__).resolve().parents[3]
STARTERS = ROOT / "pricing" / "cli" / "starters"
QUICK, DEEP = 6, int(os.environ.get("FUZZ_COUNT", "1500"))
SEED = int(os.environ.get("FUZZ_SEED", "0"))
MOST_MB = 700.0
"""Most that the broken files of one format may add to what the process holds."""
BOOKS = (".csv", ".parquet", ".arrow", ".arrows", ".jsonl")
FAMILIES = ("warrant", "loan", "lease", "offtake", "staged_equity", "margin_loan", "notes", "borrowing_base", "rent_swap")


@dataclass(frozen=True)
class Format:
    """A kind of file: the good one, and the command that reads it."""

    good: Path
    argv: Callable[[Path], list[str]]
    """Arguments of `gpufin` for the file that takes its place."""


def formats(folder: Path) -> dict[str, Format]:
    """Every format, its good files written below `folder`."""
    small = folder / "small"
    small.mkdir()
    write_small(small)
    base = ["stress", str(small), "--paths", "1", "--laws", ""]
    found = {
        "deal": Format(small / "deal.toml", lambda file: ["price", str(file), "--market", str(small / "market.toml"), "--paths", "1"]),
        "market": Format(small / "market.toml", lambda file: ["price", str(small), "--market", str(file), "--paths", "1"]),
        "market audit": Format(ROOT / "examples/markets/market.2026-03-31.toml", lambda file: ["market", str(file)]),
        "web": Format(ROOT / "examples/four_dolls/web.toml", lambda file: ["web", str(file)]),
        "project": Format(ROOT / "examples/risk_transfer/project.toml", lambda file: ["check", str(file), "--kind", "project"]),
        "facility": Format(ROOT / "examples/coreweave_ddtl4/deal.toml", lambda file: ["check", str(file), "--kind", "deal"]),
    }
    save(load_deal(small), small / "other.json")
    found["json deal"] = Format(small / "other.json", found["deal"].argv)
    at = str(STARTERS / "market.toml")
    for family in FAMILIES:
        found[f"{family} priced"] = Format(STARTERS / f"{family}.toml", lambda file: ["price", str(file), "--market", at, "--paths", "1"])
    move = Move(key="equity:VND", field="spot_usd", kind="scale", amount=0.5)
    both = [Scenario(label="a", moves=(move,), events=(Event(kind="default", party="buyer", on=dt.date(2026, 1, 1)),)), Scenario(label="b")]
    for suffix in (".toml", ".json", ".csv", ".parquet"):
        file = save_scenarios(both, folder / f"scenarios{suffix}")
        found[f"scenarios {suffix}"] = Format(file, lambda path: [*base, "--scenarios", str(path)])
    market = str(save(book_market(), folder / "market.toml"))
    for suffix in BOOKS:
        file = folder / f"mixed{suffix}"
        file.write_bytes(table_bytes(mixed_frame(2), suffix, folder))
        found[f"book {suffix}"] = Format(file, lambda path: ["batch", str(path), "--market", market, "--paths", "1"])
    book = folder / "book.toml"
    book.write_text('schema = 1\n[[frames]]\nfile = "mixed.csv"\ncolumns = {id = "id"}\nignore = ["nothing"]\n')
    found["book.toml"] = Format(book, lambda path: ["batch", str(path), "--market", market, "--paths", "1"])
    result = folder / "result.json"
    result.write_text(answer(["price", str(small), "--paths", "1", "--format", "json"], seconds=120.0).said)
    found["result"] = Format(result, lambda path: ["diff", str(result), str(path)])
    return found


NAMES = (
    "deal", "market", "market audit", "web", "project", "facility", "json deal", *(f"{family} priced" for family in FAMILIES),
    *(f"scenarios {suffix}" for suffix in (".toml", ".json", ".csv", ".parquet")), *(f"book {suffix}" for suffix in BOOKS), "book.toml",
    "result",
)  # fmt: skip


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Format]:
    return formats(tmp_path_factory.mktemp("fuzzing"))


def try_all(one: Format, count: int, folder: Path) -> list[str]:
    """What went wrong, each with the way to make the input again."""
    warm = answer(one.argv(one.good), seconds=120.0)
    assert warm.code in ALLOWED - {2}, warm.said
    content, before = one.good.read_bytes(), peak_mb()
    file = folder / one.good.name
    (folder / "mixed.csv").write_bytes((one.good.parent / "mixed.csv").read_bytes() if one.good.name == "book.toml" else b"")
    wrong = []
    for way, raw in mutants(content, count, SEED, suffix=one.good.suffix):
        file.write_bytes(raw)
        if why := complaint(one.argv(file)):
            wrong.append(f"{way}: {why}")
    grown = peak_mb() - before
    return wrong + ([f"{grown:.0f} MB more than before"] if grown > MOST_MB else [])


@pytest.mark.parametrize("name", NAMES)
def test_a_broken_file_gets_an_answer(name: str, every: dict[str, Format], tmp_path: Path) -> None:
    assert try_all(every[name], QUICK, tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_thousands_of_broken_files_get_an_answer(name: str, every: dict[str, Format], tmp_path: Path) -> None:
    assert try_all(every[name], DEEP, tmp_path) == []


LIMITS = ("lender.expected_loss_rate > 0.02", "buyer.value < -2e6", "holder.value >= 1")


def test_broken_limits_get_an_answer(every: dict[str, Format]) -> None:
    one = every["scenarios .csv"]
    wrong = []
    for number, text in enumerate(LIMITS):
        for way, raw in mutants(text.encode(), QUICK, SEED + number, suffix=""):
            word = raw.decode(errors="replace")
            why = complaint([*one.argv(one.good), f"--limit={word}"])
            wrong += [f"{way} {word!r}: {why}"] if why else []
    assert wrong == []


def test_the_harness_sees_a_traceback_a_hang_and_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    import time
    import warnings

    from tests import fuzzing

    def raises(_: list[str]) -> int:
        raise BaseException("a panic")

    def warns(_: list[str]) -> int:
        warnings.warn("overflow encountered in square", RuntimeWarning, stacklevel=1)
        return 0

    cases = {
        "out of range": warns,
        "BaseException": raises,
        "exit code 1": lambda _: 1,
        "without a word": lambda _: 2,
        "more than": lambda _: time.sleep(5) or 0,
    }
    for words, fake in cases.items():
        monkeypatch.setattr(fuzzing, "main", fake)
        assert words in complaint(["x"], seconds=0.2)


def test_mutants_are_repeatable_and_differ() -> None:
    raw = b'{"a": 1, "b": [2, 3]}'
    once, again = (list(mutants(raw, 60, 1, suffix=".json")) for _ in range(2))
    assert once == again
    assert len({content for _, content in once}) > 40
