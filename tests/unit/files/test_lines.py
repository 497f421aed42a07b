from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest

from instruments.files.lines import json_lines, toml_lines
from instruments.ground.steps import Steps

TOML = """\
# a comment with [brackets] and "quotes
top = 1 # [not.a.table]
"quoted.key" = '#'
a.b . "c d" = 2
text = \"\"\"
[no.table] = 'x' \\\"\"\" ""
\"\"\"
raw = '''
it's = [
'''
many = [
  1, # one
  [2, 3],

  {x = 1, y = [ "]", "}" ]},
]
[one.two]
d = 2025-10-03 07:00:00
e = { f.g = 1, h = "a=b" }
[[one.many]]
k = 1
[[one.many]]
k = 2
[one.many.sub]
k = 3
[[one.many.sub2]]
k = 4
["we ird".'x']
k = 5
"""
PLACES = [
    (("top",), 2),
    (("quoted.key",), 3),
    (("a",), 4),
    (("a", "b", "c d"), 4),
    (("text",), 5),
    (("raw",), 8),
    (("many", 0), 12),
    (("many", 1, 1), 13),
    (("many", 2, "x"), 15),
    (("many", 2, "y", 1), 15),
    (("one", "two", "d"), 18),
    (("one", "two", "e", "f", "g"), 19),
    (("one", "two", "e", "h"), 19),
    (("one", "two", "missing"), 17),
    (("one", "many"), 20),
    (("one", "many", 0, "k"), 21),
    (("one", "many", 1), 22),
    (("one", "many", 1, "k"), 23),
    (("one", "many", 1, "sub", "k"), 25),
    (("one", "many", 1, "sub2", 0, "k"), 27),
    (("we ird", "x", "k"), 29),
    (("nowhere", "at", "all"), 1),
    ((), 1),
]


def all_places(node: Any, steps: Steps = ()) -> list[Steps]:
    pairs = list(node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ())
    return [(*steps, name) for name, _ in pairs] + [place for name, item in pairs for place in all_places(item, (*steps, name))]


@pytest.mark.parametrize(("steps", "line"), PLACES)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_toml_line(steps: Steps, line: int, end: str) -> None:
    assert toml_lines(TOML.replace("\n", end)).of(steps) == line


def test_every_place_has_its_own_line() -> None:
    document = tomllib.loads(TOML)
    assert set(all_places(document)) == set(toml_lines(TOML).by_steps)
    assert set(all_places(json.loads(json.dumps(document, default=str)))) == set(json_lines(json.dumps(document, default=str)).by_steps)


def test_json_line_and_repeats() -> None:
    text = '{"a": [1,\n2, {"b\\"}": "]"}],\n"c": {"d": 1,\n"d": {}, "e": []}\n}'
    lines = json_lines(text)
    assert lines.of(("a", 1)) == 2
    assert lines.of(("a", 2, 'b"}')) == 2
    assert lines.of(("c", "d")) == 3
    assert lines.of(("c", "e", 7)) == 4
    assert lines.repeated == [(("c", "d"), 4)]


@pytest.mark.parametrize("text", ["", "[", "[[", "a", "a =", "a = [1 2]", "a = {b = 1 c = 2}", '"', "=", "]", "{", "a = '", "\x00"])
def test_a_broken_text_stops_the_scan(text: str) -> None:
    assert toml_lines(text).of(("a",)) == 1
    assert json_lines(text).of(("a",)) == 1
