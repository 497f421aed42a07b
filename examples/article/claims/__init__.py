"""The claims, group by group. `ROWS` of a group maps an id to the function that answers it: a test recomputes one row alone."""

from __future__ import annotations

from collections.abc import Callable

from examples.article.claims import (
    hardware,
    headlines,
    loops,
    narrative,
    numbers,
    regulation,
    resonance,
    valuation,
    who_pays,
)
from examples.article.claims.claim import Claim
from examples.article.claims.inputs import Inputs, load_inputs

GROUPS = {
    "loops": loops,
    "headlines": headlines,
    "hardware": hardware,
    "valuation": valuation,
    "narrative": narrative,
    "resonance": resonance,
    "who pays": who_pays,
    "regulation": regulation,
    "numbers": numbers,
}
"""In the order of the table. valuation: V1-V3; narrative: V4-V11."""
IDS = tuple(
    [f"L{i}" for i in range(8)]
    + [f"H{i}" for i in range(1, 9)]
    + [f"G{i}" for i in range(1, 7)]
    + [f"V{i}" for i in range(1, 12)]
    + [f"R{i}" for i in range(1, 9)]
    + [f"P{i}" for i in range(1, 6)]
    + [f"Q{i}" for i in range(1, 6)]
    + [f"N{i}" for i in range(1, 10)]
)
"""Every claim of the article: 51 mechanisms and nine numbers."""


def rows() -> dict[str, Callable[[Inputs], Claim]]:
    """Id to the function of its row, in the order of the table."""
    return {name: row for group in GROUPS.values() for name, row in group.ROWS.items()}


def all_claims(inputs: Inputs) -> list[Claim]:
    """Every row of every group."""
    return [claim for group in GROUPS.values() for claim in group.claims(inputs)]


__all__ = ["GROUPS", "IDS", "Claim", "Inputs", "all_claims", "load_inputs", "rows"]
