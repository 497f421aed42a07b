from __future__ import annotations

from collections.abc import Callable

from examples.article.claims.claim import Claim
from examples.article.claims.inputs import Inputs

ROWS: dict[str, Callable[[Inputs], Claim]] = {}


def claims(inputs: Inputs) -> list[Claim]:
    return [row(inputs) for row in ROWS.values()]
