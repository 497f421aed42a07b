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
    Measure("value_per_milestone_unit", "USD/unit", "as value", "value / units of the milestone bought for it: USD per GW, say"),
    Measure("value_less_price", "USD", "as value", "value - price paid at signing"),
    Measure(
        "accounting_fair_value",
        "USD",
        "positive: given by the issuer",
        "value with purchases on plan for certain: market conditions count, purchase conditions do not",
    ),
    Measure("accounting_share_of_hardware", "fraction", "positive: taken off revenue", "accounting_fair_value / price of the hardware"),
    Measure(
        "accounting_probable_cost",
        "USD",
        "positive: taken off revenue",
        "sum of accounting_fair_value over tranches whose purchases are probable (odds of 70 % and more)",
    ),
    Measure("break_even_reaction", "USD/share", "positive: the share must rise", "value / shares outstanding"),
    Measure("observed_reaction", "USD/share", "positive: the share rose", "close on the day of the news - close before"),
    Measure("observed_reaction_value", "USD", "positive: holders gained", "observed_reaction x shares outstanding"),
    Measure("vesting_probability", "probability", "between 0 and 1", "P(condition holds on some day to expiry)"),
    Measure("vesting_time", "years", "from the market's date", "E[first day on which the condition holds | it holds by expiry]"),
    Measure("milestone_probability", "probability", "between 0 and 1", "P(the milestone leg alone holds by expiry)"),
    Measure("price_probability", "probability", "between 0 and 1", "P(the price leg alone holds by expiry)"),
    Measure("dilution_full", "fraction", "positive: holders are diluted", "shares of the contract / shares outstanding"),
    Measure("dilution_expected", "fraction", "positive: holders are diluted", "E[vested or issued shares] / shares outstanding"),
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
    Measure("pd", "probability", "between 0 and 1", "P(event of default by the date)"),
    Measure("lgd", "fraction", "at most 1", "1 - recovery_rate: share of the claim at an event of default that does not come back"),
    Measure("ead", "USD", "positive", "E[claim at the event of default | there is one]"),
    Measure("shortfall_quantile", "USD", "positive: a loss", "quantile over paths of discounted write-offs: value at risk of the claim"),
    Measure(
        "shortfall_tail_mean",
        "USD",
        "positive: a loss",
        "q + E[(L - q)^+] / (1 - quantile), L discounted write-offs, q their quantile: expected shortfall in the sense of CVaR",
    ),
    Measure(
        "loss_quantile", "USD", "positive: a loss", "quantile over paths of PV(paid in) - PV(received) - PV(terminal value) of the party"
    ),
    Measure("loss_tail_mean", "USD", "positive: a loss", "q + E[(L - q)^+] / (1 - quantile) of the same: expected shortfall, CVaR"),
    Measure(
        "performing_probability",
        "probability",
        "between 0 and 1",
        "P(outstanding or still to be drawn as the date comes, and not accelerated)",
    ),
    Measure(
        "dscr_fan", "ratio", "above 1: covered", "quantile of trailing_dscr over paths that perform until the date and owe service then"
    ),
    Measure("ltv_fan", "ratio", "at or above 0", "quantile of ltv over paths that perform until the date and owe after it"),
    Measure("wal_quantile", "years", "at or above 0", "quantile over paths of mean date of repayment - mean date of lending, by principal"),
    Measure("irr_quantile", "rate", "per year", "quantile over paths of the lender's effective yearly rate, over the paths that have one"),
    Measure("no_irr_probability", "probability", "between 0 and 1", "P(no yearly rate between -99 % and 1000 %, or nothing was lent)"),
    Measure("guarantee_value", "USD", "at or above 0", "value to the lender with the guarantee - without, same paths"),
    Measure("advance_rate", "fraction", "of cost", "drawn in total on the plan / cost of all cohorts"),
    Measure(
        "advance_rate_for_loss", "fraction", "of cost", "advance_rate with all advances and commitments scaled to the stated loss rate"
    ),
    Measure("break_even_rent_at_par", "USD/unit-hour", "positive", "contract rent at which the value is what is lent; draws as resolved"),
    Measure(
        "break_even_rent_for_loss", "USD/unit-hour", "positive", "contract rent at which the loss rate is as stated; draws as resolved"
    ),
    Measure("value_per_rent_percent", "USD/%", "as value", "value per 1 % of the forward rents of the market, of all dates"),
    Measure("value_per_rent_volatility_point", "USD/point", "as value", "value per point (0.01) of the yearly volatility of rents"),
    Measure("value_per_resale_percent", "USD/%", "as value", "value per 1 % of the resale values of all ages and dates"),
    Measure("value_per_hazard_bp", "USD/bp", "as value", "value per 0.0001 a year of hazard of the credit in part"),
    Measure("value_per_sofr_bp", "USD/bp", "as value", "value per 0.0001 of the continuous rate of all dates; hazards and rents kept"),
    Measure("value_per_power_cent", "USD/(cent/kWh)", "as value", "value per 0.01 USD/kWh of the price of power, of all dates"),
    Measure("value_per_correlation_tenth", "USD/0.1", "as value", "value per 0.1 of the correlation of the pair in part"),
    Measure("value_per_contract_rent_percent", "USD/%", "as value", "value per 1 % of the contract rent; draws are resolved again"),
    Measure("value_per_utilisation_point", "USD/point", "as value", "value per point (0.01) of hours paid by the contract, or let again"),
    Measure("value_per_delay_month", "USD/month", "as value", "value per month by which acceptances to come are planned later"),
    Measure("value_per_attrition_point", "USD/point", "as value", "value per point (0.01) a year of units lost for good"),
    Measure("value_per_pue_hundredth", "USD/0.01", "as value", "value per 0.01 of the site's PUE"),
    Measure("value_per_running_cost_percent", "USD/%", "as value", "value per 1 % of colocation and upkeep"),
    Measure("balance", "USD", "positive: owed to the lender", "principal outstanding on the plan"),
    Measure("first_breach_probability", "probability", "between 0 and 1", "P(this covenant is the first of the loan to be breached)"),
    Measure("effective_rate", "rate", "per year", "r: sum of planned receipts less draws x (1 + r)^-t = outstanding; fees included"),
    Measure(
        "irr",
        "rate",
        "per year, effective",
        "yield at which flows are worth their price: of mean flows over the paths, or a quantile by path",
    ),
    Measure("wal_years", "years", "at or above 0", "sum t (repaid - lent) / sum repaid, planned principal"),
    Measure("implied_cost", "USD", "positive", "size of a commitment / advance rate against cost"),
    Measure("book_value", "USD", "positive", "cost less straight-line depreciation"),
    Measure("income_value", "USD", "at or above 0", "discounted margins to the best month of retirement, then resale"),
    Measure("orderly_value", "USD", "positive", "market value sold evenly over the agreed months, less selling cost"),
    Measure("forced_value", "USD", "below 0: idle cost exceeds it", "lots after repossession at their average price, less cost"),
    Measure("margin_call_probability", "probability", "between 0 and 1", "P(marked loan to value reaches the call ratio on some day)"),
    Measure("liquidation_probability", "probability", "between 0 and 1", "P(claim due early, or unpaid at maturity: pledged shares sold)"),
    Measure("gap_loss", "USD", "positive: a loss", "E[discounted claim left when the last pledged share is sold], before recourse"),
    Measure("gap_probability", "probability", "between 0 and 1", "P(the sale of pledged shares leaves a claim)"),
    Measure("share_ltv", "ratio", "at or above 0", "quantile over standing paths of (balance + accrued) / (pledged shares x price)"),
    Measure("break_even_share_price", "USD/share", "positive", "price at which selling the pledged block brings the principal"),
    Measure(
        "shortfall_probability", "probability", "between 0 and 1", "P(some interest or principal, of the class in part, is written off)"
    ),
    Measure("attachment", "fraction", "in [0, 1]", "share of the pool lost at which the class begins to lose, spread left out"),
    Measure("detachment", "fraction", "at most 1", "share of the pool lost at which the class has lost all"),
    Measure("wal", "years", "at or above 0", "E[sum t principal] / E[sum principal]: weighted average life"),
    Measure("fair_coupon", "rate", "per year", "coupon or spread + (balance - value) / E[discounted accrual of a coupon of 1]"),
    Measure("coverage_breach_probability", "probability", "between 0 and 1", "P(the coverage test fails on some payment date)"),
    Measure(
        "call_probability", "probability", "between 0 and 1", "P(the call is made: a clean-up call of notes, a claim under a guarantee)"
    ),
    Measure("pool_default_share", "fraction", "in [0, 1]", "mean or quantile of defaulted balance / opening pool"),
    Measure("deficiency_probability", "probability", "between 0 and 1", "P(drawn above availability on some test date)"),
    Measure("borrowing_base", "USD", "at or above 0", "sum of advance rate x eligible value within limits, less reserves, now"),
    Measure("eligible_value", "USD", "at or above 0", "value that counts before concentration limits, now"),
    Measure("concentration_excess", "USD", "at or above 0", "eligible value above a concentration limit, now"),
    Measure("excess_availability", "USD", "below 0: a deficiency", "least of commitment and base - drawn, now"),
    Measure("availability", "USD", "at or above 0", "quantile over paths of the least of commitment and base"),
    Measure("implicit_rate", "rate", "per year", "12 i: rents and planned residual at i a month are worth the price of the asset"),
    Measure("internal_rate_of_return", "rate", "per year", "12 i: mean cash of the party at i a month is worth nothing"),
    Measure("effective_cost", "rate", "per year", "12 i: value received at i a month equals rents, deposit, return and residual given up"),
    Measure("average_life", "years", "positive", "sum of principal x years / sum of principal"),
    Measure("finance_lease", "flag", "1: a finance lease, 0: an operating lease", "term, rent or bargain test is met"),
    Measure("term_to_life", "fraction", "positive", "first term / useful life"),
    Measure("rent_to_value", "fraction", "positive", "rents at the implicit rate / fair value"),
    Measure("residual_exposure", "USD", "at or above 0", "E[discounted proceeds of the asset at its end]"),
    Measure("purchase_option_value", "USD", "at or above 0: to the lessee", "E[discounted value of the asset bought less its price]"),
    Measure("non_renewal_probability", "probability", "between 0 and 1", "P(the lessee leaves at a term's end with renewals left)"),
    Measure("early_exit_probability", "probability", "between 0 and 1", "P(the lessee leaves inside a term)"),
    Measure("purchase_probability", "probability", "between 0 and 1", "P(the lessee buys the asset)"),
    Measure("expected_payment", "USD", "at or above 0", "E[what the guarantor pays], not discounted"),
    Measure("largest_payment", "USD", "at or above 0", "largest payment of the guarantor on any path"),
    Measure("guarantor_default_cost", "USD", "positive: a loss", "value if the guarantor could not default - value, same paths"),
    Measure("endogenous_default_probability", "probability", "between 0 and 1", "P(event of default by then) of a vehicle on its own cash"),
    Measure("residual_default_probability", "probability", "between 0 and 1", "1 - S / S_e: odds of what else brings it to its curve"),
    Measure(
        "residual_default_cost",
        "USD",
        "positive: a loss",
        "value if the vehicle defaulted on its cash alone - value, same paths: what causes that no path shows cost the lender",
    ),
    Measure("lender_default_undrawn", "USD", "at or above 0", "E[discounted draws that the lender's default stops], same paths"),
    Measure(
        "lender_default_cost",
        "USD",
        "positive: a loss",
        "value to the owners if the lender could not default - value, same paths: what the lost commitment was worth to them",
    ),
    Measure("joint_loss", "USD", "positive: a loss", "E[value without any default - value], all contracts; of all: of those that lose"),
    Measure("joint_loss_without_dependence", "USD", "positive: a loss", "joint_loss, credits independent of all else, at the same curves"),
    Measure("wrong_way_ratio", "ratio", "above 1: dependence hurts", "joint_loss / joint_loss_without_dependence, same random numbers"),
    Measure("joint_shortfall", "USD", "positive: a loss", "mean of the worst 5 % of paths of what joint_loss is the mean of"),
    Measure("joint_loss_part", "USD", "positive: adds to the loss", "Shapley value of the switch in part; all parts add up to joint_loss"),
    Measure("joint_shortfall_part", "USD", "positive: adds to the tail", "the same of joint_shortfall"),
    Measure(
        "wrong_way_cost",
        "USD",
        "positive: dependence hurts",
        "value with dependence cut at unchanged odds (a guarantor's alone, of a guarantee) - value",
    ),
    Measure("escrow_value", "USD", "at or above 0", "E[discounted payments out of escrow]"),
    Measure("indemnity_value", "USD", "at or above 0: to the guarantor", "E[discounted payments of the indemnitor]"),
    Measure("fee_value", "USD", "at or above 0: to the guarantor", "discounted fee for the guarantee"),
    Measure("premium_value", "USD", "at or above 0: to the guarantor", "value of the warrant received for the guarantee"),
    Measure("exposure", "USD", "change of value to the holder", "value with the alternative - value at base, same paths"),
    Measure("value_soft_range", "USD", "at or above 0", "largest less smallest value over the alternatives of assumed and weak terms"),
    Measure(
        "fair_price", "USD/unit-hour", "positive", "E[mean of the index over the month]: what a future or a swap of the month is fair at"
    ),
    Measure("fair_price_on_tick", "USD/unit-hour", "positive", "fair_price at the nearest tick; halfway is up"),
    Measure("tick_value", "USD", "positive", "hours x tick: variation of the position for one tick"),
    Measure("fixings_seen", "fraction", "in [0, 1]", "fixings seen / business days of the month"),
    Measure("hours", "unit-hours", "positive", "accelerator-hours of the contract still to settle"),
    Measure("discounted_hours", "unit-hours", "positive", "sum of hours x discount factor: value of 1 USD per hour"),
    Measure("premium_per_hour", "USD/unit-hour", "at or above 0", "value / discounted_hours"),
    Measure("mean_volatility", "fraction", "at or above 0", "standard deviation of the logarithm of the mean to be seen, not per year"),
    Measure("exercise_probability", "probability", "between 0 and 1", "P(the mean ends in the money)"),
    Measure(
        "hedge_hours", "unit-hours", "positive: as if long", "hours of the month's future that gain as much as this when its forwards rise"
    ),
    Measure("default_free_value", "USD", "as value", "value if nobody could default"),
    Measure(
        "cva",
        "USD",
        "positive: a loss",
        "E[discounted claims that the other side's default writes off]; of a loan: value if nobody could default - value",
    ),
    Measure("cva_without_dependence", "USD", "positive: a loss", "the same, defaults independent of rents at unchanged odds"),
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
    Measure("headline", "USD", "at or above 0", "largest amounts announced; of an offtake: every hour to its end at the full price"),
    Measure(
        "firm",
        "USD",
        "at or above 0",
        "unconditional at signing; of an offtake: the least the customer can pay over its rights to leave and take less, not discounted",
    ),
    Measure("drawn", "USD", "at or above 0", "moved to date"),
    Measure("drawn_outside", "USD", "at or above 0", "moved to date and paid from outside the perimeter"),
    Measure("expected_received", "USD", "positive: paid by the customer", "E[cash of the customer, net of credits], not discounted"),
    Measure("effective_rent", "USD/unit-hour", "positive", "E[discounted cash of the customer] / E[discounted unit-hours delivered]"),
    Measure("relet_value", "USD", "at or above 0", "E[discounted rents of capacity let again after a notice or the customer's default]"),
    Measure("loss_from_customer", "USD", "positive: a loss", "value if the customer could not default - value, same paths"),
    Measure("cancellation_probability", "probability", "between 0 and 1", "P(a notice ends the contract, by then)"),
    Measure("cancellation_option", "USD", "positive: worth having", "E[discounted saving of leaving by the stated rule]"),
    Measure("cancellation_option_lower_bound", "USD", "as value", "the same by least squares fitted on other paths"),
    Measure("cancellation_option_upper_bound", "USD", "as value", "E[best saving on each path, known ahead]"),
    Measure("value_at_first_notice", "USD", "as value", "value if the customer gives the notice that costs it least"),
    Measure("prepayment_lost", "USD", "positive: lost by the customer", "E[discounted unearned prepayment forfeited or written off]"),
    Measure("funding_share", "fraction", "at or above 0", "draws, or the customer's prepayment, on the plan / cost of the hardware bought"),
    Measure("cross_default_probability", "probability", "between 0 and 1", "P(another loan's event of default accelerates this one)"),
    Measure("prepayment_option", "USD", "positive: worth having", "E[discounted saving of prepaying by the stated rule, cost taken off]"),
    Measure("prepayment_option_lower_bound", "USD", "as value", "the same by least squares fitted on other paths"),
    Measure("prepayment_option_upper_bound", "USD", "as value", "E[best saving on each path, known ahead]"),
    Measure("prepayment_probability", "probability", "between 0 and 1", "P(the borrower prepays by choice, by then)"),
    Measure("refinancing_margin", "rate", "per year", "margin over the index at which the market would lend on the same terms today"),
    Measure("prepayment_liability", "USD", "positive: owed by the provider", "E[prepayment not yet burned off]"),
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
    Measure("expected", "USD", "at or above 0", "drawn to date + E[amounts still drawn], not discounted"),
    Measure("investor_stop_option", "USD", "at or above 0", "to the investor: value with its right to stop - without, other rights kept"),
    Measure("issuer_stop_option", "USD", "at or above 0", "to the issuer: value with its right to refuse - without, other rights kept"),
    Measure("draw_probability", "probability", "between 0 and 1", "P(the tranche, or the open part of it, is drawn)"),
    Measure("release_probability", "probability", "between 0 and 1", "P(trigger by the long-stop date, investor and issuer alive)"),
    Measure("stop_probability_investor", "probability", "between 0 and 1", "P(released, alive at the draw, stopped by the investor)"),
    Measure("stop_probability_issuer", "probability", "between 0 and 1", "P(the same, wanted by the investor, refused by the issuer)"),
    Measure("draw_time", "years", "from the market's date", "E[time of the draw | drawn]"),
    Measure("financed_per_unit", "USD/unit", "positive", "amount of the tranche / units of the milestone that it pays for"),
    Measure("financed_share", "fraction", "positive", "amount per unit / price per unit: how much of a unit its vendor pays for itself"),
    Measure("link_saving", "ratio", "at or above 0", "rho(W) - rho(W without the link from part to party)"),
    Measure("delta", "shares", "as value", "[V(S (1 + h)) - V(S (1 - h))] / (2 h S): USD per USD of spot, quoted strikes kept"),
    Measure("gamma", "shares/USD", "as value", "[V(S (1 + h)) - 2 V + V(S (1 - h))] / (h S)^2"),
    Measure("vega", "USD/point", "as value", "value per point (0.01) of every volatility quoted for the share"),
    Measure("correlation_sensitivity", "USD/0.1", "as value", "value per 0.1 of the correlation of the pair in part"),
    Measure("hazard_sensitivity", "USD/100 bp", "as value", "value with 0.01 a year more hazard of the credit in part - value"),
    Measure("delay_sensitivity", "USD/year", "as value", "[V(all deliveries h years later) - V] / h, for the milestone in part"),
    Measure("rho", "USD/100 bp", "as value", "value per 0.01 of the continuous rate, all dates alike; yields, hazards and rents kept"),
    Measure(
        "rate_vega",
        "USD/10 bp",
        "as value",
        "value per 0.001 a year of volatility of the short rate in part; curve and discounted share kept",
    ),
    Measure("holder_loss", "USD/100 USD", "positive: a loss", "100 (PV paid in - PV received - PV terminal value) / cost of the hardware"),
    Measure("holder_loss_on_default", "USD/100 USD", "positive: a loss", "holder_loss, given that the customer fails"),
    Measure("holder_loss_in_tail", "USD/100 USD", "positive: a loss", "holder_loss, on the worst 5 % of paths of the project"),
    Measure("holder_shortfall", "USD/100 USD", "positive: a loss", "mean of the worst 2.5 % of the holder alone: does not add up"),
    Measure("holder_loss_probability", "probability", "between 0 and 1", "P(loss of the holder > 0)"),
    Measure("transfer", "USD/100 USD", "positive: loses more", "loss under the design - loss under the baseline, same paths"),
    Measure("transfer_on_default", "USD/100 USD", "positive: loses more", "transfer, given that the customer fails"),
    Measure("transfer_in_tail", "USD/100 USD", "positive: loses more", "transfer, on the worst 5 % of paths of the project"),
    Measure("dead_weight", "USD/100 USD", "positive: lost to all holders", "sum of transfers over holders, from operations alone"),
    Measure("dead_weight_on_default", "USD/100 USD", "positive: lost to all holders", "dead_weight, given that the customer fails"),
    Measure(
        "dead_weight_in_tail",
        "USD/100 USD",
        "positive: lost to all holders",
        "dead_weight, on the worst 5 % of paths of the project",
    ),
    Measure("ultimate_transfer", "USD/100 USD", "positive: loses more", "U' x transfer, U the shares of ultimate holders in each holder"),
    Measure("ultimate_transfer_on_default", "USD/100 USD", "positive: loses more", "ultimate_transfer, given that the customer fails"),
    Measure(
        "ultimate_transfer_in_tail",
        "USD/100 USD",
        "positive: loses more",
        "ultimate_transfer, on the worst 5 % of paths of the project",
    ),
    Measure("cohort_loss", "fraction", "positive: a loss", "ultimate transfer of the cohort / what it paid for its shares"),
    Measure("cohort_loss_on_default", "fraction", "positive: a loss", "cohort_loss, given that the customer fails"),
    Measure("cohort_loss_in_tail", "fraction", "positive: a loss", "cohort_loss, on the worst 5 % of paths of the project"),
    Measure("seizure_probability", "probability", "between 0 and 1", "P(creditors sell the hardware)"),
    Measure("loss_correlation", "fraction", "in [-1, 1]", "correlation over paths of the losses of party and part"),
    Measure("tail_correlation", "fraction", "in [-1, 1]", "correlation of the loss with the event of the project's worst 5 %"),
    Measure("design_margin", "rate", "per year", "margin over the forward rate: stated, or the fair one"),
    Measure("funding_cost", "rate", "per year", "own share x required return + borrowed shares x (forward rate + margin)"),
    Measure("funding_cost_saved", "rate", "positive: cheaper", "funding cost of the baseline - of the design"),
    Measure("own_share", "fraction", "below 0: more is borrowed than is paid in", "owners' own money / cost"),
    Measure("months_to_build", "months", "at or above 0", "12 x own share x cost / equity budget a year"),
    Measure("months_earlier", "months", "positive: earlier", "months to build of the baseline - of the design"),
    Measure(
        "early_value",
        "USD/100 USD",
        "positive: worth being earlier",
        "100 (value of starting then - with the baseline, hardware paid) / cost",
    ),
)
GROUPS: dict[str, tuple[str, ...]] = {
    "sensitivities": (
        "delta", "gamma", "vega", "correlation_sensitivity", "hazard_sensitivity", "delay_sensitivity", "rho", "rate_vega",
        "value_per_rent_percent", "value_per_rent_volatility_point", "value_per_resale_percent", "value_per_hazard_bp",
        "value_per_sofr_bp", "value_per_power_cent", "value_per_correlation_tenth", "value_per_contract_rent_percent",
        "value_per_utilisation_point", "value_per_delay_month", "value_per_attrition_point", "value_per_pue_hundredth",
        "value_per_running_cost_percent",
    ),
    "tails": ("shortfall_quantile", "shortfall_tail_mean", "loss_quantile", "loss_tail_mean"),
    "fans": ("performing_probability", "dscr_fan", "ltv_fan"),
    "yields": ("wal_quantile", "irr_quantile", "no_irr_probability"),
    "dependence": ("cva", "cva_without_dependence", "wrong_way_cost"),
    "support": ("guarantee_value", "guarantor_default_cost"),
    "break_evens": ("advance_rate", "advance_rate_for_loss", "break_even_rent_at_par", "break_even_rent_for_loss"),
}  # fmt: skip
"""Names that stand for several measures where measures are asked for; only those that the contract offers are given."""
LOSS_MEASURES = ("default_probability", "expected_loss_rate", "shortfall_tail_mean")
"""Odds and losses of a facility whose sensitivities are given beside those of its value."""


def _of_losses() -> tuple[Measure, ...]:
    """The sensitivities of odds and losses: to each driver that the value has one to, in the same steps."""
    known = {measure.name: measure for measure in _LIST}
    found: list[Measure] = []
    for of in LOSS_MEASURES:
        for driver in GROUPS["sensitivities"]:
            if driver.startswith("value_per_"):
                value = known[driver]
                unit = f"{known[of].unit}/{value.unit.removeprefix('USD/')}"
                found.append(
                    Measure(f"{of}_{driver.removeprefix('value_')}", unit, f"as {of}", f"{of}{value.formula.removeprefix('value')}")
                )
    return tuple(found)


GROUPS["loss_sensitivities"] = tuple(measure.name for measure in _of_losses())
MEASURES: dict[str, Measure] = {measure.name: measure for measure in (*_LIST, *_of_losses())}
"""Name to measure."""
