"""Names of the risk measures of a facility: a leaf, so that engines can offer them before anything is computed."""

from __future__ import annotations

from pricing.measures import GROUPS

PARTY_LOSSES = ("loss_quantile", "loss_tail_mean")
SENSITIVITIES = tuple(name for name in GROUPS["sensitivities"] if name.startswith("value_per_"))
"""Of a facility; other families have their own."""
ON_REQUEST = (
    *PARTY_LOSSES, *GROUPS["fans"], *GROUPS["yields"], *GROUPS["dependence"], *GROUPS["support"], *GROUPS["break_evens"], *SENSITIVITIES,
    *GROUPS["loss_sensitivities"],
)  # fmt: skip
"""They roll the paths again, once or many times: made only where they are named."""
RISK_MEASURES = ("pd", "lgd", "ead", "shortfall_probability", "shortfall_quantile", "shortfall_tail_mean", *ON_REQUEST)
"""What a facility offers."""
CASH_ALONE = "cash alone, not what is received or given in kind"
"""Said of the losses of customer and vendor, which a terminal leaves to the JSON."""
