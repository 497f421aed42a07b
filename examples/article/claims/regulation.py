"""Regulation and soft monopoly: Q1 to Q5."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np

from examples.article.claims.claim import Claim, graded
from examples.article.claims.collapse import resonance_sheets
from examples.article.claims.inputs import Inputs
from examples.article.claims.loops import MARGIN, profit_margin
from examples.article.claims.say import bn, bn_to, pct, pct_to
from examples.article.claims.webs import ASSUMED, SHEETS, capital_web
from pricing.clearing.control import chain_mark_ups, controlled, lock_in, look_through_shares, mark_up_loss, tied_sales
from pricing.web.amounts import in_period
from pricing.web.remedies import Remedied, banned, capped, circular_usd, remedied

GROUP = "regulation"
ON_FLOWS = "gpufin web examples/capital_web"
COMMAND = "python examples/article/run.py"
EQUITY_LOOPS = ("E002", "E064", "E003", "E066", "E068", "E063", "E004")
"""Equity of chip makers, clouds and SoftBank in the labs: the edges of the web's knock-outs."""
OWNERS = ("microsoft", "softbank", "nvidia", "openai", "coreweave")
QUARTERS = 4


def remedies(inputs: Inputs, fall: float) -> dict[str, Remedied]:
    """The same fall of belief without a rule, and under each of three."""
    sheets = resonance_sheets()
    kept = 1.0 - fall
    return {
        "none": remedied(sheets, sheets, belief=kept),
        "ban": remedied(sheets, banned(sheets, ["openai"]), belief=kept),
        "cap": remedied(sheets, capped(sheets, inputs["rules_cap"]), belief=kept),
        "disclosure": remedied(sheets, sheets, belief=kept, disclosed=inputs["rules_disclosed"]),
    }


def q1(inputs: Inputs) -> Claim:
    found = remedies(inputs, inputs["rules_belief_fall"])
    saved = {name: 1.0 - each.total / found["none"].total for name, each in found.items()}
    ends = [remedies(inputs, fall) for fall in inputs.ends("rules_belief_fall")]
    others = [1.0 - each["ban"].total / each["none"].total for each in ends]
    web = capital_web(inputs)
    before, after = circular_usd(web), circular_usd(web, banned_edges=EQUITY_LOOPS)
    told = found["disclosure"]
    return Claim(
        id="Q1",
        group=GROUP,
        claim="A ruling against one node or deal would break the loop",
        model="edges banned in the flow web; ban, cap and disclosure on balance sheets (pricing.web.remedies)",
        value=saved["ban"],
        low=min(*others, saved["ban"]),
        high=max(*others, saved["ban"]),
        span="range",
        unit="share",
        what="of outsiders' loss that a ban on OpenAI's dealings with the others saves when belief falls",
        verdict=graded(holds=after[1] < 0.1 * before[1] and saved["ban"] > 0.3, fails=after[0] >= before[0] and saved["ban"] < 0.02),
        because=(
            f"Banning equity in the labs cuts what goes round in a year ({bn_to(*before)}) to {bn_to(*after)}. When belief falls by "
            f"{pct(inputs['rules_belief_fall'])}, a ban saves outsiders {pct(saved['ban'])} of {bn(found['none'].total)} and needs "
            f"{bn(found['ban'].replaced_usd)} of other money; a cap of {pct(inputs['rules_cap'])} saves {pct(saved['cap'])} and needs "
            f"{bn(found['cap'].replaced_usd)}; "
            "disclosure saves "
            f"{pct(saved['disclosure'])}, with {bn(told.on_disclosure)} paid by today's shareholders on the day. Shareholders bear it "
            "under each rule; most of the loss is belief, which no rule holds up."
        ),
        would_change="whether other money comes in place of what is banned, and at what price",
        command=ON_FLOWS,
        rests_on=("rules_belief_fall", "rules_cap", "rules_disclosed"),
        moved_by="rules_belief_fall",
        soft_terms=SHEETS,
        numbers={f"saved_{name}": share for name, share in saved.items() if name != "none"}
        | {f"shareholders_{name}": each.shareholders for name, each in found.items()}
        | {f"lenders_{name}": float(round(each.lenders)) for name, each in found.items()}
        | {f"replaced_{name}": each.replaced_usd for name, each in found.items() if name != "none"}
        | {"on_disclosure": told.on_disclosure, "round_before": before[1], "round_after": after[1]},
    )


def holdings(inputs: Inputs) -> np.ndarray:
    """Share of each firm held by each other, [holder, issuer], in the order of `OWNERS`."""
    held = np.zeros((len(OWNERS), len(OWNERS)))
    for holder, issuer, key in (
        ("microsoft", "openai", "microsoft_stake"),
        ("softbank", "openai", "softbank_stake"),
        ("nvidia", "openai", "rules_nvidia_stake"),
        ("nvidia", "coreweave", "rules_nvidia_coreweave_stake"),
        ("openai", "coreweave", "rules_openai_coreweave_stake"),
    ):
        held[OWNERS.index(holder), OWNERS.index(issuer)] = inputs[key]
    return held


def q2(inputs: Inputs) -> Claim:
    held = holdings(inputs)
    through, power = look_through_shares(held), controlled(held)
    lab = OWNERS.index("openai")
    together = float(through[:3, lab].sum())
    via = float(through[0, OWNERS.index("coreweave")])
    return Claim(
        id="Q2",
        group=GROUP,
        claim="Capital integrates the chain and controls it crosswise",
        model="shares through all chains (I - C)^-1; majorities (pricing.clearing.control)",
        value=together,
        low=None,
        high=None,
        span="none",
        unit="share",
        what="of OpenAI owned by Microsoft, SoftBank and NVIDIA, through all chains",
        verdict=graded(holds=bool(power.any()), fails=together < 0.1),
        because=(
            f"Supplier, landlord and financier own {pct(together)} of OpenAI, the largest of them {pct(float(through[:3, lab].max()))}; "
            "chains add little "
            f"(Microsoft reaches {via * 100:.2f} % of CoreWeave). {'One' if power.any() else 'None'} of them has a majority of votes: "
            "shared ownership, " + ("and control." if power.any() else "no control. Contracts, not votes, tie the firms.")
        ),
        would_change="votes and board rights by class: a nonprofit controls OpenAI's board, and side letters are not public",
        command=COMMAND,
        rests_on=(
            "microsoft_stake",
            "softbank_stake",
            "rules_nvidia_stake",
            "rules_nvidia_coreweave_stake",
            "rules_openai_coreweave_stake",
        ),
        moved_by="microsoft_stake",
        numbers={"largest": float(through[:3, lab].max()), "via_chain": via},
    )


def tied(inputs: Inputs) -> tuple[tuple[float, float], tuple[float, float]]:
    """Share of NVIDIA's sales to firms in which it holds shares, and the part its own money of the year could pay: low and high.

    OpenAI buys through landlords: low counts none of it, high counts Oracle's and CoreWeave's purchases as OpenAI's too.
    """
    web = capital_web(inputs)
    current = {name: edge for name, edge in web.edges.items() if edge.is_current}
    put = {edge.payee: name for name, edge in current.items() if edge.payer == "nvidia" and edge.kind == "equity_investment"}
    put |= {edge.payee: name for name, edge in current.items() if edge.payer == "nvidia" and edge.kind == "equity_holding"}
    sales = {
        edge.payer: name for name, edge in current.items() if edge.payee == "nvidia" and edge.layer == "cash" and edge.kind == "purchase"
    }
    total = QUARTERS * inputs["nvidia_quarter_revenue_usd"]
    found = []
    for high in (False, True):
        bought = {who: getattr(in_period(web, name), "high" if high else "low") for who, name in sales.items()}
        invested = dict.fromkeys(bought, 0.0)
        for who in bought:
            if who in put:
                edge = web.edges[put[who]]
                span = in_period(web, put[who]) if edge.layer == "cash" else None
                # a stake of earlier years ties a sale as well; what it paid for is not of this year
                invested[who] = max(1.0, 0.0 if span is None else getattr(span, "high" if high else "low"))
        if high:
            invested["oracle"] = in_period(web, "E002").high
        rest = max(0.0, total - sum(bought.values()))
        found.append(tied_sales(invested=list(invested.values()), bought=list(bought.values()), other_sales=rest))
    low, top = found
    return (low.tied_share, top.tied_share), (low.funded_share, top.funded_share)


def q3(inputs: Inputs) -> Claim:
    share, funded = tied(inputs)
    return Claim(
        id="Q3",
        group=GROUP,
        claim="The law watches shares and prices and misses money that binds",
        model="sales to firms in which the seller has put money (pricing.clearing.control.tied_sales)",
        value=None,
        low=share[0],
        high=share[1],
        span="interval",
        unit="share",
        what="of NVIDIA's sales to firms in which it holds shares",
        verdict=graded(holds=share[0] > 0.2, fails=share[1] < 0.02),
        because=(
            f"{pct_to(*share)} of NVIDIA's sales of {bn(QUARTERS * inputs['nvidia_quarter_revenue_usd'])} a year go to firms in which it "
            "holds shares; money it "
            f"put in within the year could have paid for {pct_to(*funded)}. A screen that looks at shares of markets and at prices sees "
            "neither."
        ),
        would_change="purchases by customer: filings name shares of revenue without the names",
        command=ON_FLOWS,
        rests_on=("nvidia_quarter_revenue_usd", "nvidia_round_usd"),
        moved_by="nvidia_quarter_revenue_usd",
        soft_terms=ASSUMED,
        numbers={"funded_low": funded[0], "funded_high": funded[1]},
    )


def locked(inputs: Inputs, own: float, rival: float, switching: float) -> float:
    """Cost of staying with NVIDIA, USD."""
    costs = {"nvidia": own, "rival": rival}
    return lock_in(unit_cost_usd=costs, units=inputs["rules_locked_gw"], exclusive=("nvidia",), switching_usd=switching).cost_usd


def q4(inputs: Inputs) -> Claim:
    own = inputs["nvidia_content_usd_per_gw"]
    keys = ("rules_rival_per_gw_usd", "rules_switching_usd")
    base = locked(inputs, own, *(inputs[key] for key in keys))
    cases = [locked(inputs, own, *case) for case in product(*(inputs.ends(key) for key in keys))]
    free = lock_in(unit_cost_usd={"nvidia": own, "rival": inputs["rules_rival_per_gw_usd"]}, units=inputs["rules_locked_gw"])
    return Claim(
        id="Q4",
        group=GROUP,
        claim="Rivals are locked out and standards are set upstream",
        model="choice set under exclusivity, against the cheapest choice (pricing.clearing.control.lock_in)",
        value=base,
        low=min(cases),
        high=max(cases),
        span="range",
        unit="USD",
        what=f"paid above the best choice for {inputs['rules_locked_gw']:g} GW tied to one supplier",
        verdict="cannot be decided",
        because=(
            f"Tied to NVIDIA at {bn(own)} a gigawatt the customer pays {bn(base)} too much ({bn_to(min(cases), max(cases))}) for the "
            "same work; "
            f"without the flag it would take {'the rival' if free.chosen == 'rival' else 'NVIDIA all the same'}. In fact OpenAI has "
            "contracts with four makers, and Microsoft's exclusivity ended in April 2026."
        ),
        would_change="what a rival's gigawatt costs for the same work",
        command=COMMAND,
        rests_on=("nvidia_content_usd_per_gw", "rules_locked_gw", *keys),
        moved_by="rules_locked_gw",
        missing="price and work done of a gigawatt of AMD's or Broadcom's systems, and any clause that forbids them",
    )


def q5(inputs: Inputs) -> Claim:
    sales = QUARTERS * inputs["nvidia_quarter_revenue_usd"]
    cost = sales * (1.0 - profit_margin(inputs))
    mark_up = sales / cost - 1.0

    def lost(plain: float, elasticity: float) -> float:
        """Customers' loss a year to the mark-up beyond a plain one, USD."""
        most, fair = (mark_up_loss([each], elasticity=elasticity) for each in (mark_up, min(plain, mark_up)))
        return cost * (most.consumer_loss - fair.consumer_loss) / max(most.volume, 1e-9)

    keys = ("rules_plain_mark_up", "rules_elasticity")
    base = lost(*(inputs[key] for key in keys))
    cases = [lost(*case) for case in product(*(inputs.ends(key) for key in keys))]
    joint, chain = chain_mark_ups(elasticity=inputs["rules_elasticity"], stages=2)
    return Claim(
        id="Q5",
        group=GROUP,
        claim="The web is a soft monopoly",
        model="mark-ups on linear demand, one firm against a chain (pricing.clearing.control.mark_up_loss, chain_mark_ups)",
        value=base,
        low=min(cases),
        high=max(cases),
        span="range",
        unit="USD a year",
        what="customers' loss to NVIDIA's mark-up beyond that of a supplier with rivals",
        # conduct in common is not shown: at most in part
        verdict=graded(holds=False, fails=mark_up <= inputs["rules_plain_mark_up"]),
        because=(
            f"NVIDIA earns {mark_up:.1f} times its cost on top of it, all costs counted: customers lose {bn(base)} a year "
            f"({bn_to(min(cases), max(cases))}) "
            f"against a mark-up of {pct(inputs['rules_plain_mark_up'])}. A firm that owned the chain would ask {pct(joint - 1.0)} over "
            "cost, two that mark up "
            f"in turn {pct(chain - 1.0)}: joint profit costs customers less than a chain of monopolies. That prices are set jointly is "
            "not shown by anything."
        ),
        would_change="prices to customers inside and outside the web for the same chips",
        command=COMMAND,
        rests_on=(*MARGIN, *keys),
        moved_by="nvidia_quarter_income_usd",
        numbers={"mark_up": mark_up, "joint": joint, "chain": chain},
    )


ROWS: dict[str, Callable[[Inputs], Claim]] = {"Q1": q1, "Q2": q2, "Q3": q3, "Q4": q4, "Q5": q5}


def claims(inputs: Inputs) -> list[Claim]:
    return [row(inputs) for row in ROWS.values()]
