"""`stress`: scenarios with the deal's limits, laws searched for a market that breaks them, the mildest shock that breaks a limit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from curves import Market, Scenario
from instruments.deal import Deal
from instruments.ground.errors import GpufinError, InputError, PricingError, Problem
from instruments.ground.messages import problem
from instruments.limits import parse_limit
from instruments.project import Project
from pricing.api import audit, check_dates, fingerprint, price
from pricing.laws.catalogue import chosen_laws
from pricing.laws.search import LawResult, search_law
from pricing.limits import LimitResult, read_limit
from pricing.paths.streams import check_seed
from pricing.progress import follow
from pricing.registry import DEFAULT_PATHS, Settings
from pricing.results import Row, document_json, table_of
from pricing.reverse.report import ReverseResult, reverse_stress
from pricing.scenario_events import after, default_scenarios
from pricing.scenario_library import Written, standard_of, written
from pricing.shown import rows_text, told

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, repr=False)
class StressReport:
    """What `stress` returns: a row per scenario and measure, a result per law."""

    rows: tuple[Row, ...]
    laws: tuple[LawResult, ...]
    limits: tuple[LimitResult, ...] = ()
    """Every limit under every scenario."""
    reverse: ReverseResult | None = None
    """The mildest shock that breaks a limit, where one was asked for."""
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

    @property
    def limit_broken(self) -> bool:
        """Whether a limit is broken, at base or under a scenario, or that of a reverse stress today."""
        today = self.reverse is not None and self.reverse.status == "broken_at_base"
        return today or any(found.broken for found in self.limits)

    def text(self, *measures: str, **wanted: object) -> str:
        """Rows as a table for a terminal; measures and columns as `Valuation.text`."""
        return rows_text(self.rows, measures, **wanted)

    def __repr__(self) -> str:
        return told(type(self).__name__, self.rows, len(self.failures))

    def _repr_html_(self) -> str:
        """A plain table for a notebook."""
        from pricing.report.plots import plain_table

        return plain_table(self.table)

    def plot(self) -> Any:
        """Change of the first contract's value to its holder by scenario, as a plotly figure.

        Raises:
            InputError: plotly is not installed (pip install plotly), or no scenario was priced.
        """
        from pricing.report.plots import drawn, stress_bars

        return drawn(stress_bars(self.rows), "StressReport.plot")

    def to_json(self) -> str:
        """The JSON of the command line; after the rows stand limits under measure 'limit', laws under 'law', then 'reverse_stress'."""
        reverse = [] if self.reverse is None else [self.reverse.as_row()]
        return document_json(
            audit=self.audit,
            results=[*map(asdict, self.rows), *(found.as_row() for found in self.limits), *map(law_row, self.laws), *reverse],
            warnings=list(self.warnings),
            failures=[asdict(item) for item in self.failures],
        )


def law_row(found: LawResult) -> dict[str, Any]:
    """A law of deals as one object of the JSON."""
    return {
        "measure": "law",
        "law": found.law,
        "status": found.status,
        "sentence": found.sentence,
        "domain": found.domain,
        "markets_tried": found.tried,
        "why": found.why or None,
        "counterexample": None if found.counterexample is None else found.counterexample.model_dump(mode="json"),
    }


def stress(
    deal: Deal | Project,
    market: Market,
    *,
    scenarios: str | Iterable[Scenario | str] | None = None,
    laws: Iterable[str] | None = None,
    limits: Iterable[str] | None = None,
    reverse: str | None = None,
    factors: Iterable[str] | None = None,
    paths: int | None = None,
    seed: int = 0,
    threads: int | None = None,
) -> StressReport:
    """Price a deal under scenarios, and search for markets that break a law.

    Args:
        deal, market: as in `price`; of a project the laws of projects are checked, on `scenarios` alone where they are given
            (`stress_project`).
        scenarios: what to try: scenarios, or names that `pricing.named_scenarios` knows ('library', 'export ban'). None takes
            'standard' and 'defaults', or nothing where `reverse` is given.
        laws: names from `pricing.laws.catalogue.LAWS`; None takes every law that applies, or none where `reverse` is given; an empty
            list none.
        limits: what must not be, held against the base and every scenario; None takes the deal's own.
        reverse: a limit, `lender.expected_loss_rate > 0.02`: the mildest shock is searched that breaks it (`pricing.reverse`).
        factors: market keys that this search may move; None means all that can.
        paths, seed, threads: as in `price`; a law is checked with one block of paths per market.

    Returns:
        A `StressReport`. A scenario that cannot be applied or priced is in `failures`; one that finds nothing in this deal, or leaves
        every value as it is, is named in `warnings`.

    Raises:
        InputError: options are unusable. PricingError: the base case cannot be priced.
    """
    if isinstance(deal, Project):
        return _of_project(deal, market, scenarios, laws, {"limits": limits, "reverse": reverse, "factors": factors, "paths": paths}, seed)
    check_dates(deal, market)
    settings = Settings(paths=DEFAULT_PATHS if paths is None else paths, seed=check_seed(seed), threads=threads)
    base = Scenario(label="base")
    if reverse is not None:
        scenarios, laws = scenarios or (), laws or ()
    usual = Written((*standard_of(deal, market), *default_scenarios(deal, market)))
    asked = usual if scenarios is None else written(scenarios, deal, market)
    tried = (base, *asked.scenarios)
    held = tuple(parse_limit(text) for text in (deal.limits if limits is None else limits))
    rows: list[Row] = []
    kept: list[LimitResult] = []
    failures: list[Problem] = []
    notes = list(asked.notes)
    for scenario in follow(tried, "scenarios", len(tried)):
        try:
            changed, moved = after(deal, market, scenario)
            found_rows = scenario_rows(changed, moved, scenario.label, settings)
            notes += _unmoved(scenario, rows, found_rows)
            rows += found_rows
            kept += [LimitResult(scenario.label, limit, read_limit(limit, changed, moved, settings)) for limit in held]
        except GpufinError as error:
            if scenario is base:
                raise
            failures += [replace(item, subject=f"{scenario.label}: {item.subject}") for item in error.problems]
    chosen = chosen_laws(None if laws is None else tuple(laws))
    results = [search_law(law, deal, market, settings) for law in follow(chosen, "laws", len(chosen))]
    found = None if reverse is None else reverse_stress(deal, market, reverse, settings, only=None if factors is None else tuple(factors))
    document = audit(deal, market, settings, "default") | {"scenarios": [fingerprint(scenario) for scenario in tried]}
    return StressReport(tuple(rows), tuple(results), tuple(kept), found, tuple(failures), tuple(notes), document)


def _of_project(
    project: Project,
    market: Market,
    scenarios: str | Iterable[Scenario | str] | None,
    laws: Iterable[str] | None,
    of_deals: dict[str, object],
    seed: int,
) -> StressReport:
    """The laws of projects. Raises InputError for an option of deals alone."""
    from pricing.risk.transfer.stressed import stress_project

    given = None if scenarios is None else [scenarios] if isinstance(scenarios, str) else list(scenarios)
    named = [one for one in given or () if isinstance(one, str)]
    for option, value in {**of_deals, "scenarios": named or None}.items():
        if value is not None:
            hint = "a project is searched for markets that break its laws; scenarios are objects, such as a counterexample"
            raise InputError(problem("bad_option", subject=option, value=value, expected="left out for a project", hint=hint))
    only = None if given is None else [one for one in given if isinstance(one, Scenario)]
    return stress_project(project, market, laws=laws, scenarios=only, seed=seed)


def _unmoved(scenario: Scenario, rows: list[Row], found: list[Row]) -> list[str]:
    """A sentence where a scenario that should move something leaves every value as it is in the base."""
    base = [row.value for row in rows if row.scenario == "base"]
    if not (scenario.moves or scenario.events) or [row.value for row in found] != base:
        return []
    return [f"scenario '{scenario.label}' leaves every value of this deal as it is"]


def scenario_rows(deal: Deal, market: Market, label: str, settings: Settings) -> list[Row]:
    """Values of every contract of a deal and market as a scenario leaves them, to each party."""
    valuation = price(deal, market, measures=("value",), paths=settings.paths, seed=settings.seed, threads=settings.threads)
    if valuation.failures:
        raise PricingError(*valuation.failures)
    kept = [row for row in valuation.rows if row.part is None and row.method != "quantlib"]
    return [replace(row, scenario=label) for row in kept]
