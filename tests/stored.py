"""Stored results of the examples against fresh ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
PATHS = 4096
"""Paths of the stored results of warrants."""
ERRORS_ALLOWED = 0.05
"""Of a standard error: another libm may move a path across a target, another result is further away."""


CENT = 0.01
"""USD: sums of billions that cancel leave no less."""
NUMBERS = frozenset({"value", "standard_error", "interval_low", "interval_high"})
"""What is compared by tolerance, or follows from what is."""


def words(row: dict[str, Any]) -> dict[str, Any]:
    """A row without its numbers and without what is void: a column that was added since it was stored is void in it."""
    return {name: value for name, value in row.items() if name not in NUMBERS and value is not None}


def assert_comes_out_again(stored_file: Path, fresh: dict[str, Any]) -> None:
    """Everything but numbers is equal; a number with an error is within a part of it, one without within a thousandth."""
    stored = json.loads(stored_file.read_text(encoding="utf-8"))
    assert stored["audit"] == fresh["audit"] | {"versions": stored["audit"]["versions"]}
    assert stored["warnings"] == fresh["warnings"]
    assert stored["failures"] == fresh["failures"] == []
    for old, new in zip(stored["results"], fresh["results"], strict=True):
        assert words(old) == words(new)
        if old["value"] is None:
            assert new["value"] is None
        else:
            slack = ERRORS_ALLOWED * (old["standard_error"] or 0.0) + 1e-3 * abs(old["value"] or 0.0) * (old["standard_error"] is None)
            slack += CENT * (old.get("unit") == "USD" and abs(old["value"]) < CENT)
            assert new["value"] == pytest.approx(old["value"], abs=slack + 1e-9 * abs(old["value"]))
