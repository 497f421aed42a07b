"""The same seed tries the same markets and the same states of a web in every program, whatever constants its modules hold."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import ROOT

LOOK = """
import json, sys
from hypothesis import given, seed, settings, strategies as st
from instruments import load_web
from curves import load_market
from pricing.laws.law import Law, WebLaw
from pricing.laws.search import search_law, search_web_law
from pricing.registry import Settings
from pricing.reverse.search import Search
import numpy as np

market, web, tried = load_market("examples/coreweave_ddtl4"), load_web("examples/resonance"), []

def remember(of, on, how):
    tried.append(on.model_dump_json())

def remember_web(of):
    tried.append(of.model_dump_json())

law, of_web = Law("look", "", "", lambda of: True, remember), WebLaw("look", "", "", lambda of: True, remember_web)
for start in range(3):
    search_law(law, None, market, Settings(seed=start))
    search_web_law(of_web, web, start=start)
def cornered(z):
    tried.append(repr(z.tolist()))
    return float(min(z)) - 2.0

for start in range(3):
    Search(cornered, np.eye(4), start).mildest()
numbers = []

@seed(0)
@settings(database=None, derandomize=False, max_examples=100)
@given(st.integers(0, 10**9))
def draw(number):
    numbers.append(number)

draw()
print(json.dumps([tried, numbers]))
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[list[str]], list[list[int]]]:
    """What two programs tried, and what they drew of plain integers: the second one holds constants of many kinds."""
    folder = tmp_path_factory.mktemp("other")
    words = [f"WORD_{n} = 'entities.{n}'" for n in range(40)] + [f"BYTES_{n} = b'{n:07d}'" for n in range(40)]
    lines = [f"NUMBER_{n} = {n * 7919}" for n in range(300)] + [f"SMALL_{n} = {n}" for n in range(300)] + words
    (folder / "constants.py").write_text("\n".join([*lines, ""]), encoding="utf-8")
    tried, numbers = [], []
    for prelude in ("", f"import sys; sys.path.insert(0, {str(folder)!r}); import constants, sqlite3, tests.webs, pricing.cli.options\n"):
        done = subprocess.run([sys.executable, "-c", prelude + LOOK], cwd=Path(ROOT), capture_output=True, text=True, check=True)
        found = json.loads(done.stdout)
        tried.append(found[0])
        numbers.append(found[1])
    return tried, numbers


def test_laws_and_reverse_stress_try_the_same_in_every_program(runs: tuple[list[list[str]], list[list[int]]]) -> None:
    (one, other), _ = runs
    assert len(set(one)) > 60
    assert one == other


def test_plain_integers_would_not(runs: tuple[list[list[str]], list[list[int]]]) -> None:
    _, (one, other) = runs
    assert one != other
