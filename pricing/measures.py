"""Every measure that a result can hold: name, unit, sign and formula. `gpufin` shows no number that is not listed here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Probability = Literal["pricing", "share", "real_world"]
"""Risk-neutral; with the share as numeraire; real-world (only with a stated real-world block in the market)."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What a number means."""

    name: str
    unit: str
    sign: str
    formula: str


_LIST = (
    Measure("value", "USD", "positive: worth having to the party", "E[sum of discounted cash and shares received less given]"),
    Measure(
        "value_lower_bound", "USD", "as value", "n S max(0, p + q - 1), odds p of the price leg, q of the milestone leg (share measure)"
    ),
    Measure("value_upper_bound", "USD", "as value", "n S min(p, q)"),
    Measure("value_per_share", "USD/share", "as value", "value / shares"),
    Measure("share_of_spot", "fraction", "as value", "value / (shares x spot)"),
    Measure("share_of_hardware", "fraction", "positive: a discount on the hardware", "value / (units of the milestone x price per unit)"),
    Measure("vesting_probability", "probability", "between 0 and 1", "P(condition holds on some day to expiry)"),
    Measure("vesting_time", "years", "from the market's date", "E[first day on which the condition holds | it holds by expiry]"),
    Measure("milestone_probability", "probability", "between 0 and 1", "P(the milestone leg alone holds by expiry)"),
    Measure("price_probability", "probability", "between 0 and 1", "P(the price leg alone holds by expiry)"),
    Measure("dilution_full", "fraction", "positive: holders are diluted", "warrant shares / shares outstanding"),
    Measure("dilution_expected", "fraction", "positive: holders are diluted", "E[vested shares] / shares outstanding"),
    Measure(
        "fair_margin",
        "rate",
        "per year",
        "margin at which the value is what is lent; fixed coupon moved alike",
    ),
    Measure("loss_against_default_free", "USD", "positive: a loss", "value if nobody could default - value"),
    Measure("expected_shortfall_discounted", "USD", "positive: a loss", "E[discounted write-offs of interest and principal]"),
    Measure("expected_shortfall", "USD", "positive: a loss", "E[write-offs], not discounted"),
    Measure("expected_loss_rate", "fraction", "positive: a loss", "expected_shortfall_discounted / (E[discounted draws] + outstanding)"),
    Measure("default_probability", "probability", "between 0 and 1", "P(event of default by maturity)"),
    Measure("recovery_rate", "fraction", "at or above 0", "sum of receipts after an event of default, discounted to it / sum of claims"),
    Measure("break_even_rent", "USD/unit-hour", "positive", "contract rent at which the plan's cash equals cost and scheduled service"),
    Measure("dscr", "ratio", "above 1: covered", "(revenue - operating cost) / (scheduled interest + principal + net swap), of the month"),
    Measure("trailing_dscr", "ratio", "above 1: covered", "the same summed over the window of the maintenance test"),
    Measure("ltv", "ratio", "at or above 0", "balance / market value of the fleet bought and unsold"),
    Measure("breach_probability", "probability", "between 0 and 1", "P(maintenance test breached | tested)"),
    Measure("balance", "USD", "positive: owed to the lender", "principal outstanding on the plan"),
    Measure("first_breach_probability", "probability", "between 0 and 1", "P(this covenant is the first of the loan to be breached)"),
    Measure("effective_rate", "rate", "per year", "r: sum of planned receipts less draws x (1 + r)^-t = outstanding; fees included"),
    Measure("irr", "rate", "per year", "the same for mean flows over the paths"),
    Measure("wal_years", "years", "at or above 0", "sum t (repaid - lent) / sum repaid, planned principal"),
    Measure("implied_cost", "USD", "positive", "size of a commitment / advance rate against cost"),
    Measure("book_value", "USD", "positive", "cost less straight-line depreciation"),
    Measure("income_value", "USD", "at or above 0", "discounted margins to the best month of retirement, then resale"),
    Measure("orderly_value", "USD", "positive", "market value sold evenly over the agreed months, less selling cost"),
    Measure("forced_value", "USD", "below 0: idle cost exceeds it", "lots after repossession at their average price, less cost"),
    Measure("exposure", "USD", "change of value to the holder", "value with the alternative - value at base, same paths"),
    Measure("value_soft_range", "USD", "at or above 0", "largest less smallest value over the alternatives of assumed and weak terms"),
    Measure("finn_index", "fraction", "in [0, 1)", "sum T f / TST: share of all activity that is recycled"),
    Measure("path_length", "ratio", "at or above 1", "TST / sum z: activity per outside dollar"),
    Measure("circularity", "USD", "at or above 0", "max sum c, 0 <= c <= F, c balanced at every node: what netting could remove"),
    Measure("circularity_of_inside", "fraction", "in [0, 1]", "circularity / sum F"),
    Measure("circularity_of_all", "fraction", "in [0, 1]", "circularity / (sum F + sum z + sum y)"),
    Measure("activity", "USD", "at or above 0", "TST: total throughflow in the period"),
    Measure("new_external_cash", "USD", "positive: cash came in", "outside cash in - outside cash returned to financiers, by source"),
    Measure("new_external_share", "fraction", "at most 1", "new external cash / activity"),
    Measure("coverage", "fraction", "in [0, 1]", "edges with an amount / edges"),
    Measure("self_funded", "fraction", "in [0, 1)", "f = 1 - 1/N_ii: chance that a dollar returns; of a supplier, revenue it funds itself"),
    Measure("revenue_reported", "USD", "at or above 0", "revenue edges into the node"),
    Measure("revenue_net_of_recycled", "USD", "at or above 0", "T / N_ii"),
    Measure("revenue_from_customers", "USD", "at or above 0", "z_cust,rev + sum_j F_ji,rev (z_cust' N)_j / T_j: traced to end customers"),
    Measure("flow_depth", "entities", "at or above 1", "column sum of N*: entities a dollar here has visited"),
    Measure("pledge_depth", "claims", "at or above 0", "longest chain of claims secured on claims"),
    Measure("impulse", "USD", "at or above 0", "activity in a round after one outside dollar, spread as the outside money is"),
    Measure("null_percentile", "fraction", "in [0, 1]", "share of random webs with the same z, y, T and a lower Finn index"),
    Measure("headline", "USD", "at or above 0", "largest amounts announced"),
    Measure("firm", "USD", "at or above 0", "unconditional at signing"),
    Measure("drawn", "USD", "at or above 0", "moved to date"),
    Measure("drawn_outside", "USD", "at or above 0", "moved to date and paid from outside the perimeter"),
    Measure("value_effect", "ratio", "at or above 0", "W_ij: relative fall of party per relative fall of part"),
    Measure("spectral_radius", "ratio", "at or above 0", "rho(W): growth of a loss per round"),
    Measure("resonance_margin", "ratio", "positive: loops die out", "1 - rho(W)"),
    Measure("gross_multiplier", "ratio", "at or above 1", "sum h / sum s for a fall of part, h = (I - W')^-1 s"),
    Measure(
        "first_break", "fraction", "in (0, 1]", "smallest shock to part at which some entity defaults or is called; party breaks first"
    ),
    Measure(
        "first_link",
        "USD",
        "at or above 0",
        "largest debt of, or stake in, the first entity that defaults or is called: the first link to break",
    ),
    Measure("tipping_size", "fraction", "in (0, 1]", "smallest shock to part at which another entity, party, defaults"),
    Measure("outside_multiplier", "ratio", "at or above 1", "1 + frictions / initial shock: value lost outside per dollar of shock"),
    Measure("friction", "ratio", "at or above 0", "loss to the friction named in source / initial shock"),
    Measure("balance_multiplier", "ratio", "any", "fall of all gross balance sheets / initial shock"),
    Measure("superadditivity", "ratio", "above 1: buffers break", "L(s1 + s2) / (L(s1) + L(s2)) of the holder class party"),
    Measure(
        "removal_saving",
        "USD",
        "positive: removing it saves",
        "frictions with the node or link - frictions with outside money in its place",
    ),
    Measure("link_saving", "ratio", "at or above 0", "rho(W) - rho(W without the link from part to party)"),
)
MEASURES: dict[str, Measure] = {measure.name: measure for measure in _LIST}
"""Name to measure."""
