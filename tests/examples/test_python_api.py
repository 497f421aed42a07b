"""The Python example runs and says what it should."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from pricing.conditions import unregister_condition

FILE = Path(__file__).parents[2] / "examples" / "python_api.py"


def test_the_python_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        runpy.run_path(str(FILE), run_name="__main__")
    finally:
        unregister_condition("never_halved")
    out = capsys.readouterr().out
    assert "value to the lab: 1,69" in out
    assert "[0.963 0.906 0.815 0.652]" in out
    assert "4096 paths of 1004 days" in out
