"""Do the random staged deals and markets reach every fate of a tranche, and every price rule?"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import Phase, find, settings, strategies as st

from curves import Market
from instruments import Deal
from pricing.engines.staged_paths import Draws, simulate_draws
from pricing.engines.staged_setup import prepare
from pricing.strategies import staged_deals, staged_markets
from tests.staged import task

PAIRS = st.tuples(staged_deals(), staged_markets(correlated=True))
FATES: dict[str, Callable[[Draws], bool]] = {
    "never released": lambda draws: bool((~draws.released).any()),
    "stopped by the investor": lambda draws: bool((draws.alive & ~draws.investor_goes_on).any()),
    "refused by the issuer": lambda draws: bool((draws.alive & draws.investor_goes_on & ~draws.issuer_goes_on).any()),
    "lost before the draw": lambda draws: bool((draws.released & ~draws.alive).any()),
    "lost before the shares": lambda draws: bool((draws.paid & ~draws.issued).any()),
    "drawn": lambda draws: bool((draws.paid & draws.issued).any()),
}


@pytest.mark.parametrize("fate", FATES)
def test_random_deals_reach_every_fate(fate: str) -> None:
    def happens(pair: tuple[Deal, Market]) -> bool:
        return FATES[fate](simulate_draws(prepare(task(*pair)), "pricing", 0))

    found = find(PAIRS, happens, settings=settings(max_examples=150, phases=[Phase.generate], database=None))
    assert happens(found)


@pytest.mark.parametrize("rule", ["fixed_price", "fixed_valuation", "market", "next_round"])
def test_random_deals_have_every_price_rule(rule: str) -> None:
    quick = settings(max_examples=150, phases=[Phase.generate], database=None)
    found = find(staged_deals(), lambda deal: rule in {t.price.kind for t in deal.contracts["stake"].tranches}, settings=quick)  # type: ignore[union-attr]
    assert rule in found.model_dump_json()
