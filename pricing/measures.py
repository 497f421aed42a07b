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
    Measure("implied_cost", "USD", "positive", "size of a commitment / advance rate against cost"),
    Measure("book_value", "USD", "positive", "cost less straight-line depreciation"),
    Measure("income_value", "USD", "at or above 0", "discounted margins to the best month of retirement, then resale"),
    Measure("orderly_value", "USD", "positive", "market value sold evenly over the agreed months, less selling cost"),
    Measure("forced_value", "USD", "below 0: idle cost exceeds it", "lots after repossession at their average price, less cost"),
    Measure("exposure", "USD", "change of value to the holder", "value with the alternative - value at base, same paths"),
    Measure("value_soft_range", "USD", "at or above 0", "largest less smallest value over the alternatives of assumed and weak terms"),
)
MEASURES: dict[str, Measure] = {measure.name: measure for measure in _LIST}
"""Name to measure."""
