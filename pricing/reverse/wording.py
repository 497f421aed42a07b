"""A found shock in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from instruments.limits import Limit
from pricing.limits import Reading
from pricing.reverse.factors import Array, Factor

NOUNS = {"spot_usd": "share price of {}", "volatility": "volatility of {}", "new_usd": "price of used {}", "delay": "plan of {}"}
KINDS = {"rates": "{}", "credit": "credit spread of {}", "rent": "rent of {}", "power": "power price in {}"}


def moves_in_words(factors: Sequence[Factor], z: Array) -> tuple[str, ...]:
    """'rent of H100 -34 % (2.1 standard moves)' for every factor that moves, the largest first."""
    order = sorted(range(len(factors)), key=lambda index: -abs(float(z[index])))
    return tuple(f"{_noun(factors[i])} {_change(factors[i], float(z[i]))} ({abs(z[i]):.2g} standard moves)" for i in order if z[i])


def how_found(limit: Limit, base: Reading, broken: Reading | None, distance: float | None, words: Sequence[str]) -> str:
    """The answer: what breaks the limit, or that nothing inside the bounds was found, or that it is broken today."""
    today = f"{base.value:.4g}"
    if distance is None:
        return f"{limit} is broken today: it stands at {today} ({base.where})."
    if broken is None:
        return (
            f"{limit} was not broken by any joint move of up to {distance:g} standard moves in {', '.join(words) or 'nothing'}; "
            f"today it stands at {today}."
        )
    error = f" ± {broken.standard_error:.2g}" if broken.standard_error else ""
    return (
        f"{limit} breaks with {_listed(words)}: from {today} to {broken.value:.4g}{error}; {distance:.2f} standard moves from today in all."
    )


def _noun(factor: Factor) -> str:
    kind, _, name = factor.key.partition(":")
    return NOUNS.get(factor.field, KINDS.get(kind, "{}")).format(name)


def _change(factor: Factor, z: float) -> str:
    amount = factor.amount(z)
    if factor.field == "delay":
        return f"{abs(amount):g} years {'later' if amount > 0 else 'earlier'}"
    if factor.kind == "shift":
        return f"{amount * 1e4:+.3g} bp"
    return f"times {amount:g}" if amount >= 2.5 else f"{100.0 * (amount - 1.0):+.3g} %"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
