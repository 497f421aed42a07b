"""The nine numbers of the article, checked: N1 to N9."""

from __future__ import annotations

import math
from collections.abc import Callable

from examples.article.claims.claim import Claim, graded
from examples.article.claims.headlines import three_headlines
from examples.article.claims.inputs import Inputs
from examples.article.claims.loops import DOLL_1, doll_1
from examples.article.claims.say import bn, bn_to, pct, pct_to
from pricing.clearing import implied_revenue, implied_years

GROUP = "numbers"
RUN = "python examples/article/run.py"


def n1(inputs: Inputs) -> Claim:
    letter, paid = inputs["nvidia_letter_usd"], inputs["nvidia_letter_paid_usd"]
    round_, cap = inputs["nvidia_round_usd"], inputs["nvidia_guaranty_cap_usd"]
    return Claim(
        id="N1",
        group=GROUP,
        claim="NVIDIA puts 100 bn into OpenAI",
        model="headline against what was paid",
        value=round_ / letter,
        low=None,
        high=None,
        span="none",
        unit="share",
        what="what NVIDIA put into OpenAI's shares over what was announced",
        verdict=graded(holds=paid >= letter, fails=paid == 0.0),
        because=(
            f"{bn(paid)} of the {bn(letter)} was paid: it was a letter of intent, never a contract. {bn(round_)} of plain shares took "
            f"its place, then guaranties of leases up to {bn(cap)}, which cost nothing unless they are called: support went from "
            "funded to unfunded."
        ),
        would_change="a payment under the letter",
        command="gpufin price examples/nvidia_openai_staged",
        rests_on=("nvidia_letter_usd", "nvidia_letter_paid_usd", "nvidia_round_usd", "nvidia_guaranty_cap_usd"),
        moved_by="nvidia_round_usd",
        numbers={"paid": paid},
    )


def n2(inputs: Inputs) -> Claim:
    _, round_, _ = three_headlines(inputs)
    return Claim(
        id="N2",
        group=GROUP,
        claim="SoftBank puts in 40 bn",
        model="headline ladder with the part that others paid",
        value=1.0 - round_.drawn_outside / round_.announced,
        low=None,
        high=None,
        span="none",
        unit="share",
        what="part of the 40 bn that was SoftBank's own",
        verdict=graded(holds=round_.drawn_outside == 0.0, fails=round_.drawn < 0.5 * round_.announced),
        because=(
            f"{bn(round_.announced)} was the size of the round and was drawn; {bn(round_.drawn_outside)} of it came from a syndicate. "
            f"Of SoftBank's own part, debt and sold shares paid {bn_to(*round_.by_debt_and_sales)}."
        ),
        would_change="nothing open: the round is closed; its sources are not public",
        command=RUN,
        rests_on=("softbank_2025_own_usd", "softbank_2025_syndicated_usd", "softbank_2025_firm_usd", *DOLL_1),
        moved_by="softbank_2025_syndicated_usd",
        numbers={"drawn": round_.drawn, "outside": round_.drawn_outside},
    )


def n3(inputs: Inputs) -> Claim:
    share = inputs["amd_warrant_shares"] / inputs["amd_shares_outstanding"]
    return Claim(
        id="N3",
        group=GROUP,
        claim="AMD: 6 GW, and a warrant on a tenth of the firm",
        model="shares of the warrant over shares outstanding",
        value=share,
        low=None,
        high=None,
        span="none",
        unit="share",
        what="shares of the warrant over shares outstanding",
        verdict=graded(holds=abs(share - 0.10) <= 0.01, fails=abs(share - 0.10) > 0.05),
        because=(
            f"{inputs['amd_warrant_shares'] / 1e6:.0f} m of {inputs['amd_shares_outstanding'] / 1e6:,.0f} m shares, {share:.2%}, for 6 GW."
        ),
        would_change="nothing: it is in the filing",
        command="gpufin price examples/amd_openai",
        rests_on=("amd_warrant_shares", "amd_shares_outstanding"),
        moved_by="amd_warrant_shares",
    )


CLAIMED = {
    "claimed_mark_2020_usd": "openai_mark_2021_usd",
    "claimed_mark_2023_usd": "openai_mark_early_2024_usd",
    "claimed_mark_mid_2025_usd": "openai_mark_march_2025_usd",
    "claimed_mark_later_usd": "openai_mark_october_2025_usd",
}
"""Claimed mark to the nearest one on record."""
CLOSE = math.log(1.1)


def n4(inputs: Inputs) -> Claim:
    off = {claimed: math.log(inputs[claimed] / inputs[record]) for claimed, record in CLAIMED.items()}
    right = sum(abs(gap) <= CLOSE for gap in off.values())
    return Claim(
        id="N4",
        group=GROUP,
        claim="OpenAI was worth 30 bn in 2020, 90 at the end of 2023, 300 in mid 2025, 500 later",
        model="claimed marks against those on record, in logs",
        value=max(abs(gap) for gap in off.values()),
        low=None,
        high=None,
        span="none",
        unit="log points",
        what="largest gap between a claimed mark and the nearest one on record",
        verdict=graded(holds=right == len(off), fails=right <= 1),
        because=(
            f"{right} of {len(off)} are within a tenth. The first is wrong by date: {bn(inputs['openai_mark_2021_usd'])} in 2021, "
            f"{bn(inputs['openai_mark_2023_usd'])} in January 2023. The next step, {bn(inputs['openai_mark_march_2026_usd'])}, came "
            "after."
        ),
        would_change="nothing: the marks are on record",
        command=RUN,
        rests_on=(*CLAIMED, *CLAIMED.values(), "openai_mark_2023_usd", "openai_mark_march_2026_usd"),
        moved_by="openai_mark_2021_usd",
        numbers={"right": float(right)},
    )


def n5(inputs: Inputs) -> Claim:
    revenue, burn = inputs["openai_h1_2025_revenue_usd"], inputs["openai_h1_2025_burn_usd"]
    return Claim(
        id="N5",
        group=GROUP,
        claim="Revenue of 4.3 bn in the first half of 2025, at a thin profit",
        model="cash burn over revenue",
        value=-burn / revenue,
        low=None,
        high=None,
        span="none",
        unit="share",
        what="cash margin of the half year",
        verdict=graded(holds=burn <= 0.0, fails=False),
        because=f"The revenue is right, the profit is not: {bn(burn)} were burnt, {pct(burn / revenue)} of revenue.",
        would_change="audited accounts; none are public",
        command=RUN,
        rests_on=("openai_h1_2025_revenue_usd", "openai_h1_2025_burn_usd"),
        moved_by="openai_h1_2025_burn_usd",
    )


def n6(inputs: Inputs) -> Claim:
    claimed, now = inputs["nvidia_letter_gw"], inputs["nvidia_replaced_gw"]
    first = inputs["nvidia_content_usd_per_gw"]
    low, high = inputs.ends("nvidia_content_usd_per_gw")
    return Claim(
        id="N6",
        group=GROUP,
        claim="10 GW of NVIDIA systems, the first order worth tens of billions",
        model="gigawatts x NVIDIA's content of a gigawatt",
        value=now * first,
        low=now * low,
        high=now * high,
        span="range",
        unit="USD",
        what="NVIDIA's sales in the gigawatts that are left",
        verdict=graded(holds=now >= claimed and low >= 10e9, fails=high < 10e9),
        because=(
            f"A gigawatt is {bn_to(low, high)} for NVIDIA, so the first order would be tens of billions. But {claimed:.0f} GW stood in "
            f"the letter; {now:.0f} took their place: {bn_to(now * low, now * high)} in all."
        ),
        would_change="an order with amounts and dates",
        command=RUN,
        rests_on=("nvidia_letter_gw", "nvidia_replaced_gw", "nvidia_content_usd_per_gw"),
        moved_by="nvidia_replaced_gw",
    )


def n7(inputs: Inputs) -> Claim:
    close, claimed = inputs["nvidia_close_july_2025_usd"], inputs["nvidia_claimed_cap_usd"]
    return Claim(
        id="N7",
        group=GROUP,
        claim="NVIDIA is worth more than 4 trn in July 2025",
        model="market value at a close",
        value=close,
        low=None,
        high=None,
        span="none",
        unit="USD",
        what="market value at the close of 10 July 2025",
        verdict=graded(holds=close >= claimed, fails=close < 0.9 * claimed),
        because=(
            f"It closed at {close / 1e12:.3f} trn on 10 July 2025, the first firm to do so, and stood at "
            f"{bn(inputs['nvidia_cap_usd'])} in August 2026."
        ),
        would_change="nothing: closes are on record",
        command=RUN,
        rests_on=("nvidia_close_july_2025_usd", "nvidia_claimed_cap_usd", "nvidia_cap_usd"),
        moved_by="nvidia_close_july_2025_usd",
    )


def n8(inputs: Inputs) -> Claim:
    value, margin, years = inputs["openai_mark_october_2025_usd"], inputs["claimed_margin"], inputs["claimed_years_ahead"]

    def needed(gap: float) -> float:
        return implied_revenue(value=value, margin=margin, years=years, growth=gap, discount=0.0)

    revenue = needed(inputs["growth_less_discount"])
    ends = sorted(needed(gap) for gap in inputs.ends("growth_less_discount"))
    run_rate = 12 * inputs["openai_month_revenue_usd"]
    growth = (revenue / run_rate) ** (1.0 / 3.0) - 1.0
    at_run_rate = implied_years(value=value, margin=margin, revenue=run_rate, growth=0.0, discount=0.0)
    return Claim(
        id="N8",
        group=GROUP,
        claim="Even a margin of 20 % in three years prepays twenty years of profit",
        model="implied revenue and years (pricing.clearing.implied_revenue, implied_years)",
        value=revenue,
        low=ends[0],
        high=ends[1],
        span="range",
        unit="USD a year",
        what=f"revenue at which {bn(value)} are {years:.0f} years of profit at a margin of {pct(margin)}",
        verdict=graded(holds=growth > 1.0, fails=run_rate >= revenue),
        because=(
            f"It is a statement about revenue that the article does not make: {bn(revenue)} a year if growth equals the discount rate "
            f"after that ({bn_to(*ends)} for a gap of {pct_to(*inputs.ends('growth_less_discount'))}). At the {bn(run_rate)} of March "
            f"2026 it is {at_run_rate:.0f} years. So it prepays more than {years:.0f}, unless revenue grows by {pct(growth)} a year "
            "for three years."
        ),
        would_change="revenue and margin in three years: the answer is one division away",
        command=RUN,
        rests_on=(
            "openai_mark_october_2025_usd",
            "claimed_margin",
            "claimed_years_ahead",
            "growth_less_discount",
            "openai_month_revenue_usd",
        ),
        moved_by="claimed_margin",
        numbers={"years_at_run_rate": at_run_rate, "run_rate": run_rate, "growth_needed": growth},
    )


def n9(inputs: Inputs) -> Claim:
    uses, mix = doll_1(inputs)
    partners = mix.groups["partners"]
    mgx = inputs.ends("mgx_openai_usd")
    return Claim(
        id="N9",
        group=GROUP,
        claim="Vision Fund cash is the cash of PIF and Mubadala",
        model="funding mix of doll 1 (pricing.clearing.funding_mix)",
        value=None,
        low=mix.groups["debt and sales"][0] / uses,
        high=mix.groups["debt and sales"][1] / uses,
        span="interval",
        unit="share",
        what="part of SoftBank's money in OpenAI that debt and sold shares paid",
        verdict=graded(holds=partners[1] >= 0.5 * uses, fails=inputs["gulf_fund_1_usd"] == 0.0 and partners[1] == 0.0),
        because=(
            f"True of Fund 1 ({bn(inputs['gulf_fund_1_usd'])} of theirs in 2017), false of the OpenAI stake: partners paid "
            f"{bn(partners[1])} of {bn(uses)}, debt and sold shares "
            f"{pct_to(mix.groups['debt and sales'][0] / uses, mix.groups['debt and sales'][1] / uses)}. Gulf money came in through MGX "
            f"instead, {bn_to(*mgx)}."
        ),
        would_change="outside partners in Vision Fund 2",
        command=RUN,
        rests_on=(*DOLL_1, "gulf_fund_1_usd", "mgx_openai_usd"),
        moved_by="softbank_2026_round_usd",
        numbers={"partners": partners[1]},
    )


ROWS: dict[str, Callable[[Inputs], Claim]] = {
    "N1": n1,
    "N2": n2,
    "N3": n3,
    "N4": n4,
    "N5": n5,
    "N6": n6,
    "N7": n7,
    "N8": n8,
    "N9": n9,
}


def claims(inputs: Inputs) -> list[Claim]:
    return [row(inputs) for row in ROWS.values()]
