"""Tables behind the answers, in English and Chinese."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from examples.article.claims.claim import Claim
from examples.article.claims.hardware import SHARES, by_quarter, unwind
from examples.article.claims.headlines import three_headlines
from examples.article.claims.inputs import Inputs
from examples.article.claims.loops import PERIMETERS, doll_1
from examples.article.claims.say import money, money_to, pct, share_to
from examples.article.claims.webs import index
from pricing.narrative.paid_ahead import paid_ahead

FOLDER = Path(__file__).parent
Found = Mapping[str, Claim]


TITLES = {
    "en": {
        "money": "Is the money real? Three headlines as money",
        "mix": "Doll 1: who can have paid what SoftBank put into OpenAI",
        "cash": "Net new cash of 2026",
        "pulse": "A dollar from outside, activity by round",
        "holders": "GPUs held on credit: price before and after a fall of their ground",
        "quarters": "Capital put into members of the web",
        "ahead": "Years of profit in OpenAI's mark of October 2025",
        "story": "One belief: what its parts add",
        "failures": "One failure anywhere",
        "cohorts": "Who pays in OpenAI, by when they came in",
        "both": "Benefit and cost",
        "rules": "A ban, a cap and disclosure",
    },
    "zh": {
        "money": "錢是真的嗎？三個標題還原成錢",
        "mix": "第一層套娃：軟銀投入 OpenAI 的錢由誰支付",
        "cash": "2026 年的新增現金流",
        "pulse": "一美元圈外資金的逐輪活動",
        "holders": "以信貸持有的 GPU：基本價下跌前後的價格",
        "quarters": "投入網絡成員的資本",
        "ahead": "OpenAI 2025 年 10 月估值預付的利潤年數",
        "story": "一個信仰：各部分的貢獻",
        "failures": "任何一處倒下",
        "cohorts": "OpenAI 的買單者，按進場時間",
        "both": "收益與成本",
        "rules": "禁止、上限與披露",
    },
}


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """Chinese words: verdicts, units, and claim and number of every row."""
    return tomllib.loads((FOLDER / "words.zh.toml").read_text(encoding="utf-8"))


def rows_of(head: list[str], body: list[list[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def money_table(found: Found, inputs: Inputs, language: str) -> str:
    """The three headlines as money."""
    english = language == "en"
    head = ["headline", "announced", "expected", "firm", "drawn", "drawn from outside", "by debt and sold shares"]
    if not english:
        head = ["標題", "宣布", "預期", "確定", "已付", "來自圈外", "借款與出售股票支付"]
    names = dict(zip(("NVIDIA's letter", "SoftBank's round", "AMD's shares"), ("輝達意向書", "軟銀一輪", "超微股票"), strict=True))
    body = []
    for rungs in three_headlines(inputs):
        cells = [money(getattr(rungs, name), language) for name in ("announced", "expected", "firm", "drawn", "drawn_outside")]
        ends = money_to(*rungs.by_debt_and_sales, language)
        body.append([rungs.name if english else names[rungs.name], *cells, ends])
    return rows_of(head, body)


def mix_table(found: Found, inputs: Inputs, language: str) -> str:
    """Doll 1: what each source can have paid of SoftBank's money in OpenAI."""
    uses, mix = doll_1(inputs)
    english = language == "en"
    rows = {**mix.sources, "all debt": mix.groups["debt"], "debt and sold shares": mix.groups["debt and sales"]}
    head = ["source", "paid", "share"] if english else ["來源", "支付", "佔比"]
    body = [
        [
            name if english else words()["sources"][name],
            money_to(low, high, language),
            share_to(low / uses, high / uses, language),
        ]
        for name, (low, high) in rows.items()
    ]
    return rows_of(head, body)


def cash_table(found: Found, inputs: Inputs, language: str) -> str:
    """Net new cash of 2026 by who brings it, under three perimeters, as intervals."""
    told = words()["perimeters"]
    head = ["perimeter", "customers", "investors", "lenders", "no listed payer", "outside share of activity"]
    if language == "zh":
        head = ["邊界", "客戶", "投資者", "放款人", "沒有列明付款人", "圈外資金佔全部活動"]
    body = []
    for name in PERIMETERS:
        sources = ("customers", "equity", "lenders", "derived")
        cells = [money_to(*index(inputs, "new_external_cash", perimeter=name, source=source), language) for source in sources]
        share = share_to(*index(inputs, "new_external_share", perimeter=name), language)
        body.append([told[name][language == "zh"], *cells, share])
    return rows_of(head, body)


def pulse_table(found: Found, inputs: Inputs, language: str) -> str:
    """What a dollar from outside sets off round by round: in the made-up dolls, and in the real web."""
    row, zh = found["L0"].numbers, language == "zh"
    rounds = [name.removeprefix("pulse_") for name in row if name.startswith("pulse_")]
    body = [
        ["示意套娃" if zh else "made-up dolls", *(f"{row[f'pulse_{k}']:.2f}" for k in rounds)],
        ["真實網絡，區間中點" if zh else "real web, middle of every interval", *(f"{row[f'real_{k}']:.2f}" for k in rounds)],
    ]
    return rows_of(["輪次" if zh else "round", *rounds], body)


def holders_table(found: Found, inputs: Inputs, language: str) -> str:
    """Price of hardware before and after a shock, by the share held on credit."""
    table = unwind(inputs, SHARES)
    head = ["held on credit", "price before", "price after", "sold", "fall against its ground", "lenders lose"]
    if language == "zh":
        head = ["信貸持有比例", "衝擊前價格", "衝擊後價格", "被迫出售", "跌幅對基本跌幅", "放款人損失"]
    body = [
        [
            pct(share),
            f"{table.price_before[i]:.3f}",
            f"{table.price[i]:.3f}",
            pct(share - float(table.held[i])),
            f"{table.amplification[i]:.2f}",
            f"{table.lenders_loss[i]:.4f}",
        ]
        for i, share in enumerate(SHARES)
    ]
    return rows_of(head, body)


def quarter_table(found: Found, inputs: Inputs, language: str) -> str:
    """Capital from members of the web and from outsiders, by quarter."""
    paid = by_quarter(inputs)
    head = ["quarter", "from inside", "from outside", "inside share", "label"]
    if language == "zh":
        head = ["季度", "圈內出資", "圈外出資", "圈內佔比", "標籤"]
    body = []
    for t, quarter in enumerate(paid.quarters):
        label = paid.regime.label[t]
        body.append(
            [
                f"{quarter.start.year} Q{(quarter.start.month + 2) // 3}",
                money_to(float(paid.inside[t, 0]), float(paid.inside[t, 1]), language),
                money_to(float(paid.outside[t, 0]), float(paid.outside[t, 1]), language),
                share_to(float(paid.regime.share_low[t]), float(paid.regime.share_high[t]), language),
                label if language == "en" else words()["regimes"][label],
            ]
        )
    return rows_of(head, body)


def story_table(found: Found, inputs: Inputs, language: str) -> str:
    """What each part of the belief adds to its worst fall."""
    row = found["V10"].numbers
    parts = {name.removeprefix("share_"): share for name, share in row.items() if name.startswith("share_")}
    head = (
        ["part of the belief", "share of the worst fall within three years"]
        if language == "en"
        else ["信仰的組成", "三年內最大跌幅中的佔比"]
    )
    told = words()["parts"]
    return rows_of(head, [[told[name][language == "zh"], pct(share)] for name, share in parts.items()])


GROWTH = (0.0, 0.1, 0.2, 0.3, 0.4)
DISCOUNT = (0.08, 0.12, 0.16, 0.20)


def ahead_table(found: Found, inputs: Inputs, language: str) -> str:
    """Years of profit that the mark of October 2025 pays ahead, over growth and discount."""
    years = paid_ahead(
        value_usd=inputs["openai_mark_october_2025_usd"],
        margin=inputs["claimed_margin"],
        revenue_usd=12 * inputs["openai_month_revenue_usd"],
        growth=GROWTH,
        discount=DISCOUNT,
    ).years
    never = "never" if language == "en" else "永不"
    head = ["growth \\ discount" if language == "en" else "增長 \\ 折現", *map(pct, DISCOUNT)]
    return rows_of(
        head, [[pct(g), *(f"{n:.0f}" if np.isfinite(n) else never for n in line)] for g, line in zip(GROWTH, years, strict=True)]
    )


def failure_table(found: Found, inputs: Inputs, language: str) -> str:
    """One failure anywhere: what outsiders lose, and what brings it."""
    row, names = found["R8"].numbers, words()["names"]
    lost = {name.removeprefix("failure_of_"): usd for name, usd in row.items() if name.startswith("failure_of_")}
    head = ["who fails, and belief falls with it", "outsiders lose"] if language == "en" else ["誰倒下，信仰隨之下跌", "圈外人損失"]
    body = [[names[name][language == "zh"], money(usd, language)] for name, usd in lost.items()]
    first = rows_of(head, body)
    head = ["what brings it", "belief falls with it", "belief falls by what the failure does"]
    if language == "zh":
        head = ["由什麼造成", "信仰隨之下跌", "信仰只因倒下本身而跌"]
    told = words()["parts"]
    ways = ("common_factor", "contracts", "sales")
    # what no part brings is the failure itself
    row = {**row, **{f"share_alone{way}": 1.0 - sum(row[f"share_{part}{way}"] for part in ways) for way in ("", "_by_itself")}}
    body = [
        [told[f"failure_{way}"][language == "zh"], pct(row[f"share_{way}"]), pct(row[f"share_{way}_by_itself"])] for way in ("alone", *ways)
    ]
    return f"{first}\n\n{rows_of(head, body)}"


def cohort_table(found: Found, inputs: Inputs, language: str) -> str:
    """Owners of OpenAI by when they came in, after a mean break."""
    row = found["P1"].numbers
    head = ["came in", "gain or loss against what they paid"] if language == "en" else ["進場時間", "相對支付額的損益"]
    told = words()["cohorts"]
    lost = {name.removeprefix("loss_"): usd for name, usd in row.items() if name.startswith("loss_")}
    return rows_of(head, [[told[name][language == "zh"], money(-usd, language)] for name, usd in lost.items()])


def both_table(found: Found, inputs: Inputs, language: str) -> str:
    """Benefit and cost side by side."""
    row, early = found["P5"].numbers, found["P4"].value or 0.0
    head = ["benefit", "cost"] if language == "en" else ["收益", "成本"]
    if language == "en":
        gain = f"{early:.0f} gigawatt-years earlier, worth {money(row['benefit'], language)}"
        cost = f"{money(row['cost'], language)} of spending lost, expected; {money(row['marks_lost'], language)} of marks at each break"
    else:
        gain = f"提早 {early:.0f} 吉瓦年，值 {money(row['benefit'], language)}"
        cost = f"期望損失消費 {money(row['cost'], language)}；每次破裂抹去帳面 {money(row['marks_lost'], language)}"
    return rows_of(head, [[gain, cost]])


def rule_table(found: Found, inputs: Inputs, language: str) -> str:
    """No rule, a ban, a cap and disclosure: who pays when belief falls."""
    row = found["Q1"].numbers
    head = ["rule", "saved", "shareholders bear", "lenders bear", "other money needed"]
    if language == "zh":
        head = ["規則", "省下的損失", "股東承擔", "放款人承擔", "需要的其他資金"]
    told = words()["rules"]
    body = [
        [
            told[rule][language == "zh"],
            pct(row.get(f"saved_{rule}", 0.0)),
            money(row[f"shareholders_{rule}"], language),
            money(row[f"lenders_{rule}"], language),
            money(row.get(f"replaced_{rule}", 0.0), language),
        ]
        for rule in ("none", "ban", "cap", "disclosure")
    ]
    return rows_of(head, body)


Table = Callable[[Found, Inputs, str], str]
TABLES: dict[str, tuple[Table, tuple[str, ...]]] = {
    "money": (money_table, ("H1",)),
    "mix": (mix_table, ("L1",)),
    "cash": (cash_table, ("L6",)),
    "pulse": (pulse_table, ("L0",)),
    "holders": (holders_table, ("G3",)),
    "quarters": (quarter_table, ("G6",)),
    "ahead": (ahead_table, ("V2",)),
    "story": (story_table, ("V10",)),
    "failures": (failure_table, ("R8",)),
    "cohorts": (cohort_table, ("P1",)),
    "both": (both_table, ("P4", "P5")),
    "rules": (rule_table, ("Q1",)),
}
"""Name to what makes the table and the rows that it needs."""
