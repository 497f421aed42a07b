"""Search for a market, or a state of a web, on which a law breaks: hypothesis proposes, the smallest one that breaks it is kept.

What it proposes depends on the seed alone (`pricing.strategies.picks`): the same in every program, whatever else is loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import HypothesisException
from hypothesis.strategies import SearchStrategy

from curves import Market, Scenario
from instruments.deal import Deal
from instruments.ground.errors import GpufinError
from instruments.web import Web
from pricing.laws.law import Law, WebLaw, small
from pricing.registry import Settings
from pricing.strategies.balance_sheets import Hit, web_hits
from pricing.strategies.shocks import shocks

T = TypeVar("T")
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
    """Markets, or states of a web, on which the law was checked."""
    counterexample: Scenario | None = None
    why: str = ""
    hits: tuple[Hit, ...] = ()
    """Of a web: what was multiplied in its balance sheets where the law broke; nothing where it breaks as written."""


class _LawBroken(Exception):
    """Ends a search that has found its counterexample."""


def search_law(law: Law, deal: Deal, market: Market, how: Settings, *, examples: int = EXAMPLES) -> LawResult:
    """Check one law at base and on shocked markets; the same seed tries the same markets.

    A shocked market that cannot be built (a spread below zero) is no example. Errors of pricing on a valid market break the law.
    """
    if not law.applies(deal):
        return LawResult(law.name, law.sentence, law.domain, "not_applicable", 0)

    def check(scenario: Scenario) -> str | None:
        moved = scenario.apply(market)
        return _priced(lambda: law.check(deal, moved, small(how)))

    tried, found, why = _search(check, Scenario(label="base"), shocks(market), how.seed, min(examples, law.markets))
    return LawResult(law.name, law.sentence, law.domain, "broken" if why else "held", tried, found, why or "")


def search_web_law(law: WebLaw, web: Web, *, start: int = 0) -> LawResult:
    """Check one law of webs on a web as written and with its balance sheets hit; the same `start` (a seed) tries the same states."""
    if not law.applies(web):
        return LawResult(law.name, law.sentence, law.domain, "not_applicable", 0)

    def check(hits: tuple[Hit, ...]) -> str | None:
        moved = web
        for hit in hits:
            moved = hit.on(moved)
        return _priced(lambda: law.check(moved))

    tried, found, why = _search(check, (), web_hits(web), start, law.states)
    return LawResult(law.name, law.sentence, law.domain, "broken" if why else "held", tried, why=why or "", hits=found or ())


def _priced(check: Callable[[], str | None]) -> str | None:
    try:
        return check()
    except GpufinError as error:
        return f"cannot be priced: {error.problems[0]}"


def _search(
    check: Callable[[T], str | None], base: T, proposed: SearchStrategy[T], start: int, most: int
) -> tuple[int, T | None, str | None]:
    """How many candidates were checked, and the smallest that broke the law with the reason; a candidate that cannot be built is none."""
    tried: set[T] = set()
    last: list[tuple[T, str]] = []

    def look(candidate: T) -> None:
        try:
            why = check(candidate)
        except GpufinError:
            return
        tried.add(candidate)
        if why is not None:
            last.append((candidate, why))
            raise _LawBroken(why)

    searched = seed(start)(
        settings(
            derandomize=False,  # a profile of the caller's must not replace our seed
            max_examples=most,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            print_blob=False,
        )(given(proposed)(look))
    )
    try:
        look(base)
        searched()
    except _LawBroken:
        return len(tried), *last[-1]
    except HypothesisException as error:
        return len(tried), None, f"the search itself failed: {error}"
    return len(tried), None, None
