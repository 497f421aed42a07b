"""`stress_project`: laws of projects searched for a market that breaks them."""

from __future__ import annotations

from collections.abc import Iterable

from curves import Market, Scenario, market_warnings
from instruments.project import Project
from pricing.api import audit, fingerprint
from pricing.laws.catalogue import chosen_project_laws
from pricing.laws.project_runs import PATHS
from pricing.laws.search import search_project_law
from pricing.paths.streams import check_seed
from pricing.progress import follow
from pricing.registry import Settings
from pricing.risk.transfer.rows import METHOD
from pricing.risk.transfer.setup import set_up
from pricing.stressing import StressReport


def stress_project(
    project: Project,
    market: Market,
    *,
    laws: Iterable[str] | None = None,
    scenarios: Iterable[Scenario] | None = None,
    seed: int = 0,
) -> StressReport:
    """Search for markets on which a law of projects breaks; `stress(project, market)` is the same.

    **Model** every design is booked on the first 64 paths of a block, on the market as it is and on shocked ones; a fair margin counts as
    4 % a year, where a law holds at any. Means are no law's matter, so more paths would find little more.

    Args:
        project, market: as in `compare_financings`.
        laws: names from `pricing.laws.catalogue.PROJECT_LAWS`; None takes every law that applies.
        scenarios: markets to check the laws on, and nothing else: a counterexample that was saved, read back. None searches.
        seed: the same seed draws the same paths and tries the same markets.

    Returns:
        A `StressReport` without rows; a broken law has its smallest counterexample, a scenario.

    Raises:
        InputError: a law has no such name, the seed is below 0, a scenario does not fit the market, or the dates are not the same.
        MarketError: a quote that the project needs is missing.
    """
    settings = Settings(paths=PATHS, seed=check_seed(seed))
    set_up(project, market)  # what is unusable as it stands breaks no law
    chosen = chosen_project_laws(None if laws is None else tuple(laws))
    only = None if scenarios is None else tuple(scenarios)
    found = [search_project_law(law, project, market, settings, only=only) for law in follow(chosen, "laws", len(chosen))]
    document = audit(project, market, settings, METHOD) | {"scenarios": [fingerprint(scenario) for scenario in only or ()]}
    return StressReport((), tuple(found), warnings=market_warnings(market), audit=document)
