"""Reverse stress as a verb sees it: a limit in, the mildest shock and one sentence out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from curves import Market, Scenario
from instruments.deal import Deal
from instruments.ground.errors import GpufinError
from instruments.limits import Limit, parse_limit
from pricing.limits import Reading, read_limit
from pricing.registry import Settings
from pricing.reverse.factors import MOST, Array, Factor, dependence, factors_of, scenario_of
from pricing.reverse.search import Search
from pricing.reverse.wording import how_found, moves_in_words
from pricing.scenario_events import after

Status = Literal["broken_at_base", "found", "not_found"]
OUTWARD = 1.01
"""A shock that the full number of paths does not confirm is made this much larger, and tried again."""
MOST_OUTWARD = 10


@dataclass(frozen=True)
class ReverseResult:
    """What a reverse stress found."""

    limit: Limit
    status: Status
    sentence: str
    """The answer in words."""
    base: Reading
    """What the limit names, today."""
    broken: Reading | None = None
    """The same under the shock, priced with the full number of paths."""
    distance: float | None = None
    """Norm of the shock in standard moves: see `pricing.reverse.factors`."""
    scenario: Scenario | None = None
    """The shock, which replays: `gpufin stress DEAL --scenarios FILE`."""
    moves: tuple[tuple[Factor, float], ...] = ()
    """What moves, and by how many standard moves."""
    prices: int = 0
    """Markets priced in the search."""

    def as_row(self) -> dict[str, Any]:
        """The JSON of the command line."""
        return {
            "measure": "reverse_stress",
            "limit": str(self.limit),
            "status": self.status,
            "sentence": self.sentence,
            "unit": self.base.unit,
            "base_value": self.base.value,
            "value": None if self.broken is None else self.broken.value,
            "standard_error": None if self.broken is None else self.broken.standard_error,
            "where": (self.broken or self.base).where,
            "distance": self.distance,
            "bound_standard_moves": MOST,
            "moves": [{"key": factor.key, "field": factor.field, "standard_moves": size} for factor, size in self.moves],
            "scenario": None if self.scenario is None else self.scenario.model_dump(mode="json"),
            "markets_priced": self.prices,
        }


def reverse_stress(
    deal: Deal, market: Market, limit: str | Limit, settings: Settings, *, only: Collection[str] | None = None
) -> ReverseResult:
    """The mildest shock, in the norm of `pricing.reverse.factors`, under which a limit breaks.

    Args:
        deal, market: the base.
        limit: `lender.expected_loss_rate > 0.02`.
        settings: the search prices with one block of paths, the base and the answer with `settings.paths`.
        only: market keys that may move; None means all that can.

    Returns:
        A `ReverseResult`. 'not_found' says that nothing inside the bounds was come upon, which is no proof that there is none.

    Raises:
        InputError: the limit, or a key, names nothing of this deal. PricingError: the base cannot be priced.
    """
    wanted = parse_limit(limit) if isinstance(limit, str) else limit
    base = read_limit(wanted, deal, market, settings)
    factors = factors_of(deal, market, only)
    if wanted.broken_by(base.value):
        return ReverseResult(wanted, "broken_at_base", how_found(wanted, base, None, None, ()), base, prices=1)
    quick = replace(settings, paths=1)

    def reading(z: Array, how: Settings) -> Reading | None:
        scenario = scenario_of(factors, z, str(wanted))
        try:
            return read_limit(wanted, *after(deal, market, scenario), how)
        except GpufinError:
            return None  # a market that cannot be built, or a deal that cannot be priced on it, is no answer

    def excess(z: Array) -> float:
        found = reading(z, quick)
        if found is None:
            return -np.inf
        # on the number itself a strict limit holds: a hair below 0
        return wanted.excess(found.value) if wanted.excess(found.value) != 0.0 else (1e-300 if wanted.broken_by(found.value) else -1e-300)

    search = Search(excess, dependence(market, factors), settings.seed)
    mildest = search.mildest() if factors else None
    for step in range(MOST_OUTWARD):
        if mildest is None:
            break
        further = OUTWARD**step
        z, distance = further * mildest[0], further * mildest[1]
        if float(np.abs(z).max()) > MOST:
            break
        broken = reading(z, settings)
        if broken is not None and wanted.broken_by(broken.value):
            scenario = scenario_of(factors, z, str(wanted))
            moved = tuple((factor, float(size)) for factor, size in zip(factors, z, strict=True) if size)
            sentence = how_found(wanted, base, broken, distance, moves_in_words(factors, z))
            return ReverseResult(wanted, "found", sentence, base, broken, distance, scenario, moved, len(search.tried))
    sentence = how_found(wanted, base, None, MOST, tuple(dict.fromkeys(factor.key for factor in factors)))
    return ReverseResult(wanted, "not_found", sentence, base, prices=len(search.tried))
