"""`stress`: a table of scenarios, and laws searched for a market that breaks them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from curves import Market, Scenario, standard_scenarios
from instruments.deal import Deal
from instruments.events import Delay
from instruments.ground.errors import GpufinError, PricingError, Problem
from instruments.ground.messages import problem
from pricing.api import audit, check_dates, fingerprint, price
from pricing.laws.catalogue import chosen_laws
from pricing.laws.search import LawResult, search_law
from pricing.paths.streams import check_seed
from pricing.registry import DEFAULT_PATHS, Settings
from pricing.results import Row, document_json, table_of

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class StressReport:
    """What `stress` returns: a row per scenario and measure, a result per law."""

    rows: tuple[Row, ...]
    laws: tuple[LawResult, ...]
    failures: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    audit: dict[str, Any] = field(default_factory=dict)

    @property
    def table(self) -> pl.DataFrame:
        """The rows as a polars frame; scenario 'base' is the unmoved market."""
        return table_of(self.rows)

    @property
    def broken(self) -> tuple[LawResult, ...]:
        """Laws that do not hold."""
        return tuple(result for result in self.laws if result.status == "broken")

    def to_json(self) -> str:
        """The JSON of the command line; laws stand in `results` after the rows, under measure 'law'."""
        laws = [
            {
                "measure": "law",
                "law": found.law,
                "status": found.status,
                "sentence": found.sentence,
                "domain": found.domain,
                "markets_tried": found.tried,
                "why": found.why or None,
                "counterexample": None if found.counterexample is None else found.counterexample.model_dump(mode="json"),
            }
            for found in self.laws
        ]
        return document_json(
            audit=self.audit,
            results=[asdict(row) for row in self.rows] + laws,
            warnings=list(self.warnings),
            failures=[asdict(item) for item in self.failures],
        )


def stress(
    deal: Deal,
    market: Market,
    *,
    scenarios: Iterable[Scenario] | None = None,
    laws: Iterable[str] | None = None,
    paths: int | None = None,
    seed: int = 0,
    threads: int | None = None,
) -> StressReport:
    """Price a deal under scenarios, and search for markets that break a law.

    Args:
        deal, market: as in `price`.
        scenarios: what to try; None takes the standard library, written out for this market.
        laws: names from `pricing.laws.catalogue.LAWS`; None takes every law that applies, an empty list none.
        paths, seed, threads: as in `price`; a law is checked with one block of paths per market.

    Returns:
        A `StressReport`. A scenario that cannot be applied or priced is in `failures`.

    Raises:
        InputError: options are unusable. PricingError: the base case cannot be priced.
    """
    check_dates(deal, market)
    settings = Settings(paths=DEFAULT_PATHS if paths is None else paths, seed=check_seed(seed), threads=threads)
    base = Scenario(label="base")
    tried = (base, *(standard_scenarios(market) if scenarios is None else scenarios))
    rows: list[Row] = []
    failures: list[Problem] = []
    for scenario in tried:
        try:
            rows += scenario_rows(deal, market, scenario, settings)
        except GpufinError as error:
            if scenario is base:
                raise
            failures += [replace(item, subject=f"{scenario.label}: {item.subject}") for item in error.problems]
    results = [search_law(law, deal, market, settings) for law in chosen_laws(None if laws is None else tuple(laws))]
    document = audit(deal, market, settings, "default") | {"scenarios": [fingerprint(scenario) for scenario in tried]}
    return StressReport(tuple(rows), tuple(results), tuple(failures), (), document)


def scenario_rows(deal: Deal, market: Market, scenario: Scenario, settings: Settings) -> list[Row]:
    """Values of every contract under one scenario, to each party."""
    moved, changed = scenario.apply(market), deal_after(deal, scenario)
    valuation = price(changed, moved, measures=("value",), paths=settings.paths, seed=settings.seed, threads=settings.threads)
    if valuation.failures:
        raise PricingError(*valuation.failures)
    kept = [row for row in valuation.rows if row.part is None and row.method != "quantlib"]
    return [replace(row, scenario=scenario.label) for row in kept]


def deal_after(deal: Deal, scenario: Scenario) -> Deal:
    """The deal after the events of a scenario that change its terms: delays move the dates of a plan that lie ahead.

    Raises:
        PricingError: an event needs a simulation of the whole deal; an unknown milestone.
    """
    import datetime as dt

    milestones = dict(deal.milestones)
    for event in scenario.events:
        if not isinstance(event, Delay):
            why = f"a {event.kind} of {event.party} on {event.on} needs a simulation of the deal"
            raise PricingError(problem("unsupported", subject=scenario.label, field="events", why=why, remedy="use moves of its credit"))
        if event.milestone not in milestones:
            raise PricingError(
                problem("unknown_name", subject=scenario.label, field="events", value=event.milestone, what="milestone", choices=milestones)
            )
        milestone = milestones[event.milestone]
        try:
            shift = dt.timedelta(days=round(event.years * 365))
            moved = [(date + shift if date > deal.as_of else date, level) for date, level in sorted(milestone.plan.items())]
            if len(dict(moved)) < len(moved):
                raise ValueError("two levels on one date")
            milestones[event.milestone] = milestone.evolve(plan=dict(moved))
        except (OverflowError, ValueError) as error:  # a ValidationError is a ValueError
            why = f"{event.milestone} cannot move by {event.years:g} years"
            raise PricingError(
                problem("unsupported", subject=scenario.label, field="events", why=why, remedy="choose a smaller delay")
            ) from error
    return deal.evolve(milestones=milestones) if scenario.events else deal
