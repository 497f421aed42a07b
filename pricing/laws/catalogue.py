"""The catalogue of laws: a sentence, its domain, and a check.

A check looks at one deal on one market and returns None where the law holds, else what broke it. A law that is true only under conditions
says so in `applies`; one stated too widely would be a defect of the catalogue, not of the deal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from curves import Market, equity_inputs
from instruments.contracts.warrant import Warrant
from instruments.deal import Deal
from instruments.files import dumps_json, model_from_text
from instruments.ground.errors import InputError
from instruments.ground.messages import problem, suggest
from instruments.ground.tolerances import MC_SIGMAS
from pricing.laws.facility import draws_within_commitment, has_facilities, ledger_adds_up, losses_within_claims
from pricing.registry import Outcome, Settings, Task, find_engine
from pricing.results import Row

SUM_REL = 1e-9
"""Two ways of adding the same simulated numbers, relative."""
Check = Callable[[Deal, Market, Settings], str | None]


@dataclass(frozen=True, slots=True)
class Law:
    """A law as data with its check."""

    name: str
    sentence: str
    domain: str
    applies: Callable[[Deal], bool]
    check: Check


def warrants(deal: Deal) -> dict[str, Warrant]:
    """The warrants of a deal by contract id."""
    return {name: contract for name, contract in deal.contracts.items() if isinstance(contract, Warrant)}


@lru_cache(maxsize=128)
def _remembered(deal: Deal, market: Market, settings: Settings, contract_id: str) -> Outcome:
    """An outcome, kept: several laws look at the same deal on the same markets."""
    return _outcome(deal, market, settings, contract_id)


def _outcome(deal: Deal, market: Market, settings: Settings, contract_id: str) -> Outcome:
    contract = deal.contracts[contract_id]
    return find_engine(type(contract), None).engine(
        Task(deal=deal, contract_id=contract_id, contract=contract, market=market, settings=settings)
    )


def _value(outcome: Outcome) -> Row:
    return next(row for row in outcome.rows if row.measure == "value" and row.part is None)


def _bounds(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name, warrant in warrants(deal).items():
        row = _value(_remembered(deal, market, settings, name))
        most = warrant.shares * equity_inputs(market, warrant.underlying).spot_usd
        slack = MC_SIGMAS * (row.standard_error or 0.0) + 1e-9 * most
        if row.value is None or not -slack <= row.value <= most + slack:
            return f"{name}: value {row.value:,.0f} is outside 0 to {most:,.0f} USD"
    return None


def _tranches_sum(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name in warrants(deal):
        rows = _remembered(deal, market, settings, name).rows
        mine = [row for row in rows if row.measure == "value" and row.party == rows[0].party]
        parts = sum(row.value or 0.0 for row in mine if row.part is not None)
        whole = next(row.value or 0.0 for row in mine if row.part is None)
        if abs(parts - whole) > SUM_REL * max(abs(whole), 1.0):
            return f"{name}: tranches add up to {parts:,.2f}, the warrant is worth {whole:,.2f} USD"
    return None


def _scales(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name, warrant in warrants(deal).items():
        doubled = warrant.evolve(
            shares=2.0 * warrant.shares, tranches=tuple(tranche.evolve(shares=2.0 * tranche.shares) for tranche in warrant.tranches)
        )
        bigger = deal.evolve(contracts={**deal.contracts, name: doubled})
        once = _value(_remembered(deal, market, settings, name)).value or 0.0
        twice = _value(_outcome(bigger, market, settings, name)).value or 0.0
        if abs(twice - 2.0 * once) > SUM_REL * max(abs(twice), 1.0):
            return f"{name}: twice the shares are worth {twice:,.2f}, twice the value is {2 * once:,.2f} USD"
    return None


def _round_trip(deal: Deal, market: Market, settings: Settings) -> str | None:
    again = model_from_text(dumps_json(deal), Deal, kind="deal", language="json")
    if again != deal:
        return "the deal read back from its JSON is another"
    for name in deal.contracts:
        first, second = _value(_remembered(deal, market, settings, name)).value, _value(_outcome(again, market, settings, name)).value
        if first != second:
            return f"{name}: worth {first!r} as built and {second!r} after JSON out and in"
    return None


def _has_warrants(deal: Deal) -> bool:
    return bool(warrants(deal))


def _has_new_warrants(deal: Deal) -> bool:
    return _has_warrants(deal) and deal.position.is_empty


LAWS: tuple[Law, ...] = (
    Law(
        "warrant_bounds",
        "a warrant is worth between nothing and its shares",
        "warrants without a value floor, any conditions, any market; simulation noise of four standard errors allowed",
        _has_warrants,
        _bounds,
    ),
    Law("tranches_sum", "the tranches of a warrant add up to the warrant", "all warrants", _has_warrants, _tranches_sum),
    Law(
        "warrant_scales",
        "twice the shares are worth twice as much",
        "warrants of a deal without a position (exercised shares would not double), dilution of the observed share not modelled",
        _has_new_warrants,
        _scales,
    ),
    Law(
        "ledger_adds_up",
        "balances rebuilt from postings are the engine's, due = paid + deferred + lost, interest and rent come out again",
        "facilities, on 512 paths of every market tried",
        has_facilities,
        ledger_adds_up,
    ),
    Law("draws_within_commitment", "no path draws more than is committed", "facilities", has_facilities, draws_within_commitment),
    Law(
        "losses_within_claims",
        "principal written off is never negative, nor more than was drawn",
        "facilities",
        has_facilities,
        losses_within_claims,
    ),
    Law(
        "json_round_trip",
        "a deal written to JSON and read again has the same price, to the last bit",
        "all deals",
        lambda _: True,
        _round_trip,
    ),
)
"""Every shipped law."""


def chosen_laws(names: tuple[str, ...] | None) -> tuple[Law, ...]:
    """The laws of these names, all for None. Raises InputError for an unknown name."""
    known = {law.name: law for law in LAWS}
    for name in names or ():
        if name not in known:
            raise InputError(problem("bad_choice", subject="laws", value=name, choices=known, suggestion=suggest(name, known)))
    return LAWS if names is None else tuple(known[name] for name in names)


def small(settings: Settings) -> Settings:
    """Settings for checks inside a search: one block, value alone."""
    return replace(settings, paths=1, measures=frozenset({"value"}))
