"""Array layer of the web of capital: flows, clearing, contagion, fire sales, resonance, on numpy arrays.

Axes are scenarios first, then entities; a single scenario may leave its axis out and gets its results without it. F_ij and L_ij run
from i to j (i pays or owes j); W_ij is the effect of i on j; C_ij is the share of j held by i. Solvers raise `NetworkError` or keep
a row's failure with its reason; they never return NaN. Every clearing result carries a certificate.
"""

from __future__ import annotations

from pricing.clearing.belief import joiners, jump_biases, news_rate, settled_share, story_reach
from pricing.clearing.cascade import Cascade, MarkUp, failure_cascade, ltv_distance, mark_up, owned_through
from pricing.clearing.certificate import Certificate, Rank, Which
from pricing.clearing.circulation import Circulation, Gradient, gradient_part, max_circularity, null_percentile, pledge_depth
from pricing.clearing.cohorts import Cohorts, capacity_years_gained, cohort_losses, concentration, crowded_out
from pricing.clearing.commitments import (
    Commitment,
    Dilution,
    Transfer,
    called_commitments,
    check_ladder,
    contingent_equity,
    implied_revenue,
    implied_years,
    risk_transfer,
    staged_commitment,
)
from pricing.clearing.common_factor import joint_default_odds
from pricing.clearing.control import (
    LockIn,
    MarkUpLoss,
    TiedSales,
    chain_mark_ups,
    controlled,
    lock_in,
    look_through_shares,
    mark_up_loss,
    tied_sales,
)
from pricing.clearing.debts import Cleared, DebtMethod, clear_debts
from pricing.clearing.distress import Distress, debt_rank
from pricing.clearing.flows import FlowTrace, LookThrough, closed_by_outside, impulse, look_through, new_external_cash, trace
from pricing.clearing.funding import FundingMix, FundingRegime, funding_mix, funding_regime
from pricing.clearing.guarantees import Guaranteed, clear_guarantees
from pricing.clearing.holdings import Valued, clear_holdings
from pricing.clearing.leveraged import Unwind, leveraged_holders
from pricing.clearing.resonance import (
    OutsideMultiplier,
    Resonance,
    Superadditivity,
    critical_links,
    finite_effect,
    loop_gain,
    outside_multiplier,
    resonance,
    spectral_radius,
    superadditivity,
)
from pricing.clearing.rows import RowFailure
from pricing.clearing.sales import FireSale, LeverageRound, depth_impact, fire_sale, leverage_round, margin_spiral
from pricing.clearing.secured import PledgeChain, Pledged, SecuredCleared, clear_secured, over_pledged, pay_from_pool, pledge_chain
from pricing.clearing.valuation import (
    NetworkValue,
    Valuation,
    debt_rank_worth,
    eisenberg_noe_worth,
    ex_ante_default,
    ex_ante_worth,
    expected_loss,
    furfine_worth,
    guaranteed_loss,
    secured_worth,
    value_network,
)

__all__ = [
    "Cascade",
    "Certificate",
    "Circulation",
    "Cleared",
    "Cohorts",
    "Commitment",
    "DebtMethod",
    "Dilution",
    "Distress",
    "FireSale",
    "FlowTrace",
    "FundingMix",
    "FundingRegime",
    "Gradient",
    "Guaranteed",
    "LeverageRound",
    "LockIn",
    "LookThrough",
    "MarkUp",
    "MarkUpLoss",
    "NetworkValue",
    "OutsideMultiplier",
    "PledgeChain",
    "Pledged",
    "Rank",
    "Resonance",
    "RowFailure",
    "SecuredCleared",
    "Superadditivity",
    "TiedSales",
    "Transfer",
    "Unwind",
    "Valuation",
    "Valued",
    "Which",
    "called_commitments",
    "capacity_years_gained",
    "chain_mark_ups",
    "check_ladder",
    "clear_debts",
    "clear_guarantees",
    "clear_holdings",
    "clear_secured",
    "closed_by_outside",
    "cohort_losses",
    "concentration",
    "contingent_equity",
    "controlled",
    "critical_links",
    "crowded_out",
    "debt_rank",
    "debt_rank_worth",
    "depth_impact",
    "eisenberg_noe_worth",
    "ex_ante_default",
    "ex_ante_worth",
    "expected_loss",
    "failure_cascade",
    "finite_effect",
    "fire_sale",
    "funding_mix",
    "funding_regime",
    "furfine_worth",
    "gradient_part",
    "guaranteed_loss",
    "implied_revenue",
    "implied_years",
    "impulse",
    "joiners",
    "joint_default_odds",
    "jump_biases",
    "leverage_round",
    "leveraged_holders",
    "lock_in",
    "look_through",
    "look_through_shares",
    "loop_gain",
    "ltv_distance",
    "margin_spiral",
    "mark_up",
    "mark_up_loss",
    "max_circularity",
    "new_external_cash",
    "news_rate",
    "null_percentile",
    "outside_multiplier",
    "over_pledged",
    "owned_through",
    "pay_from_pool",
    "pledge_chain",
    "pledge_depth",
    "resonance",
    "risk_transfer",
    "secured_worth",
    "settled_share",
    "spectral_radius",
    "staged_commitment",
    "story_reach",
    "superadditivity",
    "tied_sales",
    "trace",
    "value_network",
]
