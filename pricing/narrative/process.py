"""One belief on paths: news that breeds news, regret, herding, a story that spreads and riders who time their exit, in one price.

**Model** in steps of dt, per path:

1. *News* of either tone comes with rate base dt / 2 + E; each item breeds n more of its own tone, spread over time with a half-life:
   E' = (1 - d) E + n d N, d = 1 - 2^(-dt / half-life), started at its mean. So the mean rate is base / (1 - n), and with n = 0 news is
   Poisson. An item moves the bias by `impact`, fading with the same half-life.
2. *Regret*: who is out sees what he missed. The bias gains `regret` x M^+, M the log price changes fading with `memory_years`.
3. *Herding*: the share of believers moves towards `pricing.narrative.leaning` (x, bias) with mean delay `response_years`.
4. *Story*: only those who have heard it can believe (`story_path`).
5. *Exits*: riders hold without believing. The date t0 from which they learn is exponential; they sell over `awareness_years` from the
   equilibrium wait on, and all that is left at the burst (`exit_timing`), which everybody sees: `alarm` bad news items.
6. *Price* over the plain value is 1 + (multiple - 1) x (believers + riders who are in, of those who do not believe).

Switched off: branching 0, regret 0, herding 0, reproduction 0, riders 0. Paths with and without a part share their random numbers.
Not modelled: supply of shares, funding from the price to the plain value, riders who learn from the price.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.clearing.belief import news_rate
from pricing.narrative.crowd import leaning, settled_crowd
from pricing.narrative.exits import ExitTiming, exit_timing
from pricing.narrative.story import story_path
from pricing.paths.streams import BLOCK, blocks_for, check_seed, generator

Array = NDArray[np.float64]
Part = Literal["news", "regret", "herding", "story", "exits"]
PARTS: tuple[Part, ...] = get_args(Part)
"""What can be switched off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NarrativeTerms:
    """Parameters of one belief. None of them is observed: they are assumptions of the user."""

    bias: float
    """Standing lean towards belief, in units of the bias."""
    multiple: float
    """Value if all believe over plain value, at or above 1."""
    news_per_year: float
    """Items that nothing bred, both tones together."""
    branching: float
    """n in [0, 1): items that one item breeds in all."""
    half_life_years: float
    """Of an item's offspring and of its weight."""
    impact: float
    """Bias per item."""
    regret: float
    """Bias per log return missed."""
    memory_years: float
    herding: float
    """h: bias per share of the crowd that believes."""
    width: float
    """w: spread of thresholds."""
    response_years: float
    """Mean delay of the crowd."""
    reproduction: float
    """R0 of the story."""
    telling_years: float
    seed_share: float
    """Share that has heard it at the start."""
    riders: float
    """Share of non-believers that ride, in [0, 1]."""
    excess_growth: float
    """g - r, as riders see it."""
    start_rate: float
    """lambda of t0, per year."""
    awareness_years: float
    trigger_share: float
    longest_years: float
    alarm: float
    """Bad news items when the riders are out."""

    def __post_init__(self) -> None:
        """Refuses what is out of range, naming the field."""
        for field in fields(self):
            value = getattr(self, field.name)
            low, high, above = _RANGES[field.name]
            if not math.isfinite(value) or value < low or value > high or (above and value == low):
                span = f"{'above' if above else 'at or above'} {low:g}" + (f" and at most {high:g}" if math.isfinite(high) else "")
                hint = "see NarrativeTerms"
                raise InputError(problem("bad_option", subject="narrative", field=field.name, value=value, expected=span, hint=hint))
        news_rate(base=self.news_per_year, branching=self.branching)

    def without(self, *parts: Part) -> NarrativeTerms:
        """The same belief with parts switched off."""
        return replace(self, **{name: 0.0 for part in parts for name in _OFF[part]})

    @property
    def exit(self) -> ExitTiming:
        """When riders leave."""
        return exit_timing(
            excess_growth=self.excess_growth,
            start_rate=self.start_rate,
            awareness_years=self.awareness_years,
            trigger_share=self.trigger_share,
            longest_years=self.longest_years,
        )


_OFF: dict[Part, tuple[str, ...]] = {
    "news": ("branching",),
    "regret": ("regret",),
    "herding": ("herding",),
    "story": ("reproduction",),
    "exits": ("riders", "alarm"),
}
_INF = math.inf
_RANGES: dict[str, tuple[float, float, bool]] = {
    "bias": (-_INF, _INF, False), "multiple": (1.0, _INF, False), "news_per_year": (0.0, 1e4, False), "branching": (0.0, 1.0, False),
    "half_life_years": (0.0, _INF, True), "impact": (0.0, _INF, False), "regret": (0.0, _INF, False), "memory_years": (0.0, _INF, True),
    "herding": (0.0, _INF, False), "width": (0.0, _INF, True), "response_years": (0.0, _INF, True), "reproduction": (0.0, _INF, False),
    "telling_years": (0.0, _INF, True), "seed_share": (0.0, 1.0, True), "riders": (0.0, 1.0, False), "excess_growth": (0.0, _INF, True),
    "start_rate": (0.0, _INF, True), "awareness_years": (0.0, _INF, False), "trigger_share": (0.0, 1.0, False),
    "longest_years": (0.0, _INF, True), "alarm": (0.0, _INF, False),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class NarrativePaths:
    """What a belief did. Axes [time, path]; read-only."""

    times: Array
    """Years [time]."""
    price: Array
    """Over the plain value."""
    share: Array
    """Believers among those who have heard the story."""
    heard: Array
    """[time]."""
    good: Array
    """News items of the step that ends here; 0 at the start."""
    bad: Array
    """The same, the riders' alarm included."""

    @property
    def worst_fall(self) -> Array:
        """Largest fall from an earlier high, in plain values [path]."""
        found: Array = (np.maximum.accumulate(self.price, axis=0) - self.price).max(axis=0)
        return found


def counts_of(uniform: Array, rate: Array) -> Array:
    """Poisson counts at these rates by inversion: the same uniforms at a higher rate never give fewer. Shapes are equal."""
    term = np.exp(-rate)
    below, count = term.copy(), np.zeros_like(rate)
    more = uniform > below
    while more.any():
        count = count + more
        term = np.where(more, term * rate / np.maximum(count, 1.0), term)
        new = np.where(more, below + term, below)
        # the tail is smaller than the last digit of its sum: no further item can be told apart
        more = more & (uniform > new) & (new > below)
        below = new
    return count


def run_narrative(terms: NarrativeTerms, *, years: float, steps_per_year: int = 52, paths: int = BLOCK, seed: int = 0) -> NarrativePaths:
    """Price and crowd of one belief on paths, in whole blocks of 4,096.

    Args:
        terms: the belief.
        years: horizon, above 0. steps_per_year: 52 is weekly.
        paths, seed: as everywhere: the same for any number of blocks.
    """
    if not (years > 0.0 and steps_per_year >= 1):
        raise InputError(problem("bad_option", subject="narrative", field="years", value=years, expected="above 0", hint="weekly steps"))
    check_seed(seed)
    times = np.arange(round(years * steps_per_year) + 1) / steps_per_year
    found = [_block(terms, times, seed, block) for block in range(blocks_for(paths))]
    heard = _heard(terms, times)
    price, share, good, bad = (np.concatenate(parts, axis=1) for parts in zip(*found, strict=True))
    out = (times, price, share, heard, good, bad)
    for array in out:
        array.flags.writeable = False
    return NarrativePaths(*out)


def _heard(terms: NarrativeTerms, times: Array) -> Array:
    return story_path(reproduction=terms.reproduction, telling_years=terms.telling_years, seed_share=terms.seed_share, times=times)


def riding(terms: NarrativeTerms, times: Array, start: Array) -> tuple[Array, Array]:
    """Share of the riders that is still in [time, path], and whether the burst falls into the step that ends here.

    Args:
        terms: the belief. times: years [time]. start: t0 [path].
    """
    leave = terms.exit
    age = times[:, None] - start
    sold = np.clip((age - leave.wait_years) / max(terms.awareness_years, 1e-12), 0.0, 1.0)
    out = age >= leave.burst_years
    return np.where(out, 0.0, 1.0 - sold), np.diff(out, axis=0, prepend=False)


def _block(terms: NarrativeTerms, times: Array, seed: int, block: int) -> tuple[Array, Array, Array, Array]:
    steps, dt = len(times), float(times[1])
    draws = {tone: generator(seed, f"narrative|{tone}", block) for tone in ("good", "bad")}
    start = generator(seed, "narrative|start", block).exponential(1.0 / terms.start_rate, BLOCK)
    heard, (inside, burst) = _heard(terms, times), riding(terms, times, start)
    fade, calm = 0.5 ** (dt / terms.half_life_years), 0.5 * terms.news_per_year * dt
    forget, follow = math.exp(-dt / terms.memory_years), -math.expm1(-dt / terms.response_years)
    price, share, good, bad = np.zeros((4, steps, BLOCK))

    def priced(believe: Array, step: int) -> Array:
        inner = heard[step] * believe
        return 1.0 + (terms.multiple - 1.0) * (inner + terms.riders * inside[step] * (1.0 - inner))

    share[0] = settled_crowd(terms.bias, herding=terms.herding, width=terms.width, start=1.0)
    price[0] = priced(share[0], 0)
    bred = np.full((2, BLOCK), terms.branching * calm / (1.0 - terms.branching))
    tone, missed = np.zeros(BLOCK), np.zeros(BLOCK)
    for step in range(1, steps):
        good[step] = counts_of(draws["good"].random(BLOCK), calm + bred[0])
        bad[step] = counts_of(draws["bad"].random(BLOCK), calm + bred[1]) + terms.alarm * burst[step]
        bred[0] = fade * bred[0] + terms.branching * (1.0 - fade) * good[step]
        bred[1] = fade * bred[1] + terms.branching * (1.0 - fade) * bad[step]
        tone = fade * tone + terms.impact * (good[step] - bad[step])
        bias = terms.bias + tone + terms.regret * np.maximum(missed, 0.0)
        before = share[step - 1]
        share[step] = before + follow * (leaning(before, bias, herding=terms.herding, width=terms.width) - before)
        price[step] = priced(share[step], step)
        missed = forget * missed + np.log(price[step] / price[step - 1])
    return price, share, good, bad
