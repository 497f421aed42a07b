"""Warrants by daily Monte Carlo under the share measure: the default method.

**Model** value = sum over tranches of n S_0 E_share[ e^{-q t} (1 - K/S_t)^+ 1{vested by expiry} ], t the expiry or the day of vesting as
the terms say. The share measure takes the spread of S_T out of the estimate: what is left is an indicator. Exact means of touch and
delivery odds serve as control variates where the tranches form a ladder. Odds under the other measures come from the same draws.
Sensitivities are there on request (`pricing.engines.warrant_sensitivities`). Where the issuer of a share has a credit in the deal, the
share ends with its default (`pricing.paths.issuers`).

**Not modelled** dilution of the observed share (a quoted share already contains it); early exercise of a
vested tranche on any day but vesting or expiry; stochastic rates; volatility that moves by itself, and, with this method, its surface.

**Source** share measure: Geman, El Karoui and Rochet (1995); the claim: `pricing.formulas.hurdle`.
"""

from __future__ import annotations

from dataclasses import replace

from instruments.contracts.warrant import Warrant
from pricing.engines.warrant_accounting import MEASURES as ACCOUNTING, accounting_rows
from pricing.engines.warrant_paths import PathMethod, priced_by_paths
from pricing.engines.warrant_sensitivities import SENSITIVITIES, with_sensitivities
from pricing.engines.warrant_setup import prepare
from pricing.registry import Outcome, Task, register_engine

MEASURES = (
    "value",
    "value_per_share",
    "share_of_spot",
    "share_of_hardware",
    "vesting_probability",
    "vesting_time",
    "dilution_full",
    "dilution_expected",
    "value_per_milestone_unit",
    "value_less_price",
    "break_even_reaction",
    "observed_reaction",
    "observed_reaction_value",
    *ACCOUNTING,
    *SENSITIVITIES,
)
MONTE_CARLO = PathMethod("monte_carlo")


@register_engine(Warrant, "monte_carlo", measures=MEASURES, default=True, note="daily paths, share measure, control variates")
def warrant_by_monte_carlo(task: Task) -> Outcome:
    """Price a warrant by simulation; see the module for the model."""
    return warrant_by_paths(task, MONTE_CARLO)


def warrant_by_paths(task: Task, method: PathMethod) -> Outcome:
    """Price a warrant by one of the simulations: its usual measures, and the sensitivities that are asked for by name."""
    asked = task.settings.measures
    if asked is not None and asked <= set(SENSITIVITIES):
        return with_sensitivities(task, method, Outcome(()))
    outcome = priced_by_paths(method.dress(prepare(task)), method)
    books = accounting_rows(task, lambda other: priced_by_paths(method.dress(prepare(other)), method), method.name)
    return with_sensitivities(task, method, replace(outcome, rows=outcome.rows + books))
