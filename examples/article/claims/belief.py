"""The one belief of the study: its terms from the figures, its paths, breaks and the shares of its parts, each computed once."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from curves import Market, load_market
from examples.article.claims.inputs import Inputs
from examples.article.claims.webs import EXAMPLES
from instruments import load_deal
from pricing import simulate
from pricing.narrative.breaks import Breaks, belief_block, find_breaks, loss_shares
from pricing.narrative.process import NarrativeTerms, run_narrative

Faith = NDArray[np.float64]
YEARS = 5.0
STEPS = 26
"""A year: every second week."""
WINDOW_YEARS = 0.5
"""Within which a fall counts as one break."""
TERMS = tuple(f"belief_{field.name}" for field in fields(NarrativeTerms))
"""Figures that are parameters of the belief."""
KEYS = (*TERMS, "belief_break")
TURNED = ("belief_impact", "belief_response_years", "belief_branching", "belief_multiple", "belief_herding", "belief_width")
"""Assumed terms that are put at both ends for the range of breaks: of all terms, those that move their rate or their size most."""


def terms_of(inputs: Inputs) -> NarrativeTerms:
    return NarrativeTerms(**{key.removeprefix("belief_"): inputs[key] for key in TERMS})


@lru_cache(maxsize=64)
def _breaks(terms: NarrativeTerms, least: float, seed: int) -> Breaks:
    return find_breaks(run_narrative(terms, years=YEARS, steps_per_year=STEPS, seed=seed), least=least, window_years=WINDOW_YEARS)


def breaks_of(inputs: Inputs) -> Breaks:
    return _breaks(terms_of(inputs), inputs["belief_break"], inputs.seed)


def at_ends(inputs: Inputs, key: str) -> tuple[Breaks, Breaks]:
    """Breaks with one term at its low and at its high end, the others at base."""
    low, high = (replace(terms_of(inputs), **{key.removeprefix("belief_"): end}) for end in inputs.ends(key))
    return _breaks(low, inputs["belief_break"], inputs.seed), _breaks(high, inputs["belief_break"], inputs.seed)


def turned(inputs: Inputs) -> list[Breaks]:
    """Breaks at base, then with each of `TURNED` at its ends."""
    return [breaks_of(inputs), *(each for key in TURNED for each in at_ends(inputs, key))]


def moves_most(inputs: Inputs) -> str:
    """The assumed term whose range moves the rate of breaks most, in words."""

    def spread(key: str) -> float:
        low, high = at_ends(inputs, key)
        return abs(high.intensity - low.intensity)

    return max(TURNED, key=spread).removeprefix("belief_").replace("_", " ")


@lru_cache(maxsize=8)
def _faith(terms: NarrativeTerms, seed: int) -> Faith:
    found = run_narrative(terms, years=YEARS, steps_per_year=STEPS, seed=seed)
    believers = found.heard[:, None] * found.share
    kept: Faith = np.clip(believers / believers[0], 0.0, 1.0).T[:, 1:]
    return kept


def faith_of(inputs: Inputs) -> Faith:
    """Believers over those of today, at most 1, on the paths of the belief [path, step]; steps of 1 / `STEPS` years over `YEARS`."""
    return _faith(terms_of(inputs), inputs.seed)


@lru_cache(maxsize=8)
def _shares(terms: NarrativeTerms, seed: int) -> dict[str, tuple[float, float]]:
    return loss_shares(terms, years=3.0, steps_per_year=STEPS, paths=4096, seed=seed)


def shares_of_loss(inputs: Inputs) -> dict[str, tuple[float, float]]:
    """Part of the belief to what it adds to the mean worst fall within three years, and its standard error, in plain values."""
    return _shares(terms_of(inputs), inputs.seed)


def believing(inputs: Inputs, market: Market) -> Market:
    """A market of the margin loan on OpenAI's shares with the belief's breaks in it."""
    return market.evolve(belief=belief_block(turned(inputs), {"equity:OPENAI": 1.0}))


def margin_loan_losses(inputs: Inputs) -> tuple[float, float]:
    """Principal that lenders write off on SoftBank's loan without recourse, without and with breaks of the belief, USD, mean over paths."""
    folder = EXAMPLES / "softbank_openai_margin"
    deal, market = load_deal(folder), load_market(folder)
    bare = deal.evolve(contracts={"loan": deal.contracts["loan"].evolve(recourse=False, top_up={"source": "none"})})
    found = []
    for each in (market, believing(inputs, market)):
        run = simulate(bare, each, paths=inputs.paths, seed=inputs.seed).contracts[0]
        column = next(i for i, p in enumerate(run.plan.postings) if (p.reason, p.claim) == ("principal", "written_off"))
        found.append(float(run.mean_ledger[:, column].sum()))
    return found[0], found[1]
