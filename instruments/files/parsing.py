"""Text to plain data: TOML or JSON in, dicts, lists, numbers, texts and dates out; all that no term can hold is refused here."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import tomllib
from typing import Any, NoReturn

from instruments.files.source import Source
from instruments.ground.errors import FileError
from instruments.ground.located import Located, located, written
from instruments.ground.messages import printable
from instruments.ground.steps import Steps

DEEPEST = 100
"""Most levels of nesting."""
_LONGEST_INT = 60
_LARGEST_INT = 2**63
_MANY_DOTS = re.compile(r"""(?<![\w\-"'])(?:(?:[\w\-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){100}""", re.ASCII)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_REPEATS = ("Cannot overwrite", "Cannot declare", "Duplicate inline", "Cannot mutate", "Cannot redefine")
_SAID = {"Invalid value": "a value is missing, or is text without quotes", "Invalid statement": "neither a key = value pair nor a [table]"}


_SLIPS = (
    (re.compile(r"=\s*[\d.]+\s*%"), "a percentage is written as a fraction: 0.0525 is 5.25 %"),
    (re.compile(r"=\s*[\d.]+\s*bps?\b"), "basis points are written as a fraction: 0.0325 is 325 bp"),
    (re.compile(r"=\s*\d{1,2}[./]\d{1,2}[./]\d{4}\b"), "a date is written year-month-day"),
    (re.compile(r"=\s*\d{1,3}(?:,\d{3})+\b"), "a number has no commas: 40_000_000"),
    (re.compile(r"=\s*[\d._]+\s*(?:k|mn?|mio|bn)\b", re.IGNORECASE), "an amount is written out: 40_000_000"),
)
"""Patterns of a line that the parser refuses, and what to say instead of what it says."""


def parse(source: Source) -> dict[str, Any]:
    """The document that a text holds.

    Raises:
        FileError: not TOML or JSON, a repeated key, too deep, no table at the top, or empty.
        InputError: a number that is not finite or too large, a time of day, broken characters.
    """
    document = _toml(source) if source.language == "toml" else _json(source)
    if not isinstance(document, dict):
        source.fail("not_a_table")
    if not document:
        source.fail("file_empty")
    found = unusable(document)
    if any(one.problem.allowed.startswith("nested") for one in found):
        _too_deep(source)
    if found:
        source.refuse(found)
    return document


def canonical(document: dict[str, Any]) -> bytes:
    """The document as JSON; dates become text."""
    return json.dumps(document, default=dt.date.isoformat, ensure_ascii=False, allow_nan=False).encode()


def unusable(document: object) -> list[Located]:
    """Everything in plain data that no field of any term can hold."""
    found: list[Located] = []
    _search(document, (), found)
    return found


def _search(node: object, steps: Steps, found: list[Located]) -> None:
    if len(steps) > DEEPEST:
        found.append(located("too_deep", steps[:2], limit=DEEPEST))
    elif isinstance(node, dict):
        for key, item in node.items():
            if _LONE_SURROGATE.search(key):
                found.append(located("bad_text", (*steps, key), expected="whole characters", hint="mend the escapes in the key"))
            _search(item, (*steps, key), found)
    elif isinstance(node, (list, tuple)):
        for index, item in enumerate(node):
            _search(item, (*steps, index), found)
    elif isinstance(node, str):
        if not node.isascii() and _LONE_SURROGATE.search(node):
            found.append(located("bad_text", steps, value=written(node), expected="whole characters", hint="mend the escapes in the text"))
    elif isinstance(node, float):
        if not math.isfinite(node):
            found.append(located("not_finite", steps, value=written(node)))
    elif isinstance(node, (dt.datetime, dt.time)):
        hint = "drop the time of day" if isinstance(node, dt.datetime) else "give a date"
        found.append(located("wrong_type", steps, value=written(node), expected="a date such as 2025-10-03", hint=hint))
    elif isinstance(node, int) and abs(node) >= _LARGEST_INT:
        hint = "write it with a point or an exponent, such as 1e20"
        found.append(located("wrong_type", steps, value=written(node), expected="a whole number of at most 18 digits", hint=hint))


def _too_deep(source: Source) -> NoReturn:
    source.fail("too_deep", limit=DEEPEST)


def _toml(source: Source) -> Any:
    # the parser takes quadratic time on a key of very many parts
    if _MANY_DOTS.search(source.text):
        _too_deep(source)
    try:
        return tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        match = re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", str(error), re.DOTALL)
        why, line = (match[1], int(match[2]) if match[2] else source.text.count("\n", 0, -1) + 1) if match else (str(error), None)
        if why.startswith(_REPEATS):
            source.fail("repeated_key", line=line)
        source.fail("syntax", line=line, language="TOML", why=_slip(source.text, line) or _SAID.get(why, why[:1].lower() + why[1:]))
    except RecursionError:
        _too_deep(source)
    except ValueError:  # the interpreter's limit on the digits of a whole number
        digits = re.search(r"[0-9_]{1000}", source.text)
        source.fail(
            "syntax", line=source.text.count("\n", 0, digits.start()) + 1 if digits else None, language="TOML", why="a number is too long"
        )


def _slip(text: str, line: int | None) -> str:
    """What is wrong with the line, where it is one of the usual slips of people who come from spreadsheets."""
    lines = text.splitlines()
    words = lines[line - 1] if line is not None and line <= len(lines) else ""
    return next((why for pattern, why in _SLIPS if pattern.search(words)), "")


def _json(source: Source) -> Any:
    repeated: list[str] = []

    def table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        content = dict(pairs)
        if len(content) < len(pairs):
            repeated.append("")
        return content

    try:
        # a number that is too long is cut, not read: what remains is still too large
        document = json.loads(source.text, object_pairs_hook=table, parse_int=lambda digits: int(digits[:_LONGEST_INT]))
    except json.JSONDecodeError as error:
        source.fail("syntax", line=error.lineno, language="JSON", why=error.msg[:1].lower() + error.msg[1:])
    except RecursionError:
        _too_deep(source)
    if repeated:
        raise FileError(
            *(located("repeated_key", steps).problem.at(file=printable(source.file), line=line) for steps, line in source.lines.repeated)
        )
    return document
