"""Warrants on local volatility: daily paths that reprice the market's whole surface of the share, not one volatility.

**Model** `pricing.paths.local_volatility` (Dupire) for every share with a surface or a term structure; the rest as `monte_carlo`. Under the
share measure every driver gains rho_i s(t, S) dt, along its own path. **Not modelled** forward smiles of their own: later smiles flatten,
so that late hurdles can be worth more or less than in a model with volatility of its own; jumps; control variates.

**Checked against** tests/oracle/pricing/test_path_methods.py: vanilla calls on these paths return the surface.
"""

from __future__ import annotations

from dataclasses import replace

from instruments.contracts.warrant import Warrant
from pricing.engines.warrant_monte_carlo import MEASURES, warrant_by_paths
from pricing.engines.warrant_paths import PathMethod
from pricing.engines.warrant_setup import WarrantRun
from pricing.paths.drivers import with_local_volatility
from pricing.registry import Outcome, Task, register_engine


def _dress(run: WarrantRun) -> WarrantRun:
    return replace(run, drivers=with_local_volatility(run.drivers, run.task.market))


LOCAL_VOLATILITY = PathMethod("local_volatility", _dress)


@register_engine(Warrant, "local_volatility", measures=MEASURES, note="daily paths on the surface of volatility (Dupire)")
def warrant_by_local_volatility(task: Task) -> Outcome:
    """Price a warrant on the share's surface of volatility; see the module.

    Raises:
        MarketError: the share has neither a surface nor a term structure. CalibrationError: its quotes hold arbitrage.
    """
    return warrant_by_paths(task, LOCAL_VOLATILITY)
