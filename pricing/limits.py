"""Limits of a deal: what stands on the left of one is read off a price, worst row first, and held against the number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from curves import Market
from instruments.deal import Deal
from instruments.ground.errors import InputError, PricingError
from instruments.ground.messages import problem
from instruments.limits import Limit
from pricing.api import price
from pricing.measures import MEASURES
from pricing.registry import Settings
from pricing.results import Row

ROLES = ("lender", "borrower", "operator", "customer", "guarantor", "vendor", "issuer", "holder", "investor", "vehicle")
"""What may stand in place of a party's id."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The number that a limit is held against."""

    value: float
    standard_error: float | None
    unit: str
    where: str
    """Which row it is: party, contract and date of the worst."""


@dataclass(frozen=True, slots=True)
class LimitResult:
    """A limit under one scenario."""

    scenario: str
    limit: Limit
    reading: Reading

    @property
    def broken(self) -> bool:
        """Whether the limit is broken there."""
        return self.limit.broken_by(self.reading.value)

    def as_row(self) -> dict[str, Any]:
        """The JSON of the command line."""
        found = self.reading
        return {
            "measure": "limit", "limit": str(self.limit), "scenario": self.scenario, "broken": self.broken, "value": found.value,
            "standard_error": found.standard_error, "unit": found.unit, "where": found.where,
        }  # fmt: skip


def parties_of(deal: Deal, who: str, measure: str = "value") -> tuple[str, ...]:
    """The parties that a name of a limit stands for: the party of that id, else all with that role, by their roles or their contracts.

    Raises:
        InputError: neither party nor role of this deal; where it is a contract, its party is named. `measure` is for that message.
    """
    if who in deal.parties:
        return (who,)
    found = [name for name, party in deal.parties.items() if who in party.roles]
    if who in ROLES:
        found += [str(getattr(contract, who)) for contract in deal.contracts.values() if getattr(contract, who, None) in deal.parties]
    if not found:
        _refuse_a_contract(deal, who, measure)
        known = (*deal.parties, *(role for role in ROLES if any(role in party.roles for party in deal.parties.values())))
        raise InputError(problem("unknown_name", subject="limit", field="who", value=who, what="party or role in the deal", choices=known))
    return tuple(dict.fromkeys(found))


def _refuse_a_contract(deal: Deal, who: str, measure: str) -> None:
    """A limit on a contract's name: the party that holds it was meant, by its role where that says who."""
    contract = deal.contracts.get(who)
    sides = [(role, str(getattr(contract, role))) for role in ROLES if getattr(contract, role, None) in deal.parties]
    if contract is None or not sides:
        return
    named = [role if parties_of(deal, role) == (party,) else party for role, party in sides]
    others = f"; also {', '.join(f'{one}.{measure}' for one in named[1:])}" if named[1:] else ""
    text = f"a party or a role; {who} is a contract of this deal"
    raise InputError(
        problem("bad_option", subject="limit", field="who", value=who, expected=text, hint=f"did you mean {named[0]}.{measure}?{others}")
    )


def read_limit(limit: Limit, deal: Deal, market: Market, settings: Settings) -> Reading:
    """Price what a limit names.

    **Model** the values of a party under several contracts are added up; of every other measure the worst counts: over the parties of a
    role, over contracts and over dates. Parts of a contract count only where the measure is given for parts alone.

    Raises:
        InputError: no such measure, party or role, or nothing in the deal gives this measure for them.
        PricingError: a contract cannot be priced.
    """
    if limit.measure not in MEASURES:
        raise InputError(
            problem("unknown_name", subject="limit", field="measure", value=limit.measure, what="measure", choices=tuple(MEASURES))
        )
    parties = parties_of(deal, limit.who, limit.measure)
    found = price(
        deal, market, measures=(limit.measure,), paths=settings.paths, seed=settings.seed, threads=settings.threads
    )  # fmt: skip
    if found.failures:
        raise PricingError(*found.failures)
    return worst(limit, found.rows, parties)


def worst(limit: Limit, rows: Iterable[Row], parties: tuple[str, ...]) -> Reading:
    """The row that lies furthest on the forbidden side.

    Raises:
        InputError: no row of that measure and those parties; the message says who has it.
    """
    of_measure = [row for row in rows if row.measure == limit.measure and row.value is not None and row.alternative is None]
    mine = [row for row in of_measure if row.party in parties and row.method != "quantlib"]
    whole = [row for row in mine if row.part is None] or mine
    if not whole:
        holders = sorted({str(row.party) for row in of_measure}) or ["nobody in this deal"]
        why = f"no row of {limit.measure} for {limit.who}; it is given for {', '.join(holders)}"
        raise InputError(problem("unsupported", subject="limit", field=str(limit), why=why, remedy="name one of them"))
    readings = _added_up(whole) if limit.measure == "value" else [_reading(row) for row in whole]
    return max(readings, key=lambda reading: limit.excess(reading.value))


def _reading(row: Row) -> Reading:
    where = ", ".join(str(word) for word in (row.party, row.contract, row.part, row.date) if word is not None)
    return Reading(float(row.value or 0.0), row.standard_error, row.unit or "", where)


def _added_up(rows: list[Row]) -> list[Reading]:
    """Values of each party over its contracts. Errors add up as if they always went together: never too small."""
    totals: dict[str, Reading] = {}
    for row in rows:
        now = _reading(row)
        before = totals.get(str(row.party))
        if before is not None:
            errors = [error for error in (before.standard_error, now.standard_error) if error is not None]
            now = Reading(before.value + now.value, sum(errors) if errors else None, now.unit, f"{row.party}, all contracts")
        totals[str(row.party)] = now
    return list(totals.values())
