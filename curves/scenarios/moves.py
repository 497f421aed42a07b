"""What a move does to the market, by kind of key.

| key | field | what moves |
| --- | --- | --- |
| `rates:X` | empty | every swap quote, or the flat rate |
| `rates:X` | tenor, `volatility`, `mean_reversion` | that swap quote; how the short rate moves |
| `credit:X` | empty | every par spread; a flat hazard by the credit triangle, spread = (1 - recovery) hazard; a proxy by its add-on |
| `credit:X` | tenor, `hazard` | that spread; the hazard itself |
| `equity:X` | `spot_usd`, `volatility`, `dividend_yield`, `borrow_rate`, `shares_outstanding` | that quote |
| `rent:X` | `spot_usd_per_hour`, empty | the spot; the spot with every forward and term rate |
| `rent:X`, `resale:X`, `power:X` | any field of the block, such as `new_usd` or `launches.Rubin.jump_mean` | that quote |
| `belief` | `intensity`, `jump_volatility`, `jumps.<key>`, `defaults.<key>`, `hazard_multiples.<key>`, `demand_kept` | that quote |
| `milestone:X` | `clock_volatility`, `cancellation_hazard` | that quote |
| pair | empty | that correlation, which must be listed |

A proxy's spreads are not its own, so only a shift moves its add-on; to scale or set them, move the proxied name or give quotes.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from curves.credit_quotes import FlatHazard, ProxyCredit
from curves.disclosure import TABLES
from curves.editing import Edit, edited
from curves.lookup import missing_key
from curves.market import PAIR_MARK, Market
from curves.quotes import Block, Quote, steps_of
from instruments.ground.errors import InputError, MarketError
from instruments.ground.keys import kind_of, name_of
from instruments.ground.messages import problem
from instruments.ground.units import bps

if TYPE_CHECKING:
    from curves.scenarios.scenario import Move

TABLE_OF = {kind: table for table, kind in TABLES.items()}
WHOLE = ""
"""The field that means the whole curve."""
WHOLE_KINDS = ("rates", "credit", "rent", "power")
"""Kinds of key that have a whole curve to move."""
WHOLE_FIELDS = ("quotes", "rate", "hazard", "spot_usd_per_hour", "usd_per_kwh", "forwards", "terms")
"""Fields that make up a whole curve; shifts of stale curves, volatilities and launches are no part of it."""


def moved_market(market: Market, move: Move) -> Market:
    """The market after one move. Raises MarketError for an unknown key, InputError for an unknown field or a refused value."""
    if PAIR_MARK in move.key:
        return edited(market, {("correlation", _listed_pair(market, move)): _edit(move)}, subject=move.key)
    where, block = _place(market, move.key)
    if move.field == WHOLE and isinstance(block, ProxyCredit | FlatHazard):
        edits = _whole_credit(block, move)
    else:
        paths = _paths(block, move)
        edits = dict.fromkeys(paths, _edit(move))
    return edited(market, {(*where, *steps_of(path)): edit for path, edit in edits.items()}, subject=move.key)


def _place(market: Market, key: str) -> tuple[tuple[str, ...], Block]:
    """Steps from the market to the block of a key, and the block."""
    table, name = TABLE_OF.get(kind_of(key), ""), name_of(key)
    if key == "belief" and market.belief:
        return ("belief",), market.belief
    if not table or name not in getattr(market, table):
        raise missing_key(market, key)
    return (table, name), getattr(market, table)[name]


def _paths(block: Block, move: Move) -> tuple[str, ...]:
    """Paths in the block of the quotes that the move names."""
    paths = tuple(path for path, _ in block.all_quotes())
    if move.field == WHOLE and kind_of(move.key) in WHOLE_KINDS:
        return tuple(path for path in paths if steps_of(path)[0] in WHOLE_FIELDS)
    # a whole path always works, its last step where no other path ends in it
    ends = [steps_of(path)[-1] for path in paths]
    by_field = {end: path for end, path in zip(ends, paths, strict=True) if ends.count(end) == 1} | {path: path for path in paths}
    if move.field not in by_field:
        whole = ("(empty: the whole curve)",) if kind_of(move.key) in WHOLE_KINDS else ()
        raise _no_field(move, (*by_field, *whole))
    return (by_field[move.field],)


def _whole_credit(block: ProxyCredit | FlatHazard, move: Move) -> dict[str, Edit]:
    if isinstance(block, ProxyCredit):
        if move.kind != "shift":
            why = f"{move.key} stands on {block.proxy}: its spreads can be shifted, not moved by '{move.kind}'"
            raise InputError(
                problem("bad_quote", subject="scenario", field="moves.kind", value=move.kind, why=why, remedy=f"move {block.proxy} instead")
            )
        return {"spread_add_bps": lambda quote: quote.evolve(value=quote.value + move.amount / bps(1.0))}
    if move.kind == "scale":
        return {"hazard": _edit(move)}
    loss = 1.0 - block.recovery
    if loss == 0.0:
        why = "a recovery of 1 turns no spread into a hazard"
        raise InputError(problem("bad_quote", subject=move.key, field="recovery", value=1.0, why=why, remedy="move the field hazard"))
    return {"hazard": lambda quote: quote.evolve(value=_number(quote.value, move.kind, move.amount / loss))}


def _edit(move: Move) -> Edit:
    def change(quote: Quote) -> Quote:
        return quote.evolve(value=_number(quote.value, move.kind, move.amount))

    return change


def _number(value: float, kind: str, amount: float) -> float:
    found = value + amount if kind == "shift" else value * amount if kind == "scale" else amount
    if not math.isfinite(found):
        why = f"{value:g} by '{kind}' is no finite number"
        raise InputError(
            problem("bad_quote", subject="scenario", field="moves.amount", value=amount, why=why, remedy="choose a smaller change")
        )
    return found


def _listed_pair(market: Market, move: Move) -> str:
    if move.field != WHOLE:
        raise _no_field(move, ("(empty)",))
    for pair in (move.key, PAIR_MARK.join(reversed(move.key.split(PAIR_MARK)))):
        if pair in market.correlation:
            return pair
    raise MarketError(problem("missing_key", subject="market", field="correlation", key=move.key, choices=tuple(market.correlation)))


def _no_field(move: Move, choices: tuple[str, ...]) -> InputError:
    return InputError(problem("unknown_name", subject=move.key, field="field", value=move.field, what="field", choices=choices))
