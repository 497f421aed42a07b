"""All that a page about a deal reads: prices with their assumptions, the simulation with its ledger, vesting by date, and extras."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from curves import Market, Scenario
from instruments.contracts.loan import Loan
from instruments.contracts.warrant import Warrant
from instruments.deal import Deal
from instruments.ground.errors import GpufinError, InputError, PricingError, Problem
from pricing.api import price
from pricing.engines.warrant_ladder import as_ladder
from pricing.engines.warrant_paths import simulate_vesting
from pricing.engines.warrant_rows import part_names
from pricing.engines.warrant_setup import prepare
from pricing.estimates import Moments
from pricing.paths.streams import blocks_for, run_blocks, workers
from pricing.registry import DEFAULT_PATHS, Settings, Task
from pricing.results import Row, Valuation
from pricing.risk.party_values import simulated_contracts
from pricing.simulation import Simulation, simulate
from pricing.stressing import StressReport, stress

EXTRAS = ("sensitivities", "scenarios", "joint", "yields", "support", "dependence", "break_evens")
"""What a page holds on request only, since it takes further runs."""
USUAL = ("fans", "tails")
"""Groups of measures of a facility that a page always asks for."""
STEPS = 12
"""Dates of a vesting curve."""
Say = Callable[[str], None]


@dataclass(frozen=True)
class DealResults:
    """Results of one deal on one market; `rows` are those of the simulation."""

    deal: Deal
    market: Market
    valuation: Valuation
    simulation: Simulation | None = None
    rows: tuple[Row, ...] = ()
    vesting: tuple[Row, ...] = ()
    """Odds that each tranche of a warrant has vested by a date."""
    stress: StressReport | None = None
    extras: frozenset[str] = frozenset()
    failures: tuple[Problem, ...] = ()

    def name(self, party: object) -> str:
        """A party's full name, else its id in words; an account is 'name, account'."""
        ident, _, account = str(party).partition("/")
        known = self.deal.parties.get(ident)
        whole = known.name if known is not None and known.name else ident.replace("_", " ")
        return f"{whole}, {account.replace('_', ' ')}" if account else whole


def look_at_deal(
    deal: Deal,
    market: Market,
    *,
    extras: Collection[str] = (),
    scenarios: Iterable[Scenario] | None = None,
    limits: Iterable[str] | None = None,
    reverse: str | None = None,
    paths: int | None = None,
    seed: int = 0,
    threads: int | None = None,
    say: Say = lambda _: None,
) -> DealResults:
    """Price a deal with its assumptions, simulate what can be simulated, and do what else is asked for.

    Args:
        deal, market, paths, seed, threads: as in `price`.
        extras: names of `EXTRAS`. scenarios: own ones, in place of the standard library. limits, reverse: as in `stress`.
        say: told what is being done.

    Raises:
        InputError: options are unusable. PricingError: nothing can be priced; what else fails is in `failures`.
    """
    settings = Settings(paths=DEFAULT_PATHS if paths is None else paths, seed=seed, threads=workers(threads))
    failures: list[Problem] = []
    say("pricing, with every assumption at its alternatives")
    valuation = price(deal, market, paths=paths, seed=seed, threads=threads)
    simulation, rows = _simulated(deal, market, settings, frozenset(extras), failures, say)
    if "sensitivities" in extras:
        say("sensitivities")
        rows += _sensitivities(deal, market, settings, rows)
    vesting: list[Row] = []
    for contract_id, contract in deal.contracts.items():
        if isinstance(contract, Warrant):
            say(f"vesting odds of {contract_id}")
            try:
                vesting += vesting_by_date(deal, market, contract_id, settings)
            except GpufinError as error:
                failures += error.problems
    stressed = None
    if "scenarios" in extras or scenarios is not None or reverse is not None:
        say("scenarios" if reverse is None else f"reverse stress of {reverse}")
        wanted = scenarios if scenarios is not None or "scenarios" in extras else ()
        how = {"limits": limits, "reverse": reverse, "paths": paths, "seed": seed, "threads": threads}
        try:
            stressed = stress(deal, market, scenarios=wanted, laws=(), **how)  # type: ignore[arg-type]
            failures += stressed.failures
        except PricingError as error:
            failures += error.problems  # a contract that has no price at base: the others stand above
    return DealResults(
        deal, market, valuation, simulation, tuple(rows), tuple(vesting), stressed, frozenset(extras), (*valuation.failures, *failures)
    )


def _simulated(
    deal: Deal, market: Market, settings: Settings, extras: frozenset[str], failures: list[Problem], say: Say
) -> tuple[Simulation | None, list[Row]]:
    """The simulation and its rows; of a facility also those that take further runs."""
    how = {"paths": settings.paths, "seed": settings.seed, "threads": settings.threads}
    try:
        simulated_contracts(deal)
    except PricingError:
        return None, []  # nothing of the deal has a simulator: its price says it all
    say("simulating, with the ledger")
    try:
        found = simulate(deal, market, joint="joint" in extras, **how)  # type: ignore[arg-type]
    except GpufinError as error:
        failures += error.problems
        return None, []
    rows = list(found.rows)
    if any(isinstance(contract, Loan) and contract.collateral is not None for contract in deal.contracts.values()):
        groups = (*USUAL, *(name for name in EXTRAS if name in extras and name in ("yields", "support", "dependence", "break_evens")))
        say(", ".join(groups))
        more = simulate(deal, market, measures=groups, **how)  # type: ignore[arg-type]
        known = {_key(row) for row in rows}
        rows += [row for row in more.rows if _key(row) not in known]
    return found, rows


def _key(row: Row) -> tuple[object, ...]:
    return (row.contract, row.kind, row.measure, row.part, row.party, row.date, row.method, row.probability, row.quantile)


def _sensitivities(deal: Deal, market: Market, settings: Settings, rows: Sequence[Row]) -> list[Row]:
    try:
        found = price(deal, market, measures=("sensitivities",), paths=settings.paths, seed=settings.seed, threads=settings.threads)
    except InputError:
        return []  # no contract of the deal offers any
    known = {_key(row) for row in rows}
    return [row for row in found.rows if _key(row) not in known]


def vesting_by_date(deal: Deal, market: Market, contract_id: str, settings: Settings) -> tuple[Row, ...]:
    """Odds that each tranche of a warrant has vested by a date, on the very paths that its price averages: the last date's are those of
    the price.

    Returns:
        Rows of `vesting_probability`, pricing measure, with the date by which: `STEPS` dates, evenly from the market's to expiry.
    """
    contract = deal.contracts[contract_id]
    run = prepare(Task(deal=deal, contract_id=contract_id, contract=contract, market=market, settings=settings))
    ladder, grid = as_ladder(run), run.drivers.grid
    days = np.unique(np.linspace(0, grid.size - 1, STEPS + 1).astype(np.int64))[1:]
    # the same probabilities as the price simulates, so that its controls and draws are these
    wanted = ("share", "pricing", "real_world") if run.drivers.knows_real_world else ("share", "pricing")

    def work(block: int) -> list[Moments]:
        one = simulate_vesting(run, ladder, wanted, settings.seed, block)["pricing"]
        weight = 1.0 if one.weight is None else one.weight
        return [Moments.of((one.vest <= day).astype(np.float64) * weight) for day in days]

    total: list[Moments] | None = None
    for found in run_blocks(work, blocks_for(settings.paths), settings.threads):
        total = found if total is None else [left + right for left, right in zip(total, found, strict=True)]
    rows: list[Row] = []
    for index, part in enumerate(part_names(run.warrant.tranches)):
        for day, moments in zip(days, total or (), strict=True):
            date: dt.date = grid.dates[int(day)]
            rows.append(
                Row(
                    deal=deal.id,
                    contract=contract_id,
                    kind="warrant",
                    part=part,
                    party=run.warrant.holder,
                    date=date,
                    measure="vesting_probability",
                    probability="pricing",
                    value=float(moments.mean()[index]),
                    standard_error=float(moments.standard_error()[index]),
                    error_note="by the date",
                    method="monte_carlo",
                )
            )
    return tuple(rows)
