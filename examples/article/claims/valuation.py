"""Valuation illusion: V1 to V3."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np

from examples.article.claims.belief import STEPS, TERMS, YEARS, faith_of
from examples.article.claims.claim import Claim, graded
from examples.article.claims.inputs import Inputs
from examples.article.claims.say import bn, pct, pct_to
from pricing.clearing import implied_revenue
from pricing.narrative.paid_ahead import funded_runway, implied_odds, minsky_class, paid_ahead, tender_mark

GROUP = "valuation"
GRID = 61
"""Points of growth and of discount on the map."""


def bet_odds(inputs: Inputs) -> tuple[float, float, float]:
    """Odds of dominance in the mark: base, and the ends of what winning and losing are worth, when, and at what discount."""
    keys = ("valuation_win_usd", "valuation_lose_usd", "valuation_horizon_years", "valuation_discount")
    cases = [tuple(inputs[key] for key in keys), *product(*(inputs.ends(key) for key in keys))]
    win, lose, years, discount = np.array(cases).T
    found = implied_odds(value_usd=inputs["openai_mark_march_2026_usd"], win_usd=win, lose_usd=lose, years=years, discount=discount)
    return float(found[0]), float(found.min()), float(found.max())


def v1(inputs: Inputs) -> Claim:
    base, low, high = bet_odds(inputs)
    return Claim(
        id="V1",
        group=GROUP,
        claim="The price is a bet that one firm will dominate",
        model="value of two outcomes, solved for the odds (pricing.narrative.paid_ahead.implied_odds)",
        value=base,
        low=low,
        high=min(high, 1.0),
        span="range",
        unit="probability",
        what="odds of dominance that the mark pays for",
        verdict=graded(holds=low > 0.1, fails=high <= 0.0),
        because=(
            f"{bn(inputs['openai_mark_march_2026_usd'])} is the price of dominance at odds of {pct(base)} (from {pct(low)} to "
            f"{pct(high) if high < 1.0 else 'more than certainty'} over the ranges): no assumption here reaches it without a good chance "
            "of dominance."
        ),
        would_change="what the firm is worth if it does not dominate: at a tenth of the mark or at half of it",
        command="python examples/article/run.py",
        rests_on=("openai_mark_march_2026_usd", "valuation_win_usd", "valuation_lose_usd", "valuation_horizon_years", "valuation_discount"),
        moved_by="openai_mark_march_2026_usd",
        numbers={"high_beyond_certainty": high},
    )


def v2(inputs: Inputs) -> Claim:
    value, margin, years = inputs["openai_mark_october_2025_usd"], inputs["claimed_margin"], inputs["claimed_years_ahead"]
    growth, discount = inputs.ends("valuation_growth"), inputs.ends("valuation_discount")
    even = implied_revenue(value=value, margin=margin, years=years, growth=0.1, discount=0.1)
    corners = [
        implied_revenue(value=value, margin=m, years=years, growth=g, discount=k)
        for m, g, k in product((margin, *inputs.ends("valuation_margin")), growth, discount)
    ]
    revenue = 12.0 * inputs["openai_month_revenue_usd"]
    grid = paid_ahead(
        value_usd=value, margin=margin, revenue_usd=revenue, growth=np.linspace(*growth, GRID), discount=np.linspace(*discount, GRID)
    )
    share = float(grid.at_least(years).mean())
    # growth above which fewer years are prepaid, at each discount rate: years fall with growth
    edges = [float(grid.growth[column].max()) if column.any() else growth[0] for column in grid.at_least(years).T]
    return Claim(
        id="V2",
        group=GROUP,
        claim="The price pays two decades of profit ahead",
        model="years of profit in a price over growth and discount (pricing.clearing.implied_revenue, narrative.paid_ahead.paid_ahead)",
        value=even,
        low=min(corners),
        high=max(corners),
        span="range",
        unit="USD a year",
        what=f"revenue today that {years:.0f} years at this margin repay, growth being the discount rate; ends: over growth and discount",
        verdict=graded(holds=share > 0.9, fails=share < 0.1),
        because=(
            f"With growth equal to the discount rate {bn(value)} needs {bn(even)} of revenue at a margin of {pct(margin)}; there were "
            f"{bn(revenue)} "
            f"a year, so {value / (margin * revenue):.0f} years are paid ahead. Over growth of {pct_to(*growth)} and discounts of "
            f"{pct_to(*discount)} the price prepays {years:.0f} years or more on {pct(share)} of the map: where growth beats the "
            "discount rate for two decades it does not: at a discount of "
            f"{pct(discount[0])} growth above {pct(edges[0])} a year is enough, at {pct(discount[1])} above {pct(edges[-1])}."
        ),
        would_change="growth over two decades: at 30 % a year throughout, the same price is repaid sooner",
        command="python examples/article/run.py",
        rests_on=(
            "openai_mark_october_2025_usd",
            "claimed_margin",
            "claimed_years_ahead",
            "openai_month_revenue_usd",
            "valuation_margin",
            "valuation_growth",
            "valuation_discount",
        ),
        moved_by="claimed_margin",
        numbers={
            "share_of_map": share,
            "years_even": value / (margin * revenue),
            "revenue": revenue,
            "growth_needed_at_least": edges[0],
            "growth_needed_at_most": edges[-1],
        }
        | _tender(inputs),
    )


def _tender(inputs: Inputs) -> dict[str, float]:
    """A sale of old shares that moved the mark of all."""
    found = tender_mark(
        mark_before_usd=inputs["openai_mark_march_2025_usd"],
        sold_usd=inputs["tender_2025_usd"],
        mark_at_sale_usd=inputs["openai_mark_october_2025_usd"],
    )
    return {
        "tender_gain": found.mark_gain_usd,
        "tender_cash_to_firm": found.cash_to_firm_usd,
        "tender_gain_per_dollar": found.gain_per_dollar,
    }


def odds_of_ruin(inputs: Inputs, growth: float) -> float:
    """Share of the belief's paths on which the cash is gone within its years.

    Promises rise in a straight line from today's so that they add up to the plan; revenue grows at `growth`; funding is that of 2026 times
    belief to the response.
    """
    middle = (np.arange(round(YEARS * STEPS)) + 0.5) / STEPS
    now, mean = inputs["valuation_promises_usd"], inputs["economy_plan_usd"] / YEARS
    promised = now + (mean - now) * middle / (0.5 * YEARS)
    found = funded_runway(
        cash_usd=inputs["valuation_cash_usd"],
        burn_usd_per_year=promised - 12.0 * inputs["openai_month_revenue_usd"] * (1.0 + growth) ** middle,
        funding_usd_per_year=inputs["openai_raised_2026_usd"],
        belief=faith_of(inputs),
        response=inputs["valuation_response"],
        step_years=1.0 / STEPS,
    )
    return float(np.isfinite(found.years).mean())


def v3(inputs: Inputs) -> Claim:
    cash, promised = inputs["valuation_cash_usd"], inputs["valuation_promises_usd"]
    income, funding = 12.0 * inputs["openai_month_revenue_usd"], inputs["openai_raised_2026_usd"]
    burn = promised - income
    common = {"burn_usd_per_year": burn, "funding_usd_per_year": funding, "response": inputs["valuation_response"], "step_years": 0.25}
    faith = np.array([[1.0], [0.5], [0.1], [0.0]]) * np.ones(80)
    years = funded_runway(cash_usd=cash, belief=faith, **common).years
    needed = (burn / funding) ** (1.0 / inputs["valuation_response"])
    ends = sorted(c / (p - income) for c, p in product(inputs.ends("valuation_cash_usd"), inputs.ends("valuation_promises_usd")))
    ruined = {growth: odds_of_ruin(inputs, growth) for growth in (inputs["valuation_growth"], *inputs.ends("valuation_growth"))}
    odds, *spread = ruined.values()
    label = minsky_class(income_usd=income, interest_usd=promised, principal_usd=0.0)
    return Claim(
        id="V3",
        group=GROUP,
        claim="The firm is financed by faith",
        model="runway with funding that follows belief; Minsky's classes (pricing.narrative.paid_ahead.funded_runway, minsky_class)",
        value=float(years[3]),
        low=ends[0],
        high=ends[-1],
        span="range",
        unit="years",
        what="time until the cash is gone if nobody funds",
        verdict=graded(holds=label == "ponzi" and ends[-1] < 10.0, fails=label == "hedge"),
        because=(
            f"Revenue of {bn(income)} a year stands against running promises of {bn(promised)}: in Minsky's terms {label}. Without new "
            f"money the cash lasts {years[3]:.1f} years ({ends[0]:.1f} to {ends[-1]:.1f}); at these promises it lasts for ever while "
            "belief stays above "
            f"{pct(needed)} of that of 2026, when {bn(funding)} came in. On the paths of the belief behind V4 to V11, with promises that "
            f"rise to its plan, it is gone within {YEARS:g} years on {pct(odds)} ({pct_to(min(spread), max(spread))} over the growth of "
            "revenue)."
        ),
        would_change="cash at hand and what of the promises can be put off: neither is disclosed",
        command="python examples/article/run.py",
        rests_on=(
            "valuation_cash_usd",
            "valuation_promises_usd",
            "openai_month_revenue_usd",
            "openai_raised_2026_usd",
            "valuation_response",
            "valuation_growth",
            "economy_plan_usd",
            *TERMS,
        ),
        moved_by="valuation_cash_usd",
        numbers={"needed_belief": needed, "burn": burn, "years_at_a_tenth": float(min(years[2], 1e3)), "odds_of_ruin": odds},
    )


ROWS: dict[str, Callable[[Inputs], Claim]] = {"V1": v1, "V2": v2, "V3": v3}


def claims(inputs: Inputs) -> list[Claim]:
    return [row(inputs) for row in ROWS.values()]
