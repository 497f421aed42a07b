"""Broken files by the thousand: how inputs are mutated, and what a command may do with them.

A command run on any bytes ends with 0, 2, 3 or 4 in a few seconds and without a traceback. `mutants` is repeatable: the same seed
gives the same bytes.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import resource
import signal
import tomllib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import polars as pl
import tomli_w

from pricing.cli.main import main

SECONDS = 20.0
"""Longest that one input may take, on a busy machine; most take a hundredth."""
ALLOWED = frozenset({0, 2, 3, 4})
"""Exit codes that are an answer; 1 is a defect of gpufin."""
NUMBERS = ("1e308", "-1e308", "1e-308", "9" * 25, "9" * 400, "-1", "0", "0.5", "nan", "inf", "-inf", "1e999", "0x7f", "1_0", "true", '"1"')
WORDS = ("", "kind", "a.b", "*", "\x00", "\u202e", "\ud83d\ude00", "ſ", "İ", "'", '"', "\\", "x" * 100_000, "é" * 5000, "2025-13-41",
         "0001-01-01", "9999-12-31", "None", "__class__", "../../etc/passwd", "{0}", "%s", "=1+1")  # fmt: skip
VALUES: tuple[Any, ...] = (
    True, False, 0, -1, 1, 10**17, 2**62, 1e308, -1e308, 1e-300, 0.5, "", "x", "0.1", "x" * 100_000, "9999-12-31", "0001-01-01", [], {},
    [[]],    [1] * 5000, {"kind": "all"}, {"value": True}, [{}], {"": 0}, "equity:X", "rent:X",
)  # fmt: skip
PIECES = ("[", "]", "{", "}", '"', "'", ",", "=", ":", ".", "\n", "#", "\\", "\t", "[[", '"""', "\r\n", "\ufeff", "\x00", "\x1b[31m")


@dataclass(frozen=True)
class Answer:
    """What a command did."""

    code: int
    said: str


class TooSlowError(BaseException):
    """An input took longer than `SECONDS`; no handler of `Exception` catches it."""


def answer(argv: list[str], seconds: float = SECONDS) -> Answer:
    """Run one command in this process, its output kept, within a time limit."""

    def late(_signal: int, _frame: FrameType | None) -> None:
        raise TooSlowError(" ".join(argv))

    out, err = io.StringIO(), io.StringIO()
    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("default")  # as for a user: each once, by its place
            code = main(argv)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    said = "".join(f"\n{one.category.__name__}: {one.message} ({one.filename}:{one.lineno})" for one in warned)
    return Answer(code, out.getvalue() + err.getvalue() + said)


def complaint(argv: list[str], seconds: float = SECONDS) -> str:
    """What is wrong with how a command took its input; empty where nothing is."""
    try:
        found = answer(argv, seconds)
    except TooSlowError:
        return f"more than {seconds:g} s"
    except BaseException as error:  # a panic of a library is no Exception
        return f"{type(error).__name__}: {error}"
    if found.code not in ALLOWED:
        return f"exit code {found.code}: {found.said[-300:]}"
    if "Traceback (most recent call last)" in found.said:
        return found.said[-300:]
    if found.code == 0 and "RuntimeWarning" in found.said:
        return f"a number out of range on the way to an answer: {found.said[-300:]}"
    if found.code == 2 and not found.said.strip():
        return "exit code 2 without a word"
    return ""


def peak_mb() -> float:
    """Most memory that this process has held so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def mutants(content: bytes, count: int, seed: int, *, suffix: str) -> Iterator[tuple[str, bytes]]:
    """Changed copies of a file: bytes, lines, and, of documents, values.

    Yields: how it was changed, and the bytes.
    """
    ways: list[Callable[[bytes, random.Random], bytes]] = [flipped, truncated, duplicated, spliced, renumbered, reworded]
    if suffix in (".toml", ".json"):
        ways += [lambda raw, rng: restructured(raw, rng, suffix), lambda raw, rng: nested(raw, rng, suffix), repeated_key]
    for number in range(count):
        rng = random.Random(f"{seed}/{number}")
        way = ways[number % len(ways)]
        raw = way(content, rng)
        yield f"{getattr(way, '__name__', 'way')} {seed}/{number}", way(raw, rng) if rng.random() < 0.2 else raw


def flipped(raw: bytes, rng: random.Random) -> bytes:
    """Some bits, anywhere."""
    found = bytearray(raw)
    for _ in range(rng.choice((1, 1, 2, 8, 40))):
        if found:
            found[rng.randrange(len(found))] ^= 1 << rng.randrange(8)
    return bytes(found)


def truncated(raw: bytes, rng: random.Random) -> bytes:
    """The beginning, or the file without a piece."""
    start = rng.randrange(len(raw) + 1)
    return raw[:start] if rng.random() < 0.5 else raw[:start] + raw[start + rng.randrange(200) :]


def duplicated(raw: bytes, rng: random.Random) -> bytes:
    """A run of lines twice, elsewhere or many times."""
    lines = raw.splitlines(keepends=True)
    if not lines:
        return raw
    at = rng.randrange(len(lines))
    run = lines[at : at + rng.randint(1, 6)]
    where = rng.randrange(len(lines) + 1)
    return b"".join(lines[:where] + run * rng.choice((1, 1, 1, 300)) + lines[where:])


def spliced(raw: bytes, rng: random.Random) -> bytes:
    """Pieces of syntax put in, or in place of something."""
    for _ in range(rng.choice((1, 1, 3))):
        at = rng.randrange(len(raw) + 1)
        raw = raw[:at] + rng.choice(PIECES).encode() * rng.choice((1, 1, 1, 1000)) + raw[at + rng.choice((0, 1, 3)) :]
    return raw


def renumbered(raw: bytes, rng: random.Random) -> bytes:
    """A number in place of another: huge, tiny, none."""
    return _exchanged(raw, rng, r"-?\d+(?:\.\d+)?", NUMBERS)


def reworded(raw: bytes, rng: random.Random) -> bytes:
    """A word in place of another: long, strange, empty."""
    return _exchanged(raw, rng, r"[A-Za-z_]{3,}", WORDS)


def _exchanged(raw: bytes, rng: random.Random, pattern: str, by: tuple[str, ...]) -> bytes:
    import re

    text = raw.decode("latin-1")
    spots = [found.span() for found in re.finditer(pattern, text)]
    if not spots:
        return raw
    start, end = rng.choice(spots)
    return text[:start].encode("latin-1") + rng.choice(by).encode("utf-8", "surrogatepass") + text[end:].encode("latin-1")


def restructured(raw: bytes, rng: random.Random, suffix: str) -> bytes:
    """The document with values of other types, keys gone, keys new."""
    try:
        text = raw.decode()
        document = tomllib.loads(text) if suffix == ".toml" else json.loads(text)
    except ValueError:
        return flipped(raw, rng)
    for _ in range(rng.choice((1, 1, 2, 4))):
        spots = list(_places(document))
        if not spots:
            break
        node, key = rng.choice(spots)
        way = rng.randrange(4)
        if way == 0:
            node[key] = rng.choice(VALUES)
        elif way == 1:
            del node[key]
        elif way == 2:
            node[key] = [node[key]] if rng.random() < 0.5 else {"value": node[key]}
        elif isinstance(node, dict):
            node[rng.choice(WORDS)[:50]] = rng.choice(VALUES)
    try:
        return (tomli_w.dumps(document) if suffix == ".toml" else json.dumps(document, default=str)).encode()
    except (UnicodeEncodeError, TypeError, ValueError):
        return raw


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    pairs = list(node.items()) if isinstance(node, dict) else list(enumerate(node)) if isinstance(node, list) else []
    for key, item in pairs:
        yield node, key
        yield from _places(item)


def nested(raw: bytes, rng: random.Random, suffix: str) -> bytes:
    """Tables or lists inside each other, deeper than anybody means."""
    deep = rng.choice((3, 99, 101, 5000))
    if suffix == ".json":
        return b'{"a":' + b"[" * deep + b"1" + b"]" * deep + b"}" if rng.random() < 0.5 else b'{"a":' * deep + b"1" + b"}" * deep
    line = b"x = " + b"[" * deep + b"]" * deep if rng.random() < 0.5 else b".".join([b"a"] * deep) + b" = 1"
    return raw + b"\n" + line + b"\n"


def repeated_key(raw: bytes, rng: random.Random) -> bytes:
    """A line that gives a key once more, just below."""
    lines = raw.splitlines(keepends=True)
    keyed = [number for number, line in enumerate(lines) if b"=" in line or b'":' in line]
    if not keyed:
        return raw
    at = rng.choice(keyed)
    return b"".join([*lines[: at + 1], lines[at], *lines[at + 1 :]])


def table_bytes(frame: pl.DataFrame, suffix: str, folder: Path) -> bytes:
    """A frame as a file of one of the formats of books."""
    file = folder / f"whole{suffix}"
    match suffix:
        case ".csv":
            frame.write_csv(file)
        case ".parquet":
            frame.write_parquet(file)
        case ".arrow":
            frame.write_ipc(file)
        case ".arrows":
            frame.write_ipc_stream(file)
        case _:
            frame.write_ndjson(file)
    return file.read_bytes()
