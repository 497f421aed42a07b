"""Warrants with a belief that can break: daily paths on which shares and rents jump together.

**Model** `pricing.paths.belief` (Merton 1976): breaks of the market's belief, compensated, their variance taken out of the quoted one;
under the share measure the intensity and the sizes of breaks are tilted; buyers and issuers that the belief names default at breaks.
Without breaks of a price or credit in play the method is `monte_carlo` itself, bit for bit. **Not modelled** a smile beside the jumps;
control variates.

**Checked against** tests/oracle/pricing/test_path_methods.py: `pricing.formulas.jump_call_value` for a plain call.
"""

from __future__ import annotations

from dataclasses import replace

from instruments.contracts.warrant import Warrant
from pricing.engines.warrant_monte_carlo import MEASURES, warrant_by_paths
from pricing.engines.warrant_paths import PathMethod
from pricing.engines.warrant_setup import WarrantRun
from pricing.paths.drivers import with_belief
from pricing.registry import Outcome, Task, register_engine


def _dress(run: WarrantRun) -> WarrantRun:
    return replace(run, drivers=with_belief(run.drivers, run.task.market))


JUMPS = PathMethod("jumps", _dress)


@register_engine(Warrant, "jumps", measures=MEASURES, note="daily paths on which the market's belief can break")
def warrant_by_jumps(task: Task) -> Outcome:
    """Price a warrant with breaks of belief; see the module.

    Raises:
        MarketError: the market has no belief. CalibrationError: its jumps have more variance than a quoted volatility.
    """
    return warrant_by_paths(task, JUMPS)
