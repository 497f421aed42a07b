from __future__ import annotations

import copy
import json
import tomllib
from typing import Any

import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings, strategies as st

from curves.files import market_from_text
from instruments import InputError, deal_from_text
from tests.documents import GOOD
from tests.property.files.terms import DATES, JSON, TEXTS

QUICK = settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
LOADERS = {"deal": deal_from_text, "market": market_from_text}
KINDS = st.sampled_from(sorted(GOOD))
PLAIN = {kind: json.loads(json.dumps(tomllib.loads(text), default=str)) for kind, text in GOOD.items()}
WRONG = st.sampled_from(
    [True, False, None, "0.1", "", "0", "86400", 0, -1, 1e308, 2**80, [], {}, [[]], {"": 0}, {"kind": "all"}, {"value": True}]
)
VALUES = WRONG | JSON | DATES
ODD_KEYS = TEXTS | st.sampled_from(["kind", "value", "legs", "range", "basis", "a.b", "*", "\n", "\x00", "\u202e", '"', "schema_version"])


def answered(kind: str, text: str, language: Any) -> None:
    """Loading works, or says in clean lines what is wrong."""
    error = refusal(kind, text, language)
    if error is None:
        return
    lines = str(error).split("\n")
    assert len(lines) == min(len(error.problems), 11)
    for line in lines:
        assert line.isprintable()
        assert len(line) < 900
        assert "pydantic" not in line
        assert "Input should" not in line
    for problem in error.problems:
        assert problem.allowed
        assert problem.remedy
        assert problem.line is not None or problem.subject == kind


def refusal(kind: str, text: str, language: Any) -> InputError | None:
    """The error of loading a text, if there is one."""
    try:
        LOADERS[kind](text, language=language, file=f"x.{language}")
    except InputError as error:
        return error
    return None


def places(node: Any) -> list[tuple[Any, Any]]:
    """Every (container, key or index) in a document."""
    found: list[tuple[Any, Any]] = []
    for key, item in list(node.items()) if isinstance(node, dict) else list(enumerate(node)):
        found.append((node, key))
        found.extend(places(item) if isinstance(item, (dict, list)) else [])
    return found


def change(data: st.DataObject, document: Any) -> None:
    """Drop, add, or exchange one thing."""
    spots = places(document)
    if not spots:
        return
    node, key = data.draw(st.sampled_from(spots))
    what = data.draw(st.sampled_from(["drop", "add", "exchange", "rename", "wrap"]))
    if what == "drop":
        del node[key]
    elif what == "exchange":
        node[key] = data.draw(VALUES)
    elif what == "wrap":
        node[key] = data.draw(st.sampled_from([[node[key]], {"value": node[key]}, {"kind": node[key]}, str(node[key])]))
    elif isinstance(node, list):
        node.insert(key, data.draw(VALUES))
    else:
        new = data.draw(ODD_KEYS)
        node[new] = node.pop(key) if what == "rename" else data.draw(VALUES)


def without_null(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: without_null(item) for key, item in node.items() if item is not None}
    return [without_null(item) for item in node if item is not None] if isinstance(node, list) else node


@QUICK
@given(data=st.data(), kind=KINDS)
def test_changed_documents(data: st.DataObject, kind: str) -> None:
    document = copy.deepcopy(PLAIN[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        change(data, document)
    answered(kind, json.dumps(document, indent=1), "json")
    answered(kind, tomli_w.dumps(without_null(document)), "toml")


@pytest.mark.parametrize("kind", GOOD)
def test_truncated_anywhere(kind: str) -> None:
    for language, text in (("toml", GOOD[kind]), ("json", json.dumps(PLAIN[kind], indent=1))):
        for end in range(0, len(text), 3):
            answered(kind, text[:end], language)


@QUICK
@given(data=st.data(), kind=KINDS, language=st.sampled_from(["toml", "json"]))
def test_exchanged_characters(data: st.DataObject, kind: str, language: str) -> None:
    text = GOOD[kind] if language == "toml" else json.dumps(PLAIN[kind], indent=1)
    start = data.draw(st.integers(0, len(text)))
    piece = data.draw(st.text(max_size=4) | st.sampled_from([*'[]{}".,=:\n#\\', "[[", "nan", "9" * 30, "\ud800"]))
    answered(kind, text[:start] + piece + text[start + data.draw(st.integers(0, 3)) :], language)


@QUICK
@given(text=st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")), kind=KINDS)
def test_any_text(text: str, kind: str) -> None:
    answered(kind, text, "toml")
    answered(kind, text, "json")
