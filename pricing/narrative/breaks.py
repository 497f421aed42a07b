"""Breaks of a belief, counted on its paths, and the `belief` block of a market that simulations read.

A break is a fall of the log price by at least `least` within `window_years` of a high; its size runs from that high to the low of the next
window, and the next break is looked for after it. Breaks per year and their log sizes are what `curves.BeliefQuotes` asks for: from there
on a belief that breaks at a constant rate, by a normal log jump, moves every share and rent that the block names
(`pricing.paths.belief`). What is lost on the way: that breaks follow a high, and that they come in clusters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curves.equity_quotes import BeliefQuotes
from instruments.ground.errors import CalibrationError, InputError
from instruments.ground.messages import problem
from instruments.ground.provenance import Basis
from pricing.clearing.rows import Floats
from pricing.narrative.process import PARTS, NarrativePaths, NarrativeTerms, Part, run_narrative
from pricing.risk.shapley import shapley_parts


@dataclass(frozen=True, slots=True)
class Breaks:
    """Every break on every path."""

    path: NDArray[np.int64]
    """[break]."""
    year: Floats
    """When the fall first reached the least size [break]."""
    size: Floats
    """Log fall, below 0 [break]."""
    path_years: float
    """Years looked at, all paths together."""

    @property
    def intensity(self) -> float:
        """Breaks per year."""
        return len(self.size) / self.path_years

    @property
    def intensity_error(self) -> float:
        """Its standard error, breaks taken as Poisson."""
        return float(np.sqrt(len(self.size))) / self.path_years


def find_breaks(found: NarrativePaths, *, least: float, window_years: float) -> Breaks:
    """Breaks of a batch of paths.

    Args:
        found: the paths. least: log fall that counts, above 0. window_years: within which, above 0.
    """
    step = float(found.times[1])
    window = round(window_years / step)
    if not least > 0.0 or window < 1:
        raise InputError(
            problem(
                "bad_option", subject="breaks", value=(least, window_years), expected="a fall above 0 in a step or more", hint="log size"
            )
        )
    price = np.log(found.price)
    free = np.zeros(price.shape[1], dtype=np.int64)
    hits: list[tuple[NDArray[np.int64], float, Floats]] = []
    for now in range(1, len(price)):
        # a high of before the last break does not count twice
        back = price[max(0, now - window) : now + 1]
        steps = np.arange(max(0, now - window), now + 1)[:, None]
        high = np.where(steps >= free, back, -np.inf).max(axis=0)
        broken = np.flatnonzero((free <= now) & (price[now] - high <= -least))
        if len(broken):
            low = price[now : now + window + 1, broken].min(axis=0)
            hits.append((broken, float(found.times[now]), low - high[broken]))
            free[broken] = now + window + 1
    years = float(found.times[-1]) * price.shape[1]
    if not hits:
        return Breaks(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0), years)
    when = np.concatenate([np.full(len(paths), year) for paths, year, _ in hits])
    return Breaks(np.concatenate([paths for paths, _, _ in hits]), when, np.concatenate([size for *_, size in hits]), years)


def belief_block(
    runs: Sequence[Breaks],
    shares: Mapping[str, float],
    *,
    defaults: Mapping[str, float] | None = None,
    demand_kept: float = 1.0,
    refinancing_shut_years: float = 0.0,
) -> BeliefQuotes:
    """The `belief` block of a market: intensity, mean log jump of each price, volatility of the jump.

    Model: a price of which the share s hangs on the belief falls by ln(1 - s (1 - e^J)) when the theme falls by J; its mean over the breaks
    is the jump mean. The block knows one jump volatility: the theme's.

    Args:
        runs: breaks of the belief, first the base, then alternatives (assumed terms at their ends): they make the range of each quote.
        shares: market key of a share or rent to s in [0, 1].
        defaults, demand_kept, refinancing_shut_years: as in `curves.BeliefQuotes`.

    Raises:
        InputError: a share, odds or what is kept outside [0, 1].
        CalibrationError: no break on any path of the base.
    """
    if not runs or not len(runs[0].size):
        why = "no break on any path"
        raise CalibrationError(
            problem("not_calibrated", subject="belief", field="intensity", value=0, why=why, allowed_range="more years, or a smaller break")
        )
    given = {"share": shares, "defaults": defaults or {}, "demand_kept": {"belief": demand_kept}}
    for field, values in given.items():
        for key, value in values.items():
            if not 0.0 <= value <= 1.0:
                raise InputError(
                    problem("bad_option", subject=key, field=field, value=value, expected="between 0 and 1", hint="0.5 is half")
                )
    known = [run for run in runs if len(run.size)]

    def quote(values: list[float]) -> dict[str, object]:
        why = "breaks of an assumed belief; the range is that of its assumed terms"
        return {"value": values[0], "range": (min(values), max(values)), "basis": Basis.ASSUMED, "why": why}

    jumps = {key: quote([float(np.log1p(-share * -np.expm1(run.size)).mean()) for run in known]) for key, share in shares.items()}
    return BeliefQuotes.model_validate(
        {
            "intensity": quote([run.intensity for run in runs]),
            "jumps": jumps,
            "jump_volatility": quote([float(run.size.std()) for run in known]),
            "defaults": dict(defaults or {}),
            "demand_kept": demand_kept,
            "refinancing_shut_years": refinancing_shut_years,
        }
    )


def loss_shares(
    terms: NarrativeTerms, *, years: float, steps_per_year: int = 26, paths: int, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """Mean worst fall of the price (in plain values): 'alone' with all parts off, then what each part adds, with standard errors.

    Parts are Shapley values over the 32 cases, on the same random numbers; they add up to the mean worst fall with all on.

    Args:
        terms: the belief with all parts on. years, steps_per_year, paths, seed: as in `run_narrative`.
    """

    def worst(on: frozenset[str]) -> Floats:
        off: list[Part] = [part for part in PARTS if part not in on]
        return run_narrative(terms.without(*off), years=years, steps_per_year=steps_per_year, paths=paths, seed=seed).worst_fall

    values = {"alone": worst(frozenset())} | shapley_parts(PARTS, worst)
    return {name: (float(part.mean()), float(part.std()) / float(np.sqrt(len(part)))) for name, part in values.items()}
