"""Shocks of a market: what a search tries on a deal."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from curves import Market, Move, Scenario, market_keys
from curves.credit_quotes import ProxyCredit
from instruments.deal import Deal
from instruments.ground.keys import kind_of, name_of
from pricing.scenario_events import default_scenarios
from pricing.scenario_library import named_scenarios
from pricing.strategies.picks import picked

MADE = (False, True, True, True)
"""Three of four moves are made."""
MOST_MOVES = 3
"""Quotes that a shock moves at most."""
Choice = tuple[str, str, str, tuple[float, ...]]
"""Key, field and kind of a move, and the amounts to choose from."""


def shocks(market: Market) -> SearchStrategy[Scenario]:
    """Scenarios that move some quotes: shares and rents scaled, volatility, rates and spreads shifted; shrinks to the empty one.

    The same seed gives the same scenarios whatever else is loaded (`pricing.strategies.picks`).
    """
    choices = _choices(market)
    if not choices:
        return st.just(Scenario(label="base"))
    return st.lists(st.tuples(picked(MADE), _moves(choices)), min_size=MOST_MOVES, max_size=MOST_MOVES).map(_scenario)


def _choices(market: Market) -> list[Choice]:
    found: list[Choice] = []
    for key in market_keys(market):
        kind = kind_of(key)
        if kind == "equity":
            found.append((key, "spot_usd", "scale", (0.5, 2.0, 0.1, 5.0)))
            found.append((key, "volatility", "set", (0.2, 0.5, 0.01, 1.2)))
        elif kind == "rates":
            found.append((key, "", "shift", (0.01, -0.01, 0.05)))
        elif kind == "credit" and not isinstance(market.credit[name_of(key)], ProxyCredit):
            found.append((key, "", "shift", (0.01, 0.05, 0.2)))
        elif kind == "rent":
            found.append((key, "", "scale", (0.5, 2.0, 0.8)))
    return found


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


def _moves(choices: list[Choice]) -> SearchStrategy[Move]:
    return picked(choices).flatmap(lambda one: picked(one[3]).map(lambda amount: _move(one, amount)))


def _move(choice: Choice, amount: float) -> Move:
    key, field, kind, _ = choice
    return Move.model_validate({"key": key, "field": field, "kind": kind, "amount": amount})


def _scenario(drawn: list[tuple[bool, Move]]) -> Scenario:
    """The moves that are made; of two moves of one quote the first."""
    found = {(move.key, move.field): move for made, move in reversed(drawn) if made}
    moves = tuple(reversed(found.values()))
    return Scenario(label=", ".join(f"{m.key} {m.field} {m.kind} {m.amount:g}" for m in moves) or "base", moves=moves)
