"""`simulate`: a deal on paths, with its ledger."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from curves import Market, market_warnings
from instruments.checks.slips import deal_warnings
from instruments.deal import Deal
from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.api import audit, check_dates
from pricing.engines.contract_rows import ContractRows
from pricing.engines.facility_features import MEASURES as FEATURES
from pricing.engines.facility_methods import COST, MODELS, OFFERED, model_rows
from pricing.engines.facility_priced import MEASURES as PREPAYING, priced
from pricing.engines.facility_rows import MEASURES, METHOD
from pricing.engines.facility_run import FacilityRun, planned_run
from pricing.engines.loan_schedule import MEASURES as SCHEDULED, schedule_rows
from pricing.engines.tranche_run import run_tranches
from pricing.ledger import facility as k
from pricing.ledger.plan import LedgerPlan
from pricing.ledger.runs import ContractRun
from pricing.ledger.statements import by_party, covenant_statement, coverage_statement, draw_statement, statement
from pricing.paths.residual import DefaultModel
from pricing.paths.streams import blocks_for, check_seed, workers
from pricing.registry import DEFAULT_PATHS, Settings, Task, simulator_for
from pricing.results import Row, check_measures, document_json, table_of
from pricing.risk.party_values import PartyLosses, losses_by_party, simulated_contracts
from pricing.risk.rows import joint_rows
from pricing.risk.vehicle import vehicle_rows
from pricing.schedules.types import Floats
from pricing.shown import rows_text, told

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Ledger:
    """The ledger of one facility: its plan, mean amounts, and any single path."""

    plan: LedgerPlan
    dates: tuple[dt.date, ...]
    mean: Floats
    """[time, posting] mean over paths."""
    run: FacilityRun

    def path(self, number: int) -> Floats:
        """Every posting of one path [time, posting], by running its block again."""
        return self.run.replay(number)[1].ledger[:, :, 0]

    def statement(self, *, party: str | None = None, path: int | None = None) -> pl.DataFrame:
        """Postings as a frame: of one path, or their mean; from one party's side, or each once."""
        return statement(self.plan, self.dates, self.mean if path is None else self.path(path), party=party)

    def tests(self, path: int | None = None) -> pl.DataFrame:
        """The maintenance test by date with value tested, threshold and verdict: of one path, or of the plan."""
        states = (planned_run(self.run.facility) if path is None else self.run.replay(path)[1]).states[:, :, 0]
        return coverage_statement(self.dates, states, self.run.facility.plan.threshold)

    def covenants(self, path: int | None = None) -> pl.DataFrame:
        """Every covenant test with value, threshold and verdict: of one path, or of the plan."""
        rolled = planned_run(self.run.facility) if path is None else self.run.replay(path)[1]
        return covenant_statement(self.run.facility, rolled.tests[:, :, :, 0], rolled.ledger[:, :, 0])

    def draws(self) -> pl.DataFrame:
        """The sizing test of each cohort's draw after acceptance, on the plan."""
        return draw_statement(self.run.facility)


@dataclass(frozen=True)
class ContractLedger:
    """The ledger of one contract outside facilities: its plan, mean amounts, and any single path."""

    run: ContractRun

    @property
    def plan(self) -> LedgerPlan:
        """The columns."""
        return self.run.plan

    def path(self, number: int) -> Floats:
        """Every posting of one path [time, posting], by running its block again."""
        return self.run.path(number)

    def statement(self, *, party: str | None = None, path: int | None = None) -> pl.DataFrame:
        """Postings as a frame: of one path, or their mean; from one party's side, or each once."""
        return statement(self.plan, self.run.dates, self.run.mean_ledger if path is None else self.path(path), party=party)


@dataclass(frozen=True, repr=False)
class Simulation:
    """What `simulate` returns."""

    runs: tuple[FacilityRun, ...]
    rows: tuple[Row, ...]
    contracts: tuple[ContractRun, ...] = ()
    """Contracts outside facilities."""
    warnings: tuple[str, ...] = ()
    audit: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[Deal, Market, Settings, DefaultModel] | None = None
    """What was simulated and how."""

    @property
    def ledgers(self) -> Mapping[str, Ledger | ContractLedger]:
        """Contract id to its ledger; a facility's stands under its loan."""
        found: dict[str, Ledger | ContractLedger] = {
            run.facility.loan_id: Ledger(run.facility.postings, run.facility.dates, run.mean_ledger, run) for run in self.runs
        }
        return found | {run.contract_id: ContractLedger(run) for run in self.contracts}

    @property
    def ledger(self) -> Ledger | ContractLedger:
        """The only ledger. Raises InputError where the deal has several: use `ledgers`."""
        if len(self.ledgers) != 1:
            names = list(self.ledgers)
            raise InputError(problem("unknown_name", subject="simulation", field="ledger", what="single ledger", choices=names))
        return next(iter(self.ledgers.values()))

    @property
    def paths(self) -> Mapping[str, Floats]:
        """Numbers of every path [path], by loan and name: 'facility.received', discounted USD, and so on."""
        names = {
            "paid_in": k.PAID_IN, "received": k.RECEIVED, "shortfall": k.SHORTFALL, "shortfall_discounted": k.SHORTFALL_DISCOUNTED,
            "equity_value": k.EQUITY_VALUE, "default_month": k.DEFAULT_MONTH, "recovered": k.RECOVERED,
            "exposure_at_default": k.EXPOSURE_AT_DEFAULT, "least_trailing_dscr": k.LEAST_TRAILING, "first_breached": k.FIRST_BREACHED,
            "first_breach_month": k.FIRST_BREACH_MONTH, "prepaid_month": k.PREPAID_MONTH, "cross_called": k.CROSS_CALLED,
        }  # fmt: skip
        return {f"{run.facility.loan_id}.{name}": run.outcomes[row] for run in self.runs for name, row in names.items()}

    @property
    def losses(self) -> Floats:
        """What the lenders write off on each path, discounted, all loans together: [path], USD."""
        return np.sum([run.outcomes[k.SHORTFALL_DISCOUNTED] for run in self.runs], axis=0)

    @cached_property
    def losses_by_party(self) -> PartyLosses:
        """What defaults cost every party on each path, all contracts of the deal together: `.of(party)`, `.total` [path], USD.

        The deal is rolled twice more, with and without defaults, and a facility's whole ledger is formed: some 0.5 ms a path and facility.

        Raises:
            InputError: the simulation was put together by hand, without its deal and market.
        """
        if self.inputs is None:
            raise InputError(
                problem("unknown_name", subject="simulation", field="inputs", what="deal and market", choices=["what simulate() returns"])
            )
        return losses_by_party(*self.inputs)

    @property
    def by_party(self) -> pl.DataFrame:
        """Mean cash and terminal value of every party: loan, party, received, paid, net, net_present_value."""
        import polars as pl

        frames = [
            by_party(run.facility.postings, run.mean_ledger, run.present_ledger).select(
                pl.lit(run.facility.loan_id).alias("contract"), pl.all()
            )
            for run in self.runs
        ]
        for run in self.contracts:
            found = by_party(run.plan, run.mean_ledger, run.present_ledger)
            frames.append(found.select(pl.lit(run.contract_id).alias("contract"), pl.all()))
        return pl.concat(frames)

    @property
    def table(self) -> pl.DataFrame:
        """The rows as a polars frame."""
        return table_of(self.rows)

    def text(self, *measures: str, **wanted: object) -> str:
        """Rows as a table for a terminal; measures and columns as `Valuation.text`."""
        return rows_text(self.rows, measures, **wanted)

    def __repr__(self) -> str:
        return told(type(self).__name__, self.rows)

    def to_json(self) -> str:
        """The JSON of the command line."""
        return document_json(audit=self.audit, results=[asdict(row) for row in self.rows], warnings=list(self.warnings))

    def _repr_html_(self) -> str:
        """A plain table for a notebook."""
        from pricing.report.plots import plain_table

        return plain_table(self.table)

    def plot(self) -> Any:
        """Present value of all that each party receives less what it gives, as a plotly figure.

        Raises:
            InputError: plotly is not installed (pip install plotly).
        """
        from pricing.report.plots import drawn, party_bars

        return drawn(party_bars(self.rows), "Simulation.plot")


def simulate(
    deal: Deal,
    market: Market,
    *,
    measures: Iterable[str] | None = None,
    paths: int | None = None,
    seed: int = 0,
    threads: int | None = None,
    joint: bool = False,
    method: str = METHOD,
) -> Simulation:
    """Simulate a deal on paths, with its double-entry ledger: every facility, and every contract that has a simulator of its own.

    Args:
        deal: holds at least one loan with collateral and offtake, or a contract with a simulator.
        market: rates, credits, rent, resale and power quotes.
        measures: names of the wanted measures, or of groups of them (`pricing.measures.GROUPS`); None gives all that the run holds. Fans,
            yields by path, party losses, CVA, break-evens and sensitivities take further runs and are made only where they are named.
        paths: rounded up to whole blocks of 4,096; default 32,768. Memory while running: threads x 4,096 x months x (2 x credits + 3) x 8
            bytes.
        seed: at or above 0. The same inputs and seed give the same bytes for any number of threads.
        threads: None uses every processor.
        joint: also the joint loss of all contracts: by party, with dependence and without, the tail, and its parts
            (`pricing.risk.wrong_way`); about twenty more simulations.
        method: where the default of a facility's vehicle comes from: `simulation`, its cash alone; `market`, its curve alone;
            `endogenous_with_residual`, its cash and what is left of its curve (`pricing.engines.facility_default`). Losses by
            party, joint ones among them, are of the same model.

    Returns:
        A `Simulation`: ledgers, numbers by path, losses, statement by party, table.

    Raises:
        InputError: options are unusable.
        PricingError: nothing of the deal can be simulated.
        MarketError: a quote is missing.
    """
    check_dates(deal, market)
    settings = Settings(paths=DEFAULT_PATHS if paths is None else paths, seed=check_seed(seed), threads=workers(threads))
    blocks_for(settings.paths)
    if method not in MODELS:
        raise InputError(problem("unknown_name", subject="simulate", field="method", value=method, what="method", choices=tuple(MODELS)))
    loans, others = simulated_contracts(deal)
    offered = (*MEASURES, *FEATURES, *PREPAYING, *SCHEDULED) if loans else ("value",)
    if method != METHOD:
        offered = (*OFFERED, COST, *SCHEDULED) if loans else offered
    settings = replace(settings, measures=check_measures(measures, offered))
    runs: list[FacilityRun] = []
    rows: list[Row] = []
    contracts: list[ContractRun] = []
    for loan_id in loans:
        task = Task(deal=deal, contract_id=loan_id, contract=deal.contracts[loan_id], market=market, settings=settings)
        found = priced(deal, loan_id, market, settings.paths, settings.seed, settings.threads, MODELS[method])
        runs.append(found.run)
        rows += model_rows(task, found, method)
        rows += [row for row in _party_rows(found.run, method) if settings.wants("value")]
        rows += [row for row in vehicle_rows(found.run, market) if settings.measures is None and method == METHOD]
        if found.run.facility.loan.tranches is not None:
            contracts.append(run_tranches(found.run, settings.threads))
        rows += schedule_rows(task, "schedule", by_quantlib=False)
    for contract_id in others:
        task = Task(deal=deal, contract_id=contract_id, contract=deal.contracts[contract_id], market=market, settings=settings)
        simulator = simulator_for(type(task.contract))
        if simulator is not None:
            contracts.append(simulator(task))
            rows += _contract_rows(task, contracts[-1])
    if joint:
        rows += joint_rows(deal, market, settings, MODELS[method], method)
    inputs = (deal, market, settings, MODELS[method])
    return Simulation(
        tuple(runs),
        tuple(rows),
        tuple(contracts),
        (*deal_warnings(deal), *market_warnings(market)),
        audit(deal, market, settings, method),
        inputs,
    )


def _contract_rows(task: Task, run: ContractRun) -> list[Row]:
    """Present value of what each party receives and gives under a contract, with its error: they sum to nought."""
    rows = ContractRows(task, METHOD, run.parties[0])
    for party in run.parties:
        value, error = run.value(party)
        rows.add("value", value, error, part="all its postings", party=party)
    return list(rows.rows)


def _party_rows(run: FacilityRun, method: str) -> list[Row]:
    """Present value of everything each party receives and gives in the facility: they sum to nought."""
    facility = run.facility
    frame = by_party(facility.postings, run.mean_ledger, run.present_ledger)
    return [
        Row(
            deal=facility.deal.id,
            contract=facility.loan_id,
            kind="facility",
            part="all its contracts",
            party=party,
            date=facility.as_of,
            measure="value",
            probability="pricing",
            value=value,
            error_note="mean over paths; no error is kept for single postings",
            method=method,
        )
        for party, value in frame.select("party", "net_present_value").iter_rows()
    ]
