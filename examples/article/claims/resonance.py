"""Mutual dependence and resonant risk: R1 to R8. One failure anywhere; common factor, contracts and sales told apart."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from examples.article.claims.claim import Claim, graded
from examples.article.claims.collapse import belief_run, resonance_sheets
from examples.article.claims.inputs import Inputs
from examples.article.claims.say import bn, bn_to, pct, pct_to
from examples.article.claims.webs import SHEETS, capital_web, graph_of
from pricing.clearing import resonance as resonated, spectral_radius, trace
from pricing.clearing.common_factor import joint_default_odds
from pricing.web.dates import run_dates, shocks_for
from pricing.web.failures import FailureSplit, failure_split, stopped_share
from pricing.web.matrix import value_matrix
from pricing.web.sweep import DATES, class_losses

GROUP = "resonance"
ON_SHEETS = "gpufin web examples/resonance"
ON_FLOWS = "gpufin web examples/capital_web"
FIRMS = ("openai", "oracle", "softbank", "coreweave")
CDS_YEARS = 5.0


def effect(inputs: Inputs, on: str, of: str) -> tuple[float, float]:
    """Relative fall of one firm's value per relative fall of another, from the dependencies of the real web, low and high."""
    found = value_matrix(capital_web(inputs))
    at = found.nodes.index(on), found.nodes.index(of)
    scale = inputs["resonance_dependency_scale"]
    return scale * float(found.low[at]), scale * float(found.high[at])


def r1(inputs: Inputs) -> Claim:
    low, high = effect(inputs, "nvidia", "openai")
    cut = inputs["resonance_cut"]
    return Claim(
        id="R1",
        group=GROUP,
        claim="OpenAI cannot do without NVIDIA's compute",
        model="share of compute x value lost per share of compute lost (pricing.web.matrix.value_matrix)",
        value=0.5 * (low + high) * cut,
        low=low * cut,
        high=high * cut,
        span="range",
        unit="share",
        what="of OpenAI's value lost if this share of NVIDIA's supply stops",
        verdict=graded(holds=low * cut > 0.2, fails=high * cut < 0.05),
        because=(
            f"If {pct(cut)} of NVIDIA's supply stopped, OpenAI would lose {pct_to(low * cut, high * cut)} of its value: 40 to 80 % of "
            "its compute is NVIDIA's, and AMD, Broadcom, Cerebras and the clouds' own chips are contracted beside it."
        ),
        would_change="the share of compute on each maker's chips, which nobody publishes, and how fast it can move",
        command=ON_FLOWS,
        rests_on=("resonance_cut", "resonance_dependency_scale"),
        moved_by="resonance_cut",
    )


def r2(inputs: Inputs) -> Claim:
    low, high = effect(inputs, "openai", "nvidia")
    cut, worth = inputs["resonance_cut"], inputs["nvidia_cap_usd"]
    return Claim(
        id="R2",
        group=GROUP,
        claim="NVIDIA's price hangs on OpenAI's orders",
        model="revenue share x multiple, the finite difference of a valuation (pricing.web.matrix, clearing.finite_effect)",
        value=0.5 * (low + high) * cut * worth,
        low=low * cut * worth,
        high=high * cut * worth,
        span="range",
        unit="USD",
        what="of NVIDIA's market value lost if this share of OpenAI's orders stops",
        verdict=graded(holds=low * cut > 0.2, fails=high * cut < 0.02),
        because=(
            f"Without OpenAI's orders NVIDIA would lose {pct_to(low * cut, high * cut)} of its value, "
            f"{bn_to(low * cut * worth, high * cut * worth)}: much money, of a firm that sells to everybody."
        ),
        would_change="revenue that reaches NVIDIA through OpenAI's landlords, by landlord",
        command=ON_FLOWS,
        rests_on=("resonance_cut", "resonance_dependency_scale", "nvidia_cap_usd"),
        moved_by="nvidia_cap_usd",
    )


def r3(inputs: Inputs) -> Claim:
    sheets = resonance_sheets()
    falls = (inputs["resonance_belief_fall"], *inputs.ends("resonance_belief_fall"))
    run, calm = belief_run(sheets, tuple(1.0 - fall for fall in falls))
    at = sheets.nodes.index("softbank")
    owed = float(sheets.outside_debt[at] + sheets.debts[at].sum())
    before, after = owed / float(calm.value[0, -1, at]), owed / run.value[:, -1, at]
    book = 1.0 - run.equity[:, -1, at] / float(calm.equity[0, -1, at])
    assets = 1.0 - run.value[:, -1, at] / float(calm.value[0, -1, at])
    return Claim(
        id="R3",
        group=GROUP,
        claim="SoftBank's book gains on both, and falls with both",
        model="holdings with leverage (pricing.web.dates): debt over assets before and after a fall of belief",
        value=float(after[0]),
        low=float(after.min()),
        high=float(after.max()),
        span="range",
        unit="share",
        what="SoftBank's debt over its assets after the fall",
        verdict=graded(holds=bool((book > 1.2 * assets).all() and assets.min() > 0.1), fails=float(assets.max()) < 0.02),
        because=(
            f"If belief falls by {pct(falls[0])}, SoftBank's assets fall by {pct(float(assets[0]))} and, with debt, its book by "
            f"{pct(float(book[0]))}; debt over assets goes from {pct(before)} to {pct(float(after[0]))}. Gains run through the same lever."
        ),
        would_change="SoftBank's balance sheet by holding and by lender: the one here is assumed, with a range",
        command=ON_SHEETS,
        rests_on=("resonance_belief_fall",),
        moved_by="resonance_belief_fall",
        soft_terms=SHEETS,
        numbers={"ltv_before": before, "assets_fall": float(assets[0]), "book_fall": float(book[0]), "debt": owed},
    )


def r4(inputs: Inputs) -> Claim:
    backlog, tenant, prepaid = (inputs[f"resonance_oracle_{name}_usd"] for name in ("backlog", "openai", "prepaid"))
    revenue = inputs["resonance_oracle_revenue_usd"]
    return Claim(
        id="R4",
        group=GROUP,
        claim="Oracle is tied to one tenant",
        model="share of the tenant x backlog",
        value=tenant,
        low=max(0.0, tenant - prepaid),
        high=tenant,
        span="interval",
        unit="USD",
        what="backlog that goes if the tenant goes; low: all prepaid chips are this tenant's",
        verdict=graded(holds=tenant / backlog > 1 / 3, fails=tenant / backlog < 0.1),
        because=(
            f"{pct(tenant / backlog)} of a backlog of {bn(backlog)} is OpenAI's: {tenant / revenue:.1f} years of Oracle's revenue. At most "
            f"{bn(prepaid)} of the backlog comes with chips that customers pay for or bring."
        ),
        would_change="whether the prepaid part is OpenAI's",
        command=ON_FLOWS,
        rests_on=tuple(f"resonance_oracle_{name}_usd" for name in ("backlog", "openai", "prepaid", "revenue")),
        moved_by="resonance_oracle_openai_usd",
        numbers={"share": tenant / backlog, "years_of_revenue": tenant / revenue},
    )


def r5(inputs: Inputs) -> Claim:
    found, scale = value_matrix(capital_web(inputs)), inputs["resonance_dependency_scale"]
    low, high = (spectral_radius(scale * side) for side in (found.low, found.high))
    middle = 0.5 * scale * (found.low + found.high)
    radius = spectral_radius(middle)
    gross = float(resonated(effect=middle, shock=np.eye(len(middle))[found.nodes.index("openai")]).gross) if radius < 1.0 else float(high)
    return Claim(
        id="R5",
        group=GROUP,
        claim="The web looks stable and is fragile",
        model="spectral radius of the value matrix (pricing.clearing.spectral_radius, resonance)",
        value=radius,
        low=low,
        high=high,
        span="interval",
        unit="radius",
        what="growth of a loss per round; 1 feeds itself",
        verdict=graded(holds=low > 0.7, fails=high < 0.3),
        because=(
            f"A loss shrinks to {pct(radius)} of itself each round ({pct_to(low, high)}): it dies out, after a fall of OpenAI has become "
            f"{gross:.1f} times as much in all. The margin to a loop that feeds itself is {pct_to(1.0 - high, 1.0 - low)}."
        ),
        would_change="multiples of value on orders: at 1.6 times the highest of them the loop feeds itself",
        command=ON_FLOWS,
        rests_on=("resonance_dependency_scale",),
        moved_by="resonance_dependency_scale",
        numbers={"margin_low": 1.0 - high, "margin_high": 1.0 - low, "gross": gross},
    )


def r6(inputs: Inputs) -> Claim:
    sheets, n = resonance_sheets(), len(resonance_sheets().nodes)
    sizes = (inputs["resonance_recall"], *inputs.ends("resonance_recall"))
    recall = np.concatenate([size * np.eye(n) for size in sizes])
    run, calm = run_dates(sheets, shocks_for(sheets, dates=DATES, recall=recall)), run_dates(sheets, shocks_for(sheets, dates=DATES))
    lost = (class_losses(sheets, run, calm)["all outsiders"]).reshape(3, n)
    fails = (run.default[:, -1] & ~calm.default[:, -1]).reshape(3, n, n)
    worst = int(np.argmax(lost[0]))
    broken = [sheets.nodes[i] for i in range(n) if fails[0, i].any()]
    spread = bool((fails[0] & ~np.eye(n, dtype=bool)).any())
    gap = np.maximum(0.0, np.array(sizes)[:, None] * sheets.outside_debt - sheets.cash)
    recalled = sizes[0] * float(sheets.outside_debt[worst])
    return Claim(
        id="R6",
        group=GROUP,
        claim="A squeeze at one node can start a chain",
        model="outside debt recalled at each node in turn, clearing and forced sales (pricing.web.dates)",
        value=float(gap[0].max()),
        low=float(gap[1].max()),
        high=float(gap[2].max()),
        span="range",
        unit="USD",
        what="recalled beyond the cash of the node that is shortest of it",
        verdict=graded(holds=spread, fails=not broken),
        because=(
            f"If lenders want {pct(sizes[0])} back, {', '.join(broken) if broken else 'nobody'} cannot pay. {bn(float(gap[0].max()))} is "
            f"missing at {sheets.nodes[int(gap[0].argmax())]}. Worst is {sheets.nodes[worst]}: {bn(recalled)} recalled costs outsiders "
            f"{bn(float(lost[0, worst]))}. "
            + ("Others fail with it." if spread else "Nobody else fails with it: the chain stops at the first link.")
        ),
        would_change="who holds whose debt: most lenders are outside the web, and bear it there",
        command=ON_SHEETS,
        rests_on=("resonance_recall",),
        moved_by="resonance_recall",
        soft_terms=SHEETS,
        numbers={f"lost_{node}": float(lost[0, i]) for i, node in enumerate(sheets.nodes)},
    )


def r7(inputs: Inputs) -> Claim:
    sheets = resonance_sheets()
    falls = (inputs["resonance_theme_fall"], *inputs.ends("resonance_theme_fall"))
    price = np.tile(1.0 - np.array(falls)[:, None], (1, len(sheets.assets)))
    run, calm = run_dates(sheets, shocks_for(sheets, dates=DATES, price=price)), run_dates(sheets, shocks_for(sheets, dates=DATES))
    sold = run.sold.sum(axis=1)
    further = 1.0 - run.price[:, -1] / price
    lost = class_losses(sheets, run, calm)["all outsiders"]
    called = [node for i, node in enumerate(sheets.nodes) if run.called[0, :, i].any()]
    worth = (sold * price).sum(axis=1)
    deepest = float(further[0].max())
    return Claim(
        id="R7",
        group=GROUP,
        claim="Deleveraging runs in chains: sales force sales",
        model="margin triggers, leverage targets and price impact to a joint fixed point (pricing.web.dates; clearing.fire_sale)",
        value=float(worth[0]),
        low=float(worth.min()),
        high=float(worth.max()),
        span="range",
        unit="USD",
        what="forced sales after a fall of listed shares and chips",
        verdict=graded(holds=deepest > 0.05, fails=worth[0] <= 0.0),
        because=(
            f"A fall of {pct(falls[0])} calls {', '.join(called) if called else 'nobody'} and forces sales of {bn(float(worth[0]))}, "
            f"which take another {pct(deepest)} off {sheets.assets[int(further[0].argmax())]}; outsiders lose {bn(float(lost[0]))} in all."
        ),
        would_change="loans on shares and chips that are not disclosed: two borrowers are in the web, the market has more",
        command=ON_SHEETS,
        rests_on=("resonance_theme_fall",),
        moved_by="resonance_theme_fall",
        soft_terms=SHEETS,
        numbers={"further_fall": deepest, "lost": float(lost[0])},
    )


@lru_cache(maxsize=8)
def _failures(belief_fall: float, theme_fall: float) -> FailureSplit:
    return failure_split(resonance_sheets(), belief=1.0 - belief_fall, price=1.0 - theme_fall)


def r8(inputs: Inputs) -> Claim:
    spreads = np.array([inputs["resonance_spread_openai"], *(inputs[f"resonance_cds_{name}"] for name in FIRMS[1:])])
    odds = 1.0 - np.exp(-spreads / (1.0 - inputs["resonance_recovery"]) * CDS_YEARS)

    def three(loading: float) -> float:
        return float(joint_default_odds(default_probability=odds, loading=loading)[3:].sum())

    apart, base = three(0.0), three(inputs["resonance_loading"])
    low, high = (three(end) for end in inputs.ends("resonance_loading"))
    split, sheets = _failures(inputs["resonance_belief_fall"], inputs["resonance_theme_fall"]), resonance_sheets()
    whole = float(split.total.sum())
    told = {name: float(part.sum()) / whole for name, part in split.parts.items()} | {"alone": float(split.alone.sum()) / whole}
    calm = _failures(0.0, 0.0)
    alone = {name: float(part.sum()) / float(calm.total.sum()) for name, part in calm.parts.items()}
    stopped = _stopped(inputs)
    return Claim(
        id="R8",
        group=GROUP,
        claim="All plans share one future",
        model="one-factor joint default (pricing.clearing.common_factor); every failure in turn, split (pricing.web.failures)",
        value=base,
        low=min(low, base),
        high=max(high, base),
        span="range",
        unit="probability",
        what=f"three or more of {', '.join(FIRMS)} default within five years",
        verdict=graded(holds=base > 3.0 * apart and told["common factor"] > told["contracts"], fails=base < 1.2 * apart),
        because=(
            f"At the market's spreads three of four default together with odds of {pct(base)} ({pct_to(low, high)}), against "
            f"{pct(apart)} if they were independent. Of what outsiders lose when each of six firms fails in turn and belief falls by "
            f"{pct(inputs['resonance_belief_fall'])} with it, "
            f"the common factor brings {pct(told['common factor'])}, contracts {pct(told['contracts'])}, sales {pct(told['sales'])}; if "
            "belief falls by "
            f"what the failure alone does to it, {pct(alone['common factor'])}, {pct(alone['contracts'])} and {pct(alone['sales'])}."
        ),
        would_change="loadings: spreads move together, but no tranche quotes show how far into the tail",
        command=ON_SHEETS,
        rests_on=(
            *(f"resonance_cds_{name}" for name in FIRMS[1:]),
            "resonance_spread_openai",
            "resonance_recovery",
            "resonance_loading",
            "resonance_belief_fall",
            "resonance_theme_fall",
        ),
        moved_by="resonance_loading",
        soft_terms=SHEETS,
        numbers={"independent": apart}
        | {f"share_{name.replace(' ', '_')}": share for name, share in told.items()}
        | {f"share_{name.replace(' ', '_')}_by_itself": share for name, share in alone.items()}
        | {f"failure_of_{node}": float(split.total[i]) for i, node in enumerate(sheets.nodes)}
        | {f"stopped_by_{node}": usd for node, usd in stopped.items()},
    )


def _stopped(inputs: Inputs) -> dict[str, float]:
    """Node of the real web to the throughflow of others that stops with it, USD a year, the middle of every interval; the five largest."""
    graph = graph_of(inputs)
    flows, inflow, outflow = graph.balanced(0.5 * (graph.low + graph.high)[None])
    found = trace(flows=flows[0], inflow=inflow[0], outflow=outflow[0], names=graph.nodes)
    lost = stopped_share(found) @ found.throughflow - found.throughflow
    return {graph.nodes[i]: float(lost[i]) for i in np.argsort(-lost)[:5]}


ROWS: dict[str, Callable[[Inputs], Claim]] = {"R1": r1, "R2": r2, "R3": r3, "R4": r4, "R5": r5, "R6": r6, "R7": r7, "R8": r8}


def claims(inputs: Inputs) -> list[Claim]:
    return [row(inputs) for row in ROWS.values()]
