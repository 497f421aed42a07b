"""Laws of compute derivatives: sides, parity of calls and puts, bounds, claims on the ledger."""

from __future__ import annotations

from collections.abc import Callable

from curves import Market
from instruments.contracts.compute_derivatives import RentDerivative, RentFuture, RentOption, RentSwap
from instruments.deal import Deal
from instruments.ground.tolerances import CASH_CONSERVATION_ABS
from pricing.engines.rent_setup import prepare_rent
from pricing.laws.law import SUM_REL, Law, outcome_of, remembered, value_row
from pricing.ledger.runs import claim_gaps
from pricing.registry import Settings, Task, simulator_for


def rent_derivatives(deal: Deal) -> dict[str, RentDerivative]:
    """The compute derivatives of a deal by contract id."""
    return {name: contract for name, contract in deal.contracts.items() if isinstance(contract, RentFuture | RentSwap | RentOption)}


def has(kind: type[RentDerivative] | None = None) -> Callable[[Deal], bool]:
    """Whether a deal holds a compute derivative, of a kind where one is named."""
    return lambda deal: any(kind is None or isinstance(contract, kind) for contract in rent_derivatives(deal).values())


def _task(deal: Deal, market: Market, settings: Settings, name: str) -> Task:
    return Task(deal=deal, contract_id=name, contract=deal.contracts[name], market=market, settings=settings)


def sides_cancel(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where the two sides of every contract sum to nothing, to the last bit."""
    for name in rent_derivatives(deal):
        rows = [row for row in remembered(deal, market, settings, name).rows if row.measure == "value" and row.part is None]
        total = sum(row.value or 0.0 for row in rows)
        if len(rows) != 2 or total != 0.0:
            return f"{name}: the sides sum to {total:,.2f} USD"
    return None


def parity(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where a call less a put is a swap at the strike."""
    for name, option in rent_derivatives(deal).items():
        if not isinstance(option, RentOption):
            continue
        other = deal.evolve(contracts={**deal.contracts, name: option.evolve(option="put" if option.option == "call" else "call")})
        one = value_row(remembered(deal, market, settings, name)).value or 0.0
        two = value_row(outcome_of(other, market, settings, name)).value or 0.0
        run = prepare_rent(_task(deal, market, settings, name))
        sign = 1.0 if option.option == "call" else -1.0
        forward = run.hours * float((run.discounts * (run.fair - option.strike_usd_per_hour)).sum())
        scale = run.hours * float((run.discounts * (run.fair + option.strike_usd_per_hour)).sum())
        if abs(sign * (one - two) - forward) > SUM_REL * scale:
            return f"{name}: a call less a put is {sign * (one - two):,.2f}, the swap {forward:,.2f} USD"
    return None


def option_bounds(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where an option lies between its swap or nothing and all its hours."""
    for name, option in rent_derivatives(deal).items():
        if not isinstance(option, RentOption):
            continue
        value = value_row(remembered(deal, market, settings, name)).value or 0.0
        run = prepare_rent(_task(deal, market, settings, name))
        call, strike = option.option == "call", option.strike_usd_per_hour
        sign = 1.0 if call else -1.0
        least = sum(run.hours * d * max(sign * (f - strike), 0.0) for d, f in zip(run.discounts, run.fair, strict=True))
        most = sum(run.hours * d * (f if call else strike) for d, f in zip(run.discounts, run.fair, strict=True))
        if not least - SUM_REL * most <= value <= most * (1.0 + SUM_REL):
            return f"{name}: worth {value:,.2f}, outside {least:,.2f} to {most:,.2f} USD"
    return None


def claims_add_up(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where due = paid + deferred + written off on every path and date of a block."""
    for name, contract in rent_derivatives(deal).items():
        simulator = simulator_for(type(contract))
        if simulator is None:
            return f"{name}: {type(contract).__name__} has no simulator"
        run = simulator(_task(deal, market, settings, name))
        ledger = run.roll(0)
        for gap in claim_gaps(run.plan, ledger):
            if gap.difference > CASH_CONSERVATION_ABS * max(float(ledger.max()), 1.0):
                return f"{name}: {gap.claim} is wrong by {gap.difference:,.2f} USD on some path"
        if ledger.min() < 0.0:
            return f"{name}: a posting is negative on some path"
    return None


LAWS: tuple[Law, ...] = (
    Law("rent_sides_cancel", "what one side of a compute derivative gains the other loses", "futures, swaps, options", has(), sides_cancel),
    Law(
        "rent_parity",
        "a call less a put on the monthly mean is the swap at the strike",
        "options on the monthly mean, both sides default-free, deterministic rates",
        has(RentOption),
        parity,
    ),
    Law(
        "rent_option_bounds",
        "an option is worth at least its swap or nothing, at most all its hours",
        "options on the monthly mean, default-free",
        has(RentOption),
        option_bounds,
    ),
    Law(
        "rent_claims_add_up",
        "due = paid + deferred + written off, and no posting is negative",
        "futures, swaps and options, on one block of paths of every market tried",
        has(),
        claims_add_up,
    ),
)
"""Laws of compute derivatives."""
