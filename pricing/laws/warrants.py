"""Laws of warrants: bounds, sums, scaling."""

from __future__ import annotations

from curves import Market, equity_inputs
from instruments.contracts.warrant import Warrant
from instruments.deal import Deal
from instruments.ground.tolerances import MC_SIGMAS
from pricing.laws.law import SUM_REL, Law, outcome_of, remembered, value_row
from pricing.registry import Settings


def warrants(deal: Deal) -> dict[str, Warrant]:
    """The warrants of a deal by contract id."""
    return {name: contract for name, contract in deal.contracts.items() if isinstance(contract, Warrant)}


def _bounds(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name, warrant in warrants(deal).items():
        row = value_row(remembered(deal, market, settings, name))
        most = warrant.shares * equity_inputs(market, warrant.underlying).spot_usd
        slack = MC_SIGMAS * (row.standard_error or 0.0) + 1e-9 * most
        if row.value is None or not -slack <= row.value <= most + slack:
            return f"{name}: value {row.value:,.0f} is outside 0 to {most:,.0f} USD"
    return None


def _tranches_sum(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name in warrants(deal):
        rows = remembered(deal, market, settings, name).rows
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
        once = value_row(remembered(deal, market, settings, name)).value or 0.0
        twice = value_row(outcome_of(bigger, market, settings, name)).value or 0.0
        if abs(twice - 2.0 * once) > SUM_REL * max(abs(twice), 1.0):
            return f"{name}: twice the shares are worth {twice:,.2f}, twice the value is {2 * once:,.2f} USD"
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
)
"""Laws of warrants."""
