"""What a reverse stress may move, each in its own standard move, and how far a joint move is from today.

**Norm** sqrt(z' C^-1 z): z are standard moves, C is the correlation that the market lists for the keys moved; what it does not list is
uncorrelated. So rents and shares that fall together count less than the same two falls apart, where the market says that they go together.
A credit's or milestone's driver runs the other way: wider spreads and later deliveries are low states.

One standard move is a year's: the quoted volatility of a share or rent; a stated size where nothing is quoted (`STATED`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curves import Market, Move, Scenario, correlation_matrix
from curves.compute_quotes import RentQuotes
from curves.credit_quotes import ProxyCredit, RatingCredit
from curves.rent_quotes import TwoFactorRent
from curves.scenarios.scenario import MoveKind
from instruments.deal import Deal
from instruments.events import Delay
from instruments.ground.errors import InputError
from instruments.ground.messages import problem

Array = NDArray[np.float64]
STATED = {"rates": 0.01, "credit": 0.60, "power": 0.25, "resale": 0.35, "volatility": 0.25, "milestone": 0.5}
"""Sizes that are choices: rates by one point; the logarithms of spreads, power prices, used prices and volatilities; years of delay at
least. CoreWeave's five-year CDS went from 368 to 643 bp in two months of 2025 (press): 0.56 in logarithms."""
MOST = 4.0
"""No factor is moved further than this many standard moves."""
DIGITS = 3
"""Moves are rounded to this many digits, so that a scenario can be read."""


@dataclass(frozen=True, slots=True)
class Factor:
    """One thing that can move."""

    key: str
    """Market key."""
    field: str
    """Quote, as in a `Move`; 'delay' for a milestone."""
    kind: MoveKind
    """'scale': by e^(size z). 'shift': by size z."""
    size: float
    """One standard move: of the logarithm, of the quote, or years."""
    direction: int
    """+1 where a high z is a high driver of the key, -1 where it is a low one, 0 where the key's driver has no part in it."""

    @property
    def name(self) -> str:
        """For messages: 'equity:AMD volatility'."""
        return f"{self.key} {self.field}".rstrip()

    def amount(self, z: float) -> float:
        """The amount of the move, rounded to three digits: what is priced is what is shown."""
        if self.kind == "scale":
            return _rounded(math.exp(self.size * z))
        return _rounded(self.size * z)


def factors_of(deal: Deal, market: Market, only: Collection[str] | None = None) -> tuple[Factor, ...]:
    """The factors of a market, in the order of its keys: shares, volatilities, rates, spreads, rents, used and power prices, delays.

    Left out: names that stand on a proxy (they move with it), shares and rents without volatility, deliveries of no milestone of the
    deal, and breaks of a belief, which default methods do not read.

    Args:
        deal, market: what is stressed.
        only: market keys to move; None moves all.

    Raises:
        InputError: a key that is not there to be moved.
    """
    found: list[Factor] = [Factor(f"rates:{name}", "", "shift", STATED["rates"], 1) for name in market.rates]
    for name, credit in market.credit.items():
        if not isinstance(credit, ProxyCredit):
            field = "risk_multiple" if isinstance(credit, RatingCredit) else ""
            found.append(Factor(f"credit:{name}", field, "scale", STATED["credit"], -1))
    for name, share in market.equity.items():
        if share.volatility.value > 0.0:
            found.append(Factor(f"equity:{name}", "spot_usd", "scale", share.volatility.value, 1))
            found.append(Factor(f"equity:{name}", "volatility", "scale", STATED["volatility"], 0))
    found += [Factor(f"rent:{name}", "", "scale", _yearly(rent), 1) for name, rent in market.rent.items() if _yearly(rent) > 0.0]
    found += [Factor(f"resale:{name}", "new_usd", "scale", STATED["resale"], 1) for name in market.resale]
    found += [Factor(f"power:{name}", "", "scale", STATED["power"], 1) for name in market.power]
    for name, clock in market.milestones.items():
        if name in deal.milestones and max(deal.milestones[name].plan) > deal.as_of:
            years = (max(deal.milestones[name].plan) - deal.as_of).days / 365.0
            size = max(clock.clock_volatility.value * math.sqrt(years), STATED["milestone"])
            found.append(Factor(f"milestone:{name}", "delay", "shift", size, -1))
    if only is not None:
        known = tuple(dict.fromkeys(factor.key for factor in found))
        for key in only:
            if key not in known:
                raise InputError(problem("unknown_name", subject="factors", value=key, what="key that can be moved", choices=known))
        found = [factor for factor in found if factor.key in only]
    return tuple(found)


def dependence(market: Market, factors: Sequence[Factor]) -> Array:
    """Correlation of the factors' standard moves [factor, factor]. Raises MarketError where the market's numbers contradict each other."""
    led = [index for index, factor in enumerate(factors) if factor.direction]
    matrix = np.eye(len(factors))
    if led:
        signs = np.array([factors[index].direction for index in led], dtype=np.float64)
        listed = np.asarray(correlation_matrix(market, [factors[index].key for index in led]))
        matrix[np.ix_(led, led)] = listed * np.outer(signs, signs)
    return matrix


def distance_under(correlation: Array) -> Callable[[Array], float]:
    """The norm of a joint move: sqrt(z' C^-1 z), with the pseudo-inverse where moves are perfectly tied."""
    inverse = np.linalg.pinv(correlation, hermitian=True)

    def distance(z: Array) -> float:
        return float(np.sqrt(max(z @ inverse @ z, 0.0)))

    return distance


def scenario_of(factors: Sequence[Factor], z: Array, label: str) -> Scenario:
    """Standard moves as a scenario; what rounds to no move is left out."""
    moves: list[Move] = []
    delays: list[Delay] = []
    for factor, size in zip(factors, z, strict=True):
        amount = factor.amount(float(size))
        if amount == (1.0 if factor.kind == "scale" else 0.0):
            continue
        if factor.field == "delay":
            delays.append(Delay(milestone=factor.key.split(":", 1)[1], years=amount))
        else:
            moves.append(Move(key=factor.key, field=factor.field, kind=factor.kind, amount=amount))
    return Scenario(label=label, why="found by reverse stress", moves=tuple(moves), events=tuple(delays))


def _yearly(rent: RentQuotes | TwoFactorRent) -> float:
    """Standard deviation of the logarithm of a rent over a year."""
    if isinstance(rent, TwoFactorRent):
        kappa, short, long = rent.mean_reversion.value, rent.short_volatility.value, rent.long_volatility.value
        fade = 1.0 - math.exp(-kappa)
        both = 2.0 * fade * rent.factor_correlation.value * short * long / kappa
        return math.sqrt((1.0 - math.exp(-2.0 * kappa)) * short**2 / (2.0 * kappa) + long**2 + both)
    return rent.volatility.value


def _rounded(amount: float) -> float:
    return float(f"{amount:.{DIGITS}g}")
