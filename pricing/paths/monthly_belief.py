"""A belief that breaks, on the month ends of a facility or lease: its rent and its credits, demand, and the window for refinancing.

**Model** `pricing.paths.belief` and `pricing.paths.widening` on months; a break counts from the end of its month. Breaks are those of every
contract of a deal: one stream. The rent's ln jumps, compensated, and what jumps explain of its variance over the contract is taken out of
its diffusion, so that forward and spread at the end stay. A credit defaults by its diffusion, at breaks, or by what breaks leave behind,
whichever is first: its survival stays the curve's. Cutting a credit (survival 1) cuts all three.

Not modelled: breaks in pools of notes, which have paths of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pricing.paths.belief import Belief
from pricing.paths.draws import Draws
from pricing.paths.widening import Widening, widened
from pricing.schedules.plan import NEVER
from pricing.schedules.types import Bools, Floats, Ints

if TYPE_CHECKING:
    from curves.market import Market

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Months:
    """Month ends as a grid."""

    times: Array

    @property
    def size(self) -> int:
        """Number of months."""
        return len(self.times)


@dataclass(frozen=True)
class MonthlyBelief:
    """What breaks do to one contract's rent and credits."""

    belief: Belief
    multiples: Mapping[str, float] = field(default_factory=dict)
    """Credit key to what a break multiplies its hazard by, where above 1."""

    def diffusive(self, rent: str, volatility: float) -> float:
        """What is left of a yearly volatility of the rent once jumps are taken out; nought where they have more."""
        mean = self.belief.jump_means.get(rent)
        if mean is None:
            return volatility
        return float(np.sqrt(max(volatility**2 - self.belief.intensity * (mean**2 + self.belief.jump_volatility**2), 0.0)))

    def credit(self, key: str, survival: Floats, years: Floats) -> tuple[Floats, Widening | None]:
        """Survival of a credit's own diffusion [time], and what breaks do to its hazard; the curve's where breaks leave it alone.

        Raises:
            CalibrationError: breaks alone have more hazard than the curve.
        """
        odds, multiple = self.belief.default_odds.get(key, 0.0), self.multiples.get(key, 1.0)
        if (odds == 0.0 and multiple == 1.0) or bool((survival >= 1.0).all()):
            return survival, None
        alive, times = (np.asarray(part, dtype=np.float64) for part in (survival, years))
        found = widened(key, alive, times, self.belief.intensity, odds, multiple)
        return found.survival, found if multiple > 1.0 else None

    def broken(self, years: Floats, seed: int, block: int) -> Broken:
        """The breaks of one block."""
        draws, months = Draws(seed, block), Months(np.asarray(years, dtype=np.float64))
        return Broken(self, months, draws, self.belief.breaks(draws, months, "pricing", None))


@dataclass(frozen=True)
class Broken:
    """The breaks of one block of paths."""

    of: MonthlyBelief
    months: Months
    draws: Draws
    breaks: tuple[tuple[Ints, Array], ...]

    def rent_factor(self, rent: str) -> Floats | None:
        """What breaks have multiplied a rent by, mean 1 [time, path]; None where they leave it alone."""
        belief = self.of.belief
        if rent not in belief.jump_means:
            return None
        return np.exp(belief.log_move(rent, belief.jumps(rent, self.breaks, self.months), self.months))

    def demand(self) -> Floats | None:
        """Demand for capacity as a share of what it was [time, path]; None where breaks leave it alone."""
        return self.of.belief.demand(self.breaks, self.months) if self.of.belief.demand_kept != 1.0 else None

    def open(self) -> Bools | None:
        """Whether debt can be refinanced [time, path]; None: always."""
        return self.of.belief.window(self.breaks, self.months) if self.of.belief.shut_years > 0.0 else None

    def count(self) -> Ints:
        """Breaks so far [time, path]."""
        return self.of.belief.count(self.breaks, self.months)

    def default(self, key: str, month: Ints, widening: Widening | None) -> Ints:
        """Month of an entity's default [path]: the earliest of its diffusion's, a break's and what breaks leave behind.

        Args:
            key: of its credit. month: of its diffusion's default, `NEVER` where none.
            widening: as `MonthlyBelief.credit` gives it.
        """
        belief, size = self.of.belief, self.months.size
        found = np.minimum(month, self._late(belief.default_day(key, self.breaks, self.draws, self.months, None), size))
        if widening is None:
            return found
        left = widening.default_step(belief.count(self.breaks, self.months, before=True), self.draws.once(f"{key}|widened"))
        return np.minimum(found, self._late(left, size))

    @staticmethod
    def _late(month: Ints, size: int) -> Ints:
        return np.where(month < size, month, NEVER).astype(np.int64)


def monthly_belief(market: Market, rents: Mapping[str, float], credits: tuple[str, ...]) -> MonthlyBelief | None:
    """What the market's belief does to a contract; None where there is none, or it names nothing of it.

    Args:
        market: may hold a belief.
        rents: rent keys to the yearly volatility that their diffusion and jumps share.
        credits: keys of the contract's credits.

    Raises:
        CalibrationError: jumps have more variance than a rent.
    """
    from curves import belief_split

    quotes = market.belief
    if quotes is None or quotes.intensity.value == 0.0:
        return None
    means = {key: quotes.jumps[key].value for key in rents if key in quotes.jumps}
    odds = {key: quotes.defaults[key].value for key in credits if key in quotes.defaults and quotes.defaults[key].value > 0.0}
    multiples = {key: quotes.hazard_multiples[key].value for key in credits if key in quotes.hazard_multiples}
    multiples = {key: value for key, value in multiples.items() if value > 1.0}
    kept, shut, size = quotes.demand_kept.value, quotes.refinancing_shut_years.value, quotes.jump_volatility.value
    if not (means or odds or multiples or kept != 1.0 or shut > 0.0):
        return None
    for key, mean in means.items():
        belief_split(volatility=rents[key], intensity=quotes.intensity.value, jump_mean=mean, jump_volatility=size, key=key)
    belief = Belief(quotes.intensity.value, size, means, default_odds=odds, demand_kept=kept, shut_years=shut)
    return MonthlyBelief(belief, multiples)
