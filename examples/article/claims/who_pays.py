"""Who pays and who gains: P1 to P5. Costs and benefits stand side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np

from examples.article.claims.belief import KEYS, turned
from examples.article.claims.claim import Claim, graded
from examples.article.claims.collapse import Collapse, collapse_of
from examples.article.claims.inputs import Inputs
from examples.article.claims.say import bn, bn_to, pct, pct_to
from examples.article.claims.webs import EXAMPLES, SHEETS, graph_of
from instruments import load_project
from pricing.clearing import risk_transfer
from pricing.clearing.cohorts import capacity_years_gained, cohort_losses, concentration, crowded_out
from pricing.risk.transfer.benefits import own_share

GROUP = "who pays"
COMMAND = "python examples/article/run.py"
FALL_YEARS = 0.5
"""From the break to the low: the window in which a fall counts as one break."""
HOLDERS = ("households", "pensions and insurers", "others")
STEPS = 20
"""A year, of plans."""


@dataclass(frozen=True, slots=True)
class Round:
    """Who came in when. Prices are per share that existed in 2023."""

    name: str
    shares: float
    price: float
    locked: bool


def rounds(inputs: Inputs) -> tuple[Round, ...]:
    """Cohorts of OpenAI's owners from marks and sums raised: each round adds raised / price to the shares, a tender adds none.

    `founders` holds what is left of the shares of 2023: staff, the foundation and Microsoft's earlier money, at an entry price of nothing.
    """
    mark, raised = inputs["openai_mark_2023_usd"], inputs["cohort_raise_2023_usd"]
    outstanding, price = 1.0, mark
    found = [Round("2023", raised / price, price, False)]
    for year, key, locked in (("2024", "openai_mark_october_2024_usd", False), ("2025", "openai_mark_march_2025_usd", True)):
        raised = inputs[f"cohort_raise_{year}_usd"]
        price = (inputs[key] - raised) / outstanding
        found.append(Round(year, raised / price, price, locked))
        outstanding += raised / price
    price = inputs["openai_mark_october_2025_usd"] / outstanding
    tendered = inputs["tender_2025_usd"] / price
    found.append(Round("tender", tendered, price, True))
    raised = inputs["openai_raised_2026_usd"]
    price = (inputs["openai_mark_march_2026_usd"] - raised) / outstanding
    found.append(Round("2026", raised / price, price, True))
    return (Round("founders", 1.0 - found[0].shares - tendered, 0.0, False), *found)


def cohort_loss(inputs: Inputs, kept: float, lock_up: float) -> dict[str, float]:
    """Loss of each cohort against what it paid, USD, when the price falls from the mark to a share of it within half a year."""
    cohorts = rounds(inputs)
    start = cohorts[-1].price
    found = cohort_losses(
        shares=[each.shares for each in cohorts],
        entry_price=[each.price for each in cohorts],
        free_from_years=[lock_up if each.locked else 0.0 for each in cohorts],
        react_years=inputs["cohort_react_years"],
        times=[0.0, FALL_YEARS, 1.0 + FALL_YEARS],
        price=start * np.array([1.0, kept, kept]),
    )
    return dict(zip((each.name for each in cohorts), map(float, found.loss), strict=True))


def p1(inputs: Inputs) -> Claim:
    falls = [float(np.exp(run.size).mean()) for run in turned(inputs) if len(run.size)]
    base = cohort_loss(inputs, falls[0], inputs["cohort_lock_up_years"])
    cases = [
        cohort_loss(inputs, kept, lock)["2026"] for kept, lock in product((min(falls), max(falls)), inputs.ends("cohort_lock_up_years"))
    ]
    gains = base["founders"] + base["2023"]
    late = sum(base[name] for name in ("2025", "tender", "2026"))
    return Claim(
        id="P1",
        group=GROUP,
        claim="Late investors pay",
        model="cohorts by entry price and lock-up after a break (pricing.clearing.cohorts.cohort_losses)",
        value=base["2026"],
        low=min(*cases, base["2026"]),
        high=max(*cases, base["2026"]),
        span="range",
        unit="USD",
        what="loss of the investors of 2026 against what they paid",
        verdict=graded(holds=min(cases) > 0 and gains < 0, fails=max(cases) <= 0),
        because=(
            f"A mean break takes {pct(1.0 - falls[0])} off the mark. Who came in 2026 loses {bn(base['2026'])} of "
            f"{bn(inputs['openai_raised_2026_usd'])}, "
            f"the tender {bn(base['tender'])}; the round of 2025 {'loses' if base['2025'] > 0 else 'still gains'} "
            f"{bn(abs(base['2025']))}, and who was "
            f"in by 2023 still gains {bn(-gains)}. A lock-up of {inputs['cohort_lock_up_years']:g} years has the late ones sell near the "
            "low."
        ),
        would_change="terms of the rounds: preferred shares are paid before the older ones, and their terms are not public",
        command=COMMAND,
        rests_on=(
            *KEYS,
            "openai_mark_2023_usd",
            "cohort_raise_2023_usd",
            "openai_mark_october_2024_usd",
            "cohort_raise_2024_usd",
            "openai_mark_march_2025_usd",
            "cohort_raise_2025_usd",
            "openai_mark_october_2025_usd",
            "tender_2025_usd",
            "openai_mark_march_2026_usd",
            "openai_raised_2026_usd",
            "cohort_lock_up_years",
            "cohort_react_years",
        ),
        moved_by="openai_raised_2026_usd",
        numbers={f"loss_{name}": loss for name, loss in base.items()} | {"total": sum(base.values()), "late": late},
    )


def float_map(households: float, pensions: float) -> np.ndarray:
    """Ultimate holders of a listed chip maker's float [class, holder]: one row, adding to 1."""
    return np.array([[households, pensions, 1.0 - households - pensions]])


def p2(inputs: Inputs) -> Claim:
    found = collapse_of(inputs)
    lost = found.equity_loss["nvidia"] + found.equity_loss["amd"]

    def borne(households: float, pensions: float) -> list[float]:
        # the first design loses nothing: what moves is the whole loss
        moved = risk_transfer(losses=[[0.0, lost]], ultimate=float_map(households, pensions))
        return [float(each) for each in moved.ultimate[:, 1]]

    base = borne(inputs["float_households"], inputs["float_pensions"])
    ends = [borne(h, inputs["float_pensions"])[0] for h in inputs.ends("float_households")]
    scale = [each / found.lost[0] for each in found.lost]
    low, high = min(ends) * min(scale), max(ends) * max(scale)
    return Claim(
        id="P2",
        group=GROUP,
        claim="Ordinary shareholders of NVIDIA and AMD pay",
        model="fall of equity at a break, through the owners of the float (pricing.web.dates; pricing.clearing.risk_transfer)",
        value=base[0],
        low=low,
        high=high,
        span="range",
        unit="USD",
        what="loss of households that hold the two shares themselves",
        verdict=graded(holds=base[0] > 0.2 * found.lost[0], fails=high < 0.05 * found.lost[0]),
        because=(
            f"A mean break takes {bn(lost)} off NVIDIA and AMD. Households bear {bn(base[0])} of it themselves ({bn_to(low, high)}) and "
            f"{bn(base[1])} through pensions and insurers: {pct((base[0] + base[1]) / found.lost[0])} of all that outsiders lose."
        ),
        would_change="the split of the floats by kind of owner: filings name funds, not the people behind them",
        command="gpufin web examples/resonance",
        rests_on=(*KEYS, "float_households", "float_pensions"),
        moved_by="float_households",
        soft_terms=SHEETS,
        numbers=dict(zip(HOLDERS, base, strict=True)) | {"lost": lost},
    )


def macro(inputs: Inputs, found: Collapse) -> tuple[float, float, float]:
    """Output lost over a year's output: base, and the ends of loss, wealth effect and output."""
    wealth, output = "economy_wealth_effect", "economy_gdp_usd"
    cases = [lost * w / g for lost, w, g in product((min(found.lost), max(found.lost)), inputs.ends(wealth), inputs.ends(output))]
    return found.lost[0] * inputs[wealth] / inputs[output], min(cases), max(cases)


def p3(inputs: Inputs) -> Claim:
    found = collapse_of(inputs)
    base, low, high = macro(inputs, found)
    displaced, saved = crowded_out(
        demand_usd=inputs["economy_capex_usd"],
        supply_elasticity=inputs["economy_supply_elasticity"],
        other_elasticity=inputs["economy_other_elasticity"],
    )
    graph = graph_of(inputs)
    middle = 0.5 * (graph.low + graph.high)
    paying = graph.revenue & (graph.end >= 0)
    taken = np.bincount(graph.end[paying], weights=middle[paying], minlength=len(graph.nodes))
    index = concentration(taken)
    top = graph.nodes[int(taken.argmax())]
    return Claim(
        id="P3",
        group=GROUP,
        claim="The wider economy pays: one node carries it, and other uses are crowded out",
        model="wealth effect, concentration of revenue, incidence of a demand for capital (pricing.clearing.cohorts)",
        value=base,
        low=low,
        high=high,
        span="range",
        unit="share",
        what="of a year's output of the United States lost to spending forgone after a mean break",
        verdict=graded(holds=low > 0.005, fails=high < 0.001),
        because=(
            f"{bn(found.lost[0])} of wealth lost means {pct_to(low, high)} of a year's output less spending. "
            f"{pct(float(taken.max() / taken.sum()))} of the "
            f"web's revenue is {top}'s: an index of {index:.2f}, as if {1.0 / index:.1f} equal firms had it. At assumed elasticities "
            f"{bn(float(displaced))} "
            f"of {bn(inputs['economy_capex_usd'])} of outlays a year displace other investment, {bn(float(saved))} is new saving."
        ),
        would_change="the wealth effect of shares of few owners, and how far savings follow returns: both are estimates of other times",
        command=COMMAND,
        rests_on=(
            *KEYS,
            "economy_wealth_effect",
            "economy_gdp_usd",
            "economy_capex_usd",
            "economy_supply_elasticity",
            "economy_other_elasticity",
        ),
        moved_by="economy_wealth_effect",
        soft_terms=SHEETS,
        numbers={"concentration": index, "displaced": float(displaced), "new_saving": float(saved)},
    )


def gained(inputs: Inputs, own: float, per_gw: float) -> float:
    """Gigawatt-years by which a plan paid with others' money is ahead of the same plan paid from one's own, over its years."""
    years = inputs["economy_plan_years"]
    when = (np.arange(round(years * STEPS)) + 1.0) / STEPS
    whole = inputs["economy_plan_usd"] / per_gw
    return capacity_years_gained(with_finance=whole * when / years, without_finance=own * whole * when / years, step_years=1.0 / STEPS)


def benefit(inputs: Inputs) -> tuple[float, float, float]:
    """Gigawatt-years gained: base and ends of the own share and the cost of a gigawatt."""
    keys = ("economy_own_share", "economy_cost_per_gw_usd")
    cases = [gained(inputs, *case) for case in product(*(inputs.ends(key) for key in keys))]
    return gained(inputs, *(inputs[key] for key in keys)), min(cases), max(cases)


def months_waited() -> dict[str, float]:
    """Design of examples/risk_transfer to the months until the owners' share of a gigawatt has come together."""
    project = load_project(EXAMPLES / "risk_transfer")
    yearly = project.funding.equity_budget_usd_per_year if project.funding else 1.0
    wanted = {name: project.designs[name] for name in ("all_equity", "guaranteed", "shares_pledged")}
    return {f"months_{name}": 12.0 * max(own_share(each), 0.0) * project.plant.cost_usd / yearly for name, each in wanted.items()}


def p4(inputs: Inputs) -> Claim:
    base, low, high = benefit(inputs)
    months = months_waited()
    return Claim(
        id="P4",
        group=GROUP,
        claim="Finance brings a dream forward",
        model="capacity-years gained; months until a gigawatt is funded (pricing.clearing.cohorts, pricing.risk.transfer.benefits)",
        value=base,
        low=low,
        high=high,
        span="range",
        unit="GW-years",
        what="capacity that stands earlier because others pay, over the years of the plan",
        verdict=graded(holds=low > 0.0, fails=high <= 0.0),
        because=(
            f"A plan of {bn(inputs['economy_plan_usd'])} paid as it is gets {base:.0f} gigawatt-years ({low:.0f} to {high:.0f}) more by "
            "its end than one paid from "
            f"own revenue, {pct(inputs['economy_own_share'])} of the budget. An operator with 10 bn of equity a year waits "
            f"{months['months_all_equity']:.0f} "
            f"months for a gigawatt, {months['months_guaranteed']:.0f} with a guaranteed lender, {months['months_shares_pledged']:.0f} "
            "with pledged shares."
        ),
        would_change="whether the plan is built at all; and hardware that gets cheaper faster than rents fall makes waiting worth more",
        command="gpufin simulate examples/risk_transfer",
        rests_on=("economy_plan_usd", "economy_plan_years", "economy_cost_per_gw_usd", "economy_own_share"),
        moved_by="economy_plan_usd",
        numbers=months,
    )


def p5(inputs: Inputs) -> Claim:
    found, runs = collapse_of(inputs), turned(inputs)
    years = inputs["economy_plan_years"]
    rates = [run.intensity for run in runs if len(run.size)]
    # what a break destroys in spending, not the marks: those are paper before and after
    costs = [rate * years * lost * inputs["economy_wealth_effect"] for rate, lost in zip(rates, found.lost, strict=True)]
    base, low, high = benefit(inputs)
    worth = inputs["economy_worth_per_gw_year_usd"]
    ends = inputs.ends("economy_worth_per_gw_year_usd")
    gains = (base * worth, low * ends[0], high * ends[1])
    net = (gains[0] - costs[0], gains[1] - max(costs), gains[2] - min(costs))
    return Claim(
        id="P5",
        group=GROUP,
        claim="They are builders, not villains",
        model="benefit of building early beside the expected cost of breaks, over the years of the plan",
        value=net[0],
        low=net[1],
        high=net[2],
        span="range",
        unit="USD",
        what="worth of earlier capacity less spending lost to breaks, expected",
        verdict=graded(holds=net[1] > 0.0, fails=net[2] < 0.0),
        because=(
            f"Benefit: {base:.0f} gigawatt-years, worth {bn(gains[0])} ({bn_to(gains[1], gains[2])}). Cost: {rates[0] * years:.1f} "
            "breaks expected in "
            f"{years:.0f} years, {bn(costs[0])} of spending ({bn_to(min(costs), max(costs))}), and {bn(found.lost[0])} of marks that "
            f"change hands at each. The balance is {bn_to(net[1], net[2])}: its sign is not settled by anything that is known."
        ),
        would_change="what a gigawatt-year earns beyond its cost, and the odds of a break",
        command=COMMAND,
        rests_on=(
            *KEYS,
            "economy_wealth_effect",
            "economy_plan_usd",
            "economy_plan_years",
            "economy_cost_per_gw_usd",
            "economy_own_share",
            "economy_worth_per_gw_year_usd",
        ),
        moved_by="economy_worth_per_gw_year_usd",
        soft_terms=SHEETS,
        numbers={"benefit": gains[0], "cost": costs[0], "marks_lost": found.lost[0], "breaks_expected": rates[0] * years},
    )


ROWS: dict[str, Callable[[Inputs], Claim]] = {"P1": p1, "P2": p2, "P3": p3, "P4": p4, "P5": p5}


def claims(inputs: Inputs) -> list[Claim]:
    return [row(inputs) for row in ROWS.values()]
