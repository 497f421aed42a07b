from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "curves").rglob("*.py")
    if path.name != "__init__.py" and ">>>" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0


def test_there_are_examples() -> None:
    assert {"curves.rates.build", "curves.credit.build", "curves.rates.par"} <= set(MODULES)


def test_every_listed_name_can_be_loaded() -> None:
    curves = importlib.import_module("curves")
    assert curves.__all__ == sorted(curves.__all__)
    for name in curves.__all__:
        assert getattr(curves, name) is not None
