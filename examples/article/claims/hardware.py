"""Hardware as a financial asset: G1 to G6."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from examples.article.claims.claim import Claim, graded
from examples.article.claims.inputs import Inputs
from examples.article.claims.say import bn, bn_to, pct, pct_to
from examples.article.claims.webs import capital_web
from instruments import Web
from instruments.web import Perimeter
from pricing.clearing import Unwind, leveraged_holders, ltv_distance, pay_from_pool, pledge_chain, pledge_depth
from pricing.web.funding import QuarterlyFunding, funding_by_quarter, quarters_of

GROUP = "hardware"
RUN = "python examples/article/run.py"
SHARES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3)
"""Speculators' shares of all hardware in the run's table."""
MONTHS = 12


def margin_account(inputs: Inputs, *, decline: float, jump: float, months: int) -> tuple[float, float]:
    """Cover asked for at the first breach of the limit, USD, and what the pool pays on the debt if it is sold in the last month.

    Debt amortises evenly; the pool loses `decline` a year evenly (compounded) and `jump` log points in the middle of the period.
    """
    time = np.arange(months + 1) / 12.0
    debt = inputs["coreweave_debt_usd"] * np.maximum(0.0, 1.0 - time / inputs["loan_years"])
    pool = inputs["coreweave_plant_usd"] * (1.0 - decline) ** time * np.exp(jump * (np.arange(months + 1) > months // 2))
    ltv = debt / pool
    over = np.flatnonzero(ltv > inputs["ltv_limit"])
    call = float(debt[over[0]] - inputs["ltv_limit"] * pool[over[0]]) if len(over) else 0.0
    paid = pay_from_pool(value=float(pool[-1]), claims=[float(debt[-1])], rank=[1]).paid
    return call, float(paid[0])


def g1(inputs: Inputs) -> Claim:
    debt, plant = inputs["coreweave_debt_usd"], inputs["coreweave_plant_usd"]
    decline, jump = inputs["collateral_decline"], inputs["launch_jump"]
    ltv = debt / plant
    room = float(ltv_distance(ltv=ltv, limit=inputs["ltv_limit"]))
    call, paid = margin_account(inputs, decline=decline, jump=jump, months=MONTHS)
    worst, _ = margin_account(inputs, decline=inputs.ends("collateral_decline")[1], jump=inputs.ends("launch_jump")[0], months=MONTHS)
    return Claim(
        id="G1",
        group=GROUP,
        claim="GPUs are pledged: hardware has become collateral",
        model="collateral account with a loan-to-value test on a price path (pricing.clearing.ltv_distance, pay_from_pool)",
        value=ltv,
        low=None,
        high=None,
        span="none",
        unit="share",
        what="debt over plant of the largest borrower on GPUs",
        verdict=graded(holds=ltv >= 0.3, fails=ltv <= 0.05),
        because=(
            f"CoreWeave owes {bn(debt)} on {bn(plant)} of plant, {pct(ltv)}. A fall of {pct(room)} at once would reach a limit of "
            f"{pct(inputs['ltv_limit'])}. One year of decline at {pct(decline)} with a launch calls for {bn(call)} ({bn(worst)} at the "
            f"bad end) while the loan pays down. The other side: {bn(plant)} of plant stand, where the same equity alone would have "
            f"bought {bn(plant - debt)}."
        ),
        would_change="the covenants of the fleet as a whole; contracts that pay the debt whatever the chips are worth",
        command="gpufin price examples/coreweave_ddtl4",
        rests_on=("coreweave_debt_usd", "coreweave_plant_usd", "collateral_decline", "launch_jump", "loan_years", "ltv_limit"),
        moved_by="coreweave_debt_usd",
        numbers={"room": room, "call": call, "worst_call": worst, "recovered": paid},
    )


def expected_rent(inputs: Inputs, *, growth: float, launches: int, years: float = 1.0) -> float:
    """USD an hour after some years: drift and a jump at each launch. Without launches a deterministic path.

    The drift is taken to hold launches already, so that a path with them gives back what an average launch a year takes.
    """
    return float(inputs["rent_h100_usd_per_hour"] * np.exp(np.log1p(growth) * years + inputs["launch_jump"] * launches))


def g2(inputs: Inputs) -> Claim:
    spot, low_point = inputs["rent_h100_usd_per_hour"], inputs["rent_h100_low_usd_per_hour"]
    growth = inputs["rent_growth"]
    mark = expected_rent(inputs, growth=growth, launches=0)
    low, high = (expected_rent(inputs, growth=end, launches=0) for end in inputs.ends("rent_growth"))
    shock = expected_rent(inputs, growth=growth, launches=1)
    return Claim(
        id="G2",
        group=GROUP,
        claim="GPUs are priced: compute has a market price",
        model="rent index with drift and launch jumps; without them a deterministic path (curves.compute has the two-factor model)",
        value=mark,
        low=low,
        high=high,
        span="range",
        unit="USD/GPU-hour",
        what="expected one-year contract rent of an H100 a year on",
        verdict=graded(holds=inputs["index_spread"] < 0.05, fails=inputs["index_spread"] > 0.5),
        because=(
            f"There are prices, not one price: five readings of one day differ by {pct(inputs['index_spread'])}, and no future was "
            f"listed on 5 October 2026. From {low_point:.2f} the rent rose to {spot:.2f} in eight months; a year on it is {low:.2f} to "
            f"{high:.2f}, or {shock:.2f} if a launch hits on top. A rule of one-way decay would have failed in 2026."
        ),
        would_change="a listed future that settles on one index, with open interest",
        command="gpufin price examples/compute_derivatives",
        rests_on=("rent_h100_usd_per_hour", "rent_h100_low_usd_per_hour", "rent_growth", "launch_jump", "index_spread"),
        moved_by="rent_growth",
        numbers={"spread": inputs["index_spread"], "rise": spot / low_point - 1.0, "after_launch": shock},
    )


def unwind(inputs: Inputs, share: float | tuple[float, ...]) -> Unwind:
    """Holders on margin at the study's figures."""
    return leveraged_holders(
        share=share,
        margin=inputs["speculator_margin"],
        impact=inputs["hardware_impact"],
        shock=inputs["hardware_shock"],
        margin_slope=inputs["margin_slope"],
    )


def g3(inputs: Inputs) -> Claim:
    share = inputs["speculator_share"]
    found = unwind(inputs, share)
    least, most = (unwind(inputs, end) for end in inputs.ends("speculator_share"))
    lifted = float(found.price_before) - 1.0
    grid = np.arange(0.0, 1.0, 0.01)
    hurt = np.flatnonzero(unwind(inputs, tuple(grid)).lenders_loss > 0.0)
    lenders_from = float(grid[hurt[0]]) if len(hurt) else 1.0
    return Claim(
        id="G3",
        group=GROUP,
        claim="GPUs are speculated on: holders without a use lift the price, on credit",
        model="holders on margin, users' demand, forced sales to a fixed point (pricing.clearing.leveraged_holders)",
        value=float(found.amplification),
        low=float(least.amplification),
        high=float(most.amplification),
        span="range",
        unit="fall of the price over fall of its ground",
        what=f"how far holders on credit deepen a fall, at a share of {pct(share)}",
        verdict="cannot be decided",
        because=(
            f"If {pct(share)} of all GPUs were held for their price, it would stand {pct(lifted)} too high, and a fall of the ground "
            f"by {pct(inputs['hardware_shock'])} would take it down {float(found.amplification):.1f} times as far "
            f"({float(least.amplification):.1f} to {float(most.amplification):.1f} for shares from "
            f"{pct_to(*inputs.ends('speculator_share'))}). With none it is the price of its use. What holders have is not known."
        ),
        would_change=f"the share itself: from {pct(lenders_from)} on lenders lose too",
        command=RUN,
        rests_on=("speculator_share", "speculator_margin", "hardware_impact", "hardware_shock", "margin_slope"),
        moved_by="speculator_share",
        missing="how much hardware is held without a tenant and on credit; open interest once futures are listed",
        numbers={
            "lifted": lifted,
            "price": float(found.price),
            "lenders_loss": float(found.lenders_loss),
            "sold": share - float(found.held),
            "lenders_from": lenders_from,
        },
    )


def g4(inputs: Inputs) -> Claim:
    gw = inputs["openai_gw_nvidia"] + inputs["amd_gw"] + inputs["openai_gw_broadcom"]
    total = gw * inputs["gw_cost_usd"]
    low, high = (gw * end for end in inputs.ends("gw_cost_usd"))
    now = (inputs["nvidia_replaced_gw"] + inputs["amd_gw"] + inputs["openai_gw_broadcom"]) * inputs["gw_cost_usd"]
    target = inputs["openai_target_usd"]
    return Claim(
        id="G4",
        group=GROUP,
        claim="Commitments are built on capacity: so many gigawatts, so many dollars",
        model="capacity-indexed contract: gigawatts x dollars a gigawatt",
        value=total,
        low=low,
        high=high,
        span="range",
        unit="USD",
        what="cost of the gigawatts OpenAI announced with three chip makers",
        verdict=graded(holds=low <= target <= high, fails=target < 0.5 * low or target > 2.0 * high),
        because=(
            f"{gw:.0f} GW at {bn_to(*inputs.ends('gw_cost_usd'))} are {bn_to(low, high)}: OpenAI's stated {bn(target)} is that "
            "arithmetic. So a dearer gigawatt or a lost one moves the promise one for one: with 5 GW of NVIDIA's left it is "
            f"{bn(now)}, and the target itself was cut to {bn(inputs['openai_target_cut_usd'])}."
        ),
        would_change="contracts in dollars instead of gigawatts",
        command=RUN,
        rests_on=(
            "openai_gw_nvidia",
            "amd_gw",
            "openai_gw_broadcom",
            "gw_cost_usd",
            "nvidia_replaced_gw",
            "openai_target_usd",
            "openai_target_cut_usd",
        ),
        moved_by="gw_cost_usd",
        numbers={"gw": gw, "now": now, "target": target},
    )


@lru_cache(maxsize=8)
def disclosed_depth(web: Web) -> int:
    """Longest chain of claims secured on claims that the web discloses."""
    pledges = {name: edge.secured_on for name, edge in web.edges.items() if edge.secured_on and edge.is_current}
    return max(pledge_depth(pledges).values())


def g5(inputs: Inputs) -> Claim:
    chips, debt = inputs["vehicle_chips_usd"], inputs["vehicle_debt_usd"]
    depth = disclosed_depth(capital_web(inputs))
    first = 1.0 - debt / chips
    ends = [pledge_chain(value=chips, haircuts=[first, cut]).multiple for cut in inputs.ends("repledge_haircut")]
    chain = pledge_chain(value=chips, haircuts=[first, inputs["repledge_haircut"]])
    return Claim(
        id="G5",
        group=GROUP,
        claim="Compute becomes money: the same chips are pledged again and again",
        model="chain of pledges: claims over the asset at the bottom (pricing.clearing.pledge_chain, pledge_depth)",
        value=chain.multiple,
        low=min(debt / chips, *ends),
        high=max(ends),
        span="range",
        unit="USD of claims per USD of chips",
        what="claims on the chips of one vehicle, with its lender's claim pledged once more",
        verdict="cannot be decided",
        because=(
            f"What is disclosed is {'one pledge' if depth == 1 else f'{depth} pledges'} deep: {bn(debt)} on {bn(chips)} of chips, "
            f"{debt / chips:.2f} a dollar. Were the lender's claim pledged again at a haircut of {pct(inputs['repledge_haircut'])}, it "
            f"would be {chain.multiple:.2f}. The BIS says that an asset may be pledged several times; nobody says how often."
        ),
        would_change="a second link that is documented",
        command="gpufin price examples/xai_spv",
        rests_on=("vehicle_chips_usd", "vehicle_debt_usd", "repledge_haircut", "coreweave_debt_usd"),
        moved_by="vehicle_debt_usd",
        missing="liens on fund units and on lenders' claims: what private lenders have pledged of loans on GPUs",
        numbers={"disclosed": debt / chips, "depth": float(depth)},
    )


def by_quarter(inputs: Inputs, perimeter: str | None = None) -> QuarterlyFunding:
    web = capital_web(inputs)
    return _by_quarter(web, inputs["regime_up"], perimeter and web.perimeters[perimeter])


@lru_cache(maxsize=16)
def _by_quarter(web: Web, up: float, perimeter: Perimeter | None) -> QuarterlyFunding:
    return funding_by_quarter(web, quarters_of(2025, 2026), perimeter=perimeter, up=up, down=up)


def g6(inputs: Inputs) -> Claim:
    found, apart = by_quarter(inputs), by_quarter(inputs, "without_large_clouds")
    named = dict(zip([f"{q.start.year} Q{(q.start.month + 2) // 3}" for q in found.quarters], found.regime.label, strict=True))
    cycle = [name for name, label in named.items() if label == "cycle"]
    low, high = float(found.regime.share_low[4]), float(found.regime.share_high[4])
    still = "cycle" in apart.regime.label
    return Claim(
        id="G6",
        group=GROUP,
        claim="Growth driven by innovation turns into growth driven by its own cycle",
        model="inside share of capital by quarter, with a label that turns at a threshold (pricing.web.funding_by_quarter)",
        value=None,
        low=low,
        high=high,
        span="interval",
        unit="share",
        what="capital of the first quarter of 2026 that members of the web put in",
        verdict=graded(holds=len(cycle) >= 2 and still, fails=not cycle),
        because=(
            f"Of eight quarters {len(cycle)} is the cycle's ({', '.join(cycle) or 'none'}): members put in {pct_to(low, high)} of the "
            f"capital of early 2026. {'It stays' if still else 'It is not one'} if the large clouds count as outsiders. In 2025 "
            "outsiders paid most of it."
        ),
        would_change="operating cash by quarter, which is on no edge and would lower the share; when the open tranches are paid",
        command=RUN,
        rests_on=("regime_up", "nvidia_round_usd", "softbank_2026_round_usd"),
        moved_by="nvidia_round_usd",
        numbers={
            "cycles": float(len(cycle)),
            **{f"low_{name}": float(share) for name, share in zip(named, found.regime.share_low, strict=True)},
            **{f"high_{name}": float(share) for name, share in zip(named, found.regime.share_high, strict=True)},
        },
    )


ROWS: dict[str, Callable[[Inputs], Claim]] = {"G1": g1, "G2": g2, "G3": g3, "G4": g4, "G5": g5, "G6": g6}


def claims(inputs: Inputs) -> list[Claim]:
    return [row(inputs) for row in ROWS.values()]
