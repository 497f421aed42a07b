"""Search for a market, or a state of a web, on which a law breaks: hypothesis proposes, the smallest one that breaks it is kept.

What it proposes depends on the seed alone (`pricing.strategies.picks`): the same in every program, whatever else is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import HypothesisException
from hypothesis.strategies import SearchStrategy

from curves import Market, Scenario
from instruments.deal import Deal
from instruments.ground.errors import GpufinError
from instruments.hits import Hit, WebState
from instruments.project import Project
from instruments.web import Web
from pricing.laws.law import Law, ProjectLaw, WebLaw, small
from pricing.registry import Settings
from pricing.strategies.balance_sheets import web_hits
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
    state: WebState | None = None
    """Of a web: what was multiplied in its balance sheets where the law broke; no hits where it breaks as written."""

    @property
    def hits(self) -> tuple[Hit, ...]:
        """Of a web: the hits of `state`."""
        return () if self.state is None else self.state.hits


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


def search_project_law(
    law: ProjectLaw,
    project: Project,
    market: Market,
    how: Settings,
    *,
    examples: int = EXAMPLES,
    only: Sequence[Scenario] | None = None,
) -> LawResult:
    """The same of a project. With `only`, on the market as these scenarios move it, each by itself, and on nothing else."""
    if not law.applies(project):
        return LawResult(law.name, law.sentence, law.domain, "not_applicable", 0)

    def check(scenario: Scenario) -> str | None:
        moved = scenario.apply(market)
        return _priced(lambda: law.check(project, moved, small(how)))

    if only is not None:
        tried, found, why = _replayed(check, only)
    else:
        tried, found, why = _search(check, Scenario(label="base"), shocks(market), how.seed, min(examples, law.markets))
    return LawResult(law.name, law.sentence, law.domain, "broken" if why else "held", tried, found, why or "")


def search_web_law(law: WebLaw, web: Web, *, start: int = 0, only: Sequence[WebState] | None = None) -> LawResult:
    """Check one law of webs on a web as written and with its balance sheets hit; the same `start` (a seed) tries the same states.

    With `only`, on these states and on nothing else.
    """
    if not law.applies(web):
        return LawResult(law.name, law.sentence, law.domain, "not_applicable", 0)

    def check(state: WebState) -> str | None:
        moved = state.on(web)
        return _priced(lambda: law.check(moved))

    if only is not None:
        tried, found, why = _replayed(check, only)
    else:
        named = web_hits(web).map(lambda hits: WebState(label=law.name, hits=hits))
        tried, found, why = _search(check, WebState(label=law.name), named, start, law.states)
    return LawResult(law.name, law.sentence, law.domain, "broken" if why else "held", tried, why=why or "", state=found)


def _priced(check: Callable[[], str | None]) -> str | None:
    try:
        return check()
    except GpufinError as error:
        return f"cannot be priced: {error.problems[0]}"


def _replayed(check: Callable[[T], str | None], candidates: Sequence[T]) -> tuple[int, T | None, str | None]:
    """How many candidates were checked, and the first that breaks the law. Raises InputError for one that cannot be built."""
    for count, candidate in enumerate(candidates, start=1):
        if (why := check(candidate)) is not None:
            return count, candidate, why
    return len(candidates), None, None


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
