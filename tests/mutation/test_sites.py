"""The mutator itself: every change it lists makes another function, one small change at a time, and its run tells killed from survived."""

from __future__ import annotations

import ast
import importlib
import inspect
import textwrap
from typing import Any

import pytest

from pricing.clearing import solvers
from pricing.clearing.rows import reaches
from tests.mutation import run
from tests.mutation.equivalents import KNOWN, is_known, text_of
from tests.mutation.sites import changed, sites_of

MODULES = sorted({module for room in run.ROOMS.values() for module in room.modules})


@pytest.mark.parametrize("name", MODULES)
def test_every_change_of_a_room_compiles_and_is_one(name: str) -> None:
    module = importlib.import_module(name)
    sites = sites_of(module)
    assert len(sites) > 10
    assert len({(site.function, site.number) for site in sites}) == len(sites)
    for site in sites[:: max(1, len(sites) // 12)]:
        before, after = _original(module, site.function).__code__, changed(module, site).__code__
        parts = [(code.co_code, code.co_consts, code.co_names) for code in (before, after)]
        assert parts[0] != parts[1], site


def test_every_known_equivalent_is_still_a_change_of_the_code_and_says_why() -> None:
    every = [site for name in MODULES for site in sites_of(importlib.import_module(name))]
    listed = {(site.module, site.words, text_of(site)) for site in every}
    assert [one for one in KNOWN if (one.module, one.words, one.line) not in listed or not one.why] == []
    left = [site for site in every if not is_known(site)]
    assert len(every) - len(KNOWN) * 3 <= len(left) <= len(every) - len(KNOWN)


def _original(module: Any, path: str) -> Any:
    for name in path.split("."):
        module = getattr(module, name)
    return module


def test_messages_and_types_are_left_alone() -> None:
    source = ast.parse(textwrap.dedent(inspect.getsource(solvers.fictitious_default)))
    (raised,) = [node for node in ast.walk(source) if isinstance(node, ast.Raise)]
    first = inspect.getsourcelines(solvers.fictitious_default)[1] - 1
    span = range(first + raised.lineno, first + (raised.end_lineno or 0) + 1)
    assert [site for site in sites_of(solvers) if site.line in span] == []


def test_a_change_is_told_by_its_test(tmp_path) -> None:
    known = "assert reaches(np.array([[False, True], [False, False]]), np.array([False, True])).all()"
    for word, shown in (("good", known), ("idle", "pass")):
        (tmp_path / f"test_{word}.py").write_text(
            f"import numpy as np\nfrom pricing.clearing.rows import reaches\ndef test():\n    {shown}\n", encoding="utf-8"
        )
    rows = importlib.import_module("pricing.clearing.rows")
    (site,) = [site for site in sites_of(rows) if site.function == "reaches" and site.words == "BitOr to BitAnd"]
    for word, expected in (("good", True), ("idle", False)):
        room = run.Room(("pricing.clearing.rows",), (str(tmp_path / f"test_{word}.py"),))
        assert run.killed(site, room, 60.0) is expected
    assert reaches.__code__.co_code == rows.reaches.__code__.co_code  # the change stayed in the other process
