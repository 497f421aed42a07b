"""Changed copies of a market: every copy is validated again, at the plausibility that the market asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

from curves.disclosure import all_quotes
from curves.market import Market
from curves.quotes import Quote
from instruments.ground.base import Terms
from instruments.ground.errors import InputError, TermsError
from instruments.ground.messages import problem, suggest
from instruments.ground.units import allow_implausible

Edit = Callable[[Quote], Quote]
"""What happens to one quote."""


def edited(market: Market, edits: Mapping[tuple[str, ...], Edit], *, subject: str) -> Market:
    """The market with some quotes changed.

    Args:
        market: the snapshot.
        edits: steps to a quote, from the market down (`("equity", "AMD", "volatility")`), and what to do with it.
        subject: on whose behalf, for messages.

    Raises:
        InputError: a changed quote is out of range; quote and value are named.
    """
    found: Any = market
    with allow_implausible() if market.allow_implausible else nullcontext():
        for steps, edit in edits.items():
            try:
                found = _edit(found, steps, edit)
            except TermsError as error:
                asked = edit(_at(found, steps)).value
                why = f"{asked:g} is refused: {'; '.join(one.allowed for one in error.problems)}"
                raise InputError(
                    problem("bad_quote", subject=subject, field=".".join(steps), why=why, remedy="choose a smaller change")
                ) from error
    return found


def with_quote(market: Market, path: str, value: float) -> Market:
    """The market with one quote at another value: for exposure tables and sensitivities.

    Args:
        market: the snapshot.
        path: dotted path as `curves.soft_quotes` gives it, such as `equity.AMD.volatility`.
        value: the new number; range, basis and source stay.

    Raises:
        InputError: the path is no quote of this market, or the value is out of range.
    """
    steps = {quote.path: quote.steps for quote in all_quotes(market)}
    if path not in steps:
        raise InputError(
            problem("unknown_name", subject="market", field=path, what=f"quote; {suggest(path, list(steps))}", choices=list(steps))
        )
    return edited(market, {steps[path]: lambda quote: quote.evolve(value=value)}, subject="market")


def _edit(node: Any, steps: tuple[str, ...], edit: Edit) -> Any:
    if not steps:
        return edit(node)
    head, rest = steps[0], steps[1:]
    if isinstance(node, Terms):
        return node.evolve(**{head: _edit(getattr(node, head), rest, edit)})
    return {**node, head: _edit(node[head], rest, edit)}


def _at(node: Any, steps: tuple[str, ...]) -> Any:
    for step in steps:
        node = getattr(node, step) if isinstance(node, Terms) else node[step]
    return node
