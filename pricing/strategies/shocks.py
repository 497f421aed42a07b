"""Shocks of a market: what a search tries on a deal."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from curves import Market, Move, Scenario, market_keys
from curves.credit_quotes import ProxyCredit
from instruments.deal import Deal
from instruments.ground.keys import kind_of, name_of
from pricing.scenario_events import default_scenarios
from pricing.scenario_library import named_scenarios


def shocks(market: Market) -> SearchStrategy[Scenario]:
    """Scenarios that move some quotes: shares and rents scaled, volatility, rates and spreads shifted; shrinks to the empty one."""
    moves: list[SearchStrategy[Move]] = []
    for key in market_keys(market):
        kind = kind_of(key)
        if kind == "equity":
            moves.append(_move(key, "spot_usd", "scale", (1.0, 0.5, 2.0, 0.1, 5.0)))
            moves.append(_move(key, "volatility", "set", (0.2, 0.5, 0.01, 1.2)))
        elif kind == "rates":
            moves.append(_move(key, "", "shift", (0.01, -0.01, 0.05)))
        elif kind == "credit" and not isinstance(market.credit[name_of(key)], ProxyCredit):
            moves.append(_move(key, "", "shift", (0.01, 0.05, 0.2)))
        elif kind == "rent":
            moves.append(_move(key, "", "scale", (0.5, 2.0, 0.8)))
    if not moves:
        return st.just(Scenario(label="base"))
    return st.lists(st.one_of(moves), max_size=3, unique_by=lambda move: (move.key, move.field)).map(
        lambda found: Scenario(label=", ".join(f"{m.key} {m.field} {m.kind} {m.amount:g}" for m in found) or "base", moves=tuple(found))
    )


def stresses(deal: Deal, market: Market) -> SearchStrategy[Scenario]:
    """Shocks with something that happens: an entry of the shipped library with events, a failure of one party, or none.

    Shrinks to the empty scenario; every draw can be handed to `stress` and written to a file.
    """
    entries = (*named_scenarios("library", deal, market), *default_scenarios(deal, market))
    happenings = [entry for entry in entries if entry.events]
    if not happenings:
        return shocks(market)
    return st.one_of(shocks(market), st.builds(_joined, shocks(market), st.sampled_from(happenings)))


def _joined(shock: Scenario, happening: Scenario) -> Scenario:
    return happening if not shock.moves else happening.then(shock)


def _move(key: str, field: str, kind: str, amounts: Sequence[float]) -> SearchStrategy[Move]:
    return st.sampled_from(amounts).map(lambda amount: Move.model_validate({"key": key, "field": field, "kind": kind, "amount": amount}))
