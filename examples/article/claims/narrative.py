"""Narrative and belief: V4 to V11. One belief behind all of them (`examples.article.claims.belief`); its parameters are assumed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np

from examples.article.claims.belief import KEYS, breaks_of, margin_loan_losses, moves_most, shares_of_loss, terms_of, turned
from examples.article.claims.claim import Claim, graded
from examples.article.claims.collapse import collapse_of
from examples.article.claims.inputs import Inputs
from examples.article.claims.say import bn, bn_to, pct, pct_to
from examples.article.claims.webs import SHEETS
from pricing.clearing import news_rate
from pricing.narrative.crowd import belief_loop, leaning, settled_crowd
from pricing.narrative.exits import exit_timing
from pricing.narrative.process import NarrativeTerms, run_narrative
from pricing.narrative.story import story_path

GROUP = "narrative"
COMMAND = "python examples/article/run.py"
DAYS_A_YEAR = 365.25


def two_prices(terms: NarrativeTerms) -> float:
    """Price with the greatest crowd over that with the least, at the same news."""
    low, high = settled_crowd(terms.bias, herding=terms.herding, width=terms.width, start=[0.0, 1.0])
    ends = 1.0 + (terms.multiple - 1.0) * np.array([low, high])
    return float(ends[1] / ends[0])


def v4(inputs: Inputs) -> Claim:
    base = terms_of(inputs)
    keys = ("belief_herding", "belief_width", "belief_multiple")
    cases = [two_prices(replace(base, herding=h, width=w, multiple=m)) for h, w, m in product(*(inputs.ends(key) for key in keys))]
    ratio, low, high = two_prices(base), min(cases), max(cases)
    return Claim(
        id="V4",
        group=GROUP,
        claim="The value mirrors what people agree on",
        model="threshold crowd, least and greatest equilibrium (pricing.narrative.crowd.settled_crowd)",
        value=ratio,
        low=min(low, ratio),
        high=max(high, ratio),
        span="range",
        unit="times",
        what="price if the crowd believes over price if it does not, the news being the same",
        verdict=graded(holds=low > 1.1, fails=high < 1.1),
        because=(
            f"With weight {base.herding:g} on others and thresholds spread by {base.width:g} the same news supports two prices, one "
            f"{ratio:.1f} times "
            f"the other ({low:.1f} to {high:.1f}). At the low end of herding there is one price only: whether consensus makes the value "
            "hangs on how far people follow one another."
        ),
        would_change="a survey of how many holders would sell if others did: thresholds are not observed",
        command=COMMAND,
        rests_on=("belief_bias", *keys),
        moved_by="belief_width",
    )


def v5(inputs: Inputs) -> Claim:
    times = np.arange(0.0, 60.0, 0.05)

    def reach(reproduction: float, seed: float) -> float:
        heard = story_path(reproduction=reproduction, telling_years=inputs["belief_telling_years"], seed_share=seed, times=times)
        return float(heard[-1])

    keys = ("belief_reproduction", "belief_seed_share")
    base = reach(*(inputs[key] for key in keys))
    cases = [reach(*case) for case in product(*(inputs.ends(key) for key in keys))]
    return Claim(
        id="V5",
        group=GROUP,
        claim="Stories come in waves: the cloud, the metaverse, AI",
        model="epidemic of a story, final size (pricing.narrative.story.story_path)",
        value=base,
        low=min(cases),
        high=max(cases),
        span="range",
        unit="share",
        what="share of the crowd that hears the story in the end",
        verdict="cannot be decided",
        because=(
            f"A story told on {inputs['belief_reproduction']:g} times by each who hears it reaches {pct(base)} "
            f"({pct_to(min(cases), max(cases))}); one told on less than once dies out. Which of the two AI is cannot be read off prices."
        ),
        would_change="a count of who heard of it when: below one retelling there is no wave",
        command=COMMAND,
        rests_on=(*keys, "belief_telling_years"),
        moved_by="belief_reproduction",
        missing="how many tell the story on, by month: shares of search and of news, for this story and the two before it",
    )


def v6(inputs: Inputs) -> Claim:
    base = inputs["belief_news_per_year"]
    rate = news_rate(base=base, branching=inputs["belief_branching"])
    low, high = (news_rate(base=base, branching=n) / base for n in inputs.ends("belief_branching"))
    found = run_narrative(replace(terms_of(inputs), riders=0.0, alarm=0.0), years=2.0, steps_per_year=26, seed=inputs.seed)
    counted = float((found.good + found.bad).sum(axis=0).mean()) / 2.0
    return Claim(
        id="V6",
        group=GROUP,
        claim="Media are an echo chamber: news breeds news",
        model="self-exciting news (pricing.clearing.news_rate; counted on the paths of pricing.narrative.process)",
        value=rate / base,
        low=low,
        high=high,
        span="range",
        unit="times",
        what="items that are read per item that nothing bred",
        verdict="partly",
        because=(
            f"If each item breeds {inputs['belief_branching']:g}, {base:.0f} items a year become {rate:.0f} (counted on paths: "
            f"{counted:.0f}). "
            "Trades in index futures were found to feed on themselves by 0.3 to above 0.7 an item; for this story nobody has measured it."
        ),
        would_change="an archive of items on the theme with times, from which the branching can be estimated",
        command=COMMAND,
        rests_on=("belief_news_per_year", "belief_branching"),
        moved_by="belief_branching",
        numbers={"rate": rate, "counted": counted},
    )


def v7(inputs: Inputs) -> Claim:
    before, after, later = (inputs[key] for key in ("amd_close_before_usd", "amd_close_after_usd", "belief_price_later_usd"))
    move, left = after / before - 1.0, float(np.log(later / before) / np.log(after / before))
    added = (after - before) * inputs["amd_shares_outstanding"]
    # 2^(-days / half-life) of the move was left
    half_life = -inputs["belief_days_later"] / float(np.log2(left)) if 0.0 < left < 1.0 else 0.0
    return Claim(
        id="V7",
        group=GROUP,
        claim="A headline moves the price",
        model="log impact with a half-life, from three closes",
        value=move,
        low=None,
        high=None,
        span="none",
        unit="share",
        what="AMD on the day of the announcement",
        verdict=graded(holds=move > 0.1, fails=move <= 0.02),
        because=(
            f"AMD rose by {pct(move)}, {bn(added)} of market value, on the day of a deal in which no cash had moved. "
            f"{inputs['belief_days_later']:.0f} days later {pct(left)} of the move was left"
            + (f": a half-life of {half_life:.0f} days, if nothing else had happened." if half_life else ", so it did not fade.")
        ),
        would_change="what else moved AMD in those days: one headline, and no market to compare it with",
        command="gpufin price examples/amd_openai",
        rests_on=("amd_close_before_usd", "amd_close_after_usd", "belief_price_later_usd", "amd_shares_outstanding", "belief_days_later"),
        moved_by="amd_close_after_usd",
        numbers={"added": added, "left": left, "half_life_days": half_life},
    )


def v8(inputs: Inputs) -> Claim:
    base = terms_of(inputs)
    missed = float(np.log(inputs["amd_close_after_usd"] / inputs["amd_close_before_usd"]))

    def shift(weight: float) -> float:
        """Believers gained among the undecided half."""
        now = leaning(0.5, base.bias + np.array([weight * missed, 0.0]), herding=base.herding, width=base.width)
        return float(now[0] - now[1])

    low, high = (shift(weight) for weight in inputs.ends("belief_regret"))
    return Claim(
        id="V8",
        group=GROUP,
        claim="Fear of missing out drives demand",
        model="regret in the bias of the crowd (pricing.narrative.crowd.leaning)",
        value=shift(base.regret),
        low=low,
        high=high,
        span="range",
        unit="share",
        what=f"of an undecided crowd that comes over after missing a gain of {pct(float(np.expm1(missed)))}",
        verdict="cannot be decided",
        because=(
            f"At an assumed weight of {base.regret:g} a missed gain like AMD's draws in {pct(shift(base.regret))} of the undecided; at "
            "weight 0 nobody. The weight cannot be told from other reasons to buy."
        ),
        would_change="purchases by investors who were out, against what they had missed",
        command=COMMAND,
        rests_on=("belief_bias", "belief_regret", "belief_herding", "belief_width", "amd_close_before_usd", "amd_close_after_usd"),
        moved_by="belief_regret",
        missing="net purchases by investors without the shares, by how much they had missed",
    )


def v9(inputs: Inputs) -> Claim:
    base = terms_of(inputs).exit
    keys = ("belief_excess_growth", "belief_start_rate", "belief_awareness_years", "belief_trigger_share")
    names = [key.removeprefix("belief_") for key in keys]
    cases = [
        exit_timing(**dict(zip(names, case, strict=True)), longest_years=inputs["belief_longest_years"])
        for case in product(*(inputs.ends(key) for key in keys))
    ]
    waits = [case.wait_years for case in cases]
    return Claim(
        id="V9",
        group=GROUP,
        claim="Who knows better stays in, because others will believe longer",
        model="bubble-riding game of Abreu and Brunnermeier (pricing.narrative.exits.exit_timing)",
        value=base.burst_years,
        low=min(case.burst_years for case in cases),
        high=max(case.burst_years for case in cases),
        span="range",
        unit="years",
        what="from the day the price leaves the value to the burst",
        verdict="cannot be decided",
        because=(
            f"Riders who know would let the bubble grow for {base.burst_years:.1f} years, to {pct(base.bubble_share)} of the price; "
            "beyond their learning "
            f"of it they would wait {base.wait_years:.1f} years ({min(waits):.1f} to {max(waits):.1f}). Waiting pays where a bubble "
            "outgrows the odds of its end; whether anybody waits is not seen."
        ),
        would_change="when informed holders knew, and when they sold",
        command=COMMAND,
        rests_on=(*keys, "belief_longest_years"),
        moved_by="belief_awareness_years",
        missing="dates and sizes of sales by insiders and funds, with what they knew then",
        numbers={"wait": base.wait_years, "bubble": base.bubble_share},
    )


def v10(inputs: Inputs) -> Claim:
    base, found = terms_of(inputs), breaks_of(inputs)
    sizes = [-float(np.expm1(run.size).mean()) for run in turned(inputs) if len(run.size)]
    rates = [run.intensity for run in turned(inputs)]
    loop = belief_loop(herding=base.herding, width=base.width)
    shares = shares_of_loss(inputs)
    whole = sum(value for value, _ in shares.values())
    told = {name: value / whole for name, (value, _) in shares.items()}
    largest = max((name for name in told if name != "alone"), key=lambda name: told[name])
    jump = (
        f"The crowd jumps up at a bias of {loop.up_bias:.3f} and down at {loop.down_bias:.3f}: on the way down {pct(loop.collapse)} of "
        "it goes at once"
        if loop
        else "With these thresholds the crowd does not jump"
    )
    return Claim(
        id="V10",
        group=GROUP,
        claim="Trust does not fade, it jumps",
        model="folds of the crowd; breaks counted on paths; parts by Shapley value (pricing.narrative.crowd, process, breaks)",
        value=sizes[0],
        low=min(sizes),
        high=max(sizes),
        span="range",
        unit="share",
        what="mean fall of the price at a break of belief",
        verdict=graded(
            holds=loop is not None and inputs.ends("belief_herding")[0] > 4.0 * inputs.ends("belief_width")[1], fails=loop is None
        ),
        because=(
            f"{jump}. On paths a break comes {found.intensity:.2f} times a year ({min(rates):.2f} to {max(rates):.2f}) and takes "
            f"{pct(sizes[0])}. Of the worst fall within three years {largest} adds most, {pct(told[largest])}; "
            + ", ".join(f"{name} {pct(share)}" for name, share in told.items() if name not in (largest, "alone"))
            + f"; {pct(told['alone'])} is there without any of them. Of what is assumed, {moves_most(inputs)} moves their rate most."
        ),
        would_change="herding below four times the spread of thresholds: then belief fades, and there is one price for one piece of news",
        command=COMMAND,
        rests_on=KEYS,
        moved_by="belief_multiple",
        numbers={f"share_{name}": share for name, share in told.items()}
        | {"intensity": found.intensity, "intensity_low": min(rates), "intensity_high": max(rates)}
        | ({"up_bias": loop.up_bias, "down_bias": loop.down_bias, "collapse": loop.collapse} if loop else {}),
    )


def v11(inputs: Inputs) -> Claim:
    found = collapse_of(inputs)
    calm, breaking = margin_loan_losses(inputs)
    return Claim(
        id="V11",
        group=GROUP,
        claim="When the outer story fails, the inner dolls turn out to be air",
        model="a break of the belief on the balance sheets of examples/resonance (pricing.web.dates); the same in a loan's simulation",
        value=found.lost[0],
        low=min(found.lost),
        high=max(found.lost),
        span="range",
        unit="USD",
        what="lost by all outsiders after a mean break of belief",
        verdict=graded(holds=found.lost[0] > 0.8 * found.value, fails=max(found.lost) < 0.1 * found.value),
        because=(
            f"A break that takes {pct(found.fall)} of the belief costs outsiders of six firms {bn(found.lost[0])} "
            f"({bn_to(min(found.lost), max(found.lost))}), "
            f"{pct(found.lost[0] / found.value)} of what they hold; shareholders bear {pct(found.shareholders / found.lost[0])}. What is "
            "lost is what the firms are worth less. In the ledger of a 10 bn loan on OpenAI's shares the same breaks raise write-offs from "
            f"{calm / 1e6:.0f} to {breaking / 1e6:.0f} m, at the same total volatility."
        ),
        would_change="how much of each firm's value hangs on the belief: the shares are assumed; four fifths lost would be air",
        command="gpufin web examples/resonance",
        rests_on=(*KEYS,),
        moved_by="belief_multiple",
        soft_terms=SHEETS,
        numbers={
            "fall": found.fall,
            "shareholders": found.shareholders,
            "lenders": float(round(found.lenders)),
            "value": found.value,
            "written_off_calm": calm,
            "written_off_breaking": breaking,
        },
    )


ROWS: dict[str, Callable[[Inputs], Claim]] = {
    "V4": v4,
    "V5": v5,
    "V6": v6,
    "V7": v7,
    "V8": v8,
    "V9": v9,
    "V10": v10,
    "V11": v11,
}


def claims(inputs: Inputs) -> list[Claim]:
    return [row(inputs) for row in ROWS.values()]
