"""How `gpufin price` titles each measure: columns of the table by part, and lines below it. A family adds its rows here, nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from pricing.measures import Probability


@dataclass(frozen=True, slots=True)
class Column:
    """A measure that is shown for each part of a contract."""

    measure: str
    title: str
    probability: Probability | None = None
    """Show it under this probability only."""


@dataclass(frozen=True, slots=True)
class Line:
    """A measure that stands below the table."""

    title: str
    by_method: bool = False
    """Whether the method is said."""
    parts: bool = False
    """Whether it is shown for each part too."""
    unless_by_part: bool = False
    """Left out where the table shows it already."""


COLUMNS = (
    Column("value", "value, USD"),
    Column("headline", "headline"),
    Column("expected", "expected"),
    Column("investor_stop_option", "investor's option"),
    Column("issuer_stop_option", "issuer's option"),
    Column("release_probability", "released"),
    Column("stop_probability_investor", "investor stops"),
    Column("stop_probability_issuer", "issuer refuses"),
    Column("draw_probability", "drawn, pricing", "pricing"),
    Column("draw_probability", "drawn, real world", "real_world"),
    Column("draw_time", "mean years"),
    Column("value_per_share", "USD a share"),
    Column("share_of_spot", "of spot"),
    Column("share_of_hardware", "of hardware"),
    Column("vesting_probability", "vests, pricing", "pricing"),
    Column("vesting_probability", "vests, share", "share"),
    Column("vesting_probability", "vests, real world", "real_world"),
    Column("vesting_time", "mean years"),
)
"""Columns by part, in order; one stands where the contract has its measure."""
LINES = {
    "headline": Line("headline, as announced"),
    "expected": Line("expected to be drawn"),
    "firm": Line("firm at signing"),
    "drawn": Line("drawn to date"),
    "investor_stop_option": Line("worth of the investor's option to stop"),
    "issuer_stop_option": Line("worth of the issuer's option to refuse"),
    "financed_per_unit": Line("financed per unit of hardware"),
    "financed_share": Line("part of the price of the hardware that its vendor finances"),
    "share_of_hardware": Line("value given to the buyer over the price of the hardware", unless_by_part=True),
    "dilution_full": Line("dilution full"),
    "dilution_expected": Line("dilution expected"),
    "fair_margin": Line("fair margin", by_method=True, parts=True),
    "loss_against_default_free": Line("loss against default free", by_method=True),
    "expected_shortfall_discounted": Line("expected shortfall discounted", by_method=True),
    "expected_shortfall": Line("expected shortfall", by_method=True),
    "expected_loss_rate": Line("expected loss rate", by_method=True),
    "default_probability": Line("default probability", by_method=True),
    "recovery_rate": Line("recovery rate", by_method=True),
}
"""Measures below the table, in the order of the rows."""
EITHER_SIDE = frozenset({"value", "value_lower_bound", "value_upper_bound"})
"""Measures that every party has its own figure of: only the first party's are shown."""
