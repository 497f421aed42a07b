"""`price`: one contract or a whole deal against a market."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from typing import Any

from curves import Market, market_warnings
from instruments.checks.slips import deal_warnings
from instruments.contracts.families import Contract, StandsAlone
from instruments.contracts.warrant import Warrant
from instruments.deal import Deal, Party
from instruments.files import dumps_json
from instruments.ground.base import Terms
from instruments.ground.errors import GpufinError, InputError, PricingError, Problem, TermsError
from instruments.ground.messages import problem
from instruments.project import Project
from pricing.conditions import Watch
from pricing.engines.warrant_setup import prepare
from pricing.engines.warrant_walk import watch_of
from pricing.exposure import Exposure, exposure_of
from pricing.measures import Probability
from pricing.paths.streams import blocks_for, check_seed, workers
from pricing.paths.world import World, simulate_world
from pricing.registry import DEFAULT_PATHS, Entry, Outcome, Settings, Task, entries_for, find_engine
from pricing.results import Row, Valuation, check_measures

BESIDE = "quantlib"
"""The method that `price` shows beside the default one on a deal."""
EXPOSURES = ("exposure", "value_soft_range")


def price(
    deal_or_contract: Deal | Contract,
    market: Market,
    *,
    method: str | None = None,
    measures: Iterable[str] | None = None,
    paths: int | None = None,
    seed: int = 0,
    threads: int | None = None,
) -> Valuation:
    """Value a contract, or every contract of a deal, on one market.

    Args:
        deal_or_contract: a `Deal`, or a bare contract whose conditions need no milestone.
        market: the snapshot.
        method: an engine's name; None takes each contract's default and, for a deal, shows 'quantlib' beside it.
        measures: names of the wanted measures; None gives all, for a deal with the exposure table.
        paths: number of paths of a simulation, rounded up to whole blocks of 4,096; default 32,768.
        seed: at or above 0. The same inputs and seed give the same bytes for any number of threads.
        threads: threads of a simulation; None uses every processor.

    Returns:
        A `Valuation`. A contract that cannot be priced is in `failures`; the others are priced.

    Raises:
        InputError: options are unusable, or deal and market cannot go together.
        GpufinError: a bare contract could not be priced, or no contract of a deal could.
    """
    check_market(market)
    whole = isinstance(deal_or_contract, Deal)
    deal = deal_or_contract if isinstance(deal_or_contract, Deal) else deal_around(deal_or_contract, market.as_of)
    check_dates(deal, market)
    settings = Settings(paths=DEFAULT_PATHS if paths is None else paths, seed=check_seed(seed), threads=workers(threads))
    blocks_for(settings.paths)
    wanted = check_measures(measures, _offered(deal, method, whole=whole))
    rows: list[Row] = []
    warnings = [*deal_warnings(deal), *market_warnings(market)]
    failures: list[Problem] = []
    exposures: list[Exposure] = []
    methods: list[str] = []
    for contract_id, contract in deal.contracts.items():
        try:
            entry = find_engine(type(contract), method)
            asked = None if wanted is None else wanted & _measures(entry, beside=whole and method is None)
            if asked is not None and not asked:
                continue
            task = Task(deal=deal, contract_id=contract_id, contract=contract, market=market, settings=replace(settings, measures=asked))
            outcome = entry.engine(task)
            rows += outcome.rows
            warnings += outcome.warnings
            methods.append(entry.method)
            if whole and method is None:
                rows += _beside(task, entry, warnings)
            if whole and (asked is None or asked & set(EXPOSURES)):
                exposures.append(exposure_of(entry, task))
        except GpufinError as error:
            if not whole:
                raise
            failures += [item if item.subject else replace(item, subject=contract_id) for item in error.problems]
    if failures and not rows:
        raise PricingError(*dict.fromkeys(failures))
    for exposure in exposures:
        rows += [row for row in exposure.rows if wanted is None or row.measure in wanted]
        failures += exposure.failures
    return Valuation(
        rows=tuple(rows),
        failures=tuple(failures),
        warnings=tuple(dict.fromkeys(warnings)),
        assumptions=tuple(item for exposure in exposures for item in exposure.assumptions),
        audit=audit(deal, market, settings, ",".join(dict.fromkeys(methods))),
    )


def simulate_paths(
    deal: Deal, market: Market, contract_id: str, *, probability: Probability = "pricing", seed: int = 0, block: int = 0
) -> World:
    """One block of 4,096 joint daily paths of what a warrant depends on: the very paths that its price averages.

    Args:
        deal, market: as in `price`. contract_id: a warrant of the deal.
        probability: 'pricing', 'share' (the warrant's own share as numeraire) or 'real_world' (with a real-world block in the market).
        seed, block: which random numbers.

    Returns:
        A `World`: closes of shares (USD) and of the rents that targets or milestones name (USD per hour), highs and lows of shares
        [day, path], days of deliveries [level, path], days of default [path]. One volatility per share, no breaks of belief: the paths of
        `monte_carlo`.
    """
    return watch_paths(deal, market, contract_id, probability=probability, seed=seed, block=block).world


def watch_paths(
    deal: Deal, market: Market, contract_id: str, *, probability: Probability = "pricing", seed: int = 0, block: int = 0
) -> Watch:
    """The same paths as the warrant's conditions see them: for `verdicts`, which lists what was compared, and `turns`, when it turned.

    Args, Raises: as `simulate_paths`. Where the position has latched or lapsed legs, give `verdicts` the tranche's number as `place`.

    Returns:
        A `Watch`: the world with share counts, base prices, days of events, and what had come true before the first day. Prices are those
        before dilution.

    Example: `turns(verdicts(warrant.tranches[0].condition, watch_paths(deal, market, "warrant"), 17))`.
    """
    if contract_id not in deal.contracts:
        raise InputError(
            problem("unknown_name", subject=deal.id, field="contracts", value=contract_id, what="contract", choices=deal.contracts)
        )
    if not isinstance(deal.contracts[contract_id], Warrant):
        why = "only warrants have daily paths; a facility's are in simulate()"
        raise PricingError(problem("unsupported", subject=contract_id, field="paths", why=why, remedy="name a warrant"))
    check_dates(deal, market)
    settings = Settings(seed=check_seed(seed))
    run = prepare(Task(deal=deal, contract_id=contract_id, contract=deal.contracts[contract_id], market=market, settings=settings))
    world = simulate_world(run.drivers, probability, run.warrant.underlying, seed, block, run.history)
    return watch_of(run, world, seed, block)


def _measures(entry: Entry, *, beside: bool) -> frozenset[str]:
    """What a contract's engine can be asked for, QuantLib's rows beside it included."""
    others = [other.measures for other in entries_for(entry.terms) if beside and other.method == BESIDE]
    return frozenset((*entry.measures, *EXPOSURES)).union(*others)


def _offered(deal: Deal, method: str | None, *, whole: bool) -> tuple[str, ...]:
    """What at least one contract of a deal can be asked for."""
    found: dict[str, None] = {}
    for terms in dict.fromkeys(type(contract) for contract in deal.contracts.values()):
        for entry in entries_for(terms):
            if entry.method == method or (method is None and entry.default):
                found |= dict.fromkeys(sorted(_measures(entry, beside=whole and method is None)))
    return tuple(found)


def _beside(task: Task, entry: Entry, warnings: list[str]) -> tuple[Row, ...]:
    """The QuantLib rows of a contract; where QuantLib cannot express its terms, a warning says so."""
    if entry.method == BESIDE:
        return ()
    wanted = task.settings.measures
    if wanted is not None and not any(wanted & set(other.measures) for other in entries_for(entry.terms) if other.method == BESIDE):
        return ()
    try:
        found: Outcome = find_engine(entry.terms, BESIDE).engine(replace(task, settings=replace(task.settings, measures=None)))
    except PricingError as error:
        warnings.append(f"{task.contract_id}: no QuantLib value beside it: {error.problems[0].allowed}")
        return ()
    return tuple(row for row in found.rows if wanted is None or row.measure in wanted)


def deal_around(contract: Contract, as_of: dt.date) -> Deal:
    """The smallest deal that holds a bare contract: its parties, nothing else.

    Raises:
        InputError: the contract needs more than itself, a milestone say: put it in a deal.
    """
    if not isinstance(contract, StandsAlone):
        raise InputError(
            problem(
                "wrong_type",
                subject="price",
                value=type(contract).__name__,
                expected="a Deal, or a contract that rests on nothing else",
                hint="pass the Deal that holds it, such as load_deal(...)",
            )
        )
    parties = {name: Party(equity=share) for name, share in contract.bare_parties().items()}
    try:
        return Deal(id="contract", as_of=as_of, parties=parties, contracts={"contract": contract})
    except TermsError as error:
        why = "; ".join(one.allowed for one in error.problems)
        raise InputError(
            problem("unsupported", subject="contract", why=why, remedy="put the contract in a Deal that holds what it names")
        ) from error


def check_market(market: object) -> None:
    """Raise where something else stands in the market's place."""
    if not isinstance(market, Market):
        hint = "give what load_market(...) returns, the deal first"
        raise InputError(problem("wrong_type", subject="market", value=type(market).__name__, expected="a Market", hint=hint))


def check_dates(deal: Deal, market: Market) -> None:
    """A deal with a position prices only at its own date; a new one at the market's, from which its expiry must lie ahead."""
    check_market(market)
    if not deal.position.is_empty and deal.as_of != market.as_of:
        raise InputError(
            problem("dates_differ", subject=deal.id, field="as_of", value=market.as_of.isoformat(), as_of=deal.as_of.isoformat())
        )


def fingerprint(terms: Terms) -> str:
    """Hash of terms by value: SHA-256 of their JSON with sorted keys and without defaults, so that a new optional field moves no hash."""
    return sha256(json.dumps(json.loads(dumps_json(terms)), sort_keys=True).encode()).hexdigest()


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Versions that a number depends on."""
    return {name: version(name) for name in ("gpufin", "numpy", "QuantLib")}


def audit(deal: Deal | Project, market: Market, settings: Settings, method: str) -> dict[str, Any]:
    """What is needed to get the same numbers again: versions, hashes of inputs, seed, paths and method; never worker counts."""
    return {
        "versions": versions(),
        "deal": fingerprint(deal),
        "market": fingerprint(market),
        "seed": settings.seed,
        "paths": settings.paths,
        "method": method,
    }
