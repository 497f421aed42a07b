"""Switches of a deal and its market: the same marginals without dependence, without defaults, without the impact of sales."""

from __future__ import annotations

from curves import Market, with_quote
from curves.market import PAIR_MARK
from instruments.contracts.margin_loan import MarginLoan
from instruments.deal import Deal
from instruments.ground.keys import key_of_kind


def without_dependence(market: Market) -> Market:
    """Credits independent of each other and of every price; survival, forwards and the correlations of prices stay as they are."""
    tied = {pair for pair in market.correlation if any(key_of_kind("credit", key) for key in pair.split(PAIR_MARK))}
    kept = {pair: quote for pair, quote in market.correlation.items() if pair not in tied}
    belief = market.belief.evolve(defaults={}, hazard_multiples={}) if market.belief is not None else None
    return market.evolve(correlation=kept, belief=belief)


def without_defaults(market: Market) -> Market:
    """Nobody defaults; prices and their shocks stay as they are."""
    never = {"kind": "hazard", "hazard": 0.0}
    belief = market.belief.evolve(defaults={}, hazard_multiples={}) if market.belief is not None else None
    return market.evolve(credit=dict.fromkeys(market.credit, never), belief=belief)


def without_impact(deal: Deal, market: Market) -> tuple[Deal, Market]:
    """Sales of hardware and of pledged shares do not move their price; cost of selling and idle cost stay.

    A borrowing base says what a liquidation brings as one share of value: nothing is switched off there.
    """
    for name in market.resale:
        market = with_quote(market, f"resale.{name}.impact", 0.0)
    contracts = {
        name: contract.evolve(sale=contract.sale.evolve(impact=0.0)) if isinstance(contract, MarginLoan) else contract
        for name, contract in deal.contracts.items()
    }
    return deal.evolve(contracts=contracts), market
