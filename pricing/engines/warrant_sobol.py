"""Warrants by scrambled Sobol numbers: the same model as `monte_carlo`, with less noise for equal paths where the coarse path decides.

**Model** as `monte_carlo`; the random numbers are those of `pricing.paths.sobol`. Each block of 4,096 paths is one replicate with a
scramble of its own, at least eight of them; a standard error is the spread of the replicates' means over the root of their number, with R
- 1 degrees of freedom. Controls stay where the tranches form a ladder.

**Not modelled** more than `monte_carlo` does. **Measured** variance against plain simulation at equal paths:
tests/benchmarks/budget_6_variance.py.
"""

from __future__ import annotations

from instruments.contracts.warrant import Warrant
from pricing.engines.warrant_monte_carlo import MEASURES, warrant_by_paths
from pricing.engines.warrant_paths import PathMethod
from pricing.engines.warrant_setup import WarrantRun
from pricing.paths.sobol import SobolDraws
from pricing.registry import Outcome, Task, register_engine

REPLICATES = 8
"""Blocks at least."""


def _draws(run: WarrantRun, block: int) -> SobolDraws:
    return SobolDraws(run.drivers, run.task.settings.seed, block)


SOBOL = PathMethod("sobol", draws=_draws, least_blocks=REPLICATES)


@register_engine(Warrant, "sobol", measures=MEASURES, note="daily paths on scrambled Sobol numbers, errors between replicates")
def warrant_by_sobol(task: Task) -> Outcome:
    """Price a warrant by randomised quasi-Monte Carlo; see the module. Paths are rounded up to eight blocks at least."""
    return warrant_by_paths(task, SOBOL)
