"""The amplifier and its four nested loops: L0 to L7."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np

from examples.article.claims.claim import Claim, graded
from examples.article.claims.deals import letter_on_the_ledger
from examples.article.claims.inputs import Inputs
from examples.article.claims.say import BN, bn, bn_to, pct, pct_to
from examples.article.claims.webs import ASSUMED, ON_EDGES, capital_web, dolls, graph_of, index, real_pulse
from instruments.web import Edge, Level, Period
from pricing.clearing import FundingMix, funding_mix, impulse, ltv_distance, mark_up, max_circularity, trace
from pricing.web.amounts import Span, share_in
from pricing.web.ladder import rungs_of

GROUP = "loops"
RUN = "python examples/article/run.py"
PERIMETERS = ("as_listed", "vehicles_consolidated", "without_large_clouds")
ROUNDS = 6


def l0(inputs: Inputs) -> Claim:
    made = dolls()
    pulse = impulse(made.traced, pulse=made.inflow / made.inflow.sum(), rounds=ROUNDS).sum(axis=1)
    spans = [index(inputs, "path_length", perimeter=name) for name in PERIMETERS]
    low, high = spans[0]
    return Claim(
        id="L0",
        group=GROUP,
        claim="An announcement is a pulse, and the loops amplify it",
        model="impulse response of a linear flow system; average path length (pricing.clearing.impulse, trace)",
        value=None,
        low=low,
        high=high,
        span="interval",
        unit="USD of activity per USD from outside",
        what="activity per outside dollar, web of 2026 as listed",
        verdict=graded(holds=low >= 2.0, fails=high <= 1.1),
        because=(
            f"A dollar from outside makes {low:.1f} to {high:.1f} dollars of activity in 2026 ({spans[2][0]:.1f} to {spans[2][1]:.1f} "
            f"if the large clouds count as outsiders), not the {float(made.traced.path_length):.1f} of the made-up dolls: most of it "
            "leaves after a round or two."
        ),
        would_change="purchases that nobody discloses, if they come back as investment: they are inside the interval already",
        command="gpufin web examples/capital_web",
        rests_on=("nvidia_round_usd", "softbank_2026_round_usd"),
        moved_by="nvidia_round_usd",
        soft_terms=ASSUMED,
        numbers={
            "dolls": float(made.traced.path_length),
            "finn_low": index(inputs, "finn_index")[0],
            "finn_high": index(inputs, "finn_index")[1],
            "without_clouds_low": spans[2][0],
            "without_clouds_high": spans[2][1],
            **{f"pulse_{k}": float(active) for k, active in enumerate(pulse)},
            **{f"real_{k}": float(active) for k, active in enumerate(real_pulse(inputs, ROUNDS))},
        },
    )


DEBTS = {
    "bridge of 2025": "softbank_bridge_2025_usd",
    "loan on Arm shares": "softbank_arm_loan_usd",
    "loan on OpenAI shares": "softbank_openai_loan_usd",
    "bridge of 2026": "softbank_bridge_2026_usd",
    "retail bond": "softbank_retail_bond_usd",
}
SALES = {"NVIDIA shares sold": "softbank_nvidia_sale_usd", "T-Mobile shares sold": "softbank_tmobile_sale_usd"}
DOLL_1 = (
    "softbank_cost_2025_usd",
    "softbank_2026_round_usd",
    "softbank_partners_cash_usd",
    "softbank_own_cash_usd",
    *DEBTS.values(),
    *SALES.values(),
)


def doll_1(inputs: Inputs) -> tuple[float, FundingMix]:
    """What SoftBank put into OpenAI, and bounds on where it came from. Each source may have paid for something else: from 0 to its size."""
    uses = inputs["softbank_cost_2025_usd"] + inputs["softbank_2026_round_usd"]
    sources = {"partners' cash": (0.0, inputs["softbank_partners_cash_usd"])}
    sources |= {name: (0.0, inputs[key]) for name, key in {**SALES, **DEBTS}.items()}
    sources["own cash"] = inputs.ends("softbank_own_cash_usd")
    groups = {"debt": list(DEBTS), "sales": list(SALES), "debt and sales": [*DEBTS, *SALES], "partners": ["partners' cash"]}
    return uses, funding_mix(uses=uses, sources=sources, groups=groups)


def l1(inputs: Inputs) -> Claim:
    uses, mix = doll_1(inputs)
    low, high = (end / uses for end in mix.groups["debt"])
    both = mix.groups["debt and sales"][0] / uses
    stake = inputs["softbank_stake"] * inputs["openai_mark_march_2026_usd"]
    ltv = low * uses / stake, high * uses / stake
    fall = float(ltv_distance(ltv=ltv[0], limit=inputs.ends("softbank_ltv_limit")[1]))
    return Claim(
        id="L1",
        group=GROUP,
        claim="Doll 1: Gulf energy wealth flows through SoftBank's funds into OpenAI",
        model="a node's funding mix: bounds on each source with residual zero (pricing.clearing.funding_mix)",
        value=None,
        low=low,
        high=high,
        span="interval",
        unit="share",
        what=f"part of SoftBank's {bn(uses)} in OpenAI that debt paid",
        verdict=graded(holds=mix.groups["partners"][1] >= 0.5 * uses, fails=mix.groups["partners"][1] == 0.0),
        because=(
            f"No partner's cash is in the fund that holds the stake. Of {bn(uses)}, debt paid {pct_to(low, high)}; debt and sold "
            f"shares at least {pct(both)}. Against a stake of {bn(stake)} that debt is {pct_to(*ltv)}: the doll is a funding mix with "
            "leverage, not a pipe."
        ),
        would_change="a statement of sources and uses that shows outside partners' cash in Vision Fund 2",
        command="gpufin price examples/softbank_openai_margin",
        rests_on=(*DOLL_1, "softbank_stake", "openai_mark_march_2026_usd", "softbank_ltv_limit"),
        moved_by="softbank_tmobile_sale_usd",
        numbers={
            "uses": uses,
            "debt_and_sales_least": both,
            "partners": mix.groups["partners"][1],
            "ltv_low": ltv[0],
            "ltv_high": ltv[1],
            "fall_to_limit": fall,
        },
    )


MARGIN = ("nvidia_quarter_income_usd", "nvidia_quarter_gains_usd", "nvidia_quarter_revenue_usd")


def profit_margin(inputs: Inputs) -> float:
    """NVIDIA's net income without gains on its holdings, over revenue: what it keeps of a sale."""
    income, gains, revenue = (inputs[key] for key in MARGIN)
    return (income - gains) / revenue


def doll_2(inputs: Inputs, gw: float, usd_per_gw: float) -> tuple[dict[int, float], float]:
    """Supplier's revenue by calendar year, USD, and the present value of its profit."""
    start = dt.date(2026, 7, 1)
    end = start + dt.timedelta(days=round(365.25 * inputs["deployment_years"]))
    order = Edge.model_validate(
        {
            "from": "openai",
            "to": "nvidia",
            "kind": "purchase",
            "layer": "cash",
            "headline_usd": gw * usd_per_gw,
            "status": "reported",
            "schedule": Level(start=start, end=end),
        }
    )
    years = range(start.year, end.year + 1)
    contract = Span(gw * usd_per_gw, gw * usd_per_gw)
    by_year = {year: contract.times(*share_in(order, Period(start=dt.date(year, 1, 1), end=dt.date(year + 1, 1, 1)))).low for year in years}
    margin = profit_margin(inputs)
    rate = inputs["order_discount_rate"]
    return by_year, sum(margin * usd / (1 + rate) ** (year + 0.5 - 2026.5) for year, usd in by_year.items())


def l2(inputs: Inputs) -> Claim:
    by_year, worth = doll_2(inputs, inputs["nvidia_replaced_gw"], inputs["nvidia_content_usd_per_gw"])
    _, least = doll_2(inputs, inputs["nvidia_replaced_gw"], inputs.ends("nvidia_content_usd_per_gw")[0])
    _, announced = doll_2(inputs, inputs["nvidia_letter_gw"], inputs["nvidia_content_usd_per_gw"])
    cap = inputs["nvidia_cap_usd"]
    sales = 4 * inputs["nvidia_quarter_revenue_usd"]
    busiest = max(by_year.values())
    return Claim(
        id="L2",
        group=GROUP,
        claim="Doll 2: OpenAI spends the money on GPUs; NVIDIA's sales, profit and share price jump",
        model="purchase edge with a schedule; present value of the supplier's profit (pricing.web.amounts)",
        value=worth / cap,
        low=least / cap,
        high=announced / cap,
        span="range",
        unit="share",
        what="present value of the profit on the orders over NVIDIA's market value",
        verdict=graded(holds=worth / cap >= 0.1, fails=busiest / sales < 0.01),
        because=(
            f"{inputs['nvidia_replaced_gw']:.0f} GW are {bn(sum(by_year.values()))} of sales, at most {pct(busiest / sales)} of a "
            f"year's; the profit is worth {pct(worth / cap)} of NVIDIA ({pct(announced / cap)} for the "
            f"{inputs['nvidia_letter_gw']:.0f} GW first announced). Sales do rise; the share rests on many other buyers."
        ),
        would_change="an order book by customer: more GW, or a share of OpenAI in sales well above a tenth",
        command=RUN,
        rests_on=(
            "nvidia_replaced_gw",
            "nvidia_letter_gw",
            "nvidia_content_usd_per_gw",
            "deployment_years",
            "order_discount_rate",
            *MARGIN,
            "nvidia_cap_usd",
        ),
        moved_by="nvidia_replaced_gw",
        numbers={
            "contract": sum(by_year.values()),
            "of_sales": busiest / sales,
            "worth": worth,
            **{f"revenue_{year}": usd for year, usd in by_year.items()},
        },
    )


def doll_3(inputs: Inputs, reaching: float) -> tuple[float, float]:
    """NVIDIA's self-funded share of revenue, and the part of what OpenAI pays it that it had put in: two nodes and their outside."""
    revenue, put_in = 4 * inputs["nvidia_quarter_revenue_usd"], inputs["nvidia_round_usd"]
    others = inputs["openai_raised_2026_usd"] - inputs["openai_conditional_2026_usd"] - put_in
    earned = 12 * inputs["openai_month_revenue_usd"] + others
    bought = reaching * (earned + put_in)
    traced = trace(
        flows=[[0.0, put_in], [bought, 0.0]],
        inflow=[revenue - bought, earned],
        outflow=[revenue - put_in, earned + put_in - bought],
        names=("nvidia", "openai"),
    )
    return float(traced.returning[0]), put_in / (earned + put_in)


def l3(inputs: Inputs) -> Claim:
    share, of_lab = doll_3(inputs, inputs["openai_spend_reaching_nvidia"])
    ends = [doll_3(inputs, reaching)[0] for reaching in inputs.ends("openai_spend_reaching_nvidia")]
    web_low, web_high = index(inputs, "self_funded", party="nvidia")
    per_gw = inputs["nvidia_letter_usd"] / inputs["nvidia_letter_gw"] / inputs["nvidia_content_usd_per_gw"]
    return Claim(
        id="L3",
        group=GROUP,
        claim="Doll 3: NVIDIA's staged money comes back as orders: it funds its own sales",
        model="two-node loop with leaks: return probability of a dollar (pricing.clearing.trace)",
        value=share,
        low=ends[0],
        high=ends[1],
        span="range",
        unit="share",
        what="self-funded part of NVIDIA's revenue of a year",
        verdict=graded(holds=share >= 0.25, fails=max(share, of_lab) < 0.05),
        because=(
            f"The loop is there and small for the supplier: {pct(share)} of NVIDIA's sales would be its own money "
            f"({pct_to(web_low, web_high)} whatever the web does not disclose). It is large for the customer: {pct(of_lab)} of "
            f"OpenAI's money of 2026 is NVIDIA's, and the letter would have paid {pct(per_gw)} of each gigawatt."
        ),
        would_change="OpenAI's payments by supplier; a second round of vendor money of the same size",
        command="gpufin web examples/capital_web",
        rests_on=(
            "nvidia_round_usd",
            "nvidia_quarter_revenue_usd",
            "openai_raised_2026_usd",
            "openai_conditional_2026_usd",
            "openai_month_revenue_usd",
            "openai_spend_reaching_nvidia",
            "nvidia_letter_usd",
            "nvidia_letter_gw",
            "nvidia_content_usd_per_gw",
        ),
        moved_by="nvidia_round_usd",
        numbers={"of_lab": of_lab, "web_low": web_low, "web_high": web_high, "per_gw": per_gw},
    )


DOLL_4 = ("sb_energy_rent_share", "rent_value_multiple", "softbank_in_landlord", "gain_invested_again")


def circulation_through(inputs: Inputs, node: str, perimeter: str) -> float:
    """Upper end of the circulation that needs a node: largest circulation with it less the one without it, USD."""
    graph = graph_of(inputs, perimeter)
    flows, _, _ = graph.balanced(graph.high[None])
    less = flows[0].copy()
    at = graph.nodes.index(node)
    less[at, :] = less[:, at] = 0.0
    return float(max_circularity(flows=flows[0]).amount - max_circularity(flows=less).amount)


def doll_4_by_cycle_and_by_programme() -> tuple[float, float]:
    """USD that doll 4 carries round: the cycle fund, lab, cloud, fund listed by hand, and by two linear programmes."""
    made = dolls()
    fund, lab, cloud = (made.nodes.index(name) for name in ("fund", "lab", "cloud"))
    links = [made.flows[fund, lab], made.flows[lab, cloud], made.flows[cloud, fund]]
    open_flows = made.flows.copy()
    open_flows[cloud, fund] = 0.0
    programme = max_circularity(flows=made.flows).amount - max_circularity(flows=open_flows).amount
    return float(min(links) * len(links)), float(programme)


def l4(inputs: Inputs) -> Claim:
    gain = float(np.prod([inputs[key] for key in DOLL_4]))
    low, high = (float(np.prod([inputs.ends(key)[side] for key in DOLL_4])) for side in (0, 1))
    listed, merged = (circulation_through(inputs, "softbank", name) for name in PERIMETERS[:2])
    by_hand, _ = doll_4_by_cycle_and_by_programme()
    return Claim(
        id="L4",
        group=GROUP,
        claim="Doll 4: hosts of OpenAI earn, SoftBank owns a part of them, and the gain goes into OpenAI again",
        model="loop closed by ownership: rent share x value of rent x stake x part invested again; circulation by linear programme",
        value=gain,
        low=low,
        high=high,
        span="range",
        unit="USD back per USD spent",
        what="loop gain of doll 4: what a dollar of OpenAI's outlay brings back through SoftBank's ownership",
        verdict=graded(holds=listed > 0.0 and gain >= 0.5, fails=high < 0.01 and merged == 0.0),
        because=(
            f"By payments the loop does not close in 2026: at most {bn(listed)} circulate through SoftBank as listed, {bn(merged)} "
            f"with its sites in its books. By ownership it does, weakly: {gain:.2f} dollars come back per dollar ({low:.3f} to "
            f"{high:.2f}), far below the 1 at which it would feed itself."
        ),
        would_change="rent of the Ohio lease, which starts in 2028, or a larger stake of SoftBank in hosts",
        command="gpufin web examples/four_dolls",
        rests_on=(*DOLL_4, "softbank_2026_round_usd"),
        moved_by="sb_energy_rent_share",
        numbers={"listed": listed, "merged": merged, "dolls_cycle": by_hand},
    )


def l5(inputs: Inputs) -> Claim:
    after, before = inputs["openai_mark_march_2026_usd"], inputs["openai_mark_october_2025_usd"]
    change = after - inputs["openai_raised_2026_usd"] - before
    stakes = {
        "SoftBank": inputs["softbank_stake"],
        "Microsoft": inputs["microsoft_stake"],
        "NVIDIA": inputs["nvidia_round_usd"] / after,
        "Amazon": inputs["amazon_round_paid_usd"] / after,
    }
    n = len(stakes) + 1
    held = np.zeros((n, n))
    held[1:, 0] = list(stakes.values())
    found = mark_up(holdings=held, primitive_change=[change] + [0.0] * len(stakes))
    gains = dict(zip(stakes, found.reported_gain[1:], strict=True))
    return Claim(
        id="L5",
        group=GROUP,
        claim="Each layer's higher mark lifts the books of the layer above",
        model="mark-up cascade through holdings: reported and look-through gains (pricing.clearing.mark_up)",
        value=found.double_counted / change,
        low=None,
        high=None,
        span="none",
        unit="share",
        what="gain that four holders book on top of the firm's own, over the gain itself",
        verdict=graded(holds=found.double_counted > 0.05 * abs(change), fails=found.double_counted <= 0.0),
        because=(
            f"OpenAI's mark rose by {bn(change)} before new money. Four holders book {bn(found.double_counted)} of it again (SoftBank "
            f"{bn(gains['SoftBank'])}, Microsoft {bn(gains['Microsoft'])}). Looked through to outside owners it is {bn(change)}, once."
        ),
        would_change="stakes sold to outsiders: what is not held inside the web is not booked twice",
        command=RUN,
        rests_on=(
            "openai_mark_march_2026_usd",
            "openai_mark_october_2025_usd",
            "openai_raised_2026_usd",
            "softbank_stake",
            "microsoft_stake",
            "nvidia_round_usd",
            "amazon_round_paid_usd",
        ),
        moved_by="softbank_stake",
        numbers={"change": change, "booked_again": found.double_counted, "look_through": float(found.look_through_gain.sum()), **gains},
    )


def stated_headlines(inputs: Inputs) -> float:
    """USD of all cash edges that are current and carry a headline: a floor of what was announced."""
    web = capital_web(inputs)
    named = [name for name, edge in web.edges.items() if edge.layer == "cash" and edge.is_current and edge.within is None]
    return sum(rungs["headline"][0] for name in named if web.edges[name].headline_usd is not None and (rungs := rungs_of(web, name)))


def l6(inputs: Inputs) -> Claim:
    sources = {name: index(inputs, "new_external_cash", source=name) for name in ("customers", "equity", "lenders")}
    cash = [sum(ends[side] for ends in sources.values()) for side in (0, 1)]
    headlines = stated_headlines(inputs)
    investors = [sources["equity"][side] + sources["lenders"][side] for side in (0, 1)]
    share = index(inputs, "new_external_share")
    return Claim(
        id="L6",
        group=GROUP,
        claim="New cash in the real economy is far below the headlines",
        model="net new external cash: outside cash in less returned to financiers (pricing.web.indices)",
        value=None,
        low=cash[0] / headlines,
        high=cash[1] / headlines,
        span="interval",
        unit="share",
        what="net new outside cash of 2026 over the headlines that stand",
        verdict=graded(holds=cash[1] < 0.5 * headlines, fails=cash[0] >= headlines),
        because=(
            f"In 2026 {bn_to(*cash)} come in from outside ({bn_to(*sources['customers'])} from customers, {bn_to(*investors)} from "
            f"investors and lenders), against headlines of {bn(headlines)}: these run over many years, and are added up as if they "
            f"were cash. Of the year's activity, {pct_to(*share)} is outside money."
        ),
        would_change="headlines told by year: over the same year the gap is what circulates, not the horizon",
        command="gpufin web examples/capital_web",
        rests_on=tuple(ON_EDGES),
        moved_by="nvidia_round_usd",
        soft_terms=ASSUMED,
        numbers={
            "cash_low": cash[0],
            "cash_high": cash[1],
            "headlines": headlines,
            "investors_low": investors[0],
            "investors_high": investors[1],
            "of_activity_low": share[0],
            "of_activity_high": share[1],
        },
    )


def l7(inputs: Inputs) -> Claim:
    made = dolls()
    residual = float(np.abs(made.traced.throughflow - made.flows.sum(axis=1) - made.traced.outflow).max())
    low, high = index(inputs, "new_external_cash", source="derived")
    activity = index(inputs, "activity")
    audit = letter_on_the_ledger(inputs)
    return Claim(
        id="L7",
        group=GROUP,
        claim="Is the money real? Every dollar has a payer",
        model="double-entry audit: postings of a simulation, balances of a web (pricing.ledger, pricing.clearing.trace)",
        value=None,
        low=low,
        high=high,
        span="interval",
        unit="USD",
        what="money of 2026 that no listed payer explains, of the web as listed",
        verdict=graded(holds=high == 0.0, fails=residual > 0.0 or abs(audit.unexplained) > 1.0),
        because=(
            f"Where books are whole nothing is left: {residual:.0f} in the dolls, and under the letter what falls due is paid or "
            f"written off ({bn(audit.due)} due, {bn(audit.paid)} paid, {bn(audit.lost)} written off, expected). In the real web up to "
            f"{bn(high)} of at most {bn(activity[1])} of activity has no listed payer: it is paid from the firms' own business or from "
            "deals that are not public."
        ),
        would_change="cash flow statements by quarter for every node would close the gap",
        command="gpufin simulate examples/nvidia_openai_staged",
        rests_on=("nvidia_round_usd", "nvidia_letter_usd", "softbank_2026_round_usd"),
        moved_by="nvidia_round_usd",
        soft_terms=ASSUMED,
        numbers={"dolls_residual": residual, "due": audit.due, "paid": audit.paid, "ledger_residual": audit.unexplained / BN},
    )


ROWS: dict[str, Callable[[Inputs], Claim]] = {"L0": l0, "L1": l1, "L2": l2, "L3": l3, "L4": l4, "L5": l5, "L6": l6, "L7": l7}


def claims(inputs: Inputs) -> list[Claim]:
    return [row(inputs) for row in ROWS.values()]
