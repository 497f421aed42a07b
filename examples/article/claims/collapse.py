"""A break of the belief on the balance sheets of examples/resonance: who loses what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from examples.article.claims.belief import turned
from examples.article.claims.inputs import Inputs
from examples.article.claims.webs import EXAMPLES
from instruments import load_web
from pricing.web.dates import Run, Sheets, run_dates, shocks_for
from pricing.web.sheets import sheets_of
from pricing.web.sweep import DATES, class_losses


@dataclass(frozen=True, slots=True)
class Collapse:
    """Losses of outsiders, USD."""

    fall: float
    """Share of belief lost at a mean break."""
    lost: tuple[float, ...]
    """All outsiders: at the mean break, then at those of the belief with assumed terms at their ends."""
    shareholders: float
    lenders: float
    value: float
    """All that outsiders hold, before."""
    on_belief: float
    """Share of the firms' business that hangs on belief."""
    equity_loss: Mapping[str, float]
    """Firm to the fall of its equity that outsiders bear."""
    destroyed: float
    """Fall of outside assets and what frictions cost: must be what holders lose."""


@lru_cache(maxsize=1)
def resonance_sheets() -> Sheets:
    return sheets_of(load_web(EXAMPLES / "resonance"))


def belief_run(sheets: Sheets, beliefs: tuple[float, ...]) -> tuple[Run, Run]:
    """Every factor on belief in turn, and no shock."""
    return run_dates(sheets, shocks_for(sheets, dates=DATES, belief=np.array(beliefs))), run_dates(sheets, shocks_for(sheets, dates=DATES))


def collapse_of(inputs: Inputs) -> Collapse:
    kept = tuple(float(np.exp(run.size).mean()) for run in turned(inputs) if len(run.size))
    return _collapse(kept)


@lru_cache(maxsize=16)
def _collapse(kept: tuple[float, ...]) -> Collapse:
    sheets = resonance_sheets()
    run, calm = belief_run(sheets, kept)
    lost = class_losses(sheets, run, calm)
    outside = sheets.outside_share
    fell = (calm.equity[0, -1] - run.equity[0, -1]) * outside
    value = float(calm.equity[0, 0] @ outside) + float(calm.lenders[0, 0].sum())
    return Collapse(
        fall=1.0 - kept[0],
        lost=tuple(float(each) for each in lost["all outsiders"]),
        shareholders=float(lost["shareholders"][0]),
        lenders=float(lost["lenders"][0]),
        value=value,
        on_belief=float((sheets.business * sheets.belief_share).sum() / sheets.business.sum()),
        equity_loss=dict(zip(sheets.nodes, map(float, fell), strict=True)),
        destroyed=float((run.terms[0] - calm.terms[0]).sum()),
    )
