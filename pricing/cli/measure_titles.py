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
    own_side: bool = False
    """Shown for the first party only, where both sides have one."""
    by_party: bool = False
    """Whether the party is said."""
    unit: str = ""
    """Said behind the number, which is then scaled like an amount."""


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
    Column("fair_price", "fair, USD/h"),
    Column("premium_per_hour", "premium, USD/h"),
    Column("exercise_probability", "exercised"),
    Column("hedge_hours", "hedge, hours"),
    Column("attachment", "from, of pool"),
    Column("detachment", "to, of pool"),
    Column("expected_loss_rate", "expected loss"),
    Column("shortfall_probability", "odds of a loss"),
    Column("wal", "mean life"),
    Column("fair_coupon", "fair coupon"),
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
    "funding_share": Line("share of the hardware's cost", parts=True),
    "prepayment_lost": Line("lost by the customer of what it paid ahead"),
    "cross_default_probability": Line("accelerated by another loan's default"),
    "prepayment_option": Line("worth of the borrower's right to prepay"),
    "prepayment_option_lower_bound": Line("at least, by least squares on fresh paths"),
    "prepayment_option_upper_bound": Line("at most, by perfect foresight"),
    "prepayment_probability": Line("prepaid by choice"),
    "refinancing_margin": Line("margin of a new loan today"),
    "margin_call_probability": Line("margin call probability", by_method=True, own_side=True),
    "liquidation_probability": Line("liquidation probability", by_method=True, own_side=True),
    "gap_loss": Line("gap loss", by_method=True, own_side=True),
    "gap_probability": Line("gap probability", by_method=True, own_side=True),
    "break_even_share_price": Line("break even share price", by_method=True, own_side=True),
    "deficiency_probability": Line("deficiency probability", by_method=True, own_side=True),
    "borrowing_base": Line("borrowing base", by_method=True, own_side=True),
    "excess_availability": Line("excess availability", by_method=True, own_side=True),
    "implicit_rate": Line("implicit rate", by_method=True),
    "internal_rate_of_return": Line("internal rate of return", by_method=True),
    "effective_cost": Line("effective cost", by_method=True),
    "average_life": Line("average life", by_method=True),
    "finance_lease": Line("finance lease", by_method=True),
    "term_to_life": Line("term to life", by_method=True),
    "rent_to_value": Line("rent to value", by_method=True),
    "residual_exposure": Line("residual exposure", by_method=True),
    "purchase_option_value": Line("purchase option value", by_method=True),
    "non_renewal_probability": Line("non renewal probability", by_method=True),
    "early_exit_probability": Line("early exit probability", by_method=True),
    "purchase_probability": Line("purchase probability", by_method=True),
    "guarantor_default_cost": Line("guarantor default cost", by_method=True),
    "wrong_way_cost": Line("wrong way cost", by_method=True),
    "call_probability": Line("call probability", by_method=True),
    "expected_payment": Line("expected payment", by_method=True),
    "largest_payment": Line("largest payment", by_method=True),
    "escrow_value": Line("escrow value", by_method=True),
    "indemnity_value": Line("indemnity value", by_method=True),
    "fee_value": Line("fee value", by_method=True),
    "premium_value": Line("premium value", by_method=True),
    "delta": Line("delta", unit="shares"),
    "gamma": Line("gamma", unit="shares a USD"),
    "vega": Line("vega", unit="USD a point of volatility"),
    "rho": Line("rho", unit="USD per 100 bp of rates"),
    "rate_vega": Line("volatility of rates", parts=True, unit="USD per 10 bp"),
    "correlation_sensitivity": Line("correlation", parts=True, unit="USD per 0.1"),
    "hazard_sensitivity": Line("hazard", parts=True, unit="USD per 100 bp"),
    "delay_sensitivity": Line("delay", parts=True, unit="USD a year"),
    "value_less_price": Line("worth less the price paid", own_side=True),
    "break_even_reaction": Line("rise of the share that pays for it, USD"),
    "observed_reaction": Line("rise that was seen, USD"),
    "observed_reaction_value": Line("rise that was seen, over all shares"),
    "accounting_fair_value": Line("fair value in the books, milestones taken as certain"),
    "accounting_probable_cost": Line("of it on milestones that are probable"),
    "accounting_share_of_hardware": Line("fair value in the books over the price of the hardware"),
    "fair_price_on_tick": Line("fair price on tick", by_method=True, own_side=True),
    "tick_value": Line("tick value", by_method=True, own_side=True),
    "discounted_hours": Line("discounted hours", by_method=True, own_side=True),
    "default_free_value": Line("default free value", by_method=True, own_side=True),
    "cva": Line("cva", by_method=True, by_party=True),
    "cva_without_dependence": Line("cva without dependence", by_method=True, by_party=True),
}
"""Measures below the table, in the order of the rows."""
PARTS = {"rent_swap": "month", "rent_option": "month"}
"""What the parts of a kind are called; tranches otherwise."""
EITHER_SIDE = frozenset({"value", "value_lower_bound", "value_upper_bound"})
"""Measures that every party has its own figure of: only the first party's are shown."""
