"""Headline against staged money, and AMD: H1 to H8."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from examples.article.claims.claim import Claim, graded
from examples.article.claims.deals import letter, warrant
from examples.article.claims.inputs import Inputs
from examples.article.claims.loops import DOLL_1, MARGIN, doll_1, doll_2
from examples.article.claims.say import bn, bn_to, pct, pct_to
from examples.article.claims.webs import ON_EDGES, capital_web
from instruments import Web
from pricing.clearing import check_ladder, contingent_equity, staged_commitment
from pricing.web.graph import flow_graph
from pricing.web.indices import index_rows
from pricing.web.ladder import ladder_rows

GROUP = "headlines"
DAYS_A_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Rungs:
    """One headline as money, USD. Debt and sold shares is an interval: part of what was drawn."""

    name: str
    announced: float
    expected: float
    firm: float
    drawn: float
    drawn_outside: float
    by_debt_and_sales: tuple[float, float]
    by_debt: tuple[float, float]


def three_headlines(inputs: Inputs) -> tuple[Rungs, Rungs, Rungs]:
    """The 100 of NVIDIA, the 40 of SoftBank and the 96 of AMD's shares: announced, expected, firm, drawn, drawn from outside, and paid with
    debt and sold shares. SoftBank's own part is what its funding mix allows; the syndicate is outside money.
    """
    priced = letter(inputs)
    paid = inputs["nvidia_letter_paid_usd"]
    own, syndicate = inputs["softbank_2025_own_usd"], inputs["softbank_2025_syndicated_usd"]
    firm = inputs["softbank_2025_firm_usd"] + syndicate
    uses, mix = doll_1(inputs)
    # the mix of all that SoftBank put in bounds this part of it: what is not in the rest
    ends = {name: (max(0.0, own - (uses - mix.groups[name][0])), min(own, mix.groups[name][1])) for name in ("debt and sales", "debt")}
    shares = inputs["amd_warrant_shares"] * inputs["amd_last_hurdle_usd"]
    none = (0.0, 0.0)
    found = (
        Rungs("NVIDIA's letter", priced.headline, priced.expected, priced.firm, paid, 0.0, none, none),
        Rungs("SoftBank's round", own + syndicate, own + syndicate, firm, own + syndicate, syndicate, ends["debt and sales"], ends["debt"]),
        Rungs("AMD's shares", shares, warrant(inputs).value, 0.0, 0.0, 0.0, none, none),
    )
    for rungs in found:
        check_ladder(
            headline=rungs.announced, expected=rungs.expected, firm=rungs.firm, drawn=rungs.drawn, drawn_outside=rungs.drawn_outside
        )
    return found


def h1(inputs: Inputs) -> Claim:
    priced = letter(inputs)
    steps = round(inputs["nvidia_letter_gw"])
    low, high = (
        staged_commitment(firm=0.0, tranches=[priced.headline / steps] * steps, odds=[odds] * steps).expected
        for odds in inputs.ends("milestone_odds")
    )
    return Claim(
        id="H1",
        group=GROUP,
        claim="NVIDIA's 100 bn comes in stages, each tied to a gigawatt that runs",
        model="staged equity with stop options, by simulation; chain of milestone odds (pricing.price, clearing.staged_commitment)",
        value=priced.expected,
        low=min(low, priced.expected),
        high=max(high, priced.expected),
        span="range",
        unit="USD",
        what="expected draw of the letter on its day",
        verdict=graded(holds=priced.firm < 0.1 * priced.headline, fails=priced.firm >= priced.headline),
        because=(
            f"Of {bn(priced.headline)} announced, {bn(priced.firm)} was firm, {bn(priced.expected)} to be expected on the day "
            f"({bn_to(low, high)} for milestone odds from {pct_to(*inputs.ends('milestone_odds'))} a step), and "
            f"{bn(inputs['nvidia_letter_paid_usd'])} was drawn. A round of {bn(inputs['nvidia_round_usd'])} took its place."
        ),
        would_change="a binding first tranche; class, price and conditions of the letter, none of which is public",
        command="gpufin price examples/nvidia_openai_staged",
        rests_on=(
            "nvidia_letter_usd",
            "nvidia_letter_gw",
            "nvidia_content_usd_per_gw",
            "milestone_odds",
            "nvidia_letter_paid_usd",
            "nvidia_round_usd",
        ),
        moved_by="nvidia_letter_usd",
        numbers={"headline": priced.headline, "firm": priced.firm, "expected": priced.expected, "error": priced.error},
    )


def channels(inputs: Inputs) -> dict[str, float]:
    """USD of headlines by layer; a floor where an edge has no figure."""
    return {row.kind or "": row.low or 0.0 for row in ladder_rows(capital_web(inputs)) if row.measure == "headline"}


def h2(inputs: Inputs) -> Claim:
    split = channels(inputs)
    total = sum(split.values())
    other = total - split["cash"]
    three = three_headlines(inputs)
    of_three = three[2].announced / sum(rungs.announced for rungs in three)
    return Claim(
        id="H2",
        group=GROUP,
        claim="Discounts, shares and rights to come are counted as money",
        model="headline ladder by layer: cash, in kind, claims, shares, contingent, marks (pricing.web.ladder)",
        value=other / total,
        low=None,
        high=None,
        span="none",
        unit="share",
        what="part of all headlines with a figure that is not cash",
        verdict=graded(holds=other / total >= 0.1, fails=other <= 0.0),
        because=(
            f"{bn(other)} of {bn(total)} is no cash: {bn(split['equity'])} in shares, {bn(split['contingent'])} in guarantees, "
            f"{bn(split['in_kind'])} in kind, {bn(split['mark'])} a mark. Of the three headlines {pct(of_three)} is AMD's shares at a "
            f"price of {inputs['amd_last_hurdle_usd']:.0f}. And most of the cash is a promise for years ahead."
        ),
        would_change="headlines told by channel: then nothing is counted that is not money",
        command="gpufin web examples/capital_web",
        rests_on=(*ON_EDGES, "amd_warrant_shares", "amd_last_hurdle_usd"),
        moved_by="amd_last_hurdle_usd",
        numbers={"total": total, "other": other, "of_three": of_three, **split},
    )


def h3(inputs: Inputs) -> Claim:
    priced = letter(inputs)
    cap = inputs["nvidia_cap_after_usd"]
    move = cap - cap / (1.0 + inputs["nvidia_reaction_share"])
    _, profit = doll_2(inputs, inputs["nvidia_letter_gw"], inputs["nvidia_content_usd_per_gw"])
    _, least = doll_2(inputs, inputs["nvidia_letter_gw"], inputs.ends("nvidia_content_usd_per_gw")[0])
    cheap = inputs.with_figure("order_discount_rate", inputs.ends("order_discount_rate")[0])
    _, most = doll_2(cheap, inputs["nvidia_letter_gw"], inputs["nvidia_content_usd_per_gw"])
    drawn = priced.expected / priced.headline
    return Claim(
        id="H3",
        group=GROUP,
        claim="A letter of intent is read as cash",
        model="announcement wedge: headline less expected draw, beside the market's move (pricing.price)",
        value=move / (drawn * profit),
        low=move / (drawn * most),
        high=move / (drawn * least),
        span="range",
        unit="times",
        what="rise of NVIDIA's market value on the day over the profit on the orders that the letter's odds leave",
        verdict=graded(holds=inputs["nvidia_letter_paid_usd"] == 0.0 and move > drawn * most, fails=move <= 0.0),
        because=(
            f"{bn(priced.headline)} announced, {bn(inputs['nvidia_letter_paid_usd'])} paid. NVIDIA's value rose by {bn(move)} on the "
            f"day: {pct(move / profit)} of the profit on all {inputs['nvidia_letter_gw']:.0f} gigawatts ({bn(profit)}), "
            f"{move / (drawn * profit):.1f} times what the odds of the letter leave of it."
        ),
        would_change="a move no larger than the odds times the profit, or money paid under the letter",
        command="gpufin price examples/nvidia_openai_staged --measures headline,expected,firm,drawn",
        rests_on=(
            "nvidia_letter_usd",
            "nvidia_letter_gw",
            "nvidia_content_usd_per_gw",
            "nvidia_letter_paid_usd",
            "nvidia_cap_after_usd",
            "nvidia_reaction_share",
            *MARGIN,
            "deployment_years",
            "order_discount_rate",
        ),
        moved_by="nvidia_content_usd_per_gw",
        numbers={"move": move, "profit": profit, "wedge": priced.headline - priced.expected},
    )


def h4(inputs: Inputs) -> Claim:
    price = warrant(inputs)
    bill = inputs["amd_gw"] * inputs["amd_usd_per_gw"]
    vested = inputs["amd_warrant_shares"] * inputs["amd_last_hurdle_usd"]
    return Claim(
        id="H4",
        group=GROUP,
        claim="The supplier pays part of its customer's bill in shares: a discount and a tie",
        model="effective price: bill less value of the warrant, which comes off revenue as it vests (pricing.price)",
        value=price.value / bill,
        low=price.low / bill,
        high=price.high / bill,
        span="range",
        unit="share",
        what="discount on the hardware of 6 GW, at the warrant's value before the announcement",
        verdict=graded(holds=price.low > 0.01 * bill, fails=price.high <= 0.01 * bill),
        because=(
            f"The warrant is worth {pct(price.value / bill)} of the {bn(bill)} bill: {bn(inputs['amd_usd_per_gw'])} a gigawatt become "
            f"{bn(inputs['amd_usd_per_gw'] - price.value / inputs['amd_gw'])}. Vested in full at {inputs['amd_last_hurdle_usd']:.0f} "
            f"it would be {pct(vested / bill)}. It is earned by buying, gigawatt after gigawatt: that is the tie."
        ),
        would_change="the redacted targets and tests: tested once, on delivery, half of the discount is gone",
        command="gpufin price examples/amd_openai",
        rests_on=("amd_warrant_shares", "amd_close_before_usd", "amd_volatility", "amd_last_hurdle_usd", "amd_usd_per_gw", "amd_gw"),
        moved_by="amd_usd_per_gw",
        numbers={"bill": bill, "at_full_vesting": vested / bill, "off_revenue": price.value},
    )


def h5(inputs: Inputs) -> Claim:
    price = warrant(inputs)
    shares, outstanding = inputs["amd_warrant_shares"], inputs["amd_shares_outstanding"]
    full = shares * inputs["amd_last_hurdle_usd"]
    at_hurdle = contingent_equity(
        value=inputs["amd_last_hurdle_usd"] * outstanding,
        shares=outstanding,
        vested=shares,
        strike=0.01,
        hurdle=inputs["amd_last_hurdle_usd"],
    )
    return Claim(
        id="H5",
        group=GROUP,
        claim="AMD gives OpenAI a warrant on about a tenth of itself against 6 GW",
        model="contingent equity: gates on gigawatts and on the share price, by simulation, bounds by QuantLib (pricing.price)",
        value=price.value,
        low=price.low,
        high=price.high,
        span="range",
        unit="USD",
        what="value of the warrant to OpenAI at the last close before it",
        verdict=graded(holds=0.05 <= shares / outstanding <= 0.15 and price.value > 0.0, fails=price.high <= 0.0),
        because=(
            f"True: {shares / 1e6:.0f} m shares are {pct(shares / outstanding)} of AMD. Worth {bn(price.value)} "
            f"({bn_to(price.low, price.high)} over redacted terms): {pct(price.value / price.undiluted)} of the shares at their price, "
            f"{pct(price.value / full)} of the {bn(full)} of the headline. All six gigawatts and a share of "
            f"{inputs['amd_last_hurdle_usd']:.0f} have to come for all of it."
        ),
        would_change="Exhibits E and F: targets, averaging, how legs meet; the deliveries of 2026 to 2030",
        command="gpufin price examples/amd_openai",
        rests_on=("amd_warrant_shares", "amd_shares_outstanding", "amd_close_before_usd", "amd_volatility", "amd_last_hurdle_usd"),
        moved_by="amd_volatility",
        numbers={
            "full": full,
            "undiluted": price.undiluted,
            "upper_bound": price.upper_bound,
            "error": price.error,
            "dilution": shares / outstanding,
            "price_after_full_vesting": float(at_hurdle.price),
        },
    )


@lru_cache(maxsize=8)
def outside_equity(web: Web) -> float:
    """New external cash from investors, upper end, USD: what H6 compares with and without the sale."""
    graph = flow_graph(web, "as_listed", None)
    return sum(row.high or 0.0 for row in index_rows(web, graph, seed=0) if row.measure == "new_external_cash" and row.source == "equity")


def h6(inputs: Inputs) -> Claim:
    sale = inputs["tender_2025_usd"]
    after, before = inputs["openai_mark_october_2025_usd"], inputs["openai_mark_march_2025_usd"]
    web = capital_web(inputs)
    # the sale as it is and left out, in the year in which it took place
    start = dt.date(2025, 1, 1)
    year = web.evolve(period=web.period.evolve(start=start, end=dt.date(2026, 1, 1)))
    without = year.evolve(edges={name: edge for name, edge in year.edges.items() if name != "E009"})
    moved = outside_equity(year) - outside_equity(without)
    return Claim(
        id="H6",
        group=GROUP,
        claim="A sale between shareholders lifts the mark of the whole firm",
        model="a trade that moves a price: mark x all shares, and new external cash with and without it (pricing.web.indices)",
        value=(after - before) / sale,
        low=None,
        high=None,
        span="none",
        unit="USD of mark per USD traded",
        what="rise of the mark per dollar that changed hands",
        verdict=graded(holds=moved == 0.0 and after - before > sale, fails=after <= before),
        because=(
            f"{bn(sale)} of shares went from employees to funds in October 2025; the mark of all shares went from {bn(before)} to "
            f"{bn(after)}: {(after - before) / sale:.0f} dollars for each dollar. New cash to the firm: {bn(moved)}."
        ),
        would_change="a sale of new shares at the same price would bring cash",
        command="gpufin web examples/capital_web",
        rests_on=("tender_2025_usd", "openai_mark_october_2025_usd", "openai_mark_march_2025_usd"),
        moved_by="openai_mark_october_2025_usd",
        numbers={"cash_to_firm": moved, "mark_gain": after - before},
    )


MARKS = (
    "openai_mark_2023_usd",
    "openai_mark_early_2024_usd",
    "openai_mark_october_2024_usd",
    "openai_mark_march_2025_usd",
    "openai_mark_october_2025_usd",
    "openai_mark_march_2026_usd",
)


def yearly_growth(inputs: Inputs, first: str, last: str) -> float:
    """Growth a year between two marks."""
    start, end = inputs.figure(first), inputs.figure(last)
    years = (end.date - start.date).days / DAYS_A_YEAR
    return float((end.value / start.value) ** (1.0 / years) - 1.0)


def h7(inputs: Inputs) -> Claim:
    growth = yearly_growth(inputs, MARKS[0], MARKS[-1])
    steps = [yearly_growth(inputs, first, last) for first, last in pairwise(MARKS)]
    rise = inputs["openai_mark_march_2026_usd"] - inputs["openai_mark_march_2025_usd"]
    cash = inputs["openai_raised_2026_usd"] - inputs["openai_conditional_2026_usd"]
    return Claim(
        id="H7",
        group=GROUP,
        claim="The valuation path is almost vertical",
        model="growth between dated marks; cash raised per dollar of mark",
        value=growth,
        low=min(steps),
        high=max(steps),
        span="range",
        unit="a year",
        what="growth of the mark from January 2023 to March 2026, and its slowest and fastest step",
        verdict=graded(holds=growth >= 1.0, fails=growth < 0.3),
        because=(
            f"From {bn(inputs[MARKS[0]])} to {bn(inputs[MARKS[-1]])} in three years: {1 + growth:.1f} times a year, and never below "
            f"{1 + min(steps):.1f}. In the last year the mark rose by {bn(rise)} for {bn(cash)} of new cash not tied to conditions: "
            f"{cash / rise * 100:.0f} cents a dollar."
        ),
        would_change="a round below the last mark",
        command="python examples/article/run.py",
        rests_on=(*MARKS, "openai_raised_2026_usd", "openai_conditional_2026_usd"),
        moved_by="openai_mark_march_2026_usd",
        numbers={"cash_per_mark": cash / rise, "rise": rise, "slowest": min(steps)},
    )


def h8(inputs: Inputs) -> Claim:
    mark, stake = inputs["openai_mark_march_2026_usd"], inputs["softbank_stake"]
    cost = inputs["softbank_cost_2025_usd"] + inputs["softbank_2026_round_usd"]
    worth = stake * mark
    even = cost / stake
    # had it stopped at the end of 2025, the same first stake would cost less: the second purchase was at the mark before new money
    second = inputs["softbank_2026_round_usd"] / mark
    even_before = inputs["softbank_cost_2025_usd"] / (stake - second)
    return Claim(
        id="H8",
        group=GROUP,
        claim="SoftBank buys more at each higher mark, from a firm without profit",
        model="averaging up: break-even mark = cost / stake, by hand",
        value=1.0 - even / mark,
        low=None,
        high=None,
        span="none",
        unit="share",
        what="fall of the mark that takes the gain away",
        verdict=graded(holds=even > even_before, fails=even <= even_before),
        because=(
            f"{bn(cost)} for {pct(stake)}: a break-even mark of {bn(even)}, after {bn(even_before)} before the purchase of 2026. The "
            f"paper gain is {bn(worth - cost)}; a fall of the mark by {pct(1 - even / mark)} takes it, where "
            f"{pct(1 - even_before / mark)} would have been needed before."
        ),
        would_change="purchases below the average cost, or a profit that pays for them",
        command="gpufin price examples/softbank_openai_margin",
        rests_on=("openai_mark_march_2026_usd", "softbank_stake", "softbank_cost_2025_usd", "softbank_2026_round_usd"),
        moved_by="softbank_2026_round_usd",
        numbers={"break_even": even, "break_even_before": even_before, "gain": worth - cost},
    )


HEADLINE_INPUTS = (*DOLL_1, "softbank_2025_own_usd", "softbank_2025_syndicated_usd", "nvidia_letter_usd", "amd_warrant_shares")
ROWS: dict[str, Callable[[Inputs], Claim]] = {"H1": h1, "H2": h2, "H3": h3, "H4": h4, "H5": h5, "H6": h6, "H7": h7, "H8": h8}


def claims(inputs: Inputs) -> list[Claim]:
    return [row(inputs) for row in ROWS.values()]
