"""Search for a market on which a law breaks: hypothesis proposes shocks, the smallest one that breaks it is kept."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import HypothesisException

from curves import Market, Scenario
from instruments.deal import Deal
from instruments.ground.errors import GpufinError
from pricing.laws.law import Law, small
from pricing.registry import Settings
from pricing.strategies.shocks import shocks

EXAMPLES = 8
"""Markets tried per law."""


@dataclass(frozen=True, slots=True)
class LawResult:
    """What a search found."""

    law: str
    sentence: str
    domain: str
    status: str
    """'held', 'broken' or 'not_applicable'."""
    tried: int
    """Markets on which the law was checked."""
    counterexample: Scenario | None = None
    why: str = ""


class _LawBroken(Exception):
    """Carries a counterexample out of the search."""

    def __init__(self, scenario: Scenario, why: str) -> None:
        super().__init__(why)
        self.scenario = scenario
        self.why = why


def search_law(law: Law, deal: Deal, market: Market, how: Settings, *, examples: int = EXAMPLES) -> LawResult:
    """Check one law at base and on shocked markets; the same seed tries the same markets.

    A shocked market that cannot be built (a spread below zero) is no example. Errors of pricing on a valid market break the law.
    """
    if not law.applies(deal):
        return LawResult(law.name, law.sentence, law.domain, "not_applicable", 0)
    tried: set[Scenario] = set()

    def check(scenario: Scenario) -> None:
        try:
            moved = scenario.apply(market)
        except GpufinError:
            return
        tried.add(scenario)
        try:
            why = law.check(deal, moved, small(how))
        except GpufinError as error:
            why = f"cannot be priced: {error.problems[0]}"
        if why is not None:
            raise _LawBroken(scenario, why)

    searched = seed(how.seed)(
        settings(
            derandomize=False,  # a profile of the caller's must not replace our seed
            max_examples=min(examples, law.markets),
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            print_blob=False,
        )(given(shocks(market))(check))
    )
    try:
        check(Scenario(label="base"))
        searched()
    except _LawBroken as broken:
        return LawResult(law.name, law.sentence, law.domain, "broken", len(tried), broken.scenario, broken.why)
    except HypothesisException as error:
        return LawResult(law.name, law.sentence, law.domain, "broken", len(tried), None, f"the search itself failed: {error}")
    return LawResult(law.name, law.sentence, law.domain, "held", len(tried))
